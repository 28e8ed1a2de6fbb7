//! What is inferred: each text is greeted, and its words are counted.

/// What the model says about one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Inferred {
    /// The greeted text.
    pub(crate) text: String,
    /// How many words the given text has.
    pub(crate) words: i64,
    /// Which server inferred it.
    pub(crate) server: String,
}

/// Infers from one text.
pub(crate) fn infer(greeting: &str, server: &str, text: &str) -> Inferred {
    let words = i64::try_from(text.split_whitespace().count()).unwrap_or(i64::MAX);
    Inferred { text: format!("{greeting}, {text}"), words, server: server.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_greeted_and_counted() {
        let inferred = infer("hello", "p-0", "big  world");
        let expected = Inferred { text: "hello, big  world".into(), words: 2, server: "p-0".into() };
        assert_eq!(inferred, expected);
    }
}
