// The program inside test containers: built static, so that it runs in an empty image.

use std::io::{IsTerminal, Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::time::Duration;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let parts: Vec<&str> = args.iter().map(String::as_str).collect();
    run(&parts);
}

/// Runs commands in order, separated by `--`.
fn run(parts: &[&str]) {
    for command in parts.split(|part| *part == "--") {
        one(command);
    }
}

fn one(command: &[&str]) {
    match command {
        [] => {}
        ["echo", rest @ ..] => println!("{}", rest.join(" ")),
        ["error", rest @ ..] => eprintln!("{}", rest.join(" ")),
        ["exit", code] => std::process::exit(code.parse().unwrap()),
        ["sleep", seconds] => std::thread::sleep(Duration::from_secs_f64(seconds.parse().unwrap())),
        ["await", path] => {
            while !std::path::Path::new(path).exists() {
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        ["env", name] => println!("{name}={}", std::env::var(name).unwrap_or_default()),
        ["cat", path] => match std::fs::read_to_string(path) {
            Ok(text) => print!("{text}"),
            Err(error) => println!("cannot read {path}: {error}"),
        },
        ["write", path, text] => match std::fs::write(path, text) {
            Ok(()) => println!("wrote {path}"),
            Err(error) => println!("cannot write {path}: {}", error.kind()),
        },
        ["fill", path, count] => std::fs::write(path, vec![b'x'; count.parse().unwrap()]).unwrap(),
        ["list", path] => {
            let mut names: Vec<_> = std::fs::read_dir(path).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            println!("{}", names.join(" "));
        }
        ["id"] => {
            let status = std::fs::read_to_string("/proc/self/status").unwrap();
            let line = |name: &str| status.lines().find(|l| l.starts_with(name)).unwrap().split_whitespace().nth(1).unwrap().to_owned();
            println!("uid={} gid={} pid={}", line("Uid:"), line("Gid:"), std::process::id());
        }
        ["stdin"] => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).unwrap();
            print!("{text}");
        }
        ["copy"] => {
            std::io::copy(&mut std::io::stdin(), &mut std::io::stdout()).unwrap();
        }
        ["terminal"] => println!("{}", if std::io::stdout().is_terminal() { "a terminal" } else { "no terminal" }),
        ["ignore-term"] => {
            // SIG_IGN for SIGTERM.
            unsafe extern "C" {
                fn signal(signal: i32, handler: usize) -> usize;
            }
            unsafe { signal(15, 1) };
        }
        // What the filter of system calls says to one that makes a namespace, and to one that everybody needs.
        ["unshare"] => {
            unsafe extern "C" {
                fn unshare(flags: i32) -> i32;
            }
            // A new user namespace: needs no right of its own.
            let done = unsafe { unshare(0x1000_0000) };
            println!("unshare: {}", if done == 0 { "done".to_owned() } else { std::io::Error::last_os_error().to_string() });
            std::thread::spawn(|| println!("a thread runs")).join().unwrap();
        }
        ["eat", megabytes] => {
            let mut all = Vec::new();
            for _ in 0..megabytes.parse::<usize>().unwrap() {
                all.push(vec![1_u8; 1 << 20]);
                println!("{}", all.len());
            }
        }
        ["serve", port] => serve(port.parse().unwrap()),
        ["udp-serve", port] => {
            let socket = UdpSocket::bind(("0.0.0.0", port.parse::<u16>().unwrap())).unwrap();
            let mut buffer = [0; 2048];
            loop {
                let (count, from) = socket.recv_from(&mut buffer).unwrap();
                let answer = format!("{} got {}", hostname(), String::from_utf8_lossy(&buffer[..count]));
                socket.send_to(answer.as_bytes(), from).unwrap();
            }
        }
        ["get", address] => println!("{}", get(address)),
        ["udp", address, text] => {
            let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
            socket.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
            socket.connect(address).unwrap();
            let mut buffer = [0; 2048];
            // A packet may be lost, or come before there is anybody to take it.
            let answer = (0..30).find_map(|_| {
                let sent = socket.send(text.as_bytes());
                let heard = sent.and_then(|_| socket.recv(&mut buffer)).ok();
                if heard.is_none() {
                    std::thread::sleep(Duration::from_millis(100));
                }
                heard
            });
            match answer {
                Some(count) => println!("{}", String::from_utf8_lossy(&buffer[..count])),
                None => println!("no answer"),
            }
        }
        ["resolve", name] => println!("{}", resolve(name).join(" ")),
        other => {
            eprintln!("unknown command {other:?}");
            std::process::exit(64);
        }
    }
    std::io::stdout().flush().unwrap();
}

fn hostname() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim().to_owned()
}

fn serve(port: u16) {
    let listener = TcpListener::bind(("0.0.0.0", port)).unwrap();
    println!("listening");
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        let mut buffer = [0; 1024];
        let count = stream.read(&mut buffer).unwrap_or(0);
        let request = String::from_utf8_lossy(&buffer[..count]).into_owned();
        let path = request.split_whitespace().nth(1).unwrap_or("/").to_owned();
        let (code, body) = match path.as_str() {
            "/fail" => (500, "no".to_owned()),
            "/healthy" if !std::path::Path::new("/tmp/healthy").exists() => (503, "not yet".to_owned()),
            _ => (200, hostname()),
        };
        let _ = write!(stream, "HTTP/1.1 {code} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    }
}

fn get(address: &str) -> String {
    let Some(target) = address.to_socket_addrs().ok().and_then(|mut all| all.next()) else { return "bad address".to_owned() };
    let mut stream = match TcpStream::connect_timeout(&target, Duration::from_secs(30)) {
        Ok(stream) => stream,
        Err(error) => return format!("failed: {}", error.kind()),
    };
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    text.split("\r\n\r\n").nth(1).unwrap_or("no body").to_owned()
}

/// Resolves a name as a C library does: nameserver and search list from resolv.conf.
fn resolve(name: &str) -> Vec<String> {
    let config = std::fs::read_to_string("/etc/resolv.conf").unwrap();
    let server = config.lines().find_map(|line| line.strip_prefix("nameserver ")).unwrap().to_owned();
    let search: Vec<String> =
        config.lines().find_map(|line| line.strip_prefix("search ")).unwrap_or("").split_whitespace().map(str::to_owned).collect();
    let mut names: Vec<String> = search.iter().map(|domain| format!("{name}.{domain}")).collect();
    names.push(name.to_owned());
    for name in names {
        let found = query(&server, &name);
        if !found.is_empty() {
            return found;
        }
    }
    vec!["not found".to_owned()]
}

fn query(server: &str, name: &str) -> Vec<String> {
    let mut message = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.trim_end_matches('.').split('.') {
        message.push(label.len() as u8);
        message.extend_from_slice(label.as_bytes());
    }
    message.extend_from_slice(&[0, 0, 1, 0, 1]);
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
    let mut buffer = [0; 4096];
    // A packet may be lost, and the server may be busy.
    let answer = (0..10).find_map(|_| {
        let sent = socket.send_to(&message, (server, 53));
        sent.and_then(|_| socket.recv(&mut buffer)).ok()
    });
    let Some(count) = answer else { return vec!["no answer".to_owned()] };
    let answers = u16::from_be_bytes([buffer[6], buffer[7]]);
    let mut place = message.len();
    let mut found = Vec::new();
    for _ in 0..answers {
        // Names in answers are pointers of two bytes.
        let length = u16::from_be_bytes([buffer[place + 10], buffer[place + 11]]) as usize;
        let kind = u16::from_be_bytes([buffer[place + 2], buffer[place + 3]]);
        let data = &buffer[place + 12..(place + 12 + length).min(count)];
        if kind == 1 {
            found.push(data.iter().map(u8::to_string).collect::<Vec<_>>().join("."));
        }
        place += 12 + length;
    }
    found.sort();
    found
}
