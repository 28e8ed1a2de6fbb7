//! The charts that are compared with real Helm: those of the repository, and generated ones.

mod expressions;
mod odd;
mod random;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use expressions::Expressions;
pub(crate) use odd::odd;
pub(crate) use random::Random;

/// Charts made by [`generated`].
const GENERATED: u64 = 360;

/// One comparison: a command line that both programs take.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// How it is called in the report.
    pub name: String,
    /// The chart, if the case is one chart alone.
    pub chart: Option<PathBuf>,
    /// The arguments, without the program.
    pub arguments: Vec<String>,
}

impl Case {
    /// `template CHART` with a fixed cluster.
    pub(crate) fn chart(path: &Path) -> Self {
        let chart = Some(path.to_owned());
        let path = path.display().to_string();
        Case {
            name: path.clone(),
            chart,
            arguments: ["template", "release", &path, "--kube-version", "v1.36.0"]
                .map(ToOwned::to_owned)
                .to_vec(),
        }
    }

    /// `lint CHART` with all charts in it, and warnings as failures.
    pub(crate) fn lint(path: &Path) -> Self {
        let path = path.display().to_string();
        Case {
            name: format!("lint {path}"),
            chart: None,
            arguments: ["lint", &path, "--strict", "--with-subcharts", "--kube-version", "v1.36.0"]
                .map(ToOwned::to_owned)
                .to_vec(),
        }
    }
}

/// Every chart in the repository that is meant to be rendered, and each again with its
/// `ci/*-values.yaml`.
pub(crate) fn repository_charts(root: &Path) -> Result<Vec<Case>> {
    let mut charts = Vec::new();
    for folder in ["examples", "helm_chart", "charts"] {
        find_charts(&root.join(folder), &mut charts)?;
    }
    for entry in std::fs::read_dir(root.join("crates"))? {
        find_charts(&entry?.path().join("tests/charts"), &mut charts)?;
    }
    charts.sort();
    let mut cases = Vec::new();
    for chart in charts {
        let case = Case::chart(&chart);
        let ci = chart.join("ci");
        if ci.is_dir() {
            let mut files: Vec<PathBuf> =
                std::fs::read_dir(&ci)?.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
            files.sort();
            for file in files.iter().filter(|file| file.to_string_lossy().ends_with("-values.yaml")) {
                let mut with_values = case.clone();
                with_values.chart = None;
                with_values.name = format!("{} with {}", case.name, file.display());
                with_values.arguments.extend(["--values".to_owned(), file.display().to_string()]);
                cases.push(with_values);
            }
        }
        cases.push(case);
        cases.push(Case::lint(&chart));
    }
    Ok(cases)
}

fn find_charts(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    if folder.join("Chart.yaml").is_file() {
        found.push(folder.to_owned());
        return Ok(());
    }
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            find_charts(&path, found)?;
        }
    }
    Ok(())
}

/// Writes charts that are the same at every run: odd calls of single functions, whole documents
/// of control structures, and umbrellas with globals and conditions.
pub(crate) fn generated(folder: &Path) -> Result<Vec<Case>> {
    let cases: Result<Vec<_>> = (0..GENERATED)
        .map(|seed| {
            let mut random = Random::new(seed);
            let chart = folder.join(format!("generated-{seed:03}"));
            match seed % 3 {
                0 => single_call(&chart, &mut random)?,
                1 => document(&chart, &mut random)?,
                _ => umbrella(&chart, &mut random)?,
            }
            let mut case = Case::chart(&chart);
            case.name = format!("generated-{seed:03}");
            Ok([case, Case::lint(&chart)])
        })
        .collect();
    Ok(cases?.into_iter().flatten().collect())
}

fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(path, text).with_context(|| path.display().to_string())
}

fn chart_yaml(chart: &Path, name: &str, dependencies: &str) -> Result<()> {
    write(
        &chart.join("Chart.yaml"),
        &format!("apiVersion: v2\nname: {name}\nversion: 0.1.0\nappVersion: \"1.0\"\n{dependencies}"),
    )
}

const VALUES: &str = "\
count: 3
ratio: 1.5
big: 1234567890
name: Some Name_here-now
empty: \"\"
nothing: null
enabled: true
disabled: false
image: {repository: registry.example/app, tag: \"1.2.3\", pullPolicy: IfNotPresent}
labels: {app: web, tier: \"1\", \"weird key\": \"a: b\"}
items: [c, a, b]
numbers: [3, 1, 2]
mixed: [1, two, 3.5, null, true, {k: v}]
resources:
  limits: {cpu: 500m, memory: 128Mi}
  requests: {cpu: 0.1, memory: 64Mi}
text: |
  first line
    indented
  last: line
template: '{{ .Values.name }} of {{ .Release.Name }}'
";

fn single_call(chart: &Path, random: &mut Random) -> Result<()> {
    chart_yaml(chart, "single", "")?;
    write(&chart.join("values.yaml"), VALUES)?;
    let expression = Expressions::odd(random).any();
    write(&chart.join("templates/one.yaml"), &format!("value: |-\n  {{{{ {expression} }}}}\n"))
}

fn document(chart: &Path, random: &mut Random) -> Result<()> {
    chart_yaml(chart, "document", "")?;
    write(&chart.join("values.yaml"), VALUES)?;
    write(
        &chart.join("templates/_helpers.tpl"),
        "{{- define \"doc.labels\" -}}\napp: {{ .Chart.Name }}\nrelease: {{ .Release.Name | quote }}\n{{- end }}\n\
         {{- define \"doc.name\" -}}{{ printf \"%s-%s\" .Release.Name .Chart.Name | trunc 20 | trimSuffix \"-\" }}{{- end }}\n",
    )?;
    for file in 0..=random.below(3) {
        let mut text = format!(
            "apiVersion: v1\nkind: {}\nmetadata:\n  name: {{{{ include \"doc.name\" . }}}}-{file}\n  labels:\n    \
             {{{{- include \"doc.labels\" . | nindent 4 }}}}\ndata:\n",
            random.pick(&["ConfigMap", "Secret", "Service", "Zebra"])
        );
        for line in 0..=random.below(6) {
            text.push_str(&statement(line, random));
        }
        write(&chart.join(format!("templates/file-{file}.yaml")), &text)?;
    }
    Ok(())
}

fn statement(line: u64, random: &mut Random) -> String {
    let condition = Expressions::sound(random).boolean();
    let text = Expressions::sound(random).text();
    let other = Expressions::sound(random).text();
    let list = Expressions::sound(random).list();
    let dictionary = Expressions::sound(random).dictionary();
    match random.below(7) {
        0 => format!("  k{line}: {{{{ {text} | quote }}}}\n"),
        1 => format!(
            "  {{{{- if {condition} }}}}\n  k{line}: {{{{ {text} | quote }}}}\n  {{{{- else }}}}\n  k{line}: {{{{ {other} | squote }}}}\n  {{{{- end }}}}\n"
        ),
        2 => format!(
            "  {{{{- range $i, $v := {list} }}}}\n  k{line}-{{{{ $i }}}}: {{{{ $v | toString | quote }}}}\n  {{{{- end }}}}\n"
        ),
        3 => format!("  k{line}:\n    {{{{- toYaml ({dictionary}) | nindent 4 }}}}\n"),
        4 => format!("  k{line}: {{{{ tpl .Values.template . | quote }}}}\n"),
        5 => format!(
            "  {{{{- with {dictionary} }}}}\n  k{line}: {{{{ . | toJson | quote }}}}\n  {{{{- else }}}}\n  k{line}: none\n  {{{{- end }}}}\n"
        ),
        _ => format!("  k{line}: |-\n    {{{{- {text} | nindent 4 }}}}\n"),
    }
}

fn umbrella(chart: &Path, random: &mut Random) -> Result<()> {
    let children = ["alpha", "beta", "gamma"];
    let dependencies: String = children
        .iter()
        .map(|child| {
            let condition = random.pick(&["", "    condition: NAME.enabled\n", "    tags: [group]\n"]);
            let alias = random.pick(&["", "", "    alias: NAME-alias\n"]);
            format!("  - name: {child}\n    version: {}\n", random.pick(&["0.1.0", "~0.1", ">=0.1.0-0", "*"]))
                + &condition.replace("NAME", child)
                + &alias.replace("NAME", child)
        })
        .collect();
    chart_yaml(chart, "umbrella", &format!("dependencies:\n{dependencies}"))?;
    let scalar = |random: &mut Random| {
        (*random.pick(&["1", "null", "text", "{a: 1, b: null}", "[1]", "true", "{}", "\"\""])).to_owned()
    };
    let mut values = format!(
        "tags: {{group: {}}}\nglobal:\n  shared: {}\n  other: {}\n",
        random.pick(&["true", "false"]),
        scalar(random),
        scalar(random)
    );
    for child in children {
        values.push_str(&format!(
            "{child}:\n  enabled: {}\n  one: {}\n  two: {}\n",
            random.pick(&["true", "false", "\"yes\""]),
            scalar(random),
            scalar(random)
        ));
    }
    write(&chart.join("values.yaml"), &values)?;
    let dump = "kind: ConfigMap\nmetadata: {name: NAME}\nvalues:\n  {{- toYaml .Values | nindent 2 }}\n";
    write(&chart.join("templates/dump.yaml"), &dump.replace("NAME", "umbrella"))?;
    for child in children {
        let folder = chart.join("charts").join(child);
        chart_yaml(&folder, child, "")?;
        write(
            &folder.join("values.yaml"),
            &format!(
                "one: {}\ntwo: {}\nthree: {}\nglobal:\n  shared: {}\n",
                scalar(random),
                scalar(random),
                scalar(random),
                scalar(random)
            ),
        )?;
        write(&folder.join("templates/dump.yaml"), &dump.replace("NAME", child))?;
    }
    Ok(())
}
