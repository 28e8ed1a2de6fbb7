use std::net::{Ipv4Addr, Ipv6Addr};

use super::{check_letters, refuse};
use crate::text::quote;

pub(super) fn check_ipv4(text: &str) -> Result<(), String> {
    let groups: Vec<&str> = text.split('.').collect();
    if groups.len() != 4 {
        return refuse("expected four decimals");
    }
    for group in groups {
        if group.len() > 1 && group.starts_with('0') {
            return refuse("leading zeros");
        }
        let Ok(number) = group.parse::<i64>() else {
            return refuse(format!("strconv.Atoi: parsing {}: invalid syntax", quote(group)));
        };
        if !(0..=255).contains(&number) {
            return refuse("decimal must be between 0 and 255");
        }
    }
    Ok(())
}

pub(super) fn check_ipv6(text: &str) -> Result<(), String> {
    if !text.contains(':') {
        return refuse("missing colon");
    }
    let (address, zone) = text.split_once('%').map_or((text, None), |(address, zone)| (address, Some(zone)));
    if zone == Some("") {
        return refuse(format!("ParseAddr({}): zone must be a non-empty string", quote(text)));
    }
    if address.parse::<Ipv6Addr>().is_err() {
        return refuse(format!("ParseAddr({}): {}", quote(text), ipv6_problem(address)));
    }
    match zone {
        Some(_) => refuse("zone id is not a part of ipv6 address"),
        None => Ok(()),
    }
}

/// Go's word for what is wrong with an IPv6 address, for the mistakes people make.
fn ipv6_problem(address: &str) -> String {
    let groups = || address.split(':').filter(|group| !group.is_empty() && !group.contains('.'));
    if let Some(group) = groups().find(|group| group.len() > 4) {
        return format!("each group must have 4 or less digits (at {})", quote(group));
    }
    if let Some((index, _)) = address
        .char_indices()
        .find(|(_, letter)| !letter.is_ascii_hexdigit() && *letter != ':' && *letter != '.')
    {
        let rest = address.get(index..).unwrap_or_default();
        return format!("unexpected character, want colon (at {})", quote(rest));
    }
    if address.matches("::").count() > 1 {
        let second = address.rfind("::").and_then(|index| address.get(index + 1..)).unwrap_or_default();
        return format!("multiple :: in address (at {})", quote(second));
    }
    if let Some(tail) = address.rsplit(':').next().filter(|tail| tail.contains('.'))
        && tail.parse::<Ipv4Addr>().is_err()
    {
        return "IPv4 field has value >255".to_owned();
    }
    if groups().count() > 7 {
        return "trailing garbage after address".to_owned();
    }
    "address string too short".to_owned()
}

pub(super) fn check_hostname(text: &str) -> Result<(), String> {
    let name = text.strip_suffix('.').unwrap_or(text);
    if name.len() > 253 {
        return refuse("more than 253 characters long");
    }
    for label in name.split('.') {
        if !(1..=63).contains(&label.len()) {
            return refuse("label must be 1 to 63 characters long");
        }
        if label.starts_with('-') {
            return refuse("label starts with hyphen");
        }
        if label.ends_with('-') {
            return refuse("label ends with hyphen");
        }
        check_letters(label, |letter| letter.is_ascii_alphanumeric() || letter == '-')?;
    }
    Ok(())
}

pub(super) fn check_email(text: &str) -> Result<(), String> {
    if text.len() > 254 {
        return refuse("more than 255 characters long");
    }
    let Some((local, domain)) = text.rsplit_once('@') else { return refuse("missing @") };
    if local.len() > 64 {
        return refuse("local part more than 64 characters long");
    }
    if local.len() > 1 && local.starts_with('"') {
        let inner = local.get(1..local.len() - 1).unwrap_or_default();
        if inner.contains(['\\', '"']) {
            return refuse("backslash and quote are not allowed within quoted local part");
        }
    } else {
        if local.starts_with('.') {
            return refuse("starts with dot");
        }
        if local.ends_with('.') {
            return refuse("ends with dot");
        }
        if local.contains("..") {
            return refuse("consecutive dots");
        }
        check_letters(local, |letter| {
            letter.is_ascii_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(letter)
        })?;
    }
    if let Some(literal) = domain.strip_prefix('[').and_then(|domain| domain.strip_suffix(']')) {
        return match literal.strip_prefix("IPv6:") {
            Some(address) => {
                check_ipv6(address).map_err(|problem| format!("invalid ipv6 address: {problem}"))
            }
            None => check_ipv4(literal).map_err(|problem| format!("invalid ipv4 address: {problem}")),
        };
    }
    check_hostname(domain).map_err(|problem| format!("invalid domain: {problem}"))
}
