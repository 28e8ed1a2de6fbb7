use std::fmt;

use crate::error::{Reason, Refusal};
use crate::range::{VersionPattern, rewrite_ranges};
use crate::token::Cursor;
use crate::{Error, Version};

/// The longest text of a constraint, in bytes.
pub const MAX_CONSTRAINT_LENGTH: usize = 512;

/// The most parts a constraint may have between `||`.
pub const MAX_CONSTRAINT_GROUPS: usize = 32;

/// A set of accepted versions: groups joined by `||`, each a list of comparators joined by
/// commas or spaces which must all hold.
#[derive(Debug, Clone)]
pub struct Constraints {
    groups: Vec<Group>,
    include_prereleases: bool,
}

#[derive(Debug, Clone)]
struct Group {
    comparators: Vec<Comparator>,
    /// Whether a comparator names a prerelease: then the whole group looks at prereleases.
    names_prerelease: bool,
}

/// An operator and the version it compares with.
#[derive(Debug, Clone)]
pub(crate) struct Comparator {
    pub(crate) operator: Operator,
    /// The operator as written: `=>` and `>=` are the same but print as they were.
    symbol: &'static str,
    /// The version, with 0 for what is missing or `x`.
    pub(crate) bound: Version,
    /// The version as written.
    pub(crate) bound_text: String,
    pub(crate) wildcard: Wildcard,
}

/// The first number that is missing or `x`, `X`, `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wildcard {
    None,
    Major,
    Minor,
    Patch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    TildeOrEqual,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    Tilde,
    Caret,
}

/// The longer symbols come first, so that the first one found is the one meant.
const OPERATORS: [(&str, Operator); 12] = [
    ("!=", Operator::NotEqual),
    (">=", Operator::GreaterOrEqual),
    ("=>", Operator::GreaterOrEqual),
    ("<=", Operator::LessOrEqual),
    ("=<", Operator::LessOrEqual),
    ("~>", Operator::Tilde),
    ("~", Operator::Tilde),
    ("^", Operator::Caret),
    (">", Operator::Greater),
    ("<", Operator::Less),
    ("=", Operator::TildeOrEqual),
    ("", Operator::TildeOrEqual),
];

impl Constraints {
    /// Reads a constraint (`NewConstraint`).
    ///
    /// # Errors
    /// [`Error::ImproperConstraint`] with the part that has not the form of a constraint,
    /// [`Error::ConstraintParser`] where it has but its version is none, and the two limits.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > MAX_CONSTRAINT_LENGTH {
            return Err(Error::ConstraintTooLong);
        }
        let text = rewrite_ranges(text);
        if text.split("||").count() > MAX_CONSTRAINT_GROUPS {
            return Err(Error::TooManyGroups);
        }
        let groups = text.split("||").map(Group::parse).collect::<Result<_, _>>()?;
        Ok(Self { groups, include_prereleases: false })
    }

    /// Makes every group look at prereleases, whether or not it names one.
    #[must_use]
    pub fn including_prereleases(self) -> Self {
        Self { include_prereleases: true, ..self }
    }

    /// Whether a version is accepted.
    pub fn check(&self, version: &Version) -> bool {
        self.groups.iter().any(|group| {
            let prereleases = self.looks_at_prereleases(group);
            group.comparators.iter().all(|comparator| comparator.refuses(version, prereleases).is_none())
        })
    }

    /// Whether a version is accepted, and if not, why: one refusal for each comparator that
    /// fails, but a refusal of prereleases only once.
    ///
    /// # Errors
    /// The refusals, in the order of the constraint.
    pub fn validate(&self, version: &Version) -> Result<(), Vec<Refusal>> {
        let mut refusals: Vec<Refusal> = Vec::new();
        for group in &self.groups {
            let prereleases = self.looks_at_prereleases(group);
            let mut accepted = true;
            for comparator in &group.comparators {
                let Some(reason) = comparator.refuses(version, prereleases) else { continue };
                accepted = false;
                let told = reason == Reason::Prerelease
                    && refusals.iter().any(|earlier| earlier.reason == Reason::Prerelease);
                if !told {
                    let bound = comparator.bound_text.clone();
                    refusals.push(Refusal { version: version.clone(), bound, reason });
                }
            }
            if accepted {
                return Ok(());
            }
        }
        Err(refusals)
    }

    fn looks_at_prereleases(&self, group: &Group) -> bool {
        self.include_prereleases || group.names_prerelease
    }
}

impl Group {
    fn parse(text: &str) -> Result<Self, Error> {
        let patterns = read_group(text).ok_or_else(|| Error::ImproperConstraint(text.to_owned()))?;
        let comparators = patterns
            .into_iter()
            .map(|(symbol, operator, pattern)| Comparator::new(symbol, operator, pattern))
            .collect::<Result<Vec<_>, _>>()?;
        let names_prerelease = comparators.iter().any(|comparator| comparator.bound.is_prerelease());
        Ok(Self { comparators, names_prerelease })
    }
}

type ComparatorPattern<'a> = (&'static str, Operator, VersionPattern<'a>);

/// Comparators with white space or a comma between them.
fn read_group(text: &str) -> Option<Vec<ComparatorPattern<'_>>> {
    let mut cursor = Cursor::new(text);
    let mut comparators = Vec::new();
    cursor.skip_space();
    loop {
        let (symbol, operator) = OPERATORS.into_iter().find(|(symbol, _)| cursor.eat(symbol))?;
        cursor.skip_space();
        comparators.push((symbol, operator, VersionPattern::read(&mut cursor)?));
        let spaced = cursor.skip_space();
        let comma = cursor.eat(",");
        if cursor.is_at_end() && !comma {
            return Some(comparators);
        }
        if !spaced && !comma {
            return None;
        }
        cursor.skip_space();
    }
}

impl Comparator {
    fn new(symbol: &'static str, operator: Operator, pattern: VersionPattern<'_>) -> Result<Self, Error> {
        let VersionPattern { text, major, minor, patch, prerelease } = pattern;
        let suffix = prerelease.map(|prerelease| format!("-{prerelease}")).unwrap_or_default();
        let written =
            |number: Option<&'_ str>| number.is_some_and(|number| !matches!(number, "x" | "X" | "*"));
        let (wildcard, version) = if !written(Some(major)) {
            (Wildcard::Major, format!("0.0.0{suffix}"))
        } else if !written(minor) {
            (Wildcard::Minor, format!("{major}.0.0{suffix}"))
        } else if !written(patch) {
            (Wildcard::Patch, format!("{major}.{}.0{suffix}", minor.unwrap_or("0")))
        } else {
            (Wildcard::None, text.to_owned())
        };
        let bound = Version::parse(&version).map_err(|_| Error::ConstraintParser)?;
        Ok(Self { operator, symbol, bound, bound_text: text.to_owned(), wildcard })
    }
}

impl std::str::FromStr for Constraints {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

/// The constraint with normal spacing; ranges stay rewritten.
impl fmt::Display for Constraints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, group) in self.groups.iter().enumerate() {
            if index > 0 {
                f.write_str(" || ")?;
            }
            for (index, comparator) in group.comparators.iter().enumerate() {
                if index > 0 {
                    f.write_str(" ")?;
                }
                write!(f, "{}{}", comparator.symbol, comparator.bound_text)?;
            }
        }
        Ok(())
    }
}
