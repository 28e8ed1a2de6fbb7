//! The shared libraries that a program's own loader finds for it.

use crate::image::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The libraries of a program, as its loader resolves them on this machine; the loader itself is not among them.
///
/// The loader is asked, because only it knows its search path: `LOADER --list PROGRAM`, which both glibc's and musl's
/// understand, and which runs nothing of the program.
pub(crate) fn libraries(interpreter: &Path, program: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |reason: String| Error::Libraries { program: program.display().to_string(), reason };
    let output = Command::new(interpreter)
        .arg("--list")
        .arg(program)
        .env_remove("LD_PRELOAD")
        .env_remove("LD_LIBRARY_PATH")
        .output()
        .map_err(|error| failed(format!("{}: {error}", interpreter.display())))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    let mut libraries = listed(&String::from_utf8_lossy(&output.stdout)).map_err(failed)?;
    libraries.retain(|library| library != interpreter);
    Ok(libraries)
}

/// Reads the loader's list: `NAME => PATH (ADDRESS)` or `PATH (ADDRESS)`; what has no path is the kernel's.
fn listed(text: &str) -> Result<Vec<PathBuf>, String> {
    let mut libraries = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let place = line.split_once("=> ").map_or(line, |(_, place)| place);
        let place = place.rsplit_once(" (").map_or(place, |(place, _)| place).trim();
        if place.starts_with("not found") {
            return Err(line.to_owned());
        }
        if place.starts_with('/') {
            libraries.push(PathBuf::from(place));
        }
    }
    libraries.sort();
    libraries.dedup();
    Ok(libraries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loaders_list_is_read() {
        let text = "\tlinux-vdso.so.1 (0x00007ffd)\n\tlibm.so.6 => /lib/x86/libm.so.6 (0x00007f)\n\
            \t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n\tlibc.so.6 => /lib/a b/libc.so.6 (0x1)\n";
        let expected = ["/lib/a b/libc.so.6", "/lib/x86/libm.so.6", "/lib64/ld-linux-x86-64.so.2"];
        assert_eq!(listed(text).unwrap(), expected.map(PathBuf::from));
        assert_eq!(listed("\tlibx.so => not found\n").unwrap_err(), "libx.so => not found");
    }
}
