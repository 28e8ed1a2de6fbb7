use std::borrow::Cow;

use wheelhouse_gotemplate::strconv::{FloatStyle, format_float};
use wheelhouse_goyaml::Value;
use wheelhouse_goyaml::json::{Format, to_json};

use super::compare::passes;
use super::node::{Node, Slice};

/// A value on the way, or Go's invalid value, which a null becomes in a range.
#[derive(Clone)]
enum Item<'v> {
    Value(Cow<'v, Value>),
    Text(Cow<'v, [u8]>),
    Invalid,
}

type Items<'v> = Vec<Item<'v>>;

/// How deep values and templates may nest.
const MAX_DEPTH: usize = 1000;

pub(super) fn evaluate(nodes: &[Node], value: &Value) -> Option<Vec<u8>> {
    let mut run = Run { nodes, begin_range: 0, in_range: 0, end_range: 0, last_end: None };
    let results = run.results(0, Item::Value(Cow::Borrowed(value)), 0)?;
    let mut out = Vec::new();
    for items in results {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                out.push(b' ');
            }
            print(item, &mut out)?;
        }
    }
    Some(out)
}

struct Run<'n> {
    nodes: &'n [Node],
    begin_range: usize,
    in_range: usize,
    end_range: usize,
    /// The place of the `end` met last.
    last_end: Option<usize>,
}

impl<'n> Run<'n> {
    /// What the nodes from one on give for a value, up to the `end` of the range they are in.
    fn results<'v>(&mut self, first: usize, value: Item<'v>, depth: usize) -> Option<Vec<Items<'v>>>
    where
        'n: 'v,
    {
        if depth > MAX_DEPTH {
            return None;
        }
        let mut all = Vec::new();
        let mut at = first;
        while let Some(node) = self.nodes.get(at) {
            let results = self.step(vec![value.clone()], node, 0)?;
            if self.end_range > 0 && self.end_range <= self.in_range {
                self.end_range -= 1;
                self.last_end = Some(at);
                break;
            }
            if self.begin_range > 0 {
                self.begin_range -= 1;
                self.in_range += 1;
                if results.is_empty() {
                    // Only to find the end.
                    self.results(at + 1, Item::Invalid, depth + 1)?;
                }
                for item in results {
                    let item = match item {
                        Item::Value(value) if *value == Value::Null => Item::Invalid,
                        item => item,
                    };
                    all.extend(self.results(at + 1, item, depth + 1)?);
                }
                self.in_range -= 1;
                if let Some(end) = self.last_end.filter(|end| *end > at) {
                    at = end;
                }
            } else {
                all.push(results);
            }
            at += 1;
        }
        Some(all)
    }

    fn steps<'v>(&mut self, items: Items<'v>, nodes: &'n [Node], depth: usize) -> Option<Items<'v>>
    where
        'n: 'v,
    {
        nodes.iter().try_fold(items, |items, node| self.step(items, node, depth + 1))
    }

    fn step<'v>(&mut self, items: Items<'v>, node: &'n Node, depth: usize) -> Option<Items<'v>>
    where
        'n: 'v,
    {
        if depth > MAX_DEPTH {
            return None;
        }
        let each = |value: Value| items.iter().map(|_| Item::Value(Cow::Owned(value.clone()))).collect();
        match node {
            Node::Steps(nodes) => self.steps(items, nodes, depth),
            Node::Text(text) => Some(vec![Item::Text(Cow::Borrowed(text))]),
            Node::Int(number) => Some(each(Value::Int(*number))),
            Node::Float(number) => Some(each(Value::Float(*number))),
            Node::Bool(value) => Some(each(Value::Bool(*value))),
            Node::Field(name) => fields(&items, name),
            Node::Slice(bounds) => slices(items, *bounds),
            Node::Wildcard => Some(items.iter().flat_map(children).collect()),
            Node::Recursive => {
                let mut found = Vec::new();
                for item in &items {
                    descend(item, &mut found, 0)?;
                }
                Some(found)
            }
            Node::Union(members) => {
                let mut all = Vec::new();
                for member in members {
                    all.extend(self.steps(items.clone(), member, depth)?);
                }
                Some(all)
            }
            Node::Exists(path) => self.filter(items, depth, |run, element, depth| {
                // An error is no answer.
                Some(run.steps(vec![element], path, depth).is_some_and(|found| !found.is_empty()))
            }),
            Node::Filter { left, operator, right } => self.filter(items, depth, |run, element, depth| {
                let left = run.one(element.clone(), left, depth)?;
                let Some(left) = left else { return Some(false) };
                let Some(right) = run.one(element, right, depth)? else { return Some(false) };
                passes(&left, operator, &right)
            }),
            Node::Word(word) => match word.as_str() {
                "range" => {
                    self.begin_range += 1;
                    Some(items)
                }
                "end" if self.in_range > 0 => {
                    self.end_range += 1;
                    Some(Vec::new())
                }
                _ => None,
            },
        }
    }

    /// The elements of lists that pass.
    fn filter<'v>(
        &mut self,
        items: Items<'v>,
        depth: usize,
        mut passes: impl FnMut(&mut Self, Item<'v>, usize) -> Option<bool>,
    ) -> Option<Items<'v>>
    where
        'n: 'v,
    {
        let mut found = Vec::new();
        for item in items {
            for element in elements(&item)? {
                if passes(self, element.clone(), depth + 1)? {
                    found.push(element);
                }
            }
        }
        Some(found)
    }

    /// The one value that a path gives; inner none for no value.
    fn one<'v>(&mut self, item: Item<'v>, path: &'n [Node], depth: usize) -> Option<Option<Value>>
    where
        'n: 'v,
    {
        let mut found = self.steps(vec![item], path, depth)?;
        match (found.pop(), found.is_empty()) {
            (None, _) => Some(None),
            (Some(item), true) => item.into_value().map(Some),
            (Some(_), false) => None,
        }
    }
}

impl<'v> Item<'v> {
    fn into_value(self) -> Option<Value> {
        match self {
            Item::Value(value) => Some(value.into_owned()),
            Item::Text(text) => Some(Value::String(String::from_utf8_lossy(&text).into_owned())),
            Item::Invalid => None,
        }
    }

    fn is_null(&self) -> bool {
        matches!(self, Item::Value(value) if **value == Value::Null)
    }
}

fn owned<'v>(value: &Value) -> Item<'v> {
    Item::Value(Cow::Owned(value.clone()))
}

fn fields<'v>(items: &[Item<'v>], name: &str) -> Option<Items<'v>> {
    let found: Items<'v> = items
        .iter()
        .filter_map(|item| match item {
            Item::Value(Cow::Borrowed(Value::Map(entries))) => {
                entries.get(name).map(|value| Item::Value(Cow::Borrowed(value)))
            }
            Item::Value(Cow::Owned(Value::Map(entries))) => entries.get(name).map(owned),
            _ => None,
        })
        .collect();
    (items.is_empty() || !found.is_empty()).then_some(found)
}

/// The elements of a list; none for anything else.
fn elements<'v>(item: &Item<'v>) -> Option<Items<'v>> {
    match item {
        Item::Value(Cow::Borrowed(Value::Seq(elements))) => {
            Some(elements.iter().map(|element| Item::Value(Cow::Borrowed(element))).collect())
        }
        Item::Value(Cow::Owned(Value::Seq(elements))) => Some(elements.iter().map(owned).collect()),
        _ => None,
    }
}

fn children<'v>(item: &Item<'v>) -> Items<'v> {
    let bytes = |text: &[u8]| {
        text.iter().map(|byte| Item::Value(Cow::Owned(Value::Uint(u64::from(*byte))))).collect()
    };
    match item {
        Item::Value(Cow::Borrowed(Value::Map(entries))) => {
            entries.values().map(|value| Item::Value(Cow::Borrowed(value))).collect()
        }
        Item::Value(Cow::Owned(Value::Map(entries))) => entries.values().map(owned).collect(),
        Item::Value(value) => match &**value {
            Value::String(text) => bytes(text.as_bytes()),
            _ => elements(item).unwrap_or_default(),
        },
        Item::Text(text) => bytes(text),
        Item::Invalid => Vec::new(),
    }
}

fn descend<'v>(item: &Item<'v>, found: &mut Items<'v>, depth: usize) -> Option<()> {
    if depth > MAX_DEPTH {
        return None;
    }
    let children = children(item);
    if !children.is_empty() {
        found.push(item.clone());
        for child in &children {
            descend(child, found, depth + 1)?;
        }
    }
    Some(())
}

fn slices<'v>(items: Items<'v>, bounds: Slice) -> Option<Items<'v>> {
    let mut found = Vec::new();
    for item in items {
        if item.is_null() {
            continue;
        }
        let elements = elements(&item)?;
        let length = i64::try_from(elements.len()).ok()?;
        let mut from = bounds.from.unwrap_or(0);
        if from < 0 {
            from += length;
        }
        let mut to = bounds.to.unwrap_or(length);
        if to < 0 || (to == 0 && bounds.is_index) {
            to += length;
        }
        if from == to {
            // Nothing is asked for: what other lists gave is all there is.
            return Some(found);
        }
        if from >= length || from < 0 || to > length || to < 0 || from > to {
            return None;
        }
        let step = usize::try_from(bounds.step.unwrap_or(1)).ok().filter(|step| *step > 0)?;
        let (from, to) = (usize::try_from(from).ok()?, usize::try_from(to).ok()?);
        found.extend(elements.into_iter().take(to).skip(from).step_by(step));
    }
    Some(found)
}

fn print(item: &Item<'_>, out: &mut Vec<u8>) -> Option<()> {
    match item {
        Item::Invalid => out.extend_from_slice(b"<no value>"),
        Item::Text(text) => out.extend_from_slice(text),
        Item::Value(value) => match &**value {
            Value::Null => out.extend_from_slice(b"null"),
            Value::Bool(value) => out.extend_from_slice(value.to_string().as_bytes()),
            Value::Int(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Value::Uint(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Value::Float(number) => {
                out.extend_from_slice(format_float(*number, FloatStyle::General, None).as_bytes());
            }
            Value::String(text) => out.extend_from_slice(text.as_bytes()),
            value @ (Value::Seq(_) | Value::Map(_)) => {
                out.extend(to_json(value, Format::default()).ok()?);
            }
        },
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use wheelhouse_goyaml::{ReadOptions, read};

    use crate::jsonpath::JsonPath;

    fn check(template: &str, expected: Option<&str>) {
        let values = read(
            b"{a: 1, big: 1000000, t: x, nil: null, l: [{k: p, v: 5}, {k: q}], m: {c.d: z}, s: [3, 1, 2]}",
            &ReadOptions::default(),
        );
        let found = JsonPath::parse(template).unwrap().apply(&values.unwrap());
        assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{template}");
    }

    #[test]
    fn paths() {
        check("{.a} {.big}{.t}{.nil}", Some("1 1e+06xnull"));
        check("{.l}", Some(r#"[{"k":"p","v":5},{"k":"q"}]"#));
        check("{.l[0].v}{.l[-1].k}{.s[0:2]}{.s[::2]}", Some("5q3 13 2"));
        check("{.m.c\\.d}{.m['c\\.d']}{.s[0,2]}", Some("zz3 2"));
        check("{.l[*].k}{..v}", Some("p q5"));
        check("{.nope}", None);
        check("{.s[9]}", None);
        check("{.a.b}", None);
    }

    #[test]
    fn ranges_and_filters() {
        check("{range .l[*]}{.k}{\"\\n\"}{end}-{.a}", Some("p\nq\n-1"));
        check("{.l[?(@.k==\"q\")]}", Some(r#"{"k":"q"}"#));
        check("{.l[?(@.v)].k}{.s[?(@>1.5)]}", Some("p3 2"));
        // A number without a point is an integer, and values have none.
        check("{.s[?(@>1)]}", None);
        check("{range .s[*]}{@}{end}", Some("312"));
        check("{end}", None);
    }

    #[test]
    fn malformed_templates() {
        let check = |template: &str, expected: &str| {
            assert_eq!(JsonPath::parse(template).unwrap_err().to_string(), expected, "{template}");
        };
        check("{", "unclosed action");
        check("{.a[}", "unterminated array");
        check("{.a[b]}", "invalid array index b");
        check("{!}", "unrecognized character in action: U+0021 '!'");
        check("{....a}", "invalid multiple recursive descent");
        check("{\"a}", "unterminated quoted string");
        check("{.a[?(@.b]}", "unterminated filter");
    }
}
