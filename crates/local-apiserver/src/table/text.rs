//! How cells are written: ages, paths, lists.

use serde_json::Value;

use crate::meta;

/// Time since a moment, the way tables show it.
pub(super) fn age(stamp: &str) -> String {
    match crate::decode::parse_time(stamp) {
        Ok(then) => duration(jiff::Timestamp::now().as_second() - then.as_second()),
        Err(_) => "<unknown>".to_owned(),
    }
}

/// A number of seconds, short.
pub(super) fn duration(seconds: i64) -> String {
    if seconds < -1 {
        return "<invalid>".to_owned();
    }
    let seconds = seconds.max(0);
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let days = hours / 24;
    let with = |whole: i64, unit: &str, rest: i64, small: &str| {
        if rest == 0 { format!("{whole}{unit}") } else { format!("{whole}{unit}{rest}{small}") }
    };
    match () {
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => with(minutes, "m", seconds % 60, "s"),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => with(hours, "h", minutes % 60, "m"),
        () if hours < 48 => format!("{hours}h"),
        () if days < 8 => with(days, "d", hours % 24, "h"),
        () if days < 730 => format!("{days}d"),
        () if days < 8 * 365 => with(days / 365, "y", days % 365, "d"),
        () => format!("{}y", days / 365),
    }
}

/// The value at a simple JSON path: `.spec.items[0].name`, `.metadata.labels.a\.b`.
pub(super) fn json_path<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    let mut value = object;
    let mut name = String::new();
    let mut characters = path.trim_start_matches('.').chars().peekable();
    let step = |value: &'a Value, name: &mut String| -> Option<&'a Value> {
        let key = std::mem::take(name);
        if key.is_empty() { Some(value) } else { value.get(&key) }
    };
    while let Some(c) = characters.next() {
        match c {
            '\\' => name.extend(characters.next()),
            '.' => value = step(value, &mut name)?,
            '[' => {
                value = step(value, &mut name)?;
                let inner: String = characters.by_ref().take_while(|c| *c != ']').collect();
                value = select(value, inner.trim())?;
            }
            other => name.push(other),
        }
    }
    step(value, &mut name)
}

fn select<'a>(value: &'a Value, inner: &str) -> Option<&'a Value> {
    if let Ok(index) = inner.parse::<usize>() {
        return value.get(index);
    }
    if inner == "*" {
        return value.get(0);
    }
    let quoted = inner.trim_matches(['\'', '"']);
    if quoted.len() + 2 == inner.len() {
        return value.get(quoted);
    }
    // a filter: ?(@.type=="Ready")
    let test = inner.strip_prefix("?(@.")?.strip_suffix(')')?;
    let (key, wanted) = test.split_once("==")?;
    let wanted = wanted.trim().trim_matches(['\'', '"']);
    value.as_array()?.iter().find(|item| meta::text(item, &[key.trim()]) == wanted)
}

/// Labels as `a=b,c=d`; `<none>` when there are none.
pub(super) fn labels(object: &Value, path: &[&str]) -> String {
    or_none(
        meta::text_map(object, path).iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(","),
    )
}

/// A structured selector as text; `<none>` when it selects all.
pub(super) fn selector(object: &Value, path: &[&str]) -> String {
    or_none(meta::at(object, path).map(crate::scale::label_selector_text).unwrap_or_default())
}

/// The text, or `<none>` for an empty one.
pub(super) fn or_none(text: String) -> String {
    if text.is_empty() { "<none>".to_owned() } else { text }
}

/// The names or images of the containers of a template.
pub(super) fn containers(object: &Value, template: &[&str], key: &str) -> String {
    let mut path = template.to_vec();
    path.extend(["spec", "containers"]);
    meta::items(object, &path)
        .iter()
        .map(|container| meta::text(container, &[key]))
        .collect::<Vec<_>>()
        .join(",")
}

/// The first three of a list and how many more there are.
pub(super) fn some(items: &[String], separator: &str) -> String {
    let shown = items.get(..3).unwrap_or(items).join(separator);
    match items.len().checked_sub(3).filter(|more| *more > 0) {
        Some(more) => format!("{shown} + {more} more..."),
        None => shown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn durations_are_short() {
        for (seconds, expect) in [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (125, "2m5s"),
            (600, "10m"),
            (10_799, "179m"),
            (10_800, "3h"),
            (11_000, "3h3m"),
            (100_000, "27h"),
            (200_000, "2d7h"),
            (1_000_000, "11d"),
            (70_000_000, "2y80d"),
            (-5, "<invalid>"),
        ] {
            assert_eq!(duration(seconds), expect, "{seconds}");
        }
    }

    #[test]
    fn paths_lead_to_values() {
        let object = json!({"a": {"b.c": [{"type": "x", "n": 1}, {"type": "y", "n": 2}]}});
        assert_eq!(json_path(&object, ".a.b\\.c[1].n"), Some(&json!(2)));
        assert_eq!(json_path(&object, ".a['b.c'][?(@.type==\"x\")].n"), Some(&json!(1)));
        assert_eq!(json_path(&object, ".a.d"), None);
    }
}
