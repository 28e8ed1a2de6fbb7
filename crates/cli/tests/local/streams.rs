//! Logs, commands inside, forwarded ports.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::cluster::{IMAGE, Namespace};

/// Gets `/` from a port of this machine.
pub(crate) fn fetch(port: u16) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    // The whole answer is there when its body is; how the connection ends says nothing.
    let complete = |answer: &[u8]| {
        let text = String::from_utf8_lossy(answer).into_owned();
        let (head, body) = text.split_once("\r\n\r\n")?;
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length: "))?.parse::<usize>().ok()?;
        (body.len() >= length).then_some(text)
    };
    loop {
        let mut part = [0; 4_096];
        match stream.read(&mut part)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            count => answer.extend_from_slice(&part[..count]),
        }
        if let Some(answer) = complete(&answer) {
            return Ok(answer);
        }
    }
}

pub(crate) fn logs_exec_and_port_forward(namespace: &Namespace<'_>) {
    namespace.pod("web", "echo one -- echo two -- error three -- serve 8080", "");
    namespace.wait("condition=Ready", "pod/web");
    crate::eventually("all is logged", crate::cluster::PATIENCE, || {
        let log = namespace.ok("logs web");
        if log.contains("listening") && log.contains("three") { Ok(()) } else { Err(log) }
    });
    // Two pipes lead to one log: only the lines of each are in order.
    let last = namespace.ok("logs web --tail=1");
    assert!(matches!(last.as_str(), "listening\n" | "three\n"), "{last}");
    let log = namespace.ok("logs web --timestamps");
    assert_eq!(log.lines().count(), 4);
    assert!(log.lines().all(|line| line.starts_with("20") && line.contains("Z ")), "{log}");

    // Follow: lines come as they are written, and the stream ends with the container.
    namespace.pod("slow", "echo begin -- sleep 2 -- echo end", "");
    namespace.until_it("pod/slow", ".status.phase", |phase| phase != "Pending");
    assert_eq!(namespace.ok("logs -f slow"), "begin\nend\n");

    let outcome = namespace.kubectl(&["exec", "web", "--", "/guest", "error", "oops", "--", "exit", "7"], "");
    assert_eq!((outcome.code, outcome.out.as_str()), (7, ""));
    assert!(outcome.err.starts_with("oops\n"), "{}", outcome.err);
    let outcome = namespace.kubectl(&["exec", "-i", "web", "--", "/guest", "stdin"], "through\n");
    assert_eq!((outcome.code, outcome.out.as_str()), (0, "through\n"));

    let mut forward = namespace.command().args(["port-forward", "pod/web", ":8080"]).spawn().unwrap();
    let mut line = String::new();
    // Read to the end of the test: `kubectl` says a line for each connection, and dies if nobody listens.
    let mut said = BufReader::new(forward.stdout.take().unwrap());
    said.read_line(&mut line).unwrap();
    let port =
        line.split(':').nth(1).and_then(|rest| rest.split(' ').next()).and_then(|port| port.parse().ok());
    let answers: Vec<String> = (0..3).map(|_| fetch(port.expect(&line)).unwrap()).collect();
    forward.kill().unwrap();
    forward.wait().unwrap();
    drop(said);
    assert!(answers.iter().all(|answer| answer.ends_with("\r\n\r\nweb")), "{answers:?}");

    // Watch: a table whose rows come as things change.
    let mut watch = namespace.command().args(["get", "pods", "--watch", "-o", "name"]).spawn().unwrap();
    let mut rows = BufReader::new(watch.stdout.take().unwrap()).lines();
    let mut seen: Vec<String> = rows.by_ref().take(2).map(Result::unwrap).collect();
    seen.sort();
    assert_eq!(seen, ["pod/slow", "pod/web"]);
    namespace.pod("new", "echo new", "");
    assert!(rows.any(|row| row.unwrap() == "pod/new"));
    watch.kill().unwrap();
    watch.wait().unwrap();
}

pub(crate) fn clients_attach_and_have_terminals(namespace: &Namespace<'_>) {
    // The input of the container ends with that of the one client that gives it.
    namespace.apply(&format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: talk}}\nspec:\n  restartPolicy: Never\n  containers: [{{name: \
         main, image: {IMAGE}, args: [stdin], stdin: true, stdinOnce: true}}]\n"
    ));
    namespace.wait("condition=Ready", "pod/talk");
    let attached = namespace.kubectl(&["attach", "-i", "talk"], "hello there\n");
    assert_eq!((attached.code, attached.out.as_str()), (0, "hello there\n"), "{attached:?}");
    assert_eq!(namespace.log_of("talk"), "hello there\n");

    // More than pipes hold, both ways at once.
    namespace.pod("busy", "sleep 600", "");
    namespace.wait("condition=Ready", "pod/busy");
    let much: String = (0..400_000).map(|number| format!("line {number}\n")).collect();
    let outcome = namespace.stream(&["exec", "-i", "busy", "--", "/guest", "copy"], &much);
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    assert!(outcome.out == much, "{} of {} bytes came back", outcome.out.len(), much.len());

    let terminal = |command: &str| namespace.terminal(&format!("exec -i -t busy -- {command}"));
    match terminal("/guest terminal") {
        Some(said) => assert!(said.contains("a terminal\r\n"), "{said:?}"),
        None => eprintln!("SKIPPED: `script` is not installed"),
    }
    let outcome = namespace.kubectl(&["exec", "busy", "--", "/guest", "terminal"], "");
    assert_eq!(outcome.out, "no terminal\n");
}
