use std::time::SystemTime;

use wheelhouse_chart::Compat;
use wheelhouse_chart::values::Table;
use wheelhouse_gotemplate::Limits;
use wheelhouse_lint::{AsDirectory, Options, lint};
use wheelhouse_sprig::{Environment, Host};

struct NoHost;

impl Host for NoHost {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn fill_random(&self, buffer: &mut [u8]) {
        buffer.fill(1);
    }
}

pub(crate) const CHART: (&str, &str) =
    ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\nicon: https://example.com/i.png\n");
pub(crate) const VALUES: (&str, &str) = ("values.yaml", "a: 1\n");
pub(crate) const TEMPLATE: (&str, &str) = ("templates/a.yaml", "metadata: {name: a}\n");

/// The lines Helm prints for a chart of these files.
pub(crate) fn linted(files: &[(&str, &str)], compat: Compat) -> Vec<String> {
    let mut directory = AsDirectory::from_files("/charts/c", files);
    let mut environment = Environment::new(Box::new(NoHost), compat);
    environment.lint_mode = true;
    let options = Options {
        values: &Table::new(),
        namespace: "default",
        kube_version: None,
        skip_schema_validation: false,
        compat,
        environment: &environment,
        limits: Limits { stack: 1 << 20, ..Limits::default() },
        checkpoint: None,
    };
    let report = lint(&mut directory, &options, &mut |_| {});
    report.messages.iter().map(ToString::to_string).collect()
}

/// A chart that is fine but for these files gives these lines with Helm 4.
pub(crate) fn check(files: &[(&str, &str)], expected: &[&str]) {
    check_with(Compat::V4, files, expected);
}

pub(crate) fn check_with(compat: Compat, files: &[(&str, &str)], expected: &[&str]) {
    let mut all: Vec<(&str, &str)> = vec![CHART, VALUES, TEMPLATE];
    all.retain(|(name, _)| files.iter().all(|(own, _)| own != name));
    all.extend(files);
    assert_eq!(linted(&all, compat), expected, "{files:?}");
}
