//! What Helm takes for mail and web addresses: the language of its validator's patterns.

use wheelhouse_goregex::Regex;
use wheelhouse_sprig::url::host_and_path;

/// Characters above ASCII that mail addresses may have.
const WIDE: &str = r"\x{00A0}-\x{D7FF}\x{F900}-\x{FDCF}\x{FDF0}-\x{FFEF}";

/// A mail address: dotted atoms or a quoted text, then a domain of two labels or more, the last of
/// which neither starts nor ends with a digit.
pub(super) fn is_email(text: &str) -> bool {
    let atom = format!(r"[a-zA-Z\d!#$%&'*+\-/=?^_`{{|}}~{WIDE}]+");
    let space = r"((\x20|\x09)*(\x0d\x0a))?(\x20|\x09)+";
    let quoted_character = format!(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\x21\x23-\x5b\x5d-\x7e{WIDE}]");
    let quoted_pair = format!(r"\([\x01-\x09\x0b\x0c\x0d-\x7f]|[{WIDE}]");
    // In Helm's pattern the opening quote is repeated with each character.
    let quoted = format!(r"(\x22({space})?({quoted_character}|{quoted_pair}))*({space})?\x22");
    let (letter, alphanumeric) = (format!("[a-zA-Z{WIDE}]"), format!(r"[a-zA-Z\d{WIDE}]"));
    let label = format!(r"{alphanumeric}([a-zA-Z\d\-._~{WIDE}]*{alphanumeric})?");
    let last_label = format!(r"{letter}([a-zA-Z\d\-_~{WIDE}]*{letter})?");
    matches(&format!(r"^({atom}(\.{atom})*|{quoted})@({label}\.)+{last_label}\.?$"), text)
}

/// A web address, with or without a scheme.
pub(super) fn is_url(text: &str) -> bool {
    const LONGEST: usize = 2083;
    const SHORTEST: usize = 4;
    if text.chars().count() >= LONGEST || text.len() < SHORTEST || text.starts_with('.') {
        return false;
    }
    let has_port_only = text.contains(':') && !text.contains("://");
    let whole = if has_port_only { format!("http://{text}") } else { text.to_owned() };
    let Some((host, path)) = host_and_path(whole.as_bytes()) else { return false };
    let is_bare_word = host.is_empty() && !path.is_empty() && !path.contains(&b'.');
    !host.starts_with(b".") && !is_bare_word && matches(&url_pattern(), text)
}

fn url_pattern() -> String {
    let scheme = "((ftp|tcp|udp|wss?|https?)://)?";
    let user = r"(\S+(:\S*)?@)?";
    let first_byte = r"([1-9]\d?|1\d\d|2[01]\d|22[0-3]|24\d|25[0-5])";
    let byte = r"(\d{1,2}|1\d\d|2[0-4]\d|25[0-5])";
    let last_byte = r"([0-9]\d?|1\d\d|2[0-4]\d|25[0-5])";
    let v4 = format!(r"{first_byte}(\.{byte}){{2}}\.{last_byte}");
    let v6 = v6_pattern();
    let labels = r"[a-zA-Z0-9]([a-zA-Z0-9_-]+)?[a-zA-Z0-9]([-.][a-zA-Z0-9]+)*";
    let subdomain = r"(www\.|[a-zA-Z0-9]+([-_.]?[a-zA-Z0-9])*[a-zA-Z0-9]\.[a-zA-Z0-9]+)?";
    let wide = r"a-zA-Z\x{00a1}-\x{ffff}";
    let word = format!("([{wide}0-9]+-?-?)*[{wide}0-9]+");
    let name = format!(r"({labels}|{subdomain})?({word})(\.[{wide}]+)?");
    let (port, path) = (r"(:\d{1,5})?", r"([/?#]\S*)?");
    format!(r"^{scheme}{user}({v4}|\[({v6})\]|{name})\.?{port}{path}$")
}

fn v6_pattern() -> String {
    let group = "[0-9a-fA-F]{1,4}";
    let byte = "(25[0-5]|(2[0-4]|1?[0-9])?[0-9])";
    let v4 = format!(r"({byte}\.){{3}}{byte}");
    let mut forms = vec![
        format!("({group}:){{7}}{group}"),
        format!("({group}:){{1,7}}:"),
        format!(":((:{group}){{1,7}}|:)"),
        "fe80:(:[0-9a-fA-F]{0,4}){0,4}%[0-9a-zA-Z]+".to_owned(),
        format!("::(ffff(:0{{1,4}})?:)?{v4}"),
        format!("({group}:){{1,4}}:{v4}"),
    ];
    // Two colons stand for what lacks between the groups before and behind them.
    forms.extend((1..=6).map(|before| format!("({group}:){{1,{before}}}(:{group}){{1,{}}}", 7 - before)));
    forms.join("|")
}

fn matches(pattern: &str, text: &str) -> bool {
    Regex::new(pattern).is_ok_and(|regex| regex.is_match(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_addresses() {
        for text in ["a@b.co", "a.b+c@x-y.example.org", "ü@ö.de", "\"a\"@c.de", "a@b.co."] {
            assert!(is_email(text), "{text}");
        }
        for text in ["a@b", "a b@c.de", "\"a b\"@c.de", "@c.de", "a@c.d1", "a..b@c.de", "a@c.de x"] {
            assert!(!is_email(text), "{text}");
        }
    }

    #[test]
    fn web_addresses() {
        let good = [
            "http://example.com",
            "example.com/x?y#z",
            "https://user:pw@example.com:8080/",
            "localhost:8080",
            "http://[::1]:80/",
            "http://10.0.0.1",
            "foo.bar",
            "http://a",
        ];
        for text in good {
            assert!(is_url(text), "{text}");
        }
        for text in ["abc", "foo", "http:// x", ".example.com", "http://", "xyz://foo.com", "/abs/path"] {
            assert!(!is_url(text), "{text}");
        }
    }
}
