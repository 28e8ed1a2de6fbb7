//! The committed OpenAPI document is the one the program makes.

use wheelhouse_controlplane::ControlPlane;

#[test]
fn the_committed_document_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let made = format!("{}\n", serde_json::to_string_pretty(&ControlPlane::openapi()).unwrap());
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(path, &made).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == made, "openapi.json is not current; run this test with UPDATE_OPENAPI=1");
    assert!(made.contains("/v2/nvcf/functions/{functionId}/versions/{versionId}"));
}
