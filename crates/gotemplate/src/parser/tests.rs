use super::{FunctionNames, Parsed, Scratch, parse};
use crate::program::Callee;
use crate::stack::StackGuard;

struct Names(&'static [&'static str]);

impl FunctionNames for Names {
    fn callee(&self, name: &[u8]) -> Option<Callee> {
        self.0.iter().any(|known| known.as_bytes() == name).then_some(Callee::Function(0))
    }
}

fn read(source: &str) -> Result<Parsed, String> {
    let names = Names(&["printf", "contains", "index", "upper", "f"]);
    parse(source.as_bytes(), &names, StackGuard::new(1 << 20), &mut Scratch::default())
        .map_err(|error| error.named("t").to_string())
}

fn shown(source: &str) -> String {
    let parsed = read(source).unwrap_or_else(|error| panic!("{source:?}: {error}"));
    parsed.arena.text(parsed.root, source.as_bytes())
}

/// `source` shows as `expect`, and that shows as itself.
fn check(source: &str, expect: &str) {
    assert_eq!(shown(source), expect, "{source:?}");
    assert_eq!(shown(expect), expect);
}

fn check_error(source: &str, expect: &str) {
    assert_eq!(read(source).err().as_deref(), Some(expect), "{source:?}");
}

#[test]
fn trees_show_with_regular_spacing() {
    for (source, expect) in [
        ("", ""),
        (" \t\n", " \t\n"),
        ("{{/*\n\n\n*/}}", ""),
        ("some text", "some text"),
        ("{{.X}}", "{{.X}}"),
        ("{{ .  }}", "{{.}}"),
        ("{{printf}}", "{{printf}}"),
        ("{{$}}{{$ }}", "{{$}}{{$}}"),
        ("{{with $x := 3}}{{$x 23}}{{end}}", "{{with $x := 3}}{{$x 23}}{{end}}"),
        ("{{with $x := 3}}{{$x.I}}{{end}}", "{{with $x := 3}}{{$x.I}}{{end}}"),
        ("{{printf `%d` 23}}", "{{printf `%d` 23}}"),
        ("{{.X|.Y}}", "{{.X | .Y}}"),
        ("{{$x := .X|.Y}}", "{{$x := .X | .Y}}"),
        ("{{.X (.Y .Z) (.A | .B .C) (.E)}}", "{{.X (.Y .Z) (.A | .B .C) (.E)}}"),
        ("{{(.Y .Z).Field}}", "{{(.Y .Z).Field}}"),
        ("{{ ( index . 1 ) . }}", "{{(index . 1) .}}"),
        ("{{.a.b.c  .d }}", "{{.a.b.c .d}}"),
        ("{{f.Field}}", "{{f.Field}}"),
        ("{{if .X}}hello{{end}}", "{{if .X}}hello{{end}}"),
        ("{{if .X}}true{{else}}false{{end}}", "{{if .X}}true{{else}}false{{end}}"),
        ("{{if .X}}a{{else if .Y}}b{{end}}", "{{if .X}}a{{else}}{{if .Y}}b{{end}}{{end}}"),
        (
            "{{if .X}}a{{else if .Y}}b{{else if .Z}}c{{else}}d{{end}}",
            "{{if .X}}a{{else}}{{if .Y}}b{{else}}{{if .Z}}c{{else}}d{{end}}{{end}}{{end}}",
        ),
        ("{{range .X}}hello{{end}}", "{{range .X}}hello{{end}}"),
        ("{{range $x,$y := .SI}}{{.}}{{end}}", "{{range $x, $y := .SI}}{{.}}{{end}}"),
        ("{{range .X}}{{break}}{{continue}}{{end}}", "{{range .X}}{{break}}{{continue}}{{end}}"),
        ("{{range .X}}a{{else}}b{{end}}", "{{range .X}}a{{else}}b{{end}}"),
        ("{{range 1 -3.2i true false 'a' nil}}{{end}}", "{{range 1 -3.2i true false 'a' nil}}{{end}}"),
        ("{{template `x`}}", "{{template \"x\"}}"),
        ("{{template `x` .Y }}", "{{template \"x\" .Y}}"),
        ("{{block `x` .Y }}body{{end}}", "{{template \"x\" .Y}}"),
        ("{{with .X}}a{{else}}b{{end}}", "{{with .X}}a{{else}}b{{end}}"),
        ("{{with .X}}a{{else with .Y}}b{{end}}", "{{with .X}}a{{else}}{{with .Y}}b{{end}}{{end}}"),
        ("x \r\n\t{{- 3}}", "x{{3}}"),
        ("{{3 -}} \r\n y", "{{3}}y"),
        ("x{{- /* hi */ -}} y", "xy"),
        ("{{\n.x\n|\nprintf\n}}", "{{.x | printf}}"),
        ("{{$x := 1}}{{$x = 2}}", "{{$x := 1}}{{$x = 2}}"),
        ("{{define `x`}}y{{end}}z", "z"),
    ] {
        check(source, expect);
    }
}

#[test]
fn definitions_are_kept_beside_the_file() {
    let parsed =
        read("{{define `a`}} {{end}}{{define `b`}}x{{end}}{{define `a`}}y{{end}}{{define `b`}}\n{{end}}")
            .unwrap();
    let names: Vec<_> =
        parsed.definitions.iter().map(|tree| (tree.name.to_string(), tree.is_empty)).collect();
    assert_eq!(names, [("a".to_owned(), false), ("b".to_owned(), false)]);
}

#[test]
fn errors_have_gos_words_and_lines() {
    for (source, expect) in [
        ("hello{{range", "template: t:1: unclosed action"),
        ("{{end}}", "template: t:1: unexpected {{end}}"),
        ("{{else}}", "template: t:1: unexpected {{else}}"),
        ("{{range .x}}hello", "template: t:1: unexpected EOF"),
        ("hello{{undefined}}", "template: t:1: function \"undefined\" not defined"),
        ("{{$x}}", "template: t:1: undefined variable \"$x\""),
        ("{{with $x := 4}}{{end}}{{$x}}", "template: t:1: undefined variable \"$x\""),
        ("{{template $v}}", "template: t:1: unexpected \"$v\" in template clause"),
        ("{{with $x.Y := 4}}{{end}}", "template: t:1: undefined variable \"$x\""),
        ("{{template .X}}", "template: t:1: unexpected \".X\" in template clause"),
        ("{{printf 3, 4}}", "template: t:1: unexpected \",\" in operand"),
        ("{{with $v, $u := 3}}{{end}}", "template: t:1: too many declarations in with"),
        ("{{$v, $u := 3}}", "template: t:1: too many declarations in command"),
        ("{{range $u, $v, $w := 3}}{{end}}", "template: t:1: too many declarations in range"),
        ("{{range $u, 3}}{{end}}", "template: t:1: range can only initialize variables"),
        ("{{printf (printf .).}}", "template: t:1: unexpected <.> in operand"),
        ("{{printf 3`x`}}", "template: t:1: unexpected \"`x`\" in operand"),
        ("{{printf `x`.}}", "template: t:1: unexpected <.> in operand"),
        ("{{if .X}}a{{else if .Y}}b{{else}}c{{else}}d{{end}}", "template: t:1: expected end; found {{else}}"),
        ("{{break}}", "template: t:1: {{break}} outside {{range}}"),
        ("{{range .}}{{end}}{{continue}}", "template: t:1: {{continue}} outside {{range}}"),
        ("{{range .}}{{break 20}}{{end}}", "template: t:1: unexpected \"20\" in {{break}}"),
        ("{{1_2.a}}", "template: t:1: bad number syntax: \"1_2.a\""),
        ("{{\"a\".b}}", "template: t:1: unexpected . after term \"\\\"a\\\"\""),
        ("{{nil.x}}", "template: t:1: unexpected . after term \"nil\""),
        ("{{true.any}}", "template: t:1: unexpected . after term \"true\""),
        ("{{..a}}", "template: t:1: unexpected . after term \".\""),
        ("{{.a..b}}", "template: t:1: unexpected <.> in operand"),
        ("{{. | 3}}", "template: t:1: non executable command in pipeline stage 2"),
        ("{{12|printf|nil}}", "template: t:1: non executable command in pipeline stage 3"),
        ("{{}}", "template: t:1: missing value for command"),
        ("{{()}}", "template: t:1: missing value for parenthesized pipeline"),
        ("{{if}}{{end}}", "template: t:1: missing value for if"),
        ("{{if .x}}{{define `x`}}{{end}}{{end}}", "template: t:1: unexpected <define> in command"),
        ("{{define}}{{end}}", "template: t:1: unexpected \"}}\" in define clause"),
        ("{{define .x}}{{end}}", "template: t:1: unexpected \".x\" in define clause"),
        ("{{define `x`}}{{else}}", "template: t:1: unexpected {{else}} in define clause"),
        (
            "{{define `a`}}x{{end}}\n{{define `a`}}y{{end}}",
            "template: t:2: template: multiple definition of template \"a\"",
        ),
        ("{{ /* c */ }}", "template: t:1: unexpected \"/\" in command"),
        ("{{.Values.a-b}}", "template: t:1: bad character U+002D '-'"),
        ("{{\n\n\"x}}", "template: t:3: unterminated quoted string in action started at t:1"),
        ("a\n{{\nprintf", "template: t:3: unclosed action started at t:2"),
        ("{{\n(3}}", "template: t:2: unclosed left paren in action started at t:1"),
        ("{{99999999999999999999}}", "template: t:1: integer overflow: \"99999999999999999999\""),
        ("{{1_}}", "template: t:1: illegal number syntax: \"1_\""),
        ("{{'ab'}}", "template: t:1: malformed character constant: 'ab'"),
        ("{{''}}", "template: t:1: invalid syntax"),
        ("{{\"\\q\"}}", "template: t:1: invalid syntax"),
        ("{{with .a}}{{else if .b}}{{end}}", "template: t:1: unexpected <if> in input"),
        ("{{block `x`}}{{end}}", "template: t:1: missing value for block clause"),
        ("{{block `x` .}}\n\n{{else}}{{end}}", "template: t:1: unexpected {{else}} in block clause"),
        ("{{range .}}{{block `x` .}}{{break}}{{end}}{{end}}", "template: t:1: {{break}} outside {{range}}"),
        ("{{abcdefghijklmnop \"12345678901\"", "template: t:1: function \"abcdefghijklmnop\" not defined"),
        ("{{template 12345678901234}}", "template: t:1: unexpected \"1234567890\"... in template clause"),
    ] {
        check_error(source, expect);
    }
}

#[test]
fn nesting_is_limited() {
    let nested = |depth: usize| format!("{{{{{}1{}}}}}", "(".repeat(depth), ")".repeat(depth));
    assert!(read(&nested(100)).is_ok());
    check_error(&nested(10_001), "template: t:1: max expression depth exceeded");
    check_error(&"{{if 1}}".repeat(100_000), "template: t:1: max nesting depth exceeded");
}

#[test]
fn trimming_a_constant_keeps_it() {
    check("{{ f \"a\" }}\n{{- /* x */}} b", "{{f \"a\"}} b");
}
