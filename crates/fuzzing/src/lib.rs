//! What the fuzz targets do with an input.
//!
//! Each target is a function of some bytes. It may not panic, run long or fill the memory, and it
//! asserts what holds for every input. `cargo fuzz` calls the functions with inputs of its own
//! making (`fuzz/fuzz_targets`), the tests of this crate with the seeds in `fuzz/corpus/TARGET`:
//! an input that once showed a fault is kept there.
//!
//! Inputs of several parts hold them one after the other, divided by lines that read `%%`.

mod archive;
mod host;
mod ignore;
mod json;
mod patterns;
mod pipeline;
mod schema;
mod set;
mod template;
mod times;
mod tree;
mod values;
mod versions;
mod yaml;

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: of the target, and of the folder with its seeds.
    pub name: &'static str,
    /// What it does with an input.
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "template", run: template::run },
    Target { name: "yaml", run: yaml::run },
    Target { name: "tree", run: tree::run },
    Target { name: "json", run: json::run },
    Target { name: "values", run: values::run },
    Target { name: "set", run: set::run },
    Target { name: "archive", run: archive::run },
    Target { name: "schema", run: schema::run },
    Target { name: "ignore", run: ignore::run },
    Target { name: "versions", run: versions::run },
    Target { name: "patterns", run: patterns::run },
    Target { name: "times", run: times::run },
];

/// Runs the target of this name; does nothing if there is none.
pub fn run(name: &str, input: &[u8]) {
    if let Some(target) = TARGETS.iter().find(|target| target.name == name) {
        (target.run)(input);
    }
}

/// The parts of an input, between lines that read `%%`.
fn parts<const N: usize>(input: &[u8]) -> [&[u8]; N] {
    let mut parts = [&[][..]; N];
    let mut rest = input;
    for (index, part) in parts.iter_mut().enumerate() {
        let at = if index + 1 == N { None } else { separator(rest) };
        let (before, after) = at.and_then(|at| rest.split_at_checked(at)).unwrap_or((rest, &[]));
        *part = before;
        rest = after.strip_prefix(SEPARATOR).unwrap_or_default();
    }
    parts
}

const SEPARATOR: &[u8] = b"\n%%\n";

fn separator(text: &[u8]) -> Option<usize> {
    text.windows(SEPARATOR.len()).position(|window| window == SEPARATOR)
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn an_input_is_divided_into_parts() {
        assert_eq!(parts(b"a\n%%\nb\n%%\nc\n%%\nd"), [&b"a"[..], b"b", b"c\n%%\nd"]);
        assert_eq!(parts(b"a%%"), [&b"a%%"[..], b""]);
        assert_eq!(parts(b""), [b"", b""]);
    }
}
