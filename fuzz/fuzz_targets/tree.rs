#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| wheelhouse_fuzzing::run("tree", input));
