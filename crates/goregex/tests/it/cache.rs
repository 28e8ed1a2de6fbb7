use std::sync::Arc;

use wheelhouse_goregex::Cache;

#[test]
fn a_pattern_is_compiled_once() {
    let mut cache = Cache::new(2);
    let first = cache.get(b"a").unwrap();
    assert!(Arc::ptr_eq(&first, &cache.get(b"a").unwrap()));
}

#[test]
fn the_one_unused_for_longest_makes_room() {
    let mut cache = Cache::new(2);
    let first = cache.get(b"a").unwrap();
    cache.get(b"b").unwrap();
    cache.get(b"a").unwrap();
    cache.get(b"c").unwrap();
    assert_eq!(cache.len(), 2);
    assert!(Arc::ptr_eq(&first, &cache.get(b"a").unwrap()));
}

#[test]
fn large_patterns_make_room_for_each_other() {
    let mut cache = Cache::new(64);
    for number in 0..40 {
        cache.get(format!("[\\pL\\pN]{{40}}{number}").as_bytes()).unwrap();
    }
    assert!(cache.len() < 40, "{} patterns of about a megabyte each are kept", cache.len());
    assert!(!cache.is_empty());
}

#[test]
fn errors_are_not_kept() {
    let mut cache = Cache::new(2);
    assert!(cache.get(b"(").is_err());
    assert!(cache.is_empty());
}
