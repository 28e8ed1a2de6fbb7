//! The host of a URL with its port.

use wheelhouse_gotemplate::strconv::quote;

use super::escape::{Part, unescape};

/// Reads what stands between the `//` or `@` and the path: `example.com:80`, `[::1%25en0]:80`.
///
/// # Errors
/// Go's text.
pub(super) fn parse(scheme: &[u8], host: &[u8]) -> Result<Vec<u8>, String> {
    match memchr::memrchr(b'[', host) {
        Some(0) => address(host),
        Some(_) => Err(String::from("invalid IP-literal")),
        None => {
            if let Some(first) = memchr::memchr(b':', host) {
                let last = memchr::memrchr(b':', host).unwrap_or(first);
                // Several colons may be a name in schemes that are not HTTP.
                let strict = scheme == b"http" || scheme == b"https";
                check_port(host.get(if strict { first } else { last }..).unwrap_or_default())?;
            }
            unescape(host, Part::Host)
        }
    }
}

fn address(host: &[u8]) -> Result<Vec<u8>, String> {
    let Some(close) = memchr::memrchr(b']', host) else {
        return Err(String::from("missing ']' in host"));
    };
    let (name, port) = (host.get(1..close).unwrap_or_default(), host.get(close + 1..).unwrap_or_default());
    check_port(port)?;
    let port = unescape(port, Part::Host)?;
    let name = match memchr::memmem::find(name, b"%25").and_then(|at| name.split_at_checked(at)) {
        Some((address, zone)) => [unescape(address, Part::Host)?, unescape(zone, Part::Zone)?].concat(),
        None => unescape(name, Part::Host)?,
    };
    let is_v4 = check_address(&name).map_err(|error| format!("invalid host: {error}"))?;
    if is_v4 {
        return Err(String::from("invalid IP-literal"));
    }
    Ok([b"[", name.as_slice(), b"]", port.as_slice()].concat())
}

fn check_port(port: &[u8]) -> Result<(), String> {
    match port {
        [] => Ok(()),
        [b':', digits @ ..] if digits.iter().all(u8::is_ascii_digit) => Ok(()),
        _ => Err(format!("invalid port {} after host", quote(port))),
    }
}

/// `URL.Hostname`: without the port, and without the brackets of an address.
pub(super) fn without_port(host: &[u8]) -> &[u8] {
    let name = match memchr::memrchr(b':', host).and_then(|colon| host.split_at_checked(colon)) {
        Some((name, port)) if check_port(port).is_ok() => name,
        _ => host,
    };
    match name {
        [b'[', inner @ .., b']'] => inner,
        _ => name,
    }
}

/// `netip.ParseAddr`: whether the address is one of version 4.
fn check_address(text: &[u8]) -> Result<bool, String> {
    let error = |message: &str| Err(format!("ParseAddr({}): {message}", quote(text)));
    match text.iter().find(|byte| matches!(byte, b'.' | b':' | b'%')) {
        Some(b'.') => version_four(text, text).map(|()| true),
        Some(b':') => version_six(text).map(|()| false),
        Some(_) => error("missing IPv6 address"),
        None => error("unable to parse IP"),
    }
}

fn failure(whole: &[u8], message: &str, at: &[u8]) -> String {
    let place = if at.is_empty() { String::new() } else { format!(" (at {})", quote(at)) };
    format!("ParseAddr({}): {message}{place}", quote(whole))
}

/// `192.168.0.1`, alone or at the end of an address of version 6.
fn version_four(whole: &[u8], text: &[u8]) -> Result<(), String> {
    let mut fields = 0;
    let mut value: u32 = 0;
    let mut digits = 0;
    for (at, byte) in text.iter().enumerate() {
        let rest = text.get(at..).unwrap_or_default();
        match byte {
            b'0'..=b'9' => {
                if digits == 1 && value == 0 {
                    return Err(failure(whole, "IPv4 field has octet with leading zero", &[]));
                }
                value = value * 10 + u32::from(byte - b'0');
                digits += 1;
                if value > 255 {
                    return Err(failure(whole, "IPv4 field has value >255", &[]));
                }
            }
            b'.' => {
                let dot_before = at > 0 && text.get(at - 1) == Some(&b'.');
                if at == 0 || rest.len() == 1 || dot_before {
                    return Err(failure(whole, "IPv4 field must have at least one digit", rest));
                }
                if fields == 3 {
                    return Err(failure(whole, "IPv4 address too long", &[]));
                }
                fields += 1;
                value = 0;
                digits = 0;
            }
            _ => return Err(failure(whole, "unexpected character", rest)),
        }
    }
    if fields < 3 {
        return Err(failure(whole, "IPv4 address too short", &[]));
    }
    Ok(())
}

/// `2001:db8::68`, with or without a zone.
fn version_six(whole: &[u8]) -> Result<(), String> {
    let (text, zone) = match memchr::memchr(b'%', whole).and_then(|at| whole.split_at_checked(at)) {
        Some((text, zone)) => (text, zone.get(1..)),
        None => (whole, None),
    };
    if zone.is_some_and(<[u8]>::is_empty) {
        return Err(failure(whole, "zone must be a non-empty string", &[]));
    }
    let mut rest = text;
    let mut ellipsis = None;
    let mut bytes = 0;
    if let [b':', b':', behind @ ..] = rest {
        ellipsis = Some(0);
        rest = behind;
        if rest.is_empty() {
            return Ok(());
        }
    }
    while bytes < 16 {
        let mut value: u32 = 0;
        let mut digits = 0;
        while let Some(digit) = rest.get(digits).and_then(|byte| char::from(*byte).to_digit(16)) {
            value = value << 4 | digit;
            if digits > 3 {
                return Err(failure(whole, "each group must have 4 or less digits", rest));
            }
            if value > u32::from(u16::MAX) {
                return Err(failure(whole, "IPv6 field has value >=2^16", rest));
            }
            digits += 1;
        }
        if digits == 0 {
            return Err(failure(whole, "each colon-separated field must have at least one digit", rest));
        }
        if rest.get(digits) == Some(&b'.') {
            if ellipsis.is_none() && bytes != 12 {
                return Err(failure(
                    whole,
                    "embedded IPv4 address must replace the final 2 fields of the address",
                    rest,
                ));
            }
            if bytes + 4 > 16 {
                return Err(failure(
                    whole,
                    "too many hex fields to fit an embedded IPv4 at the end of the address",
                    rest,
                ));
            }
            version_four(whole, rest)?;
            rest = &[];
            bytes += 4;
            break;
        }
        bytes += 2;
        rest = rest.get(digits..).unwrap_or_default();
        match rest {
            [] => break,
            [b':'] => return Err(failure(whole, "colon must be followed by more characters", rest)),
            [b':', behind @ ..] => rest = behind,
            _ => return Err(failure(whole, "unexpected character, want colon", rest)),
        }
        if let [b':', behind @ ..] = rest {
            if ellipsis.is_some() {
                return Err(failure(whole, "multiple :: in address", rest));
            }
            ellipsis = Some(bytes);
            rest = behind;
            if rest.is_empty() {
                break;
            }
        }
    }
    if !rest.is_empty() {
        return Err(failure(whole, "trailing garbage after address", rest));
    }
    if bytes < 16 && ellipsis.is_none() {
        return Err(failure(whole, "address string too short", &[]));
    }
    if bytes == 16 && ellipsis.is_some() {
        return Err(failure(whole, "the :: must expand to at least one field of zeros", &[]));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        #[track_caller]
        fn check(address: &str, expect: Result<bool, &str>) {
            let told = check_address(address.as_bytes());
            let expect =
                expect.map_err(|message| format!("ParseAddr({}): {message}", quote(address.as_bytes())));
            assert_eq!(told, expect, "{address}");
        }
        check("1.2.3.4", Ok(true));
        check("1.2.3", Err("IPv4 address too short"));
        check("1.2.3.4.5", Err("IPv4 address too long"));
        check("1..2.3", Err("IPv4 field must have at least one digit (at \".2.3\")"));
        check("01.2.3.4", Err("IPv4 field has octet with leading zero"));
        check("256.2.3.4", Err("IPv4 field has value >255"));
        check("1.2.3.x", Err("unexpected character (at \"x\")"));
        check("::", Ok(false));
        check("::1", Ok(false));
        check("fe80::1%eth0", Ok(false));
        check("::ffff:1.2.3.4", Ok(false));
        check("1:2:3:4:5:6:7:8", Ok(false));
        check("1:2:3:4:5:6:7:8:9", Err("trailing garbage after address (at \"9\")"));
        check("1:2", Err("address string too short"));
        check("1::2::3", Err("multiple :: in address (at \":3\")"));
        check("12345::", Err("each group must have 4 or less digits (at \"12345::\")"));
        check("host", Err("unable to parse IP"));
        check("%eth0", Err("missing IPv6 address"));
        check("::1%", Err("zone must be a non-empty string"));
    }
}
