//! What schemas of values refer to: files of this machine, and addresses on the web.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Read as _;
use std::path::Path;

use percent_encoding::percent_decode_str;
use wheelhouse_registry::Error;

use super::repositories::host_of;
use super::{Remote, Tls};
use crate::filesystem::go_error;

/// The largest document, in bytes.
const LARGEST: u64 = 64 << 20;

/// Reads each document once.
#[derive(Debug, Default)]
pub(crate) struct SchemaDocuments(RefCell<HashMap<String, Result<Vec<u8>, String>>>);

impl SchemaDocuments {
    /// The document at a `file:`, `http:` or `https:` address, with errors in Helm's words.
    pub(crate) fn get(&self, url: &str) -> Result<Vec<u8>, String> {
        if let Some(known) = self.0.borrow().get(url) {
            return known.clone();
        }
        let found = match url.strip_prefix("file:") {
            Some(address) => read(address),
            None => fetch(url),
        };
        self.0.borrow_mut().insert(url.to_owned(), found.clone());
        found
    }
}

fn read(address: &str) -> Result<Vec<u8>, String> {
    let path = address
        .strip_prefix("//")
        .map_or(address, |rest| rest.find('/').map_or("", |at| rest.split_at(at).1));
    let path = percent_decode_str(path).decode_utf8_lossy();
    let path = Path::new(&*path);
    let file = std::fs::File::open(path).map_err(|error| go_error("open", path, &error).to_string())?;
    let mut content = Vec::new();
    file.take(LARGEST)
        .read_to_end(&mut content)
        .map_err(|error| go_error("read", path, &error).to_string())?;
    Ok(content)
}

fn fetch(url: &str) -> Result<Vec<u8>, String> {
    let failed = |problem: String| format!("HTTP request failed for {url}: Get {url:?}: {problem}");
    let tls = Tls { plain_http: url.starts_with("http://"), ..Tls::default() };
    let remote = Remote::new(host_of(url), &tls).map_err(|error| failed(error.message))?;
    let limit = usize::try_from(LARGEST).unwrap_or(usize::MAX);
    let found = remote.block_on(remote.client.fetch_url(url, None, limit));
    found.map(|content| content.to_vec()).map_err(|error| match error {
        Error::NotFound { .. } => format!("HTTP request to {url} returned status 404 (Not Found)"),
        error => failed(error.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_by_their_address() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a b.json");
        std::fs::write(&path, "{}").unwrap();
        let documents = SchemaDocuments::default();
        let address = format!("file://{}", path.display().to_string().replace(' ', "%20"));
        assert_eq!(documents.get(&address), Ok(b"{}".to_vec()));
        assert_eq!(
            documents.get("file:///nonexistent/x.json"),
            Err("open /nonexistent/x.json: no such file or directory".to_owned())
        );
    }
}
