//! Rules of a `.helmignore`, patterns of `--show-only`, and paths.

use wheelhouse_chart::ignore::IgnoreRules;
use wheelhouse_render::path_matches;

use crate::parts;

pub(crate) fn run(input: &[u8]) {
    let [rules, paths] = parts(input);
    let paths = String::from_utf8_lossy(paths);
    if let Ok(rules) = IgnoreRules::parse(rules) {
        for path in paths.lines() {
            let _ = rules.ignores(path, false);
            let _ = rules.ignores(path, true);
        }
    }
    let patterns = String::from_utf8_lossy(rules);
    for pattern in patterns.lines().take(20) {
        for path in paths.lines().take(20) {
            let _ = path_matches(pattern, path);
        }
    }
}
