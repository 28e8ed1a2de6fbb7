//! The forms of names: DNS labels and subdomains, qualified names, label values. Each function gives
//! what is wrong, in the words of the API; nothing when all is well.

/// Names of objects that the platform makes in an instance's namespace start with this; no chart may use or name them.
pub const RESERVED_PREFIX: &str = "nvcf-";

const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_1035: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const ENVIRONMENT: &str =
    "a valid environment variable name must consist only of printable ASCII characters other than '='";
const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

fn too_long(most: usize) -> String {
    format!("must be no more than {most} bytes")
}

fn lower(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn shaped(text: &str, edge: impl Fn(u8) -> bool, inner: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    matches!((bytes.first(), bytes.last()), (Some(first), Some(last)) if edge(*first) && edge(*last))
        && bytes.iter().all(|b| inner(*b))
}

fn is_label(text: &str) -> bool {
    shaped(text, lower, |b| lower(b) || b == b'-')
}

fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_label)
}

/// An RFC 1123 label of at most 63 bytes.
#[must_use]
pub fn label(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if text.len() > 63 {
        wrong.push(too_long(63));
    }
    if !is_label(text) {
        // A subdomain that is no label has dots.
        let why = if is_subdomain(text) { "must not contain dots" } else { LABEL };
        wrong.push(why.to_owned());
    }
    wrong
}

/// An RFC 1035 label (starts with a letter) of at most 63 bytes.
#[must_use]
pub fn label_1035(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if text.len() > 63 {
        wrong.push(too_long(63));
    }
    if !is_label(text) || text.as_bytes().first().is_some_and(u8::is_ascii_digit) {
        wrong.push(LABEL_1035.to_owned());
    }
    wrong
}

/// An RFC 1123 subdomain of at most 253 bytes.
#[must_use]
pub fn subdomain(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if text.len() > 253 {
        wrong.push(too_long(253));
    }
    if !is_subdomain(text) {
        wrong.push(SUBDOMAIN.to_owned());
    }
    wrong
}

/// A name that may be one path element (RBAC objects).
#[must_use]
pub fn path_segment(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if text == "." || text == ".." {
        return vec![format!("may not be '{text}'")];
    }
    for bad in ["/", "%"] {
        if text.contains(bad) {
            wrong.push(format!("may not contain '{bad}'"));
        }
    }
    wrong
}

/// A label or annotation key: `name` or `prefix/name`.
#[must_use]
pub fn qualified_name(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let parts: Vec<&str> = text.split('/').collect();
    let name = match parts.as_slice() {
        [name] => *name,
        [prefix, name] => {
            if prefix.is_empty() {
                wrong.push("prefix part must be non-empty".to_owned());
            } else {
                wrong.extend(subdomain(prefix).into_iter().map(|why| format!("prefix part {why}")));
            }
            *name
        }
        _ => {
            return vec![format!(
                "a valid label key {} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
                QUALIFIED.replacen("name part ", "", 1)
            )];
        }
    };
    if name.is_empty() {
        wrong.push("name part must be non-empty".to_owned());
    } else if name.len() > 63 {
        wrong.push(format!("name part {}", too_long(63)));
    }
    if !shaped(name, |b| b.is_ascii_alphanumeric(), |b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
        wrong.push(QUALIFIED.to_owned());
    }
    wrong
}

/// A label value.
#[must_use]
pub fn label_value(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if text.len() > 63 {
        wrong.push(too_long(63));
    }
    let fits =
        shaped(text, |b| b.is_ascii_alphanumeric(), |b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if !text.is_empty() && !fits {
        wrong.push(LABEL_VALUE.to_owned());
    }
    wrong
}

/// The name of an environment variable.
#[must_use]
pub fn environment_name(text: &str) -> Vec<String> {
    if text.is_empty() || !text.bytes().all(|b| (0x20..0x7f).contains(&b) && b != b'=') {
        return vec![ENVIRONMENT.to_owned()];
    }
    Vec::new()
}

/// A key of a config map or secret.
#[must_use]
pub fn config_key(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if text.len() > 253 {
        wrong.push(too_long(253));
    }
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
        wrong.push(CONFIG_KEY.to_owned());
    } else if text == "." {
        wrong.push("must not be '.'".to_owned());
    } else if text == ".." {
        wrong.push("must not be '..'".to_owned());
    } else if text.starts_with("..") {
        wrong.push("must not start with '..'".to_owned());
    }
    wrong
}

/// A port name: an IANA service name.
#[must_use]
pub fn port_name(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if text.len() > 15 {
        wrong.push("must be no more than 15 characters".to_owned());
    }
    if !text.bytes().all(|b| lower(b) || b == b'-') || text.is_empty() {
        wrong.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned());
    }
    if !text.bytes().any(|b| b.is_ascii_lowercase()) {
        wrong.push("must contain at least one letter (a-z)".to_owned());
    }
    if text.contains("--") {
        wrong.push("must not contain consecutive hyphens".to_owned());
    }
    if text.starts_with('-') || text.ends_with('-') {
        wrong.push("must not begin or end with a hyphen".to_owned());
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    type Check = fn(&str) -> Vec<String>;

    #[test]
    fn forms_of_names() {
        let ok: &[(Check, &str)] = &[
            (label, "a-1"),
            (label, "1a"),
            (label_1035, "a1"),
            (subdomain, "a.b-c.d"),
            (qualified_name, "a.b/C_d"),
            (qualified_name, "X"),
            (label_value, ""),
            (label_value, "A_b.c"),
            (config_key, ".dockerconfigjson"),
            (port_name, "http-2"),
            (environment_name, "A.B"),
            (path_segment, "system:node"),
        ];
        for (check, text) in ok {
            assert_eq!(check(text), Vec::<String>::new(), "{text}");
        }
        let bad: &[(Check, &str)] = &[
            (label, ""),
            (label, "A"),
            (label, "a-"),
            (label, "a.b"),
            (label_1035, "1a"),
            (subdomain, "a..b"),
            (qualified_name, ""),
            (qualified_name, "a/b/c"),
            (qualified_name, "/a"),
            (label_value, "-a"),
            (config_key, ".."),
            (config_key, "a/b"),
            (port_name, "123"),
            (port_name, "a--b"),
            (environment_name, "a=b"),
            (path_segment, "a/b"),
        ];
        for (check, text) in bad {
            assert!(!check(text).is_empty(), "{text}");
        }
    }
}
