//! Every seed of the fuzz corpus, as an ordinary test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use wheelhouse_fuzzing::TARGETS;

/// What a seed may take: a release build needs milliseconds; this is a debug build, perhaps on a
/// busy machine.
const LONGEST: Duration = Duration::from_secs(60);

fn fuzz_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn every_seed_passes_its_target() {
    for target in TARGETS {
        let seeds = files(&fuzz_folder().join("corpus").join(target.name));
        assert!(!seeds.is_empty(), "{} has no seeds", target.name);
        for seed in seeds {
            let input = std::fs::read(&seed).unwrap();
            let started = Instant::now();
            let run = target.run;
            let thread = std::thread::Builder::new().stack_size(8 << 20).spawn(move || run(&input));
            assert!(thread.unwrap().join().is_ok(), "{} fails", seed.display());
            assert!(started.elapsed() < LONGEST, "{} took {:?}", seed.display(), started.elapsed());
        }
    }
}

#[test]
fn every_target_is_known_to_cargo_fuzz() {
    let manifest = std::fs::read_to_string(fuzz_folder().join("Cargo.toml")).unwrap();
    for target in TARGETS {
        let name = target.name;
        assert!(manifest.contains(&format!("name = \"{name}\"\n")), "{name} is not in fuzz/Cargo.toml");
        let text = std::fs::read_to_string(fuzz_folder().join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(text.contains(&format!("run(\"{name}\", ")), "fuzz_targets/{name}.rs runs something else");
    }
}
