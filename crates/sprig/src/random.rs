//! Random texts and numbers.

use wheelhouse_gotemplate::Parameter::{Int, String as Str};
use wheelhouse_gotemplate::{Arguments, CallError, Context, Function, Signature, Value};

use crate::call::{Outcome, function, text};
use crate::encoding::encode_base64;
use crate::environment::environment;
use crate::text::runes;

const COUNT_TO_TEXT: Signature = Signature::fixed(&[Int], Str);

const DIGITS: &[u8] = b"0123456789";
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LETTERS_AND_DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The space up to `~`.
const PRINTABLE: &[u8] = b" !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`\
abcdefghijklmnopqrstuvwxyz{|}~";

pub(crate) const TABLE: &[Function] = &[
    function("randAlpha", COUNT_TO_TEXT, |context, arguments| characters(context, arguments, LETTERS)),
    function("randAlphaNum", COUNT_TO_TEXT, |context, arguments| {
        characters(context, arguments, LETTERS_AND_DIGITS)
    }),
    function("randNumeric", COUNT_TO_TEXT, |context, arguments| characters(context, arguments, DIGITS)),
    function("randAscii", COUNT_TO_TEXT, |context, arguments| characters(context, arguments, PRINTABLE)),
    function("randBytes", COUNT_TO_TEXT, bytes),
    function("randInt", Signature::fixed(&[Int, Int], Int), integer),
    function("shuffle", Signature::fixed(&[Str], Str), shuffle),
    function("uuidv4", Signature::fixed(&[], Str), uuid),
];

/// Random bytes, as many as are wanted.
struct Random<'c>(&'c mut dyn Context);

impl Random<'_> {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), CallError> {
        environment(self.0)?.host.fill_random(buffer);
        Ok(())
    }

    /// A number below a bound that is not 0, each as likely as the others.
    fn below(&mut self, bound: u64) -> Result<u64, CallError> {
        // Of all numbers the last few would make the first few more likely.
        let usable = u64::MAX - (u64::MAX % bound + 1) % bound;
        loop {
            let mut buffer = [0; 8];
            self.fill(&mut buffer)?;
            let number = u64::from_le_bytes(buffer);
            if number <= usable {
                return Ok(number % bound);
            }
        }
    }
}

/// So many characters of an alphabet; none for a negative count, as Sprig swallows the error.
fn characters(context: &mut dyn Context, arguments: Arguments<'_>, alphabet: &[u8]) -> Outcome {
    let count = usize::try_from(arguments.int(0)?).unwrap_or(0);
    context.charge_bytes(count)?;
    context.charge_steps(count as u64)?;
    let mut made = Vec::with_capacity(count);
    let mut random = Random(context);
    // Bytes beyond the last whole alphabet are not used.
    let usable = 256 - 256 % alphabet.len();
    while made.len() < count {
        let mut buffer = [0; 64];
        random.fill(&mut buffer)?;
        let usable_bytes = buffer.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < usable);
        let picked = usable_bytes.filter_map(|byte| alphabet.get(byte % alphabet.len()).copied());
        made.extend(picked.take(count - made.len()));
    }
    Ok(Value::string(made))
}

fn bytes(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let count = usize::try_from(arguments.int(0)?)
        .map_err(|_| CallError::message("runtime error: makeslice: len out of range"))?;
    context.charge_bytes(count)?;
    let mut buffer = vec![0; count];
    Random(context).fill(&mut buffer)?;
    text(context, encode_base64(&buffer))
}

/// From the first number up to, but without, the second.
fn integer(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let (least, end) = (arguments.int(0)?, arguments.int(1)?);
    let width = end.wrapping_sub(least);
    let bound = u64::try_from(width)
        .ok()
        .filter(|width| *width > 0)
        .ok_or_else(|| CallError::message("invalid argument to Intn"))?;
    let offset = Random(context).below(bound)?;
    Ok(Value::Int(least.wrapping_add_unsigned(offset)))
}

/// The runes in another order, each order as likely as the others.
fn shuffle(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let shuffled = arguments.string(0)?.as_bytes();
    context.charge_bytes(shuffled.len())?;
    let mut runes: Vec<char> = runes(shuffled).map(|(rune, _)| rune).collect();
    context.charge_steps(runes.len() as u64)?;
    let mut random = Random(context);
    for last in (1..runes.len()).rev() {
        let other = random.below(last as u64 + 1)?;
        runes.swap(last, usize::try_from(other).unwrap_or(last));
    }
    Ok(Value::string(String::from_iter(runes)))
}

/// A random UUID (RFC 9562, version 4).
fn uuid(context: &mut dyn Context, _: Arguments<'_>) -> Outcome {
    let mut buffer = [0; 16];
    Random(context).fill(&mut buffer)?;
    let number = u128::from_be_bytes(buffer);
    let version = number & !(0xf << 76) | 4 << 76;
    let variant = version & !(0b11 << 62) | 0b10 << 62;
    let digits = format!("{variant:032x}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| digits.get(range).unwrap_or_default());
    text(context, parts.join("-"))
}
