//! Any text as `--set` and each of its relatives: setting the same again changes nothing.

use std::sync::Arc;

use wheelhouse_chart::Compat;
use wheelhouse_chart::strvals::{MAX_EMPTY_SLOTS, SetContext, set};
use wheelhouse_chart::values::{SetFlag, Table, ValueSource};

pub(crate) fn run(input: &[u8]) {
    let flags = [SetFlag::Set, SetFlag::SetString, SetFlag::SetFile, SetFlag::SetJson, SetFlag::SetLiteral];
    for flag in flags {
        for compat in [Compat::V4, Compat::V3] {
            let mut table = Table::new();
            let first = apply(flag, input, compat, &mut table);
            let before = table.clone();
            // A list in the way of a table may have come later in the same text.
            let again = apply(flag, input, compat, &mut table);
            if first.is_ok() && again.is_ok() {
                assert_eq!(before, table, "setting the same again changes the values");
            }
        }
    }
}

fn apply(flag: SetFlag, input: &[u8], compat: Compat, table: &mut Table) -> Result<(), String> {
    let text = String::from_utf8_lossy(input).into_owned();
    let source = Arc::new(ValueSource::Flag { flag, index: 0, text });
    let mut read = |path: &str| if path.is_empty() { Err("no path".to_owned()) } else { Ok(path.into()) };
    let mut context =
        SetContext { compat, source, empty_slots: MAX_EMPTY_SLOTS.min(10_000), read_file: &mut read };
    set(flag, input, table, &mut context).map_err(|error| error.to_string())
}
