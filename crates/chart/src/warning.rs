use crate::Compat;
use crate::text::{is_print, quote};
use crate::values::{Data, Shown};

/// Something worth telling that stops nothing: what Helm prints on its error stream and goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// A subchart default under a key that the values fill with a table is no table.
    SkippedValue {
        /// Dotted path of the value, starting with the chart's name.
        path: String,
    },
    /// A default is a table where the values have something else.
    TableUnderValue {
        /// Dotted path of the value, starting with the chart's name.
        path: String,
        /// The table that is not used.
        ignored: Data,
    },
    /// A default is no table where the values have one.
    ValueUnderTable {
        /// Dotted path of the value, starting with the chart's name.
        path: String,
        /// The default that is not used.
        ignored: Data,
    },
    /// A subchart's `global` is no table: it gets no globals.
    GlobalsOfSubchartNotATable,
    /// A chart's `global` is no table: its subcharts get none of it.
    GlobalsOfParentNotATable,
    /// A global table meets something else of that name in a subchart's globals.
    GlobalTableMeetsValue {
        /// The name below `global`.
        key: String,
    },
    /// A global value meets a table of that name in a subchart's globals.
    GlobalValueMeetsTable {
        /// The name below `global`.
        key: String,
    },
    /// A condition's path leads to something other than true or false.
    ConditionNotBool {
        /// The path as written in the requirement.
        path: String,
        /// The requirement's name or alias.
        chart: String,
    },
    /// A tag is set to something other than true or false.
    TagNotBool {
        /// The tag.
        tag: String,
        /// The requirement's name or alias.
        chart: String,
    },
    /// An export that `import-values` names is not in the subchart.
    ExportMissing {
        /// The first name on its path that is no table.
        name: String,
    },
    /// A child table that `import-values` names is not in the subchart.
    ImportMissing {
        /// The requirement's name or alias.
        chart: String,
        /// The first name on its path that is no table.
        name: String,
    },
    /// A chart of `apiVersion: v2` has a requirements.yaml.
    RequirementsFile,
    /// A chart of `apiVersion: v2` has a requirements.lock.
    RequirementsLock,
    /// A chart directory holds a symbolic link, which is followed.
    SymbolicLink {
        /// The link.
        path: String,
        /// Where it leads.
        resolved: String,
    },
    /// A schema refers to a `urn:`, which accepts everything.
    UnresolvedUrn {
        /// The reference.
        urn: String,
    },
}

impl Warning {
    /// The line Helm prints, without its line break: Helm 4 logs key by key, Helm 3 names the
    /// place in its own source.
    #[must_use]
    pub fn line(&self, compat: Compat) -> String {
        match compat {
            Compat::V4 => self.structured_line(),
            Compat::V3 => format!("{}: {}", self.place_in_helm3(), self.message()),
        }
    }

    /// The message, without what a log puts around it.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Warning::SkippedValue { path } => format!("warning: skipped value for {path}: Not a table."),
            Warning::TableUnderValue { path, ignored } => {
                format!("warning: cannot overwrite table with non table for {path} ({})", Shown(ignored))
            }
            Warning::ValueUnderTable { path, ignored } => format!(
                "warning: destination for {path} is a table. Ignoring non-table value ({})",
                Shown(ignored)
            ),
            Warning::GlobalsOfSubchartNotATable => {
                "warning: skipping globals because destination global is not a table.".to_owned()
            }
            Warning::GlobalsOfParentNotATable => {
                "warning: skipping globals because source global is not a table.".to_owned()
            }
            Warning::GlobalTableMeetsValue { key } => {
                format!("Conflict: cannot merge map onto non-map for {}. Skipping.", quote(key))
            }
            Warning::GlobalValueMeetsTable { key } => format!("key {key} is table. Skipping"),
            Warning::ConditionNotBool { path, chart } => {
                format!("Warning: Condition path '{path}' for chart {chart} returned non-bool value")
            }
            Warning::TagNotBool { tag, chart } => {
                format!("Warning: Tag '{tag}' for chart {chart} returned non-bool value")
            }
            Warning::ExportMissing { name } => {
                format!("Warning: ImportValues missing table: {} is not a table", quote(name))
            }
            Warning::ImportMissing { chart, name } => {
                format!(
                    "Warning: ImportValues missing table from chart {chart}: {} is not a table",
                    quote(name)
                )
            }
            Warning::RequirementsFile => "Warning: Dependencies are handled in Chart.yaml since apiVersion \
                                          \"v2\". We recommend migrating dependencies to Chart.yaml."
                .to_owned(),
            Warning::RequirementsLock => "Warning: Dependency locking is handled in Chart.lock since \
                                          apiVersion \"v2\". We recommend migrating to Chart.lock."
                .to_owned(),
            Warning::SymbolicLink { path, resolved } => format!(
                "found symbolic link in path: {path} resolves to {resolved}. Contents of linked file \
                 included and used"
            ),
            Warning::UnresolvedUrn { urn } => {
                format!("WARNING: unresolved URN reference ignored; using permissive schema: {urn}")
            }
        }
    }

    fn structured_line(&self) -> String {
        let attributes = log_line;
        let not_a_table = |name: &str| format!("{} is not a table", quote(name));
        match self {
            Warning::ConditionNotBool { path, chart } => {
                attributes("WARN", "returned non-bool value", &[("path", path), ("chart", chart)])
            }
            Warning::TagNotBool { tag, chart } => {
                attributes("WARN", "returned non-bool value", &[("tag", tag), ("chart", chart)])
            }
            Warning::ExportMissing { name } => {
                attributes("WARN", "ImportValues missing table", &[("error", &not_a_table(name))])
            }
            Warning::ImportMissing { chart, name } => attributes(
                "WARN",
                "ImportValues missing table from chart",
                &[("chart", chart), ("error", &not_a_table(name))],
            ),
            Warning::SymbolicLink { path, resolved } => attributes(
                "INFO",
                "found symbolic link in path. Contents of linked file included and used",
                &[("path", path), ("resolved", resolved)],
            ),
            Warning::UnresolvedUrn { urn } => attributes(
                "WARN",
                "unresolved URN reference ignored; using permissive schema",
                &[("urn", urn)],
            ),
            _ => attributes("INFO", &self.message(), &[]),
        }
    }

    fn place_in_helm3(&self) -> &'static str {
        match self {
            Warning::SkippedValue { .. } => "coalesce.go:237",
            Warning::TableUnderValue { .. } => "coalesce.go:316",
            Warning::ValueUnderTable { .. } => "coalesce.go:319",
            Warning::GlobalsOfSubchartNotATable => "coalesce.go:138",
            Warning::GlobalsOfParentNotATable => "coalesce.go:145",
            Warning::GlobalTableMeetsValue { .. } => "coalesce.go:161",
            Warning::GlobalValueMeetsTable { .. } => "coalesce.go:175",
            Warning::ConditionNotBool { .. } => "dependencies.go:64",
            Warning::TagNotBool { .. } => "dependencies.go:95",
            Warning::ImportMissing { .. } => "dependencies.go:270",
            Warning::ExportMissing { .. } => "dependencies.go:287",
            Warning::RequirementsFile => "load.go:120",
            Warning::RequirementsLock => "load.go:138",
            Warning::SymbolicLink { .. } => "walk.go:75",
            Warning::UnresolvedUrn { .. } => "jsonschema.go:192",
        }
    }
}

/// A line of Helm 4's log: `level=WARN msg="…" name=value`.
#[must_use]
pub fn log_line(level: &str, message: &str, attributes: &[(&str, &str)]) -> String {
    let mut line = format!("level={level} msg={}", quote_attribute(message));
    for (name, value) in attributes {
        line.push_str(&format!(" {name}={}", quote_attribute(value)));
    }
    line
}

/// Quotes a value of a log line where Go's text handler does.
fn quote_attribute(text: &str) -> String {
    let is_plain = |letter: char| match letter {
        ' ' | '=' | '"' => false,
        _ => is_print(letter) && letter != char::REPLACEMENT_CHARACTER,
    };
    if text.is_empty() || !text.chars().all(is_plain) { quote(text) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(warning: Warning, helm4: &str, helm3: &str) {
        assert_eq!(warning.line(Compat::V4), helm4);
        assert_eq!(warning.line(Compat::V3), helm3);
    }

    #[test]
    fn lines_are_those_of_each_helm() {
        check(
            Warning::ValueUnderTable { path: "p.s.a.b".into(), ignored: Data::Float(5.0) },
            r#"level=INFO msg="warning: destination for p.s.a.b is a table. Ignoring non-table value (5)""#,
            "coalesce.go:319: warning: destination for p.s.a.b is a table. Ignoring non-table value (5)",
        );
        check(
            Warning::TagNotBool { tag: "x".into(), chart: "s".into() },
            r#"level=WARN msg="returned non-bool value" tag=x chart=s"#,
            "dependencies.go:95: Warning: Tag 'x' for chart s returned non-bool value",
        );
        check(
            Warning::ConditionNotBool { path: "s.enabled".into(), chart: "s".into() },
            r#"level=WARN msg="returned non-bool value" path=s.enabled chart=s"#,
            "dependencies.go:64: Warning: Condition path 's.enabled' for chart s returned non-bool value",
        );
        check(
            Warning::ExportMissing { name: "exports".into() },
            r#"level=WARN msg="ImportValues missing table" error="\"exports\" is not a table""#,
            r#"dependencies.go:287: Warning: ImportValues missing table: "exports" is not a table"#,
        );
        check(
            Warning::ImportMissing { chart: "s".into(), name: "nope".into() },
            r#"level=WARN msg="ImportValues missing table from chart" chart=s error="\"nope\" is not a table""#,
            r#"dependencies.go:270: Warning: ImportValues missing table from chart s: "nope" is not a table"#,
        );
    }
}
