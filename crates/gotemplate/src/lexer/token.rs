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
    /// Line of its first byte, from 1; 0 before any token was read.
    pub(crate) line: u32,
}

impl Token {
    /// Before any token was read.
    pub(crate) const NONE: Token = Token { kind: TokenKind::End, start: 0, end: 0, line: 0 };
}
