//! URLs, read and written as Go does.

use crate::support::{check, check_error};

#[test]
fn urls_are_taken_apart() {
    check(
        r#"{{ urlParse "http://user:p%20w@example.com:8080/a%2Fb?x=1#y" | toJson }}"#,
        r#"{"fragment":"y","host":"example.com:8080","hostname":"example.com","opaque":"","path":"/a/b","query":"x=1","scheme":"http","userinfo":"user:p%20w"}"#,
    );
    check(
        r#"{{ urlParse "mailto:a@b" | toJson }}"#,
        r#"{"fragment":"","host":"","hostname":"","opaque":"a@b","path":"","query":"","scheme":"mailto","userinfo":""}"#,
    );
    check(
        r#"{{ urlParse "" | toJson }}"#,
        r#"{"fragment":"","host":"","hostname":"","opaque":"","path":"","query":"","scheme":"","userinfo":""}"#,
    );
    check(r#"{{ (urlParse "http://[::1]:80/").hostname }}"#, "::1");
    check_error(
        r#"{{ urlParse "http://a b/" }}"#,
        r#"error calling urlParse: unable to parse url: parse "http://a b/": invalid character " " in host name"#,
    );
    check_error(
        r#"{{ urlParse ":x" }}"#,
        r#"error calling urlParse: unable to parse url: parse ":x": missing protocol scheme"#,
    );
    check_error(
        r#"{{ urlParse "http://[::1/" }}"#,
        r#"error calling urlParse: unable to parse url: parse "http://[::1/": missing ']' in host"#,
    );
    check_error(
        r#"{{ urlParse "http://[1.2.3.4]/" }}"#,
        r#"error calling urlParse: unable to parse url: parse "http://[1.2.3.4]/": invalid IP-literal"#,
    );
    check_error(
        r#"{{ urlParse "http://[::g]/" }}"#,
        r#"error calling urlParse: unable to parse url: parse "http://[::g]/": invalid host: ParseAddr("::g"): each colon-separated field must have at least one digit (at "g")"#,
    );
    check_error(
        r#"{{ urlParse "%zz" }}"#,
        r#"error calling urlParse: unable to parse url: parse "%zz": invalid URL escape "%zz""#,
    );
    check_error(
        r#"{{ urlParse "a b:c" }}"#,
        r#"error calling urlParse: unable to parse url: parse "a b:c": first path segment in URL cannot contain colon"#,
    );
    check_error(
        r#"{{ urlParse "http://h:x/" }}"#,
        r#"error calling urlParse: unable to parse url: parse "http://h:x/": invalid port ":x" after host"#,
    );
}

#[test]
fn urls_are_put_together() {
    check(
        r#"{{ urlJoin (dict "scheme" "http" "host" "host:80" "path" "/a b" "query" "x=1" "fragment" "f g") }}"#,
        "http://host:80/a%20b?x=1#f%20g",
    );
    check_error(
        r#"{{ urlJoin (dict "scheme" "https" "userinfo" "u:p w" "host" "h") }}"#,
        r#"error calling urlJoin: unable to parse userinfo in dict: parse "proto://u:p w@host": net/url: invalid userinfo"#,
    );
    check(r#"{{ urlJoin (urlParse "http://user@h/p?q#f") }}"#, "http://user@h/p?q#f");
    check(r#"{{ urlJoin (dict "path" "a:b") }}"#, "./a:b");
    check_error(
        r#"{{ urlJoin (dict "host" 1) }}"#,
        "error calling urlJoin: unable to parse host key, must be of type string, but int found",
    );
    check_error(
        r#"{{ urlJoin (dict "host" nil) }}"#,
        "error calling urlJoin: runtime error: invalid memory address or nil pointer dereference",
    );
    check(r#"{{ urlJoin (dict "opaque" "x" "scheme" "s") }}"#, "s:x");
    check("{{ urlJoin (dict) }}|", "|");
}
