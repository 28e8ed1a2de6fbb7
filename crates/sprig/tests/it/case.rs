//! The case of letters, and names made of words.

use crate::support::check;

#[test]
fn letters_change_case() {
    check(r#"{{ upper "aß é ǆ" }}"#, "Aß É Ǆ");
    check(r#"{{ lower "ÀİΣ" }}"#, "àiσ");
    check(r#"{{ title "foo-bar baz_qux éa" }}"#, "Foo-Bar Baz_qux Éa");
    check(r#"{{ untitle "Foo Bar" }}"#, "foo bar");
    check(r#"{{ swapcase "This Is A.Test aB" }}"#, "tHIS iS a.tEST Ab");
    check(r#"{{ upper (b64dec "YcO/") }}"#, "AŸ");
}

#[test]
fn snake_and_kebab() {
    check(r#"{{ snakecase "HTTPServer" }}"#, "http_server");
    check(r#"{{ snakecase "http2xx" }}"#, "http_2xx");
    check(r#"{{ snakecase "Bld4Floor3rd" }}"#, "bld4_floor_3rd");
    check(r#"{{ snakecase "a  b__c" }}"#, "a__b__c");
    check(r#"{{ snakecase "_Foo_" }}"#, "_foo_");
    check(r#"{{ kebabcase "FirstName" }}"#, "first-name");
    check(r#"{{ kebabcase "HTTP20xOK" }}"#, "http-20x-ok");
    check(r#"{{ kebabcase "ÄÖÜ straße" }}"#, "äöü-straße");
    check(r#"{{ snakecase "FooBAR1" }}"#, "foo_bar1");
    check(r#"{{ snakecase "漢字Kanji" }}"#, "漢字_kanji");
}

#[test]
fn camel_is_pascal() {
    check(r#"{{ camelcase "http_server" }}"#, "HttpServer");
    check(r#"{{ camelcase "no-https here" }}"#, "NoHttpsHere");
    check(r#"{{ camelcase "_complex__case_" }}"#, "_Complex_Case_");
    check(r#"{{ camelcase "GOLANG_IS_GREAT" }}"#, "GolangIsGreat");
    check(r#"{{ camelcase "__" }}"#, "___");
    check(r#"{{ camelcase "" }}|"#, "|");
}
