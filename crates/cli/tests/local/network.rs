//! Pods, services and names.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, TcpListener};
use std::process::Command;

use crate::cluster::{Namespace, deployment, service};

pub(crate) fn services_and_names_lead_to_pods(namespace: &Namespace<'_>) {
    let port = "ports: [{containerPort: 8080, name: http}]";
    let others = "
apiVersion: v1
kind: Service
metadata: {name: all}
spec: {clusterIP: None, selector: {app: web}, ports: [{port: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: out}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: http}]}
";
    namespace.apply(&(deployment("web", "2", "serve 8080", port) + &service("web") + others));
    namespace.ok("rollout status deployment/web --timeout=300s");
    let pods: Vec<String> = namespace
        .ok("get pods -l app=web -o jsonpath={.items[*].metadata.name}")
        .split(' ')
        .map(str::to_owned)
        .collect();
    namespace.pod(
        "asks",
        "get web:80 -- get web.services.svc.cluster.local:80 -- resolve all -- resolve web -- resolve kubernetes.default -- resolve nobody",
        "",
    );
    let log = namespace.log_of("asks");
    let lines: Vec<&str> = log.lines().collect();
    assert!(pods.iter().any(|pod| pod == lines[0]), "{log}");
    assert!(pods.iter().any(|pod| pod == lines[1]), "{log}");
    let mut addresses: Vec<String> = namespace
        .ok("get pods -l app=web -o jsonpath={.items[*].status.podIP}")
        .split(' ')
        .map(str::to_owned)
        .collect();
    addresses.sort();
    assert_eq!(lines[2], addresses.join(" "), "{log}");
    assert_eq!(lines[3], namespace.ok("get service web -o jsonpath={.spec.clusterIP}"), "{log}");
    assert!(lines[4].ends_with(".0.1"), "{log}");
    assert_eq!(lines[5], "not found", "{log}");
    // From the machine itself, through the node port.
    let port: u16 = namespace.ok("get service out -o jsonpath={.spec.ports[0].nodePort}").parse().unwrap();
    let answer = crate::eventually("an answer of the node port", crate::cluster::PATIENCE, || {
        crate::streams::fetch(port).map_err(|error| error.to_string())
    });
    assert!(pods.iter().any(|pod| answer.ends_with(pod)), "{answer}");
    // Through the API server.
    let path = "/api/v1/namespaces/services/services/web:80/proxy/";
    assert!(pods.contains(&namespace.ok(&format!("get --raw {path}"))));
    // The same over UDP.
    namespace.apply(
        &(deployment("echo", "1", "udp-serve 9000", "")
            + "
apiVersion: v1
kind: Service
metadata: {name: echo}
spec: {selector: {app: echo}, ports: [{port: 90, targetPort: 9000, protocol: UDP}]}
"),
    );
    namespace.ok("rollout status deployment/echo --timeout=300s");
    namespace.until_it("endpointslices", ".items[*].ports[*].port", |ports| ports.contains("9000"));
    namespace.pod("calls", "udp echo:90 hello", "");
    let heard = namespace.log_of("calls");
    assert!(heard.starts_with("echo-") && heard.ends_with(" got hello\n"), "{heard}");
    // Nobody is behind the services any more.
    namespace.ok("delete deployment/echo service/echo --wait");
    namespace.ok("scale deployment web --replicas=0");
    namespace.until("endpointslices", ".items[*].endpoints[*].addresses", "");
    namespace.pod("late", "get web:80", "");
    assert!(namespace.log_of("late").starts_with("failed:"));
}

/// A network of its own beside the machine, which knows no way to pods; gone when dropped.
struct Outside {
    name: String,
}

impl Outside {
    const HOST: &'static str = "198.51.100.1";
    const PEER: &'static str = "198.51.100.2";

    fn new() -> Option<Self> {
        let number = std::process::id();
        let outside = Self { name: format!("wheelhouse-test-{number}") };
        let device = format!("wt{number}");
        let run = |line: String| {
            Command::new("ip").args(line.split(' ')).output().is_ok_and(|output| output.status.success())
        };
        let inside = |line: &str| run(format!("netns exec {} ip {line}", outside.name));
        let made = run(format!("netns add {}", outside.name))
            && run(format!("link add {device} type veth peer name out netns {}", outside.name))
            && run(format!("addr add {}/24 dev {device}", Self::HOST))
            && run(format!("link set {device} up"))
            && inside(&format!("addr add {}/24 dev out", Self::PEER))
            && inside("link set out up");
        made.then_some(outside)
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        // The pair of devices goes with the network.
        let _ = Command::new("ip").args(["netns", "del", &self.name]).output();
    }
}

pub(crate) fn packets_leave_with_the_machines_address(namespace: &Namespace<'_>) {
    // The machine itself, as a pod sees it.
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answering = std::thread::spawn(move || answer(&listener));
    match own_address() {
        Some(own) => {
            namespace.pod("near", &format!("get {own}:{port}"), "");
            assert_eq!(namespace.log_of("near"), "hello\n");
            answering.join().unwrap();
        }
        None => eprintln!("SKIPPED: this machine has no address but loopback ones"),
    }
    let Some(outside) = Outside::new() else {
        eprintln!("SKIPPED: no network can be made with `ip`");
        return;
    };
    let name = outside.name.clone();
    let (sender, ready) = std::sync::mpsc::channel();
    // A thread moves to the other network with what it opens there.
    let answering = std::thread::spawn(move || {
        let file = std::fs::File::open(format!("/run/netns/{name}")).unwrap();
        rustix::thread::move_into_link_name_space(
            std::os::fd::AsFd::as_fd(&file),
            Some(rustix::thread::LinkNameSpaceType::Network),
        )
        .unwrap();
        let listener = TcpListener::bind((Outside::PEER, 0)).unwrap();
        sender.send(listener.local_addr().unwrap().port()).unwrap();
        answer(&listener)
    });
    let port = ready.recv().unwrap();
    namespace.pod("far", &format!("get {}:{port}", Outside::PEER), "");
    assert_eq!(namespace.log_of("far"), "hello\n");
    assert_eq!(answering.join().unwrap().to_string(), Outside::HOST);
}

/// Answers one request, and gives who asked.
fn answer(listener: &TcpListener) -> IpAddr {
    let (mut stream, peer) = listener.accept().unwrap();
    let _ = stream.read(&mut [0; 256]).unwrap();
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello").unwrap();
    peer.ip()
}

/// The address that this machine speaks to others from.
fn own_address() -> Option<IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    // Sends nothing: the kernel only looks up the way.
    socket.connect("192.0.2.1:9").ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|ip| !ip.is_loopback())
}
