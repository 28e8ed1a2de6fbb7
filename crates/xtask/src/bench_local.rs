//! The local cluster measured beside a real control plane.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use wheelhouse_image::{Image, Program};

use crate::output::{print_row, say};
use crate::reference;
use crate::reference_kubernetes::{self as kubernetes, ControlPlane};

/// What is measured, with its bar.
const ROWS: [(&str, &str, &str); 10] = [
    ("ready", "start to API ready", "<= 300 ms"),
    ("node", "start to node ready", "<= 1000 ms"),
    ("pod", "pod with a cached image ready", "<= 1000 ms"),
    ("resident", "resident with 1,000 objects", "<= 80 MB"),
    ("creates", "durable creates", ">= 2,000/s"),
    ("gets", "gets", ">= 10,000/s"),
    ("gets-h2", "gets over HTTP/2", ""),
    ("list", "a list of all objects", "<= 200 ms"),
    ("watchers", "one event seen by all watchers", ""),
    ("resident-after", "resident with all objects", ""),
];

/// The figures of one server: name and value with its unit.
type Figures = Vec<(String, String)>;

/// Measures ours, and a real control plane when its binaries are there: `bench-local [OBJECTS [WATCHERS]]`.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let number = |index: usize, otherwise: usize| -> Result<usize> {
        arguments.get(index).map_or(Ok(otherwise), |text| text.parse().context("not a number"))
    };
    let (objects, watchers) = (number(0, 10_000)?, number(1, 1_000)?);
    say!("building the programs");
    let programs = build()?;
    say!("measuring ours: {objects} objects, {watchers} watchers");
    let ours = measure_ours(&programs, objects, watchers)?;
    let theirs = match kubernetes::binaries_if_built() {
        None => {
            say!("SKIPPED: no real control plane; `cargo xtask reference kubernetes` builds one");
            Figures::new()
        }
        Some(binaries) => {
            say!("measuring the real control plane");
            let directory = tempfile::tempdir()?;
            let started = Instant::now();
            let plane = ControlPlane::start(&binaries, directory.path(), true)?;
            let mut processes = plane.processes();
            processes.sort_unstable();
            let server =
                Server { name: "real", kubeconfig: &plane.kubeconfig(), image: None, processes: &processes };
            server.measure(&programs, objects, watchers, started)?
        }
    };
    let value = |figures: &Figures, name: &str| {
        let found = figures.iter().find(|(found, _)| found == name);
        found.map_or_else(|| "-".to_owned(), |(_, value)| value.clone())
    };
    print_row!("{:<34}{:>16}{:>16}  {}", "", "ours", "real", "bar");
    for (name, title, bar) in ROWS {
        print_row!("{title:<34}{:>16}{:>16}  {bar}", value(&ours, name), value(&theirs, name));
    }
    Ok(())
}

struct Programs {
    wheelhouse: PathBuf,
    load: PathBuf,
}

fn build() -> Result<Programs> {
    let packages = ["--package", "wheelhouse-cli", "--package", "wheelhouse-local-apiserver"];
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--release", "--quiet"])
        .args(packages)
        .args(["--bin", "wheelhouse", "--example", "load"])
        .current_dir(reference::root())
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("building the programs to measure failed");
    }
    let folder = reference::target_directory().join("release");
    Ok(Programs { wheelhouse: folder.join("wheelhouse"), load: folder.join("examples/load") })
}

/// A process that ends with its owner.
struct Owned(Child);

impl Drop for Owned {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn measure_ours(programs: &Programs, objects: usize, watchers: usize) -> Result<Figures> {
    let directory = tempfile::tempdir()?;
    let state = directory.path().join("state");
    // As in the nodes' own test: without root there are no pods.
    let nodes = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self")?) == 0;
    if nodes {
        load_image(programs, &state, &directory.path().join("image.tar"))?;
    } else {
        say!("SKIPPED: nodes and pods need root here");
    }
    let started = Instant::now();
    let child = Command::new(&programs.wheelhouse)
        .args(["local", "up", "--listen=127.0.0.1:0", "--state"])
        .arg(&state)
        .args((!nodes).then_some("--api-only"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let process = child.id().to_string();
    let _owned = Owned(child);
    let kubeconfig = state.join("kubeconfig");
    while !kubeconfig.exists() {
        if started.elapsed() > Duration::from_secs(30) {
            bail!("the API server does not come up");
        }
        #[allow(
            clippy::disallowed_methods,
            reason = "a file of another process tells nobody that it is there"
        )]
        std::thread::sleep(Duration::from_millis(1));
    }
    let image = nodes.then_some(IMAGE);
    let server = Server { name: "ours", kubeconfig: &kubeconfig, image, processes: &[process] };
    server.measure(programs, objects, watchers, started)
}

/// The image of the pods that are measured.
const IMAGE: &str = "localhost/measured:1";

/// Puts an image of the example server into the cluster's store.
fn load_image(programs: &Programs, state: &Path, archive: &Path) -> Result<()> {
    let program = Program {
        executable: programs.wheelhouse.clone(),
        path: "/usr/bin/wheelhouse".to_owned(),
        arguments: vec!["inference-server".to_owned()],
        ports: vec![8001],
        labels: Vec::new(),
    };
    let mut writer = std::io::BufWriter::new(std::fs::File::create(archive)?);
    Image::of_program(&program)?.write_archive(IMAGE, &mut writer)?;
    std::io::Write::flush(&mut writer)?;
    let status = Command::new(&programs.wheelhouse)
        .args(["local", "load", "--state"])
        .args([state, archive])
        .stdout(Stdio::null())
        .status()?;
    if !status.success() {
        bail!("the image cannot be loaded");
    }
    Ok(())
}

/// A server that is measured.
struct Server<'a> {
    /// How it is called in what is printed.
    name: &'a str,
    kubeconfig: &'a Path,
    /// What its pods run; nothing where it has no nodes.
    image: Option<&'a str>,
    /// The processes whose memory counts.
    processes: &'a [String],
}

impl Server<'_> {
    /// Its figures, each of which is told as soon as it is there.
    fn measure(
        &self,
        programs: &Programs,
        objects: usize,
        watchers: usize,
        started: Instant,
    ) -> Result<Figures> {
        let child = Command::new(&programs.load)
            .arg(self.kubeconfig)
            .args([objects.to_string(), watchers.to_string(), self.image.unwrap_or("-").to_owned()])
            .args(self.processes)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut owned = Owned(child);
        let output = owned.0.stdout.take().context("no output")?;
        let mut figures = Figures::new();
        for line in BufReader::new(output).lines() {
            let line = line?;
            let mut words = line.split(' ');
            let (name, shown) = match (words.next(), words.next().map(str::parse::<f64>), words.next()) {
                (Some(name), None, None) => {
                    (name, format!("{:.0} ms", started.elapsed().as_secs_f64() * 1e3))
                }
                (Some(name), Some(Ok(value)), Some(unit)) => {
                    let space = if unit == "/s" { "" } else { " " };
                    (name, format!("{value:.0}{space}{unit}"))
                }
                _ => bail!("cannot read the figure {line:?}"),
            };
            let title = ROWS.iter().find(|(row, _, _)| *row == name).map_or(name, |(_, title, _)| title);
            say!("{}: {title}: {shown}", self.name);
            figures.push((name.to_owned(), shown));
        }
        if !owned.0.wait()?.success() {
            bail!("the measurement broke off");
        }
        Ok(figures)
    }
}
