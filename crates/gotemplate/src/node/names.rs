use super::{Arena, Name};
use crate::program::Callee;
use crate::value::GoString;
use foldhash::HashMap;

/// The names of all files read: charts use the same ones again and again, so they are kept.
#[derive(Debug, Default)]
pub(crate) struct Names {
    known: HashMap<GoString, Known>,
    /// Counts the files.
    file: u32,
}

#[derive(Debug)]
struct Known {
    text: GoString,
    /// What it calls where it stands for a function.
    callee: Option<Callee>,
    /// The file it was met in last, and its name there.
    file: u32,
    name: Name,
}

impl Names {
    /// Most names that are kept from one file to the next.
    const MOST: usize = 1 << 14;

    /// Begins with another file.
    pub(crate) fn begin(&mut self) {
        self.file = self.file.wrapping_add(1);
        if self.known.len() > Self::MOST || self.file == 0 {
            *self = Names { known: HashMap::default(), file: 1 };
        }
    }

    /// The name of a text in the file being read, and what it calls as `callee` says.
    pub(crate) fn get(
        &mut self,
        text: &[u8],
        arena: &mut Arena,
        callee: impl FnOnce() -> Option<Callee>,
    ) -> (Name, Option<Callee>) {
        let file = self.file;
        if let Some(known) = self.known.get_mut(text) {
            if known.file != file {
                known.file = file;
                known.name = arena.push_name(known.text.clone());
            }
            return (known.name, known.callee);
        }
        let (text, callee) = (GoString::from(text), callee());
        let name = arena.push_name(text.clone());
        self.known.insert(text.clone(), Known { text, callee, file, name });
        (name, callee)
    }
}
