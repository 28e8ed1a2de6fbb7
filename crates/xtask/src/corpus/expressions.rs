use super::random::Random;

/// Makes template expressions of a wanted type.
pub(super) struct Expressions<'a> {
    random: &'a mut Random,
    /// How often, of a hundred, an operand of any type stands where a certain one is wanted.
    oddness: u64,
    depth: u32,
}

impl<'a> Expressions<'a> {
    /// Expressions whose operands have the types the functions want.
    pub(super) fn sound(random: &'a mut Random) -> Self {
        Expressions { random, oddness: 0, depth: 0 }
    }

    /// Expressions with operands of wrong types here and there.
    pub(super) fn odd(random: &'a mut Random) -> Self {
        Expressions { random, oddness: 15, depth: 0 }
    }

    /// An expression of any type.
    pub(super) fn any(&mut self) -> String {
        match self.random.below(6) {
            0 => self.integer(),
            1 => self.boolean(),
            2 => self.list(),
            3 => self.dictionary(),
            _ => self.text(),
        }
    }

    fn filled(&mut self, leaves: &[&'static str], shapes: &[&'static str]) -> String {
        if self.random.below(100) < self.oddness {
            self.oddness /= 2;
            return self.any();
        }
        if self.depth >= 3 {
            return self.random.pick(leaves).to_owned();
        }
        self.depth += 1;
        let mut text = self.random.pick(shapes).to_owned();
        // S, I, B, L and D stand for operands: text, integer, boolean, list, dictionary.
        for letter in ['S', 'I', 'B', 'L', 'D'] {
            let hole = format!("<{letter}>");
            while text.contains(&hole) {
                let operand = match letter {
                    'S' => self.text(),
                    'I' => self.integer(),
                    'B' => self.boolean(),
                    'L' => self.list(),
                    _ => self.dictionary(),
                };
                let operand = if operand.contains(' ') && !operand.starts_with('"') {
                    format!("({operand})")
                } else {
                    operand
                };
                text = text.replacen(&hole, &operand, 1);
            }
        }
        self.depth -= 1;
        text
    }

    /// An expression that gives a string.
    pub(super) fn text(&mut self) -> String {
        self.filled(
            &[
                "\"some text\"",
                "\"\"",
                ".Values.name",
                ".Values.empty",
                ".Values.image.tag",
                ".Release.Name",
                ".Chart.Name",
                "\"é-ü_Z\"",
                ".Values.text",
            ],
            &[
                "upper <S>",
                "lower <S>",
                "title <S>",
                "untitle <S>",
                "trim <S>",
                "trunc <I> <S>",
                "abbrev 8 <S>",
                "substr 0 <I> <S>",
                "repeat 2 <S>",
                "nospace <S>",
                "initials <S>",
                "snakecase <S>",
                "camelcase <S>",
                "kebabcase <S>",
                "swapcase <S>",
                "quote <S>",
                "squote <S>",
                "cat <S> <I>",
                "indent 2 <S>",
                "replace \"e\" \"_\" <S>",
                "b64enc <S>",
                "b32enc <S>",
                "sha256sum <S>",
                "sha1sum <S>",
                "adler32sum <S>",
                "printf \"%s-%d\" <S> <I>",
                "printf \"%q %v\" <S> <L>",
                "printf \"%05d|%-6s|\" <I> <S>",
                "print <S> <I> <I>",
                "toString <I>",
                "default <S> <S>",
                "coalesce <S> <S>",
                "ternary <S> <S> <B>",
                "join \"-\" <L>",
                "toJson <D>",
                "toJson <L>",
                "toYaml <D>",
                "toYaml <L>",
                "trimSuffix \"t\" <S>",
                "trimPrefix \"s\" <S>",
                "trimAll \"-\" <S>",
                "regexReplaceAll \"[a-e]+\" <S> \"<$0>\"",
                "wrap 6 <S>",
                "plural \"one\" \"many\" <I>",
                "first (splitList \" \" <S>)",
                "typeOf <D>",
                "kindOf <L>",
                "toPrettyJson <D>",
                "toRawJson <L>",
                "html <S>",
                "js <S>",
                "urlquery <S>",
                "base <S>",
                "dir <S>",
                "tpl <S> .",
                "toToml <D>",
                "squote <I>",
                "quote <L>",
                "get (dict \"a\" <S>) \"a\"",
                "dig \"a\" \"b\" <S> <D>",
                "semver \"1.2.3\" | toString",
            ],
        )
    }

    /// An expression that gives an integer.
    pub(super) fn integer(&mut self) -> String {
        self.filled(
            &["0", "1", "7", "-3", "len .Values.items", "int .Values.count"],
            &[
                "add <I> <I>",
                "sub <I> <I>",
                "mul <I> 3",
                "div <I> 2",
                "mod <I> 3",
                "max <I> <I>",
                "min <I> <I>",
                "add1 <I>",
                "int <S>",
                "int64 <I>",
                "atoi <S>",
                "len <L>",
                "len <D>",
                "len <S>",
                "int (floor 2.7)",
                "int (ceil 2.1)",
                "biggest <I> <I>",
                "int .Values.ratio",
            ],
        )
    }

    /// An expression that gives a boolean.
    pub(super) fn boolean(&mut self) -> String {
        self.filled(
            &["true", "false", ".Values.enabled", ".Values.disabled"],
            &[
                "eq <S> <S>",
                "ne <S> <S>",
                "lt <I> <I>",
                "ge <I> <I>",
                "and <B> <B>",
                "or <B> <B>",
                "not <B>",
                "empty <S>",
                "empty <D>",
                "hasKey <D> \"app\"",
                "has \"a\" <L>",
                "contains <S> <S>",
                "hasPrefix \"s\" <S>",
                "hasSuffix \"t\" <S>",
                "kindIs \"map\" <D>",
                "regexMatch \"^s.*\" <S>",
                "semverCompare \">=1.2\" \"1.3.0\"",
                "deepEqual <L> <L>",
                "typeIs \"string\" <S>",
                "all <S> <I>",
                "any <S> <I>",
            ],
        )
    }

    /// An expression that gives a list.
    pub(super) fn list(&mut self) -> String {
        self.filled(
            &[".Values.items", ".Values.numbers", ".Values.mixed", "list", "list 1 \"a\" nil"],
            &[
                "list <S> <I>",
                "append <L> <S>",
                "prepend <L> <I>",
                "concat <L> <L>",
                "reverse <L>",
                "uniq <L>",
                "compact <L>",
                "rest <L>",
                "initial <L>",
                "without <L> \"a\"",
                "splitList \"-\" <S>",
                "until 4",
                "untilStep 0 10 3",
                "keys <D> | sortAlpha",
                "sortAlpha <L>",
                "slice <L> 1",
                "tuple <S> <B>",
                "pluck \"app\" <D>",
                "chunk 2 <L>",
                "regexSplit \"[ -]\" <S> -1",
                "regexFindAll \"[a-z]\" <S> 3",
                "fromJsonArray \"[1, 2.5, null]\"",
                "fromYamlArray \"- a\\n- {b: 1}\"",
                "toStrings <L>",
            ],
        )
    }

    /// An expression that gives a dictionary.
    pub(super) fn dictionary(&mut self) -> String {
        self.filled(
            &[".Values.labels", ".Values.image", ".Values.resources", "dict", "dict \"a\" 1 \"b\" nil"],
            &[
                "dict \"k\" <S> \"n\" <I>",
                "dict \"l\" <L>",
                "merge (dict \"a\" <S>) <D>",
                "mergeOverwrite (dict \"a\" <S>) <D>",
                "deepCopy <D>",
                "omit <D> \"app\"",
                "pick <D> \"app\" \"tier\"",
                "set (deepCopy <D>) \"new\" <S>",
                "unset (deepCopy <D>) \"app\"",
                "fromYaml (toYaml <D>)",
                "fromJson (toJson <D>)",
                "fromYaml <S>",
                "split \"-\" <S>",
                "splitn \"-\" 2 <S>",
                "urlParse \"https://u:p@h:1/p?q=1#f\"",
                "default <D> .Values.nothing",
                "lookup \"v1\" \"Pod\" \"ns\" \"x\"",
            ],
        )
    }
}
