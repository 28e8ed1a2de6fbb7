/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// Something wrong; the lexer knows what.
    Error,
    Bool,
    /// A printable ASCII character without a meaning of its own, such as a comma.
    Character,
    CharacterConstant,
    /// `1+2i`
    Complex,
    Assign,
    Declare,
    End,
    Field,
    Identifier,
    LeftDelimiter,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelimiter,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    Block,
    Break,
    Continue,
    Dot,
    Define,
    Else,
    EndKeyword,
    If,
    Nil,
    Range,
    Template,
    With,
}

impl TokenKind {
    /// Whether error texts write the token as `<word>`.
    pub(crate) fn is_keyword(self) -> bool {
        matches!(
            self,
            TokenKind::Block
                | TokenKind::Break
                | TokenKind::Continue
                | TokenKind::Dot
                | TokenKind::Define
                | TokenKind::Else
                | TokenKind::EndKeyword
                | TokenKind::If
                | TokenKind::Nil
                | TokenKind::Range
                | TokenKind::Template
                | TokenKind::With
        )
    }
}

/// A piece of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    /// Offset of its first byte.
    pub(crate) start: usize,
    /// Offset one past its last byte.
    pub(crate) end: usize,
}

impl Token {
    /// Before any token was read; it stands nowhere.
    pub(crate) const NONE: Token = Token { kind: TokenKind::End, start: usize::MAX, end: usize::MAX };

    /// The line of its first byte, from 1; 0 where no token was read. Only errors ask for it.
    pub(crate) fn line(self, source: &[u8]) -> usize {
        source.get(..self.start).map_or(0, |before| 1 + memchr::memchr_iter(b'\n', before).count())
    }

    /// The offset errors tell of it.
    pub(crate) fn offset(self) -> usize {
        if self == Token::NONE { 0 } else { self.start }
    }
}
