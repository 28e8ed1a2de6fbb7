//! DNS messages: reading a question, writing an answer. Pure.

use std::net::Ipv4Addr;

/// The longest name in a message.
const LONGEST_NAME: usize = 255;
/// How long clients may keep an answer, in seconds: as CoreDNS for cluster names.
const KEEP: u32 = 5;
/// The longest answer over UDP to a client that does not say it takes more.
pub(super) const UDP: usize = 512;

/// The kinds of record that we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    A,
    Aaaa,
    Srv,
    Ptr,
    Other(u16),
}

impl Kind {
    fn of(number: u16) -> Self {
        match number {
            1 => Self::A,
            28 => Self::Aaaa,
            33 => Self::Srv,
            12 => Self::Ptr,
            other => Self::Other(other),
        }
    }
}

/// A question with what is needed to answer it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    /// The name in lower case, without the final dot.
    pub(super) name: String,
    pub(super) kind: Kind,
    /// The largest answer that the client takes over UDP.
    pub(super) room: usize,
    /// The message up to the end of the question.
    head: Vec<u8>,
}

fn number(message: &[u8], place: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*message.get(place)?, *message.get(place + 1)?]))
}

impl Question {
    /// Reads the question of a query; nothing if it is not one of exactly one question.
    pub(super) fn read(message: &[u8]) -> Option<Self> {
        let flags = number(message, 2)?;
        let is_query = flags & 0xf800 == 0;
        if !is_query || number(message, 4)? != 1 {
            return None;
        }
        let mut name = String::new();
        let mut place = 12;
        loop {
            let length = usize::from(*message.get(place)?);
            place += 1;
            if length == 0 {
                break;
            }
            // A pointer has no place in a question.
            if length > 63 || name.len() + length > LONGEST_NAME {
                return None;
            }
            let label = message.get(place..place + length)?;
            if !name.is_empty() {
                name.push('.');
            }
            name.extend(label.iter().map(|byte| char::from(byte.to_ascii_lowercase())));
            place += length;
        }
        let kind = Kind::of(number(message, place)?);
        let end = place + 4;
        let head = message.get(..end)?.to_vec();
        // An EDNS record after the question says how much the client takes.
        let extended = message
            .get(end..)
            .filter(|rest| number(message, 10) > Some(0) && rest.get(..3) == Some(&[0, 0, 41]));
        let room = extended.and_then(|rest| number(rest, 3)).map_or(UDP, |room| usize::from(room).max(UDP));
        Some(Self { name, kind, room, head })
    }
}

/// A record of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Record {
    A(Ipv4Addr),
    Srv { port: u16, target: String },
}

fn write_name(name: &str, out: &mut Vec<u8>) {
    for label in name.split('.').filter(|label| !label.is_empty()) {
        out.push(u8::try_from(label.len().min(63)).unwrap_or(63));
        out.extend(label.bytes().take(63));
    }
    out.push(0);
}

fn write_record(owner: Option<&str>, record: &Record, out: &mut Vec<u8>) {
    match owner {
        // The name of the question, which stands at the twelfth byte.
        None => out.extend_from_slice(&[0xc0, 12]),
        Some(name) => write_name(name, out),
    }
    let (kind, data) = match record {
        Record::A(address) => (1_u16, address.octets().to_vec()),
        Record::Srv { port, target } => {
            let mut data = vec![0, 0, 0, 100];
            data.extend_from_slice(&port.to_be_bytes());
            write_name(target, &mut data);
            (33, data)
        }
    };
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&[0, 1]);
    out.extend_from_slice(&KEEP.to_be_bytes());
    out.extend_from_slice(&u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(&data);
}

/// The code of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    Fine = 0,
    ServerFailure = 2,
    NoSuchName = 3,
}

/// Writes an answer; `more` are records about other names, as the addresses of an SRV's targets. One
/// that does not fit is cut and says so, and the client asks again over TCP.
pub(super) fn answer(
    question: &Question,
    code: Code,
    records: &[Record],
    more: &[(String, Ipv4Addr)],
    room: usize,
) -> Vec<u8> {
    let mut out = question.head.clone();
    let mut counts = (0_u16, 0_u16);
    let mut cut = false;
    for record in records {
        let before = out.len();
        write_record(None, record, &mut out);
        if out.len() > room {
            out.truncate(before);
            cut = true;
            break;
        }
        counts.0 += 1;
    }
    for (name, address) in more {
        let before = out.len();
        write_record(Some(name), &Record::A(*address), &mut out);
        if cut || out.len() > room {
            out.truncate(before);
            break;
        }
        counts.1 += 1;
    }
    let asked = number(&out, 2).unwrap_or_default() & 0x0100;
    // An authoritative answer, with recursion available as the client asked for it.
    let flags = 0x8480 | asked | if cut { 0x0200 } else { 0 } | code as u16;
    let header = [flags, 1, counts.0, 0, counts.1];
    for (place, value) in out.iter_mut().skip(2).zip(header.into_iter().flat_map(u16::to_be_bytes)) {
        *place = value;
    }
    out
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn query(name: &str, kind: u16) -> Vec<u8> {
        let mut message = vec![0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        write_name(name, &mut message);
        message.extend_from_slice(&kind.to_be_bytes());
        message.extend_from_slice(&[0, 1]);
        message
    }

    #[test]
    fn a_question_is_read_and_answered() {
        let question = Question::read(&query("Web.N.svc.cluster.local.", 1)).unwrap();
        assert_eq!((question.name.as_str(), question.kind), ("web.n.svc.cluster.local", Kind::A));
        let out = answer(&question, Code::Fine, &[Record::A(Ipv4Addr::new(10, 0, 0, 9))], &[], UDP);
        assert_eq!(out[..12], [0xab, 0xcd, 0x85, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
        assert_eq!(out[out.len() - 4..], [10, 0, 0, 9]);
        let none = answer(&question, Code::NoSuchName, &[], &[], UDP);
        assert_eq!(none[3] & 15, 3);
    }

    #[test]
    fn an_answer_too_large_is_cut_and_says_so() {
        let question = Question::read(&query("web", 1)).unwrap();
        let many = vec![Record::A(Ipv4Addr::LOCALHOST); 100];
        let out = answer(&question, Code::Fine, &many, &[], UDP);
        assert!(out.len() <= UDP && out[2] & 2 == 2);
        let whole = answer(&question, Code::Fine, &many, &[], 65_535);
        assert!(whole[2] & 2 == 0 && whole[7] == 100);
    }

    #[test]
    fn what_is_no_question_is_nothing() {
        let good = query("web", 1);
        for end in 0..good.len() {
            assert_eq!(Question::read(&good[..end]), None);
        }
        let mut looped = query("web", 1);
        looped[12] = 0xc0;
        assert_eq!(Question::read(&looped), None);
        let mut reply = good.clone();
        reply[2] = 0x80;
        assert_eq!(Question::read(&reply), None);
    }
}
