//! Answers computed by the original library.

use std::path::{Path, PathBuf};

use serde_json::Value;
use wheelhouse_semver::{Constraints, Version};

fn vectors() -> PathBuf {
    let shared = std::env::var_os("WHEELHOUSE_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    shared.join("data/vectors/semver.jsonl")
}

#[test]
fn answers_of_the_original() {
    let path = vectors();
    let Ok(lines) = std::fs::read_to_string(&path) else {
        eprintln!("SKIPPED: no vectors at {}", path.display());
        return;
    };
    let mut compared = 0;
    for line in lines.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| case[name].as_str().unwrap().to_owned();
        let answer = Constraints::parse(&text("c")).and_then(|constraints| {
            let version = Version::parse(&text("s"))?;
            Ok(constraints.check(&version))
        });
        match answer {
            Ok(accepted) => assert_eq!(Some(accepted), case.get("out").and_then(Value::as_bool), "{line}"),
            Err(error) => assert_eq!(
                Some(error.to_string().as_str()),
                case.get("err").and_then(Value::as_str),
                "{line}"
            ),
        }
        compared += 1;
    }
    assert!(compared > 9000, "only {compared} cases");
}
