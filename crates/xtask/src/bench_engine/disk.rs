use std::path::Path;

use anyhow::Result;
use wheelhouse_chart::File;
use wheelhouse_chart::ignore::{IGNORE_FILE, IgnoreRules};

/// The files of a chart directory that its `.helmignore` does not name.
pub(super) fn read_chart(folder: &Path) -> Result<Vec<File>> {
    let rules = match std::fs::read(folder.join(IGNORE_FILE)) {
        Ok(text) => IgnoreRules::parse(&text)?,
        Err(_) => IgnoreRules::defaults(),
    };
    let mut files = Vec::new();
    read(folder, "", &rules, &mut files)?;
    Ok(files)
}

fn read(folder: &Path, prefix: &str, rules: &IgnoreRules, files: &mut Vec<File>) -> Result<()> {
    let mut entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let path = entry.path();
        if rules.ignores(&name, path.is_dir()) {
            continue;
        }
        if path.is_dir() {
            read(&path, &format!("{name}/"), rules, files)?;
        } else {
            files.push(File::new(name, &std::fs::read(&path)?));
        }
    }
    Ok(())
}
