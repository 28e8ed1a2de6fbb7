use std::fmt::Write;

use wheelhouse_gotemplate::strconv::{FloatStyle, format_float};
use wheelhouse_goyaml::Value;

use super::decimal::{Decimal, localised_count};
use super::location::escape;
use super::model::Constant;
use crate::text::quote;

/// What a value does not satisfy, with the failures below it.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// JSON pointer into the values.
    pub(super) at: String,
    pub(super) kind: Box<Kind>,
    pub(super) causes: Vec<Failure>,
}

/// The keyword that is not satisfied.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// Several failures of one schema; it shows only below another.
    Group,
    /// A failure behind a reference.
    Reference,
    ReferenceCycle {
        location: String,
        keywords: [String; 2],
    },
    FalseSchema,
    Type {
        got: &'static str,
        want: Vec<&'static str>,
    },
    Enum {
        want: Vec<Constant>,
    },
    Const {
        want: Constant,
    },
    Format {
        got: Value,
        want: &'static str,
        problem: String,
    },
    MinProperties {
        got: usize,
        want: usize,
    },
    MaxProperties {
        got: usize,
        want: usize,
    },
    Required {
        missing: Vec<String>,
    },
    Dependency {
        property: String,
        missing: Vec<String>,
    },
    AdditionalProperties {
        found: Vec<String>,
    },
    PropertyName {
        property: String,
    },
    MinItems {
        got: usize,
        want: usize,
    },
    MaxItems {
        got: usize,
        want: usize,
    },
    UniqueItems {
        first: usize,
        second: usize,
    },
    AdditionalItems {
        count: usize,
    },
    Contains,
    MinContains {
        got: Vec<usize>,
        want: usize,
    },
    MaxContains {
        got: Vec<usize>,
        want: usize,
    },
    MinLength {
        got: usize,
        want: usize,
    },
    MaxLength {
        got: usize,
        want: usize,
    },
    Pattern {
        got: String,
        want: String,
    },
    Bound {
        keyword: &'static str,
        got: Decimal,
        want: Decimal,
    },
    Not,
    AllOf,
    AnyOf,
    OneOf {
        matched: Option<[usize; 2]>,
    },
}

impl Failure {
    /// The failures as Helm's validator lists them under a heading: `- at '/a': got string, want
    /// number`, indented by depth.
    pub(super) fn list(&self) -> String {
        let mut text = String::new();
        match *self.kind {
            Kind::Group => self.causes.iter().for_each(|cause| cause.write(&mut text, 0)),
            _ => self.write(&mut text, 0),
        }
        text
    }

    /// The failures that have none below them: pointer and message.
    pub(super) fn leaves(&self) -> Vec<(&str, String)> {
        let mut found = Vec::new();
        let mut waiting = vec![self];
        while let Some(failure) = waiting.pop() {
            if failure.causes.is_empty() {
                found.push((failure.at.as_str(), failure.kind.message()));
            }
            waiting.extend(failure.causes.iter().rev());
        }
        found
    }

    fn write(&self, text: &mut String, depth: usize) {
        // A reference with one failure behind it only repeats where it is.
        let is_transparent = matches!(*self.kind, Kind::Reference) && self.causes.len() == 1;
        if !is_transparent {
            if !text.is_empty() {
                text.push('\n');
            }
            let indent = "  ".repeat(depth);
            // Writing to a String does not fail.
            let _ = write!(text, "{indent}- at {}: {}", quote_single(&self.at), self.kind.message());
        }
        for cause in &self.causes {
            cause.write(text, if is_transparent { depth } else { depth + 1 });
        }
    }
}

impl Kind {
    fn message(&self) -> String {
        match self {
            Kind::Group | Kind::Reference => "validation failed".to_owned(),
            Kind::ReferenceCycle { location, keywords: [first, second] } => {
                format!("both {first} and {second} resolve to {} causing reference cycle", quote(location))
            }
            Kind::FalseSchema => "false schema".to_owned(),
            Kind::Type { got, want } => format!("got {got}, want {}", want.join(" or ")),
            Kind::Enum { want } => {
                let is_simple = |want: &Constant| !matches!(want.value, Value::Seq(_) | Value::Map(_));
                let shown: Vec<String> = want.iter().map(show_constant).collect();
                match shown.as_slice() {
                    _ if !want.iter().all(is_simple) => "'enum' failed".to_owned(),
                    [one] => format!("value must be {one}"),
                    several => format!("value must be one of {}", several.join(", ")),
                }
            }
            Kind::Const { want: Constant { value: Value::Seq(_) | Value::Map(_), .. } } => {
                "'const' failed".to_owned()
            }
            Kind::Const { want } => format!("value must be {}", show_constant(want)),
            Kind::Format { got, want, problem } => format!("{} is not valid {want}: {problem}", show(got)),
            Kind::MinProperties { got, want } => counts("minProperties", *got, *want),
            Kind::MaxProperties { got, want } => counts("maxProperties", *got, *want),
            Kind::MinItems { got, want } => counts("minItems", *got, *want),
            Kind::MaxItems { got, want } => counts("maxItems", *got, *want),
            Kind::MinLength { got, want } => counts("minLength", *got, *want),
            Kind::MaxLength { got, want } => counts("maxLength", *got, *want),
            Kind::Required { missing } => match missing.as_slice() {
                [one] => format!("missing property {}", quote_single(one)),
                several => format!("missing properties {}", quote_all(several)),
            },
            Kind::Dependency { property, missing } => {
                format!("properties {} required, if {} exists", quote_all(missing), quote_single(property))
            }
            Kind::AdditionalProperties { found } => {
                format!("additional properties {} not allowed", quote_all(found))
            }
            Kind::PropertyName { property } => format!("invalid propertyName {}", quote_single(property)),
            Kind::UniqueItems { first, second } => {
                format!("items at {} and {} are equal", localised_count(*first), localised_count(*second))
            }
            Kind::AdditionalItems { count } => {
                format!("last {} additionalItem(s) not allowed", localised_count(*count))
            }
            Kind::Contains => "no items match contains schema".to_owned(),
            Kind::MinContains { got, want } => {
                let start =
                    format!("min {} items required to match contains schema, but", localised_count(*want));
                match got.is_empty() {
                    true => format!("{start} none matched"),
                    false => {
                        format!("{start} matched {} items at {}", localised_count(got.len()), indexes(got))
                    }
                }
            }
            Kind::MaxContains { got, want } => format!(
                "max {} items required to match contains schema, but matched {} items at {}",
                localised_count(*want),
                localised_count(got.len()),
                indexes(got)
            ),
            Kind::Pattern { got, want } => {
                format!("{} does not match pattern {}", quote_single(got), quote_single(want))
            }
            Kind::Bound { keyword, got, want } => {
                format!("{keyword}: got {}, want {}", got.localised(), want.localised())
            }
            Kind::Not => "'not' failed".to_owned(),
            Kind::AllOf => "'allOf' failed".to_owned(),
            Kind::AnyOf => "'anyOf' failed".to_owned(),
            Kind::OneOf { matched: None } => "'oneOf' failed, none matched".to_owned(),
            Kind::OneOf { matched: Some([first, second]) } => format!(
                "'oneOf' failed, subschemas {}, {} matched",
                localised_count(*first),
                localised_count(*second)
            ),
        }
    }
}

/// One more token at the end of a pointer into the values.
pub(super) fn pointer_to(tokens: &[String]) -> String {
    tokens.iter().map(|token| format!("/{}", escape(token))).collect()
}

fn counts(keyword: &str, got: usize, want: usize) -> String {
    format!("{keyword}: got {}, want {}", localised_count(got), localised_count(want))
}

fn indexes(indexes: &[usize]) -> String {
    let texts: Vec<String> = indexes.iter().map(usize::to_string).collect();
    texts.join(" ")
}

/// A schema's value as Go prints it: numbers as they are written.
fn show_constant(constant: &Constant) -> String {
    constant.literal.clone().unwrap_or_else(|| show(&constant.value))
}

/// A simple value as Go prints it, texts quoted.
fn show(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Float(value) => format_float(*value, FloatStyle::General, None),
        Value::String(text) => quote_single(text),
        Value::Seq(_) | Value::Map(_) => "value".to_owned(),
    }
}

/// A text in single quotes, otherwise escaped as by `%q`.
fn quote_single(text: &str) -> String {
    let quoted = quote(text).replace("\\\"", "\"").replace('\'', "\\'");
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    format!("'{inner}'")
}

fn quote_all(texts: &[String]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| quote_single(text)).collect();
    quoted.join(", ")
}
