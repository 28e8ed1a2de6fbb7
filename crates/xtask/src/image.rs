//! `image`: the example server as an OCI image, without a container engine.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use wheelhouse_image::{Image, Program};

use crate::output::{print_row, say};
use crate::reference::{root, target_directory};

/// The name that the example charts ask for.
const NAME: &str = "localhost/inference-server:1.0";
const PACKAGE: &str = "wheelhouse-inference-server";

/// Builds the server, static where the toolchain can, writes its image and prints the digest.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let (mut output, mut name) = (target_directory().join("inference-server.tar"), NAME.to_owned());
    let mut rest = arguments.iter();
    while let Some(flag) = rest.next() {
        let value = rest.next().with_context(|| format!("{flag} needs a value"))?;
        match *flag {
            "--output" => output = PathBuf::from(value),
            "--name" => name = (*value).to_owned(),
            _ => bail!("unknown flag: {flag}"),
        }
    }
    let program = Program {
        executable: build()?,
        path: "/usr/bin/inference-server".to_owned(),
        arguments: Vec::new(),
        ports: vec![8001],
        labels: vec![("org.opencontainers.image.title".to_owned(), PACKAGE.to_owned())],
    };
    let image = Image::of_program(&program)?;
    let file = std::fs::File::create(&output).with_context(|| output.display().to_string())?;
    let mut writer = std::io::BufWriter::new(file);
    image.write_archive(&name, &mut writer)?;
    std::io::Write::flush(&mut writer)?;
    say!("wrote {name} to {}", output.display());
    print_row!("{}", image.digest());
    Ok(())
}

/// Builds the server in release mode and gives its path.
fn build() -> Result<PathBuf> {
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["build", "--release", "--quiet", "--package", PACKAGE]).current_dir(root());
    let mut folder = target_directory();
    if is_installed(&target) {
        command.args(["--target", &target]);
        folder.push(&target);
    } else {
        say!(
            "the target {target} is not installed: the image carries the loader and libraries of this machine"
        );
    }
    if !command.status().context("cannot run cargo")?.success() {
        bail!("building {PACKAGE} failed");
    }
    Ok(folder.join("release/inference-server"))
}

/// Whether the toolchain has the standard library for a target.
fn is_installed(target: &str) -> bool {
    let output = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", target])
        .current_dir(root())
        .output();
    output.is_ok_and(|output| {
        output.status.success() && Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir()
    })
}
