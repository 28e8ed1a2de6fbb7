//! What a program's file says about itself (System V ABI, ELF-64, little end first).

/// The file is no program for this kind of machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a 64-bit little-endian ELF program: {0}")]
pub struct NotAProgram(&'static str);

/// `p_type` of a part that is loaded.
const LOAD: u32 = 1;
/// `p_type` of the part that names the loader.
const INTERPRETER: u32 = 3;
/// Offsets in the file's header: where the sections are, and how many.
const SECTIONS: std::ops::Range<usize> = 0x28..0x30;
const SECTION_COUNTS: std::ops::Range<usize> = 0x3c..0x40;

/// What is needed to run a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Elf {
    /// The architecture, in Go's words.
    pub(crate) architecture: &'static str,
    /// The loader; `None` for a static program.
    pub(crate) interpreter: Option<String>,
    /// Up to where the file is needed at run time, in bytes.
    loaded: usize,
}

impl Elf {
    /// Reads the headers of a program.
    pub(crate) fn read(file: &[u8]) -> Result<Self, NotAProgram> {
        let cut = || NotAProgram("it is cut short");
        if file.get(..6) != Some(b"\x7fELF\x02\x01") {
            return Err(NotAProgram("its first bytes are others"));
        }
        let architecture = match short(file, 18).ok_or_else(cut)? {
            62 => "amd64",
            183 => "arm64",
            243 => "riscv64",
            _ => return Err(NotAProgram("its architecture is not known here")),
        };
        let offset = long(file, 32).ok_or_else(cut)?;
        let size = usize::from(short(file, 54).ok_or_else(cut)?);
        let count = usize::from(short(file, 56).ok_or_else(cut)?);
        let (mut interpreter, mut loaded) = (None, 0);
        for index in 0..count {
            let start = offset.checked_add(index * size).ok_or_else(cut)?;
            let header = file.get(start..).ok_or_else(cut)?;
            let kind = header.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)).ok_or_else(cut)?;
            let begin = long(header, 8).ok_or_else(cut)?;
            let end = long(header, 32).and_then(|length| begin.checked_add(length)).ok_or_else(cut)?;
            let part = file.get(begin..end).ok_or_else(cut)?;
            match kind {
                LOAD => loaded = loaded.max(end),
                INTERPRETER => {
                    let name = part.strip_suffix(b"\0").unwrap_or(part);
                    let name =
                        std::str::from_utf8(name).map_err(|_| NotAProgram("its loader has no name"))?;
                    interpreter = Some(name.to_owned());
                }
                _ => {}
            }
        }
        if loaded == 0 {
            return Err(NotAProgram("nothing of it is loaded"));
        }
        Ok(Self { architecture, interpreter, loaded })
    }

    /// The program without what only debuggers read: the file up to the end of what is loaded, with no sections.
    pub(crate) fn stripped(&self, mut file: Vec<u8>) -> Vec<u8> {
        file.truncate(self.loaded);
        for range in [SECTIONS, SECTION_COUNTS] {
            if let Some(bytes) = file.get_mut(range) {
                bytes.fill(0);
            }
        }
        file
    }
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

fn long(bytes: &[u8], at: usize) -> Option<usize> {
    let value = bytes.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))?;
    usize::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_very_program_is_read_and_stripped() {
        let file = std::fs::read("/proc/self/exe").unwrap();
        let elf = Elf::read(&file).unwrap();
        let expected = if cfg!(target_arch = "x86_64") { "amd64" } else { "arm64" };
        assert_eq!(elf.architecture, expected);
        assert!(elf.interpreter.as_deref().is_none_or(|name| name.starts_with('/')), "{elf:?}");
        let stripped = elf.stripped(file.clone());
        assert!(stripped.len() < file.len());
        // Nothing that matters has changed.
        assert_eq!(Elf::read(&stripped).unwrap(), elf);
    }

    #[test]
    fn what_is_no_program_is_refused() {
        let file = std::fs::read("/proc/self/exe").unwrap();
        let wrong = |bytes: &[u8]| Elf::read(bytes).unwrap_err().0;
        assert_eq!(wrong(b"#!/bin/sh\n"), "its first bytes are others");
        assert_eq!(wrong(&file[..40]), "it is cut short");
        assert_eq!(wrong(&file[..4096]), "it is cut short");
        let mut other = file.clone();
        other[18] = 0xff;
        assert_eq!(wrong(&other), "its architecture is not known here");
    }
}
