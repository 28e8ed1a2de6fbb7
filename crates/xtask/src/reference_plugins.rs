//! Post-renderers of Helm 4, across programs: both run the same plugins over the same charts.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::corpus::Case;
use crate::output::say;

/// Every so many of the cases go through a plugin.
const STEP: usize = 6;

/// Plugins by name: what a shell makes of the manifests.
const SCRIPTS: &[(&str, &str)] = &[
    ("same", "exec cat"),
    (
        "add",
        "cat\nprintf -- '---\\n# added\\napiVersion: v1\\nkind: ConfigMap\\nmetadata:\\n    name: added\\n'",
    ),
    ("twice", "text=$(cat)\nprintf '%s\\n---\\n%s\\n' \"$text\" \"$text\""),
    ("bare", "exec sed '/postrenderer.helm.sh/d'"),
    (
        "comment",
        "exec sed -e 's/^kind:/# head\\nkind:/' -e 's/^\\( *[a-zA-Z]*: *[a-z0-9]*\\)$/\\1 # line/' -e 's/^metadata:/\\n&/'",
    ),
    (
        "reverse",
        "exec awk 'BEGIN { RS = \"---\\n\" } { text[NR] = $0 } END { for (at = NR; at > 0; at--) printf \"---\\n%s\", text[at] }'",
    ),
    ("wide", "exec sed 's/^  annotations:$/&\\n    internal.config.kubernetes.io\\/seqindent: wide/'"),
    (
        "told",
        "cat >/dev/null\nprintf 'kind: A\\nname: \"%s\"\\n' \"$HELM_PLUGIN_NAME\"\nfor word; do printf -- '---\\nkind: B\\nword: \"%s\"\\n' \"$word\"; done",
    ),
    ("nothing", "cat >/dev/null"),
    ("void", "cat >/dev/null; echo null"),
    ("fail", "cat >/dev/null; echo why >&2; exit 3"),
    ("killed", "cat >/dev/null; kill -9 $$"),
    ("broken", "cat >/dev/null; echo 'a: ['"),
    ("text", "cat >/dev/null; echo text"),
    ("separator", "cat >/dev/null; printf 'a: 1\\n--- b\\n'"),
];

/// Plugins without a script of their own: what their `runtimeConfig` says.
const CONFIGURED: &[(&str, &str)] = &[
    ("absent", "{platformCommand: [{command: no-such-program}]}"),
    ("lost", "{platformCommand: [{command: /no/such/program}]}"),
    ("nowhere", "{platformCommand: [{os: plan9, command: cat}]}"),
    ("none", "{}"),
];

/// Flags that are tried besides a plugin's name, in a chart of the repository.
const FLAGS: &[&str] = &[
    "--post-renderer told --post-renderer-args a --post-renderer-args= --post-renderer-args $HOME",
    "--post-renderer= --post-renderer same",
    "--post-renderer same --post-renderer add",
    "--post-renderer unknown",
    "--post-renderer same --no-hooks --include-crds",
    "--post-renderer bare --show-only generated-by-postrender-0.yaml",
    "--post-renderer same --show-only templates/*",
];

fn write_plugins(folder: &Path) -> Result<Vec<&'static str>> {
    let mut names = Vec::new();
    let mut write = |name: &'static str, runtime: &str| -> Result<()> {
        let plugin = folder.join(name);
        fs::create_dir_all(&plugin)?;
        let text = format!(
            "apiVersion: v1\nname: {name}\ntype: postrenderer/v1\nversion: 0.1.0\nruntime: subprocess\nruntimeConfig: {runtime}\n"
        );
        names.push(name);
        Ok(fs::write(plugin.join("plugin.yaml"), text)?)
    };
    for (name, script) in SCRIPTS {
        write(name, "{platformCommand: [{command: sh, args: [\"${HELM_PLUGIN_DIR}/run.sh\"]}]}")?;
        fs::write(folder.join(name).join("run.sh"), format!("{script}\n"))?;
    }
    for (name, runtime) in CONFIGURED {
        write(name, runtime)?;
    }
    Ok(names)
}

/// Exit code and stdout, and stderr.
fn run(program: &Path, home: &Path, arguments: &[&str]) -> Result<(String, String)> {
    let output = Command::new(program)
        .args(arguments)
        .env("HOME", home)
        .env("HELM_PLUGINS", home.join("plugins"))
        .output()
        .context("cannot run")?;
    let [stdout, stderr] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    Ok((format!("exit {}\n{stdout}", output.status.code().unwrap_or(-1)), stderr.into_owned()))
}

/// Runs plugins over some of the cases with both; gives how many runs were not alike.
pub(crate) fn compare(ours: &Path, theirs: &Path, cases: &[Case]) -> Result<usize> {
    let home = tempfile::tempdir()?;
    let names = write_plugins(&home.path().join("plugins"))?;
    let renders = |case: &&Case| case.arguments.first().is_some_and(|command| command == "template");
    let rendered: Vec<&Case> = cases.iter().filter(renders).collect();
    let mut lines: Vec<(&Case, Vec<&str>)> = Vec::new();
    for (index, case) in rendered.iter().step_by(STEP).enumerate() {
        let name = names.get(index % names.len()).copied().unwrap_or("same");
        lines.push((case, vec!["--post-renderer", "same"]));
        lines.push((case, vec!["--post-renderer", name]));
    }
    for case in rendered.iter().take(2) {
        lines.extend(names.iter().map(|name| (*case, vec!["--post-renderer", *name])));
        lines.extend(FLAGS.iter().map(|flags| (*case, flags.split(' ').collect())));
    }
    let mut different = 0;
    for (case, flags) in &lines {
        let arguments: Vec<&str> =
            case.arguments.iter().map(String::as_str).chain(flags.iter().copied()).collect();
        let [our, their] = [run(ours, home.path(), &arguments)?, run(theirs, home.path(), &arguments)?];
        // Ours shows the place of an error after Helm's words.
        if our.0 != their.0 || !our.1.starts_with(their.1.trim_end()) {
            different += 1;
            let flags = flags.join(" ");
            say!("{} {flags}\n  ours: {}{}\n  Helm: {}{}", case.name, our.0, our.1, their.0, their.1);
        }
    }
    say!("{} of {} runs with post-renderers identical", lines.len() - different, lines.len());
    Ok(different)
}
