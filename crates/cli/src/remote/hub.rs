//! Hubs: servers that know the charts of many repositories.

use serde_json::Value;

use super::repositories::{fetch_failed, host_of};
use super::{LIMIT, Remote, Tls};
use crate::commands::Failure;

/// What a hub answers to a search; nothing if that is no JSON.
pub(crate) fn search_hub(endpoint: &str, term: &str) -> Result<Value, Failure> {
    let url = address(endpoint, term);
    let tls = Tls { plain_http: url.starts_with("http://"), ..Tls::default() };
    let remote = Remote::new(host_of(&url), &tls)?;
    let answer = remote.block_on(remote.client.fetch_url(&url, None, LIMIT));
    let answer = answer.map_err(|error| fetch_failed(&url, &error))?;
    Ok(serde_json::from_slice(&answer).unwrap_or_default())
}

/// Where a hub is asked.
fn address(endpoint: &str, term: &str) -> String {
    let base = endpoint.split(['?', '#']).next().unwrap_or_default();
    let host = host_of(base);
    let end = base.find("://").map_or(0, |colon| colon + 3) + host.len();
    let (start, path) = base.split_at_checked(end).unwrap_or((base, ""));
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/').chain(["api", "chartsvc", "v1", "charts", "search"]) {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    format!("{start}/{}?q={}", segments.join("/"), escape(term))
}

/// Go's `url.QueryEscape`.
fn escape(text: &str) -> String {
    let escaped = |byte: u8| match byte {
        b' ' => "+".to_owned(),
        b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hubs_are_asked_below_their_path() {
        for (endpoint, term, expected) in [
            ("https://hub.helm.sh", "", "https://hub.helm.sh/api/chartsvc/v1/charts/search?q="),
            ("http://h:80/", "a b&c/é", "http://h:80/api/chartsvc/v1/charts/search?q=a+b%26c%2F%C3%A9"),
            ("http://h/x//y/../z/?q=1#f", "a", "http://h/x/z/api/chartsvc/v1/charts/search?q=a"),
        ] {
            assert_eq!(address(endpoint, term), expected, "{endpoint}");
        }
    }
}
