//! Random templates: mostly meaningful, sometimes wrong.

use serde_json::json;
use wheelhouse_gotemplate::MissingKey;

use crate::support::Job;

/// A random job of this number.
pub(crate) fn job(seed: u64) -> Job {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    for _ in 0..4 {
        random.next();
    }
    let mut generator = Generator { random, variables: vec!["$".to_owned()], ranges: 0 };
    let depth = generator.random.below(4);
    let body = generator.list(depth);
    let mut job = Job::new(&body);
    let names = generator.random.below(3);
    for (index, name) in ["a", "b"].iter().enumerate().take(names) {
        generator.variables = vec!["$".to_owned()];
        let mut body = generator.list(1);
        // No template may reach itself: Go would fill its stack.
        for called in ["a", "b"].iter().take(index + 1) {
            for (before, after) in [('"', '"'), ('`', '`')] {
                for caller in ["include", "template"] {
                    let call = format!("{caller} {before}{called}{after}");
                    body = body.replace(&call, &format!("{caller} {before}nope{after}"));
                }
            }
        }
        job = job.file(&format!("{name}.tpl"), &format!("x{{{{define \"{name}\"}}}}{body}{{{{end}}}}"));
    }
    let data = match generator.random.below(12) {
        0 => json!(null),
        1 => json!("text"),
        _ => json!({
            "s": "hello", "e": "", "i": 3, "z": 0, "f": 1.5, "big": 1_234_567_890.0, "t": true, "n": null,
            "m": {"b": 1, "a": "x", "c": {"d": null, "e": [1, "two", 3.5]}}, "l": [3, 1, 2], "em": {}, "el": [],
            "ls": ["b", "a<&>'\"", "é\u{7f}\n"], "lm": [{"k": 1}, {"k": "v"}, null],
            "t1": "{{ .s }}-{{ .nope }}", "t2": "{{ define \"a\" }}in{{ end }}{{ template \"a\" }}",
            "t3": "{{ .s.x }}", "t4": "{{ if }}"
        }),
    };
    job = job.data(data);
    job.missing_key = match generator.random.below(8) {
        0 => MissingKey::Error,
        1 => MissingKey::Invalid,
        _ => MissingKey::Zero,
    };
    job
}

/// A random `printf` of this number: every flag, verb and kind of value.
pub(crate) fn printf(seed: u64) -> Job {
    let mut random = Random(seed.wrapping_mul(0xD134_2543_DE82_EF95) | 1);
    for _ in 0..4 {
        random.next();
    }
    let mut format = String::new();
    for _ in 0..=random.below(2) {
        format.push_str(random.pick(&["", "a", "é ", "%%", "]", "100"]));
        format.push('%');
        for _ in 0..random.below(3) {
            format.push_str(random.pick(&["+", "-", "#", " ", "0"]));
        }
        if random.below(8) == 0 {
            format.push_str(random.pick(&[
                "[1]",
                "[2]",
                "[3]",
                "[",
                "[0]",
                "[x]",
                "[]",
                "[9]",
                "[1]*",
                "[99999999]",
            ]));
        }
        if random.below(3) == 0 {
            format.push_str(random.pick(&["1", "5", "12", "*", "0", "3", "99999999"]));
        }
        if random.below(3) == 0 {
            format.push_str(random.pick(&[".", ".0", ".1", ".3", ".*", ".10", ".[1]*", ".20"]));
        }
        let verbs = "vvvvdddsssqqxXtTcUoObefgGEFpwz!é";
        let verbs: Vec<char> = verbs.chars().collect();
        format.push(verbs[random.below(verbs.len())]);
    }
    if random.below(20) == 0 {
        format.push('%');
    }
    let count = random.below(4);
    let arguments: String = (0..count)
        .map(|_| {
            let argument = random.pick(&[
                ".f0",
                ".f1",
                ".f2",
                ".i",
                ".s",
                ".u",
                ".n",
                ".t",
                ".l",
                ".m",
                ".e",
                ".el",
                ".em",
                "1",
                "-7",
                "0",
                "65",
                "0x1F600",
                "1.5",
                "-2.0",
                "1e21",
                "100000000.0",
                "'x'",
                "\"a b\"",
                "\"\\x00\\xff`\"",
                "`q\"uote`",
                "true",
                "nil",
                "1i",
                "(bytes \"hé\")",
                "(strs \"a\" \"b\")",
                "(u32 7)",
                "(i64 -3)",
                "nilmap",
                "nillist",
                "(named .m)",
                "(list 1 nil \"x\" 2.5 (bytes \"b\"))",
                "3",
                "-4",
                "(dict \"k\" nil \"l\" (list true))",
            ]);
            // Addresses differ from run to run.
            if format.contains('p') && !argument.starts_with('"') {
                " 1".to_owned()
            } else {
                format!(" {argument}")
            }
        })
        .collect();
    let mut float = || {
        let value = f64::from_bits(random.next() ^ (random.next() << 20));
        let nice = (random.below(1_000_000) as f64) / [1.0, 10.0, 1000.0, 1e7, 0.001][random.below(5)];
        let chosen = if random.below(2) == 0 { value } else { nice };
        if chosen.is_finite() { chosen } else { 0.1 }
    };
    Job::new(&format!("{{{{ printf {} {arguments} }}}}|{{{{ .f0 }}}}|{{{{ .f1 }}}}", serde_json::Value::from(format)))
        .data(json!({
            "f0": float(), "f1": float(), "f2": float(), "i": 12, "s": "héllo\u{1}", "u": "日本語", "n": null, "t": true,
            "l": [1, "a", null, [2.5], {"x": "y"}], "m": {"b": [1], "a": {"c": "d"}, "é": null}, "e": "", "el": [],
            "em": {}
        }))
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 16) as usize % limit
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}

struct Generator {
    random: Random,
    variables: Vec<String>,
    ranges: usize,
}

impl Generator {
    fn list(&mut self, depth: usize) -> String {
        let count = 1 + self.random.below(4);
        (0..count).map(|_| self.item(depth)).collect()
    }

    fn item(&mut self, depth: usize) -> String {
        let kind = if depth == 0 { self.random.below(9) } else { self.random.below(22) };
        match kind {
            0..=1 => self.random.pick(&["text", " \n ", "a: b\n", "<no value>", "\n\n", "é "]).to_owned(),
            2..=6 => {
                let pipeline = self.pipeline(3);
                self.action(&pipeline)
            }
            7 => {
                let pipeline = self.pipeline(2);
                let name = format!("$v{}", self.random.below(3));
                if self.random.below(4) == 0 {
                    return self.action(&format!("{name} = {pipeline}"));
                }
                let action = self.action(&format!("{name} := {pipeline}"));
                self.variables.push(name);
                action
            }
            8 => self
                .random
                .pick(&["{{/* c */}}", "{{- /* c */ -}}", "{{ break }}", "{{continue}}"])
                .to_owned(),
            9..=12 => {
                let pipeline = self.declared(2);
                self.branch("if", &pipeline, depth)
            }
            13..=15 => {
                let pipeline = self.declared(2);
                self.branch("with", &pipeline, depth)
            }
            16..=19 => {
                let mark = self.variables.len();
                let pipeline = self.pipeline(2);
                let assign = if self.random.below(5) == 0 { "=" } else { ":=" };
                let pipeline = match self.random.below(4) {
                    0 => {
                        self.variables.push("$v0".to_owned());
                        format!("$v0 {assign} {pipeline}")
                    }
                    1 => {
                        self.variables.extend(["$k".to_owned(), "$v1".to_owned()]);
                        format!("$k, $v1 {assign} {pipeline}")
                    }
                    _ => pipeline,
                };
                self.ranges += 1;
                let branch = self.branch("range", &pipeline, depth);
                self.ranges -= 1;
                self.variables.truncate(mark);
                branch
            }
            20 => {
                let name = self.random.pick(&["a", "b", "nope", "t"]);
                if name == "t" {
                    return String::new();
                }
                match self.random.below(3) {
                    0 => format!("{{{{template \"{name}\"}}}}"),
                    _ => format!("{{{{template \"{name}\" {}}}}}", self.pipeline(1)),
                }
            }
            _ => {
                let pipeline = self.pipeline(1);
                let outer = std::mem::replace(&mut self.variables, vec!["$".to_owned()]);
                let body = self.list(depth - 1);
                self.variables = outer;
                format!("{{{{block \"blk{}\" {pipeline}}}}}{body}{{{{end}}}}", self.random.below(2))
            }
        }
    }

    fn action(&mut self, inside: &str) -> String {
        let open = self.random.pick(&["{{", "{{ ", "{{- ", "{{\n"]);
        let close = self.random.pick(&["}}", " }}", " -}}", "\n}}"]);
        format!("{open}{inside}{close}")
    }

    /// A pipeline that may declare a variable.
    fn declared(&mut self, depth: usize) -> String {
        let pipeline = self.pipeline(depth);
        if self.random.below(4) == 0 {
            self.variables.push("$w".to_owned());
            return format!("$w := {pipeline}");
        }
        pipeline
    }

    fn branch(&mut self, keyword: &str, pipeline: &str, depth: usize) -> String {
        let mark = self.variables.len();
        let open = self.action(&format!("{keyword} {pipeline}"));
        let body = self.list(depth - 1);
        self.variables.truncate(mark);
        let otherwise = match self.random.below(4) {
            0 => format!("{{{{else}}}}{}", self.list(depth - 1)),
            1 if keyword != "range" => {
                let pipeline = self.pipeline(1);
                format!("{{{{ else {keyword} {pipeline} }}}}{}", self.list(depth - 1))
            }
            _ => String::new(),
        };
        self.variables.truncate(mark.saturating_sub(usize::from(pipeline.contains(":="))));
        if self.variables.is_empty() {
            self.variables.push("$".to_owned());
        }
        format!("{open}{body}{otherwise}{{{{end}}}}")
    }

    fn pipeline(&mut self, depth: usize) -> String {
        let mut text = self.command(depth);
        while self.random.below(4) == 0 {
            let name = self.random.pick(FUNCTIONS);
            let extra =
                if self.random.below(3) == 0 { format!(" {}", self.operand(0)) } else { String::new() };
            text = format!("{text} | {name}{extra}");
        }
        text
    }

    fn command(&mut self, depth: usize) -> String {
        match self.random.below(20) {
            8..=14 => self.random.pick(FITTING).to_owned(),
            15.. => self.operand(0),
            0..=2 => self.operand(depth),
            3 => {
                let format = self.random.pick(&[
                    "%v",
                    "%d",
                    "%s|%q",
                    "%5.2f",
                    "%x",
                    "%T",
                    "%#v",
                    "%+v",
                    "%-6v|",
                    "%06d",
                    "%t",
                    "%c",
                    "%U",
                    "%z",
                    "%!",
                    "%[2]v %[1]v",
                    "%*d",
                    "%.1v",
                    "%e",
                    "%g",
                    "%X",
                    "% x",
                    "%#x",
                    "%08.3f",
                    "%v %v %v",
                    "%p",
                ]);
                if format == "%p" {
                    return "printf \"%p\" \"s\"".to_owned();
                }
                let count = self.random.below(4);
                let arguments: String =
                    (0..count).map(|_| format!(" {}", self.operand(depth.saturating_sub(1)))).collect();
                format!("printf {format:?}{arguments}")
            }
            4 => {
                let name = self.random.pick(&["include", "tpl"]);
                let first = match name {
                    "include" => self.random.pick(&["\"a\"", "\"b\"", "\"nope\"", ".s"]),
                    _ => self.random.pick(&[
                        ".t1",
                        ".t2",
                        ".t3",
                        ".t4",
                        "\"{{ . }}\"",
                        "\"x\"",
                        "\"{{ template `a` . }}\"",
                    ]),
                };
                format!("{name} {first} {}", self.operand(0))
            }
            5 => {
                let name = self.random.pick(&[
                    "eq", "ne", "lt", "le", "gt", "ge", "index", "slice", "and", "or", "dict", "list",
                ]);
                let count = 1 + self.random.below(3);
                let arguments: String =
                    (0..count).map(|_| format!(" {}", self.operand(depth.saturating_sub(1)))).collect();
                format!("{name}{arguments}")
            }
            _ => {
                let name = self.random.pick(FUNCTIONS);
                let count = self.random.below(3);
                let arguments: String =
                    (0..count).map(|_| format!(" {}", self.operand(depth.saturating_sub(1)))).collect();
                format!("{name}{arguments}")
            }
        }
    }

    fn operand(&mut self, depth: usize) -> String {
        match self.random.below(if depth == 0 { 8 } else { 12 }) {
            0..=3 => {
                let field = self.random.pick(&[
                    ".",
                    ".s",
                    ".e",
                    ".i",
                    ".z",
                    ".f",
                    ".big",
                    ".t",
                    ".n",
                    ".m",
                    ".l",
                    ".em",
                    ".el",
                    ".ls",
                    ".lm",
                    ".nope",
                    ".m.c.e",
                    ".m.a",
                    ".m.nope",
                    ".m.nope.x",
                    ".s.x",
                    ".l.x",
                    "$.m.c",
                    "$.s",
                    ".m.c.d.x",
                ]);
                field.to_owned()
            }
            4 => {
                let name = self.variables[self.random.below(self.variables.len())].clone();
                if self.random.below(3) == 0 { format!("{name}.k") } else { name }
            }
            5..=6 => self
                .random
                .pick(&[
                    "1",
                    "0",
                    "-3",
                    "2.5",
                    "1e3",
                    "0x1F",
                    "010",
                    "'a'",
                    "1_000",
                    "\"str\"",
                    "`raw`",
                    "\"a\"",
                    "\"k\"",
                    "\"\\n\\\"\"",
                    "true",
                    "false",
                    "nil",
                    "1i",
                    "100000000.0",
                    "0xFFFFFFFFFFFFFFFF",
                    "1.0",
                    "\"\"",
                ])
                .to_owned(),
            7 => self.random.pick(&["seven", "none", "nilmap", "nillist", "list"]).to_owned(),
            8..=10 => format!("({})", self.pipeline(depth.saturating_sub(1))),
            _ => {
                let field = self.random.pick(&[".k", ".a", ".x.y", ".AsMap", ".Get", ".s"]);
                match self.random.below(4) {
                    0 => format!("(named .m){field}"),
                    1 => format!("($q := {}){field}", self.pipeline(depth.saturating_sub(1))),
                    _ => format!("({}){field}", self.pipeline(depth.saturating_sub(1))),
                }
            }
        }
    }
}

const FITTING: &[&str] = &[
    "upper .s",
    ".s | upper",
    "add 1 2",
    "len .l",
    "len .s",
    "index .m \"a\"",
    "index .l 1",
    "eq .i 3.0",
    "eq .s \"hello\"",
    "and .t .s",
    "or .n .s",
    "not .n",
    "printf \"%v %v\" .s .l",
    "print .i .s nil",
    "println .m",
    "html .ls",
    "js .ls",
    "urlquery .s .l",
    "id .n",
    "(id .n).x",
    "dict \"a\" .s \"b\" 1",
    "(dict \"k\" (dict \"x\" 1)).k.x",
    "list 1 \"a\" nil 2.5",
    "slice .s 1 3",
    "slice .l 1",
    "(named .m).Get \"a\"",
    "(named .m).AsMap.c",
    "lt .i 4.0",
    "le \"a\" .s",
    "ge seven 7",
    "bytes .s",
    "pair .s 1 2",
    "strs .s \"b\"",
    "keysof .m",
    "count .l",
    "addf 1 2.5",
    "u32 7",
    "i64 010",
    "flag true",
    "include \"a\" . | indent 2",
    ".s | indent 3",
    "include \"b\" .m | indent .i",
    ". | include \"b\"",
    "indent 1 .n",
    ".n | indent 1",
    "eq .n nil",
    "eq .nope .n",
    "ne 1 2",
    "(index .lm 0).k",
    "(index .lm 2).k",
    "index .m.c.e 1",
    "print 1i",
    "and 1 0 .s.x",
    "or .s .s.x",
    "tpl .t1 .",
    "tpl \"x\" .",
    "include \"a\" .",
    "include \"b\" . | upper",
    "printf \"%d %5.1f|%-4s|\" 3 .f .s",
    "(seven)",
    "none | id",
    "print nillist nilmap",
    "len nillist",
    "$.s | printf \"%q\"",
    "printf \"%T %T %T\" .m .l 1",
];

const FUNCTIONS: &[&str] = &[
    "upper", "add", "addf", "u32", "i64", "flag", "list", "strs", "dict", "id", "keysof", "count", "fail",
    "none", "seven", "bytes", "pair", "named", "print", "println", "len", "not", "html", "js", "urlquery",
    "call", "and", "or", "eq", "index", "slice", "nilmap", "upper 1", "add 1", "index .m", "eq 1", "default",
];
