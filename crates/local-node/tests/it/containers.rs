//! One container in one sandbox, without any Kubernetes.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use wheelhouse_local_node::oci::{ContainerConfig, Limits, runtime_config};
use wheelhouse_local_node::sandbox::{Exit, Root, Sandbox, Setup, Stdio};

use crate::support;

struct Play {
    folder: tempfile::TempDir,
    sandbox: Sandbox,
    exits: mpsc::Receiver<Exit>,
}

impl Play {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let layer = folder.path().join("layers/one");
        for each in ["tmp", "proc"] {
            std::fs::create_dir_all(layer.join(each)).unwrap();
        }
        std::fs::create_dir_all(folder.path().join("state")).unwrap();
        std::fs::copy(support::guest(), layer.join("guest")).unwrap();
        let (sender, exits) = mpsc::channel(8);
        let sandbox =
            Sandbox::start(&support::sandbox_command(), &folder.path().join("log"), sender).unwrap();
        let setup = Setup {
            state: folder.path().join("state"),
            layers: folder.path().join("layers"),
            hostname: "pod".to_owned(),
            host_network: false,
            host_ipc: false,
            memory: vec![],
            sysctls: Default::default(),
        };
        sandbox.set_up(setup).await.unwrap();
        Self { folder, sandbox, exits }
    }

    fn group(&self) -> String {
        let name = self.folder.path().file_name().unwrap().to_str().unwrap().replace('.', "");
        format!("/wheelhouse-test-{name}/c")
    }

    async fn start(&self, args: &[&str], limits: Limits) -> (i32, File) {
        let bundle = self.folder.path().join("c");
        let root = Root { layers: vec!["one".to_owned()], bundle: bundle.clone() };
        self.sandbox.mount(root).await.unwrap();
        let config = ContainerConfig {
            args: std::iter::once("/guest").chain(args.iter().copied()).map(str::to_owned).collect(),
            env: vec!["PATH=/".to_owned(), "GREETING=hello".to_owned()],
            cgroup: self.group(),
            limits,
            ..ContainerConfig::default()
        };
        std::fs::write(bundle.join("config.json"), runtime_config(&config).to_string()).unwrap();
        let (files, output) = files();
        let started = self.sandbox.run("c", &bundle, None, files).await.unwrap();
        (started.pid, output)
    }

    async fn exit(&mut self) -> Exit {
        tokio::time::timeout(Duration::from_secs(60), self.exits.recv()).await.unwrap().unwrap()
    }

    async fn read(output: File) -> String {
        tokio::task::spawn_blocking(move || {
            let mut text = String::new();
            let mut output = output;
            output.read_to_string(&mut text).unwrap();
            text
        })
        .await
        .unwrap()
    }

    async fn delete(&self) {
        self.sandbox.delete("c", &self.folder.path().join("c")).await.unwrap();
    }
}

impl Drop for Play {
    /// The group above the container's, which nobody else removes.
    fn drop(&mut self) {
        let group = self.group();
        let above = group.trim_start_matches('/').split('/').next().unwrap().to_owned();
        for root in std::fs::read_dir("/sys/fs/cgroup").unwrap().flatten() {
            let _ = std::fs::remove_dir(root.path().join(&above));
        }
    }
}

fn files() -> (Stdio, File) {
    let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).unwrap();
    let stdin = OwnedFd::from(File::open("/dev/null").unwrap());
    let stderr = writer.try_clone().unwrap();
    (Stdio { stdin, stdout: writer, stderr }, File::from(reader))
}

fn groups_left(name: &str) -> bool {
    let relative = name.trim_start_matches('/');
    let roots = std::fs::read_dir("/sys/fs/cgroup").unwrap().flatten().map(|entry| entry.path());
    roots.chain([Path::new("/sys/fs/cgroup").to_owned()]).any(|root| root.join(relative).exists())
}

#[tokio::test]
async fn a_container_runs_writes_and_ends_with_its_code() {
    if !support::machine_allows() {
        return;
    }
    let mut play = Play::new().await;
    let begun = Instant::now();
    let (pid, output) = play
        .start(
            &[
                "id",
                "--",
                "env",
                "GREETING",
                "--",
                "cat",
                "/proc/sys/kernel/hostname",
                "--",
                "write",
                "/tmp/x",
                "y",
                "--",
                "exit",
                "7",
            ],
            Limits::default(),
        )
        .await;
    eprintln!("started in {:?}", begun.elapsed());
    let exit = play.exit().await;
    assert_eq!(exit, Exit { pid, code: 7, signal: None, out_of_memory: false });
    assert_eq!(Play::read(output).await, "uid=0 gid=0 pid=1\nGREETING=hello\npod\nwrote /tmp/x\n");
    // What was written is in the container's own layer, not in the image's.
    assert!(play.folder.path().join("c/upper/tmp/x").exists());
    assert!(!play.folder.path().join("layers/one/tmp/x").exists());
    play.delete().await;
    assert!(!groups_left(&play.group()));
}

#[tokio::test]
async fn too_much_memory_is_told_as_such() {
    if !support::machine_allows() {
        return;
    }
    let mut play = Play::new().await;
    let limits = Limits { memory: Some(32 << 20), ..Limits::default() };
    let (pid, _output) = play.start(&["eat", "200"], limits).await;
    let exit = play.exit().await;
    assert_eq!(exit, Exit { pid, code: 137, signal: Some(9), out_of_memory: true });
    play.delete().await;
}

#[tokio::test]
async fn commands_run_inside_and_signals_arrive() {
    if !support::machine_allows() {
        return;
    }
    let mut play = Play::new().await;
    let (pid, _output) = play.start(&["sleep", "60"], Limits::default()).await;
    let (files, output) = files();
    let args = ["/guest", "id", "--", "env", "GREETING", "--", "exit", "3"].map(str::to_owned).to_vec();
    let command = play.sandbox.exec("c", args, None, files).await.unwrap();
    let exit = play.exit().await;
    assert_eq!((exit.pid, exit.code), (command.pid, 3));
    let said = Play::read(output).await;
    assert!(said.starts_with("uid=0 gid=0 pid=") && said.ends_with("GREETING=hello\n"), "{said}");
    play.sandbox.signal(pid, 9).await.unwrap();
    let exit = play.exit().await;
    assert_eq!((exit.pid, exit.code, exit.signal), (pid, 137, Some(9)));
    play.delete().await;
}

#[tokio::test]
async fn the_default_filter_stops_what_containers_need_not_do() {
    if !support::machine_allows() {
        return;
    }
    for (filtered, expected) in
        [(false, "unshare: done"), (true, "unshare: Operation not permitted (os error 1)")]
    {
        let mut play = Play::new().await;
        let bundle = play.folder.path().join("c");
        play.sandbox.mount(Root { layers: vec!["one".to_owned()], bundle: bundle.clone() }).await.unwrap();
        let config = ContainerConfig {
            args: ["/guest", "unshare", "--", "sleep", "60"].map(str::to_owned).to_vec(),
            env: vec!["PATH=/".to_owned()],
            cgroup: play.group(),
            filtered,
            ..ContainerConfig::default()
        };
        std::fs::write(bundle.join("config.json"), runtime_config(&config).to_string()).unwrap();
        let (own, output) = files();
        let started = play.sandbox.run("c", &bundle, None, own).await.unwrap();
        // What is run inside later is filtered the same way.
        let (own, said) = files();
        let args = ["/guest", "unshare"].map(str::to_owned).to_vec();
        play.sandbox.exec("c", args, None, own).await.unwrap();
        assert_eq!(play.exit().await.code, 0);
        assert_eq!(Play::read(said).await, format!("{expected}\na thread runs\n"));
        play.sandbox.signal(started.pid, 9).await.unwrap();
        play.exit().await;
        assert_eq!(Play::read(output).await, format!("{expected}\na thread runs\n"));
        play.delete().await;
    }
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    if !support::machine_allows() {
        return;
    }
    let play = Play::new().await;
    let bundle = play.folder.path().join("c");
    play.sandbox.mount(Root { layers: vec!["one".to_owned()], bundle: bundle.clone() }).await.unwrap();
    let config = ContainerConfig {
        args: vec!["/nothing".to_owned()],
        env: vec!["PATH=/".to_owned()],
        cgroup: play.group(),
        ..ContainerConfig::default()
    };
    std::fs::write(bundle.join("config.json"), runtime_config(&config).to_string()).unwrap();
    let (files, _output) = files();
    let error = play.sandbox.run("c", &bundle, None, files).await.unwrap_err().to_string();
    assert!(error.contains("/nothing"), "{error}");
    assert!(!groups_left(&play.group()));
}

#[tokio::test]
async fn nothing_outlives_the_sandbox() {
    if !support::machine_allows() {
        return;
    }
    let mut play = Play::new().await;
    play.start(&["sleep", "60"], Limits::default()).await;
    let pid = play.sandbox.pid();
    // Its last handle gone, the process ends.
    play.sandbox =
        Sandbox::start(&["/bin/cat".into()], &play.folder.path().join("other"), mpsc::channel(1).0).unwrap();
    while tokio::time::timeout(Duration::from_secs(60), play.exits.recv()).await.unwrap().is_some() {}
    let deadline = Instant::now() + Duration::from_secs(60);
    while Path::new(&format!("/proc/{pid}")).exists() {
        assert!(Instant::now() < deadline, "the sandbox does not end");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    assert!(!mounts.contains(play.folder.path().to_str().unwrap()));
    assert!(!groups_left(&play.group()));
}
