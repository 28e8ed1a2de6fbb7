//! What a developer command prints: figures on stdout, talk on stderr.

/// Writes a line of talk to stderr.
macro_rules! say {
    ($($argument:tt)*) => {{
        use std::io::Write as _;
        // A closed terminal is no reason to stop a measurement.
        drop(writeln!(std::io::stderr(), $($argument)*));
    }};
}

/// Writes a line of data to stdout.
macro_rules! print_row {
    ($($argument:tt)*) => {{
        use std::io::Write as _;
        drop(writeln!(std::io::stdout(), $($argument)*));
    }};
}

pub(crate) use {print_row, say};
