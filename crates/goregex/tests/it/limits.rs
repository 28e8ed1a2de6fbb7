use wheelhouse_goregex::{ErrorCode, Regex};

fn check(pattern: String, expected: ErrorCode) {
    assert_eq!(Regex::new(pattern).unwrap_err().code, expected);
}

#[test]
fn what_would_take_too_much_is_refused() {
    check("a".repeat(256 * 1024 + 1), ErrorCode::Large);
    check(r"\pL{1000}".into(), ErrorCode::Large);
    check(r"\pL".repeat(50_000), ErrorCode::Large);
    check("(a?)".repeat(10_000), ErrorCode::Large);
    check("(?:a{1000}){1}".repeat(300), ErrorCode::Large);
    check(format!("{}a{}", "(".repeat(300), ")".repeat(300)), ErrorCode::NestingDepth);
    check(format!("{}a{}", "(?:".repeat(300), ")*".repeat(300)), ErrorCode::NestingDepth);
    check("(".repeat(100_000), ErrorCode::MissingParen);
}

#[test]
fn what_people_write_is_taken() {
    for pattern in [
        r"^\pL{1,63}$".to_owned(),
        "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$".to_owned(),
        ".{1000}".to_owned(),
        format!("{}a{}", "(".repeat(200), ")".repeat(200)),
        (0..5000).map(|number| format!("name-{number}")).collect::<Vec<_>>().join("|"),
    ] {
        Regex::new(pattern).unwrap();
    }
}

#[test]
fn the_cost_grows_with_pattern_and_text() {
    let (short, long) = (Regex::new("a").unwrap(), Regex::new("a{100}").unwrap());
    assert!(short.cost(100) >= 100);
    assert!(long.cost(100) > 10 * short.cost(100));
    assert_eq!(long.cost(1000), 10 * long.cost(100));
}
