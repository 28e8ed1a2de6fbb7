//! Tables as Helm prints them: columns padded to their longest cell, tabs between.

/// Lays out rows; cells longer than `width` end in dots. `0` sets no bound.
pub(crate) fn table<const COLUMNS: usize>(rows: &[[String; COLUMNS]], width: usize) -> String {
    let mut widths = [0; COLUMNS];
    for row in rows {
        for (longest, cell) in widths.iter_mut().zip(row) {
            let length = cell.chars().count();
            *longest = length.min(if width == 0 { length } else { width }).max(*longest);
        }
    }
    let lines = rows.iter().map(|row| {
        let cells = row.iter().zip(widths).map(|(cell, width)| fitted(cell, width));
        cells.collect::<Vec<_>>().join("\t")
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn fitted(cell: &str, width: usize) -> String {
    let length = cell.chars().count();
    if length <= width {
        return format!("{cell}{}", " ".repeat(width - length));
    }
    // The letter that crosses the bound is kept, so a cut cell always has a letter.
    let kept: String = cell.chars().take(width.saturating_sub(3).max(1)).collect();
    format!("{kept}...")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_padded_and_long_cells_cut() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned);
        let rows = [row(["NAME", "VERSION"]), row(["a-long-name", "1"])];
        assert_eq!(table(&rows, 0), "NAME       \tVERSION\na-long-name\t1      ");
        assert_eq!(table(&rows, 7), "NAME   \tVERSION\na-lo...\t1      ");
    }
}
