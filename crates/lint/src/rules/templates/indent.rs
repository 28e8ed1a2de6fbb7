use wheelhouse_gotemplate::strconv::quote;
use wheelhouse_render::trim_space;

/// The longest line that Go's scanner takes.
const LONGEST_LINE: usize = 64 * 1024;

/// The first line that is not blank starts at the margin.
///
/// # Errors
/// When it does not: what follows may be read as part of something else.
pub fn check_indent(text: &[u8]) -> Result<(), String> {
    for line in text.split(|byte| *byte == b'\n') {
        if line.len() >= LONGEST_LINE {
            return Err("bufio.Scanner: token too long".to_owned());
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if trim_space(line).is_empty() {
            continue;
        }
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            return Err(format!(
                "document starts with an illegal indent: {}, which may cause parsing problems",
                quote(line)
            ));
        }
        return Ok(());
    }
    Ok(())
}
