//! How the binary is linked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    // A program that may lie anywhere in memory has a hundred thousand addresses to correct, and four
    // hundred pages to copy for it, before it starts: longer than a small chart takes. Helm's own
    // binary has a fixed place too.
    if target == "linux" {
        println!("cargo::rustc-link-arg-bins=-no-pie");
        // A file that was written through a mapping lies in memory page by page, and each page of the
        // program is mapped and unmapped alone: a millisecond of every run. Written in one go it lies
        // in large pieces. Only the toolchain's own linker knows the word.
        if links_with_lld() {
            println!("cargo::rustc-link-arg-bins=-Wl,--no-mmap-output-file");
        }
    }
}

/// Whether the toolchain links with its own copy of LLD: on one platform, if nobody says otherwise.
fn links_with_lld() -> bool {
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
    let target = std::env::var("TARGET").unwrap_or_default();
    let flags = std::env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let is_chosen = ["linker", "fuse-ld", "link-self-contained"].iter().any(|word| flags.contains(word));
    target == "x86_64-unknown-linux-gnu" && !is_chosen && std::env::var_os("RUSTC_LINKER").is_none()
}
