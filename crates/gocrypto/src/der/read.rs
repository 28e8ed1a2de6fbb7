use super::tag;

/// Reads elements one after the other. What does not fit gives `None` and is not taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'d>(&'d [u8]);

/// An element that was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element<'d> {
    pub(crate) tag: u8,
    /// The whole of it, tag and length included.
    pub(crate) whole: &'d [u8],
    pub(crate) contents: &'d [u8],
}

impl<'d> Reader<'d> {
    pub(crate) fn new(encoded: &'d [u8]) -> Self {
        Self(encoded)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn peek(&self, tag: u8) -> bool {
        self.0.first() == Some(&tag)
    }

    /// Takes the next element, whatever it is. Lengths must be in their shortest form.
    pub(crate) fn any(&mut self) -> Option<Element<'d>> {
        let (&tag, rest) = self.0.split_first()?;
        // Tags of several bytes stand in no key or certificate.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (&short, mut rest) = rest.split_first()?;
        let length = match short {
            0..=0x7f => usize::from(short),
            0x81..=0x84 => {
                let (bytes, after) = rest.split_at_checked(usize::from(short & 0x7f))?;
                rest = after;
                let length = bytes.iter().fold(0, |length, &byte| length << 8 | usize::from(byte));
                if length < 0x80 || bytes.first() == Some(&0) {
                    return None;
                }
                length
            }
            _ => return None,
        };
        let (contents, after) = rest.split_at_checked(length)?;
        let whole = self.0.get(..self.0.len() - after.len())?;
        self.0 = after;
        Some(Element { tag, whole, contents })
    }

    /// Takes an element of a type.
    pub(crate) fn element(&mut self, tag: u8) -> Option<Element<'d>> {
        let mut ahead = *self;
        let element = ahead.any().filter(|element| element.tag == tag)?;
        *self = ahead;
        Some(element)
    }

    /// Takes an element of a type; gives its contents.
    pub(crate) fn contents(&mut self, tag: u8) -> Option<&'d [u8]> {
        self.element(tag).map(|element| element.contents)
    }

    /// Takes a sequence; gives a reader of what is in it.
    pub(crate) fn sequence(&mut self) -> Option<Reader<'d>> {
        self.contents(tag::SEQUENCE).map(Reader)
    }

    /// Takes a number; gives its bytes as they are. They must be as few as possible.
    pub(crate) fn integer(&mut self) -> Option<&'d [u8]> {
        let mut ahead = *self;
        let bytes = ahead.contents(tag::INTEGER)?;
        let padded = matches!(bytes, [0, 0..=0x7f, ..] | [0xff, 0x80..=0xff, ..]);
        if bytes.is_empty() || padded {
            return None;
        }
        *self = ahead;
        Some(bytes)
    }

    /// Takes a number above 0; gives its bytes without leading zeros.
    pub(crate) fn positive(&mut self) -> Option<&'d [u8]> {
        let bytes = self.integer()?;
        match bytes {
            [0] | [0x80..=0xff, ..] => None,
            [0, rest @ ..] => Some(rest),
            _ => Some(bytes),
        }
    }

    /// Takes bits that fill whole bytes.
    pub(crate) fn bytes_of_bits(&mut self) -> Option<&'d [u8]> {
        match self.contents(tag::BIT_STRING)? {
            [0, bits @ ..] => Some(bits),
            _ => None,
        }
    }
}
