//! The bytes of netfilter's messages.

/// The head of every netlink message: length, type, flags, sequence number, port.
const HEAD: usize = 16;
/// The subsystem of nftables.
const NFTABLES: u16 = 10;
const BATCH_BEGIN: u16 = 0x10;
const BATCH_END: u16 = 0x11;
/// The type of an answer that says how a request went.
const ERROR: u16 = 2;

/// `NLM_F_REQUEST`, `NLM_F_ACK`, `NLM_F_CREATE`, `NLM_F_APPEND`.
const REQUEST: u16 = 0x1;
const ACKNOWLEDGE: u16 = 0x4;
const CREATE: u16 = 0x400;
const APPEND: u16 = 0x800;
/// The bit of an attribute that holds attributes.
const NESTED: u16 = 0x8000;

/// Attributes one after another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Attributes {
    bytes: Vec<u8>,
}

impl Attributes {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn bytes(mut self, kind: u16, data: &[u8]) -> Self {
        let length = u16::try_from(data.len() + 4).unwrap_or(u16::MAX);
        self.bytes.extend_from_slice(&length.to_ne_bytes());
        self.bytes.extend_from_slice(&kind.to_ne_bytes());
        self.bytes.extend_from_slice(data);
        pad(&mut self.bytes);
        self
    }

    /// A text, with the zero at its end.
    pub(super) fn text(self, kind: u16, text: &str) -> Self {
        let mut data = text.as_bytes().to_vec();
        data.push(0);
        self.bytes(kind, &data)
    }

    /// A number in the order of the network.
    pub(super) fn number(self, kind: u16, number: u32) -> Self {
        self.bytes(kind, &number.to_be_bytes())
    }

    pub(super) fn nested(self, kind: u16, inner: &Attributes) -> Self {
        self.bytes(kind | NESTED, &inner.bytes)
    }
}

fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

/// Requests that the kernel carries out together or not at all.
#[derive(Debug)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    sequence: u32,
}

/// A batch as it is sent, with the number of its last request.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) bytes: Vec<u8>,
    pub(super) last: u32,
}

impl Batch {
    pub(super) fn new() -> Self {
        let mut batch = Self { bytes: Vec::new(), sequence: 0 };
        batch.message(BATCH_BEGIN, REQUEST, 0, NFTABLES, &[]);
        batch
    }

    /// Adds a request about IPv4.
    pub(super) fn add(&mut self, kind: u8, attributes: Attributes) {
        let flags = REQUEST | ACKNOWLEDGE | CREATE | APPEND;
        self.message(NFTABLES << 8 | u16::from(kind), flags, 2, 0, &attributes.bytes);
    }

    pub(super) fn finish(mut self) -> Finished {
        let last = self.sequence;
        self.message(BATCH_END, REQUEST, 0, NFTABLES, &[]);
        Finished { bytes: self.bytes, last }
    }

    fn message(&mut self, kind: u16, flags: u16, family: u8, resource: u16, body: &[u8]) {
        self.sequence += 1;
        let length = u32::try_from(HEAD + 4 + body.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(&length.to_ne_bytes());
        self.bytes.extend_from_slice(&kind.to_ne_bytes());
        self.bytes.extend_from_slice(&flags.to_ne_bytes());
        self.bytes.extend_from_slice(&self.sequence.to_ne_bytes());
        self.bytes.extend_from_slice(&0_u32.to_ne_bytes());
        // Family, version, and the subsystem that a batch is for.
        self.bytes.extend_from_slice(&[family, 0]);
        self.bytes.extend_from_slice(&resource.to_be_bytes());
        self.bytes.extend_from_slice(body);
        pad(&mut self.bytes);
    }
}

/// The requests that an answer speaks of, each with its error, negative, or 0.
pub(super) fn answers(mut bytes: &[u8]) -> Vec<(u32, i32)> {
    let mut found = Vec::new();
    let number = |bytes: &[u8], at: usize| -> Option<u32> {
        Some(u32::from_ne_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
    };
    while let Some(length) = number(bytes, 0).and_then(|length| usize::try_from(length).ok()) {
        let kind = bytes.get(4..6).and_then(|kind| kind.try_into().ok()).map(u16::from_ne_bytes);
        if kind == Some(ERROR)
            && let (Some(sequence), Some(code)) = (number(bytes, 8), number(bytes, HEAD))
        {
            found.push((sequence, code.cast_signed()));
        }
        bytes = bytes.get(length.max(HEAD).next_multiple_of(4)..).unwrap_or_default();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_padded_and_say_their_true_length() {
        let bytes = Attributes::new().text(1, "ab").number(2, 1).bytes;
        let head = |length: u16, kind: u16| [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
        assert_eq!(bytes, [head(7, 1), b"ab\0\0".to_vec(), head(8, 2), vec![0, 0, 0, 1]].concat());
        assert_eq!(Attributes::new().nested(4, &Attributes::new()).bytes, head(4, 4 | NESTED));
    }

    #[test]
    fn answers_are_read_one_after_another() {
        let answer = |sequence: u32, code: i32| {
            let words = [20_u32, u32::from(ERROR), sequence, 0, code.cast_unsigned()];
            words.iter().flat_map(|word| word.to_ne_bytes()).collect::<Vec<u8>>()
        };
        let both = [answer(2, 0), answer(3, -17)].concat();
        assert_eq!(answers(&both), [(2, 0), (3, -17)]);
        assert_eq!(answers(&both[..18]), []);
        assert_eq!(answers(&[]), []);
    }
}
