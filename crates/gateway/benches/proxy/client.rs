//! The callers: HTTP/1.1 by hand, so that they cost next to nothing.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Somewhere calls are sent to.
pub(crate) struct Target {
    port: u16,
    token: String,
    request: String,
}

impl Target {
    pub(crate) fn new(port: u16, token: &str) -> Self {
        let request = call("POST /infer", token, "content-length: 2\r\n", "{}");
        Self { port, token: token.to_owned(), request }
    }

    /// The same place, asked to answer with 202 at once.
    pub(crate) fn asynchronous(&self) -> Self {
        let function = crate::processes::slow_function_id();
        let head = format!("POST /v2/nvcf/pexec/functions/{function}");
        let request =
            call(&head, &self.token, "prefer: respond-async\r\ncontent-length: 13\r\n", "{\"hold\":true}");
        Self { port: self.port, token: self.token.clone(), request }
    }

    /// The times of so many calls, one after the other on one connection.
    pub(crate) fn latencies(&self, calls: usize) -> Vec<Duration> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut buffer = [0; 8192];
        let warm = 100;
        let mut times = Vec::with_capacity(calls);
        for number in 0..calls + warm {
            let started = Instant::now();
            stream.write_all(self.request.as_bytes()).unwrap();
            let mut held = 0;
            while !complete(&buffer[..held]) {
                let read = stream.read(&mut buffer[held..]).unwrap();
                assert!(read > 0, "closed: {}", String::from_utf8_lossy(&buffer[..held]));
                held += read;
            }
            if number >= warm {
                times.push(started.elapsed());
            }
        }
        times
    }

    /// Calls a second over so many connections.
    pub(crate) fn throughput(&self, connections: usize, time: Duration) -> f64 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let until = Instant::now() + time;
        let calls: usize = runtime.block_on(async {
            let mut callers = tokio::task::JoinSet::new();
            for _ in 0..connections {
                callers.spawn(repeat(self.port, self.request.clone(), until));
            }
            callers.join_all().await.into_iter().sum()
        });
        calls as f64 / time.as_secs_f64()
    }

    /// Opens so many event streams and waits for the first event of each.
    pub(crate) fn streams(&self, count: usize) -> Vec<TcpStream> {
        let request = call("GET /events", &self.token, "accept: text/event-stream\r\n", "");
        (0..count)
            .map(|_| {
                let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
                stream.write_all(request.as_bytes()).unwrap();
                let mut held = Vec::new();
                let mut buffer = [0; 2048];
                while !held.windows(7).any(|part| part == b"data: 0") {
                    let read = stream.read(&mut buffer).unwrap();
                    assert!(read > 0, "closed: {}", String::from_utf8_lossy(&held));
                    held.extend_from_slice(&buffer[..read]);
                }
                stream
            })
            .collect()
    }
}

fn call(line: &str, token: &str, headers: &str, body: &str) -> String {
    let function = crate::processes::function_id();
    format!(
        "{line} HTTP/1.1\r\nhost: bench.test\r\nfunction-id: {function}\r\nauthorization: Bearer {token}\r\n\
         {headers}\r\n{body}"
    )
}

async fn repeat(port: u16, request: String, until: Instant) -> usize {
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = [0; 8192];
    let mut calls = 0;
    while Instant::now() < until {
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut held = 0;
        while !complete(&buffer[..held]) {
            let read = stream.read(&mut buffer[held..]).await.unwrap();
            assert!(read > 0, "closed: {}", String::from_utf8_lossy(&buffer[..held]));
            held += read;
        }
        calls += 1;
    }
    calls
}

/// True when an answer with a `content-length` is all there. Anything but success is a mistake of the bench.
fn complete(bytes: &[u8]) -> bool {
    let Some(head) = bytes.windows(4).position(|part| part == b"\r\n\r\n") else { return false };
    let text = std::str::from_utf8(&bytes[..head]).unwrap();
    assert!(text.starts_with("HTTP/1.1 20"), "{}", String::from_utf8_lossy(bytes));
    let length = text
        .split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.trim().parse::<usize>().unwrap());
    bytes.len() >= head + 4 + length
}
