#![allow(clippy::string_slice)]

use super::{Lexer, LoopKeywords, TokenKind};

/// The tokens as `kind:text`, spaces left out.
fn lex(source: &str) -> String {
    let mut lexer =
        Lexer::new(source.as_bytes(), LoopKeywords { break_is_one: true, continue_is_one: false });
    let mut out = Vec::new();
    loop {
        let token = lexer.next_token();
        match token.kind {
            TokenKind::End => return out.join(" "),
            TokenKind::Error => {
                out.push(format!("error@{}:{}", token.line(source.as_bytes()), lexer.error()));
                return out.join(" ");
            }
            TokenKind::Space => {}
            kind => out.push(format!("{kind:?}:{}", &source[token.start..token.end])),
        }
    }
}

fn check(source: &str, expect: &str) {
    let found = lex(source).replace("LeftDelimiter:{{", "<").replace("RightDelimiter:}}", ">");
    assert_eq!(found, expect, "{source:?}");
}

#[test]
fn text_and_delimiters() {
    check("", "");
    check(" \t\n", "Text: \t\n");
    check("now is the time", "Text:now is the time");
    check("hello-{{/* this is a comment */}}-world", "Text:hello- Text:-world");
    check("{{}}", "< >");
    check("hello- {{- 3 -}} -world", "Text:hello- < Number:3 > Text:-world");
    check("hello- {{- /* hello */ -}} -world", "Text:hello- Text:-world");
    check("  {{- 1}}", "< Number:1 >");
    check("a {{-3}} b", "Text:a  < Number:-3 > Text: b");
    check("{{- -3 -}}\n\n x", "< Number:-3 > Text:x");
    check("{{3  -}} x", "< Number:3 > Text:x");
    check("{{/**/}}{{/*\n*/ -}}\n x", "Text:x");
}

#[test]
fn words() {
    check(
        "{{range if else end with template define block nil true false}}",
        "< Range:range If:if Else:else EndKeyword:end With:with Template:template Define:define Block:block \
         Nil:nil Bool:true Bool:false >",
    );
    check("{{break continue}}", "< Break:break Identifier:continue >");
    check("{{.x . .2 .x.y .x}}", "< Field:.x Dot:. Number:.2 Field:.x Field:.y Field:.x >");
    check("{{$x := 2}}", "< Variable:$x Declare::= Number:2 >");
    check("{{$ $.a $x.y}}", "< Variable:$ Variable:$ Field:.a Variable:$x Field:.y >");
    check("{{$x, $y = 1}}", "< Variable:$x Character:, Variable:$y Assign:= Number:1 >");
    check("{{a|b}}", "< Identifier:a Pipe:| Identifier:b >");
    check("{{(a) (b)}}", "< LeftParen:( Identifier:a RightParen:) LeftParen:( Identifier:b RightParen:) >");
    check("{{é_1 _x}}", "< Identifier:é_1 Identifier:_x >");
    check("{{%}}", "< Character:% >");
}

#[test]
fn constants() {
    check(
        "{{1 02 0x14 0X14 -7.2i 1e3 1E3 +1.2e-4 4.2i 1+2i 1_2 0x1.e_fp4 0b11 0o17}}",
        "< Number:1 Number:02 Number:0x14 Number:0X14 Number:-7.2i Number:1e3 Number:1E3 Number:+1.2e-4 \
         Number:4.2i Complex:1+2i Number:1_2 Number:0x1.e_fp4 Number:0b11 Number:0o17 >",
    );
    check(
        r#"{{"a\"b" `raw
x`}}"#,
        "< String:\"a\\\"b\" RawString:`raw\nx` >",
    );
    check(
        r"{{'a' '\n' '\'' '\\' '本'}}",
        r"< CharacterConstant:'a' CharacterConstant:'\n' CharacterConstant:'\'' CharacterConstant:'\\' CharacterConstant:'本' >",
    );
}

#[test]
fn errors() {
    check("#{{\x01}}", "Text:# < error@1:unrecognized character in action: U+0001");
    check("{{\u{20AC}}}", "< error@1:unrecognized character in action: U+20AC '€'");
    check("{{\n}", "< Character:} error@2:unclosed action");
    check("{{", "< error@1:unclosed action");
    check("{{\"\n\"}}", "< error@1:unterminated quoted string");
    check("{{\"a\\", "< error@1:unterminated quoted string");
    check("{{`xx}}", "< error@1:unterminated raw quoted string");
    check("{{'\n}}", "< error@1:unterminated character constant");
    check("{{3k}}", "< error@1:bad number syntax: \"3k\"");
    check("{{1+2}}", "< error@1:bad number syntax: \"1+2\"");
    check("{{(3}}", "< LeftParen:( Number:3 error@1:unclosed left paren");
    check("{{3)}}", "< Number:3 error@1:unexpected right paren");
    check("{{.a-b}}", "< error@1:bad character U+002D '-'");
    check("{{a+b}}", "< error@1:bad character U+002B '+'");
    check("{{$x\u{1}}}", "< error@1:bad character U+0001");
    check("{{:}}", "< error@1:expected :=");
    check("hello-{{/*/}}-world", "Text:hello- error@1:unclosed comment");
    check("hello-{{/* */ }}-world", "Text:hello- error@1:comment ends before closing delimiter");
    check("a\n\n{{/* x", "Text:a\n\n error@3:unclosed comment");
    check("{{ /* x */ }}", "< Character:/ Character:* Identifier:x Character:* Character:/ >");
}
