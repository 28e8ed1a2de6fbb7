//! How the binary is linked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    // A program that may lie anywhere in memory has a hundred thousand addresses to correct, and four
    // hundred pages to copy for it, before it starts: longer than a small chart takes. Helm's own
    // binary has a fixed place too.
    if target == "linux" {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
