use crate::unicode;
use crate::value::{Kind, Object, Value};

/// The flags, width and precision of one directive.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flags {
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    /// `%+v`
    pub(super) plus_v: bool,
    /// `%#v`
    pub(super) sharp_v: bool,
}

/// More than the printer may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

/// Writes values as Go's `fmt` does.
pub(crate) struct Printer {
    pub(super) out: Vec<u8>,
    pub(super) flags: Flags,
    /// Most bytes `out` may hold.
    most: usize,
    too_large: bool,
    /// Whether a pointer prints as what it points to: templates look through it first.
    pub(super) looks_through: bool,
    /// Inside `%!v(…)`: no methods are called.
    pub(super) reporting: bool,
}

impl Printer {
    /// A printer that appends to `out` no more than `most` bytes.
    pub(crate) fn new(out: Vec<u8>, most: usize) -> Self {
        let most = out.len().saturating_add(most);
        Self { out, flags: Flags::default(), most, too_large: false, looks_through: false, reporting: false }
    }

    /// One value as an action prints it: through a pointer, by any `String` method it has there.
    pub(crate) fn print_action(&mut self, value: &Value) {
        self.looks_through = true;
        match value {
            Value::Object(object) if object.display().is_none() => match object.display_by_address() {
                Some(text) => self.write(text.as_bytes()),
                None => self.argument(value, 'v'),
            },
            _ => self.argument(value, 'v'),
        }
        self.looks_through = false;
    }

    /// The text.
    pub(crate) fn finish(self) -> Result<Vec<u8>, TooLarge> {
        if self.too_large { Err(TooLarge) } else { Ok(self.out) }
    }

    pub(crate) fn print(&mut self, values: &[Value]) {
        let mut after_string = false;
        for (index, value) in values.iter().enumerate() {
            let is_string = value.kind() == Kind::String;
            if index > 0 && !is_string && !after_string {
                self.write(b" ");
            }
            self.argument(value, 'v');
            after_string = is_string;
        }
    }

    pub(crate) fn print_line(&mut self, values: &[Value]) {
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.write(b" ");
            }
            self.argument(value, 'v');
        }
        self.write(b"\n");
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        if self.out.len().saturating_add(bytes.len()) > self.most {
            self.too_large = true;
        } else {
            self.out.extend_from_slice(bytes);
        }
    }

    /// After writing to `out` directly.
    pub(super) fn check_size(&mut self) {
        self.too_large = self.too_large || self.out.len() > self.most;
    }

    pub(super) fn give_up(&mut self) {
        self.too_large = true;
    }

    pub(super) fn has_given_up(&self) -> bool {
        self.too_large
    }

    /// Padding to the directive's width: zeros only on the left.
    pub(super) fn padding(&mut self, count: usize) {
        if self.out.len().saturating_add(count) > self.most {
            self.too_large = true;
            return;
        }
        let byte = if self.flags.zero && !self.flags.minus { b'0' } else { b' ' };
        self.out.resize(self.out.len() + count, byte);
    }

    /// Writes text padded to the directive's width, counted in characters.
    pub(super) fn pad(&mut self, text: &[u8]) {
        let Some(width) = self.flags.width.filter(|width| *width > 0) else {
            self.write(text);
            return;
        };
        let missing = width.saturating_sub(unicode::count(text));
        if self.flags.minus {
            self.write(text);
            self.padding(missing);
        } else {
            self.padding(missing);
            self.write(text);
        }
    }

    /// [`Printer::pad`] with spaces whatever the flags.
    pub(super) fn pad_with_spaces(&mut self, text: &[u8]) {
        let zero = std::mem::take(&mut self.flags.zero);
        self.pad(text);
        self.flags.zero = zero;
    }

    /// One argument of a print function.
    pub(super) fn argument(&mut self, value: &Value, verb: char) {
        match (value, verb) {
            (Value::Nil, 'T' | 'v') => self.pad(b"<nil>"),
            (Value::Nil, _) => self.bad_verb(value, verb),
            (_, 'T') => {
                self.string(value.type_name().as_bytes(), 's');
            }
            (_, 'p') => self.pointer(value, 'p'),
            _ => self.nested(value, verb),
        }
    }

    /// A value that is neither a map, a list nor a struct, with the verb; `false` if it is one.
    pub(super) fn scalar(&mut self, value: &Value, verb: char) -> bool {
        match value {
            Value::Bool(value) => match verb {
                't' | 'v' => self.pad(if *value { b"true" } else { b"false" }),
                _ => self.bad_verb(&Value::Bool(*value), verb),
            },
            Value::Int(number) | Value::Int64(number) => self.signed(*number, verb, value),
            Value::Int32(number) => self.signed(i64::from(*number), verb, value),
            Value::Uint8(number) => self.unsigned(u64::from(*number), verb, value),
            Value::Uint32(number) => self.unsigned(u64::from(*number), verb, value),
            Value::Uint(number) | Value::Uint64(number) => self.unsigned(*number, verb, value),
            Value::Float64(number) => self.float(*number, verb, value),
            Value::String(text) => {
                if !self.string(text.as_bytes(), verb) {
                    self.bad_verb(value, verb);
                }
            }
            Value::Object(object) => return self.scalar_object(object.as_ref(), value, verb),
            Value::Nil | Value::Bytes(_) | Value::List(_) | Value::Map(_) => return false,
        }
        true
    }

    fn scalar_object(&mut self, object: &dyn Object, value: &Value, verb: char) -> bool {
        if !self.reporting {
            if verb == 'w' {
                self.bad_verb(value, verb);
                return true;
            }
            let shows_text = !self.flags.sharp_v && matches!(verb, 'v' | 's' | 'x' | 'X' | 'q');
            if let Some(text) = object.display().filter(|_| shows_text) {
                self.string(text.as_bytes(), verb);
                return true;
            }
        }
        if let Some((real, imaginary)) = crate::value::complex_parts(object) {
            self.complex(real, imaginary, verb, value);
            return true;
        }
        match object.as_int64() {
            Some(number) => self.signed(number, verb, value),
            None => return false,
        }
        true
    }

    /// `%!verb(type=value)`: the verb does not fit.
    pub(super) fn bad_verb(&mut self, value: &Value, verb: char) {
        self.write(b"%!");
        self.write(verb.encode_utf8(&mut [0; 4]).as_bytes());
        self.write(b"(");
        match value {
            Value::Nil => self.write(b"<nil>"),
            _ => {
                self.write(value.type_name().as_bytes());
                self.write(b"=");
                let before = std::mem::replace(&mut self.reporting, true);
                if before {
                    // Cannot happen: every value has a form for %v. Never recurse on it.
                    self.give_up();
                } else {
                    self.argument(value, 'v');
                }
                self.reporting = before;
            }
        }
        self.write(b")");
    }

    /// An address, for what Go prints as one.
    pub(super) fn pointer(&mut self, value: &Value, verb: char) {
        let address = match value {
            Value::Map(map) if !map.is_nil() => map.address(),
            Value::List(list) if !list.is_nil() => list.address(),
            Value::Map(_) | Value::List(_) => 0,
            Value::Bytes(bytes) => bytes.as_ptr() as usize,
            Value::Object(object) if matches!(object.kind(), Kind::Pointer | Kind::Func) => {
                std::ptr::from_ref(object.as_any()).cast::<()>() as usize
            }
            _ => return self.bad_verb(value, verb),
        };
        let address = address as u64;
        match verb {
            'v' if self.flags.sharp_v => {
                self.write(format!("({})(", value.type_name()).as_bytes());
                self.hexadecimal(address, true);
                self.write(b")");
            }
            'v' if address == 0 => self.pad(b"<nil>"),
            'v' | 'p' => self.hexadecimal(address, !self.flags.sharp),
            'b' | 'o' | 'd' | 'x' | 'X' => self.unsigned(address, verb, value),
            _ => self.bad_verb(value, verb),
        }
    }
}
