//! Passphrases: from a file, or from whoever sits at the terminal.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

use rustix::termios::{InputModes, LocalModes, OptionalActions, tcgetattr, tcsetattr};

use crate::commands::Failure;
use crate::filesystem::go_error;
use crate::printer::Printer;

/// The longest passphrase, in bytes: what Go's readers give as one line.
const LONGEST: u64 = 4096;

/// The first line of a file; `-` is standard input, if something is piped into it.
pub(super) fn from_file(path: &str) -> Result<Vec<u8>, Failure> {
    if path == "-" {
        let status = File::open("/dev/stdin").and_then(|file| file.metadata());
        if !status.is_ok_and(|status| status.file_type().is_fifo()) {
            return Err(Failure::new("specified reading passphrase from stdin, without input on stdin"));
        }
        return first_line(io::stdin());
    }
    let path = Path::new(path);
    first_line(File::open(path).map_err(|error| go_error("open", path, &error))?)
}

fn first_line(input: impl Read) -> Result<Vec<u8>, Failure> {
    let mut line = Vec::new();
    if BufReader::new(input.take(LONGEST)).read_until(b'\n', &mut line)? == 0 {
        return Err(Failure::new("EOF"));
    }
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    Ok(line)
}

/// Asks for the passphrase of a key; nothing of it is shown.
pub(super) fn ask(name: &str, printer: Printer) -> Result<Vec<u8>, Failure> {
    printer.data(format!("Password for key {name:?} >  "));
    let answer = without_echo();
    printer.data("\n");
    Ok(answer?)
}

fn without_echo() -> io::Result<Vec<u8>> {
    // What is no terminal is refused, in the system's words.
    let in_words = |error: rustix::io::Errno| {
        let text = io::Error::from(error).to_string();
        io::Error::other(text.split(" (os error").next().unwrap_or_default().to_lowercase())
    };
    let before = tcgetattr(io::stdin()).map_err(in_words)?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    silent.local_modes.insert(LocalModes::ICANON | LocalModes::ISIG);
    silent.input_modes.insert(InputModes::ICRNL);
    tcsetattr(io::stdin(), OptionalActions::Now, &silent).map_err(in_words)?;
    let mut line = Vec::new();
    let read = io::stdin().lock().read_until(b'\n', &mut line);
    tcsetattr(io::stdin(), OptionalActions::Now, &before).map_err(in_words)?;
    read?;
    while line.last().is_some_and(|last| matches!(last, b'\n' | b'\r')) {
        line.pop();
    }
    Ok(line)
}
