//! Paths.

use crate::support::check;

#[test]
fn parts_of_paths() {
    check(r#"{{ base "/a/b.c" }} {{ base "" }} {{ base "/" }}"#, "b.c . /");
    check(r#"{{ dir "/a/b.c" }} {{ dir "a" }} {{ dir "a//b/" }}"#, "/a . a/b");
    check(r#"{{ clean "a//b/../c/." }} {{ clean "/../a" }} {{ clean "" }}"#, "a/c /a .");
    check(r#"{{ ext "a.tar.gz" }} {{ ext "a.b/c" }}|"#, ".gz |");
    check(r#"{{ isAbs "/a" }} {{ isAbs "a" }}"#, "true false");
    check(
        r#"{{ osBase "a/b" }} {{ osDir "a/b" }} {{ osExt "a.b" }} {{ osClean "a/.." }} {{ osIsAbs "/" }}"#,
        "b a .b . true",
    );
}
