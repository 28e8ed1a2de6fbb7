use super::address::check_ipv6;
use super::refuse;
use crate::text::quote;

/// What Go's `url.Parse` finds wrong.
pub(in crate::schema) fn check_url(text: &str) -> Result<(), String> {
    parse(text).map(drop)
}

pub(super) fn check_uri(text: &str) -> Result<(), String> {
    match parse(text)?.scheme {
        Some(_) => Ok(()),
        None => refuse("relative url"),
    }
}

pub(super) fn check_reference(text: &str) -> Result<(), String> {
    if text.contains('\\') {
        return refuse("contains \\");
    }
    parse(text).map(drop)
}

pub(super) fn check_template(text: &str) -> Result<(), String> {
    let url = parse(text)?;
    for part in url.path.split('/') {
        let mut is_open = false;
        for brace in part.chars().filter(|letter| matches!(letter, '{' | '}')) {
            if (brace == '{') == is_open {
                return refuse("nested curly braces");
            }
            is_open = !is_open;
        }
        if is_open {
            return refuse("no matching closing brace");
        }
    }
    Ok(())
}

struct Url<'a> {
    scheme: Option<&'a str>,
    path: &'a str,
}

/// What Go's `url.Parse` finds wrong, and whether IPv6 hosts are in brackets.
fn parse(text: &str) -> Result<Url<'_>, String> {
    let failed = |problem: String| format!("parse {}: {problem}", quote(text));
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return Err(failed("net/url: invalid control character in URL".to_owned()));
    }
    let (rest, fragment) = text.split_once('#').map_or((text, ""), |(rest, fragment)| (rest, fragment));
    check_escapes(fragment).map_err(failed)?;
    let (scheme, rest) = split_scheme(rest).map_err(failed)?;
    let rest = rest.split_once('?').map_or(rest, |(rest, _)| rest);
    let is_opaque = scheme.is_some() && !rest.starts_with('/');
    if is_opaque {
        return Ok(Url { scheme, path: "" });
    }
    if scheme.is_none() && !rest.starts_with('/') {
        let segment = rest.split_once('/').map_or(rest, |(segment, _)| segment);
        if segment.contains(':') {
            return Err(failed("first path segment in URL cannot contain colon".to_owned()));
        }
    }
    let path = match rest.strip_prefix("//") {
        Some(rest) if scheme.is_some() || !rest.starts_with('/') => {
            let end = rest.find('/').unwrap_or(rest.len());
            let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
            check_authority(authority).map_err(failed)?;
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            if let Some(address) =
                host.strip_prefix('[').and_then(|host| host.split_once(']')).map(|(host, _)| host)
                && address.contains(':')
            {
                check_ipv6(address).map_err(|problem| format!("invalid ipv6 address: {problem}"))?;
            }
            path
        }
        _ => rest,
    };
    check_escapes(path).map_err(failed)?;
    Ok(Url { scheme, path })
}

fn split_scheme(text: &str) -> Result<(Option<&str>, &str), String> {
    for (index, letter) in text.char_indices() {
        match letter {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if index > 0 => {}
            ':' if index == 0 => return Err("missing protocol scheme".to_owned()),
            ':' => return Ok((text.get(..index), text.get(index + 1..).unwrap_or_default())),
            _ => break,
        }
    }
    Ok((None, text))
}

fn check_authority(authority: &str) -> Result<(), String> {
    let host = match authority.rsplit_once('@') {
        None => authority,
        Some((user, host)) => {
            let is_allowed =
                |letter: char| letter.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(letter);
            if !user.chars().all(is_allowed) {
                return Err("net/url: invalid userinfo".to_owned());
            }
            check_escapes(user)?;
            host
        }
    };
    let port = match host.strip_prefix('[') {
        Some(rest) => {
            let Some((_, behind)) = rest.rsplit_once(']') else {
                return Err("missing ']' in host".to_owned());
            };
            behind
        }
        None => host.find(':').and_then(|colon| host.get(colon..)).unwrap_or(""),
    };
    let is_port = port.is_empty()
        || port.strip_prefix(':').is_some_and(|port| port.bytes().all(|digit| digit.is_ascii_digit()));
    if !is_port {
        return Err(format!("invalid port {} after host", quote(port)));
    }
    if let Some(letter) = host.chars().find(|letter| " \"<>\\^`{|}".contains(*letter)) {
        return Err(format!("invalid character {} in host name", quote(&letter.to_string())));
    }
    check_escapes(host)
}

/// A percent sign stands before two hexadecimal digits.
pub(in crate::schema) fn check_escapes(text: &str) -> Result<(), String> {
    for (index, _) in text.match_indices('%') {
        let rest = text.as_bytes().get(index..(index + 3).min(text.len())).unwrap_or_default();
        if rest.len() < 3 || !rest.iter().skip(1).all(u8::is_ascii_hexdigit) {
            return Err(format!("invalid URL escape {}", quote(&String::from_utf8_lossy(rest))));
        }
    }
    Ok(())
}
