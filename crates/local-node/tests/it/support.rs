//! What the tests stand on: the guest program, and a machine that allows containers.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Whether this machine allows real containers; says why not where it does not.
pub(crate) fn machine_allows() -> bool {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("SKIPPED: containers need root here");
        return false;
    }
    true
}

/// The program inside test containers, built once, static.
pub(crate) fn guest() -> &'static Path {
    static GUEST: OnceLock<PathBuf> = OnceLock::new();
    GUEST.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guest/guest.rs");
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guest");
        let newer = |a: &Path, b: &Path| {
            let time = |path: &Path| std::fs::metadata(path).and_then(|found| found.modified()).ok();
            time(a) > time(b)
        };
        if !newer(&target, &source) {
            let draft = target.with_extension(std::process::id().to_string());
            let built = std::process::Command::new("rustc")
                .args([
                    "--edition",
                    "2024",
                    "-O",
                    "-C",
                    "target-feature=+crt-static",
                    "-C",
                    "strip=symbols",
                    "-o",
                ])
                .arg(&draft)
                .arg(&source)
                .status()
                .unwrap();
            assert!(built.success(), "the guest program does not build");
            std::fs::rename(draft, &target).unwrap();
        }
        target
    })
}

/// The command that starts a sandbox process.
pub(crate) fn sandbox_command() -> Vec<OsString> {
    vec![env!("CARGO_BIN_EXE_wheelhouse-sandbox").into()]
}
