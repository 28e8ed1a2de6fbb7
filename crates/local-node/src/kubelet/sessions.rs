//! Exec and attach over a WebSocket.

mod waiting;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::websocket::{CLOSE, FromClient, ToClient, accept};
use super::{Body, Query, text};
use crate::console::{Console, resize};
use crate::host::Host;
use crate::logs::Stream;
use crate::sandbox::Exit;
use crate::worker::{Handle, null_files, pipes};
use waiting::Waiting;

const EXEC: [&str; 2] = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
const STDIN: u8 = 0;
const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const ERROR: u8 = 3;
const RESIZE: u8 = 4;

/// What a client of a session sends, sorted out.
enum Input {
    Data(Bytes),
    End,
    Size(u16, u16),
    Gone,
}

async fn input(client: &mut FromClient) -> Input {
    loop {
        match client.next().await {
            None => return Input::Gone,
            Some((STDIN, data)) => return Input::Data(data),
            Some((CLOSE, which)) if which.first() == Some(&STDIN) => return Input::End,
            Some((RESIZE, data)) => {
                let size: Value = serde_json::from_slice(&data).unwrap_or_default();
                let side = |name: &str| {
                    size.get(name).and_then(Value::as_u64).and_then(|side| u16::try_from(side).ok())
                };
                if let (Some(width), Some(height)) = (side("Width"), side("Height")) {
                    return Input::Size(width, height);
                }
            }
            Some(_) => {}
        }
    }
}

/// The last word of a session, as a Kubernetes Status.
fn verdict(exit: Option<&Exit>, error: Option<&str>) -> Value {
    match (exit, error) {
        (Some(exit), _) if exit.code == 0 => json!({"metadata": {}, "status": "Success"}),
        (Some(exit), _) => json!({
            "metadata": {}, "status": "Failure", "reason": "NonZeroExitCode",
            "message": format!("command terminated with non-zero exit code: error executing command, exit code {}", exit.code),
            "details": {"causes": [{"reason": "ExitCode", "message": exit.code.to_string()}]},
        }),
        (None, error) => json!({"metadata": {}, "status": "Failure", "reason": "InternalError", "code": 500,
            "message": error.unwrap_or("the container has ended")}),
    }
}

pub(super) fn exec(
    host: &Arc<Host>,
    namespace: &str,
    pod: &str,
    container: &str,
    query: &Query,
    request: Request<Incoming>,
) -> Response<Body> {
    let Some(handle) = host.handle(namespace, pod) else {
        return text(StatusCode::NOT_FOUND, format!("pod {pod:?} is not on this node"));
    };
    if handle.live(container).is_none() {
        return text(StatusCode::INTERNAL_SERVER_ERROR, format!("container not found ({container:?})"));
    }
    let command = query.all("command");
    let (stdin, tty) = (query.flag("input"), query.flag("tty"));
    let container = container.to_owned();
    accept(request, &EXEC, move |_, mut from, mut to| async move {
        let outcome = run(&handle, &container, command, stdin, tty, &mut from, &mut to).await;
        let word = match &outcome {
            Ok(exit) => verdict(exit.as_ref(), None),
            Err(error) => verdict(None, Some(error)),
        };
        to.send(ERROR, word.to_string().as_bytes()).await;
        to.close().await;
    })
}

async fn run(
    handle: &Handle,
    container: &str,
    command: Vec<String>,
    stdin: bool,
    tty: bool,
    from: &mut FromClient,
    to: &mut ToClient,
) -> Result<Option<Exit>, String> {
    let (Some(live), Some(sandbox)) = (handle.live(container), handle.sandbox()) else {
        return Err(format!("container not found ({container:?})"));
    };
    let text = |error: std::io::Error| error.to_string();
    if tty {
        let console = Console::listen(&live.bundle).map_err(text)?;
        let started = sandbox.exec(&live.id, command, Some(console.path().to_owned()), null_files()?).await;
        let pid = started.map_err(|error| error.to_string())?.pid;
        let exit = handle.wait_for(pid);
        let terminal = console.accept().await.map_err(text)?;
        let descriptor = terminal.descriptor();
        let (reader, writer) = (terminal.file().map_err(text)?, terminal.file().map_err(text)?);
        let size = move |width, height| resize(&descriptor, width, height);
        let stays = pump(Some(writer), reader, None::<tokio::io::Empty>, size, from, to).await;
        finish(exit, &sandbox, pid, stays.then_some(from)).await
    } else {
        let (files, ends) = pipes(stdin)?;
        let started =
            sandbox.exec(&live.id, command, None, files).await.map_err(|error| error.to_string())?;
        let exit = handle.wait_for(started.pid);
        let stays = pump(ends.stdin, ends.stdout, Some(ends.stderr), |_, _| {}, from, to).await;
        finish(exit, &sandbox, started.pid, stays.then_some(from)).await
    }
}

/// Waits for the end of a command whose outputs have ended, as long as its client stays; then it is killed.
async fn finish(
    exit: tokio::sync::oneshot::Receiver<Exit>,
    sandbox: &crate::sandbox::Sandbox,
    pid: i32,
    client: Option<&mut FromClient>,
) -> Result<Option<Exit>, String> {
    tokio::pin!(exit);
    if let Some(client) = client {
        let gone = async { while !matches!(input(client).await, Input::Gone) {} };
        tokio::select! {
            exit = &mut exit => return Ok(exit.ok()),
            () = gone => {}
        }
    }
    let _ = sandbox.signal(pid, nix::sys::signal::Signal::SIGHUP as i32).await;
    if let Ok(exit) = tokio::time::timeout(Duration::from_secs(2), &mut exit).await {
        return Ok(exit.ok());
    }
    let _ = sandbox.signal(pid, nix::sys::signal::Signal::SIGKILL as i32).await;
    Ok(exit.await.ok())
}

/// Carries bytes between a client and a process until both outputs have ended or the client has gone. Gives
/// whether the client is still there.
async fn pump(
    mut stdin: Option<impl AsyncWrite + Unpin>,
    mut stdout: impl AsyncRead + Unpin,
    mut stderr: Option<impl AsyncRead + Unpin>,
    size: impl Fn(u16, u16),
    from: &mut FromClient,
    to: &mut ToClient,
) -> bool {
    let mut waiting = Waiting::default();
    let mut open = (true, stderr.is_some());
    let (mut out, mut err) = (vec![0; 32 * 1_024], vec![0; 32 * 1_024]);
    while open.0 || open.1 {
        tokio::select! {
            read = stdout.read(&mut out), if open.0 => {
                // A terminal whose last process has gone reads as an error: it is the end.
                let count = read.unwrap_or_default();
                open.0 = count > 0;
                if count > 0 && !to.send(STDOUT, out.get(..count).unwrap_or_default()).await {
                    return false;
                }
            }
            read = async { match &mut stderr { Some(stderr) => stderr.read(&mut err).await, None => Ok(0) } }, if open.1 => {
                let count = read.unwrap_or_default();
                open.1 = count > 0;
                if count > 0 && !to.send(STDERR, err.get(..count).unwrap_or_default()).await {
                    return false;
                }
            }
            said = input(from), if !waiting.is_full() => match said {
                Input::Gone => return false,
                Input::End => waiting.end(),
                Input::Size(width, height) => size(width, height),
                Input::Data(data) => waiting.push(data),
            },
            // In a branch of its own: a process may write much before it reads on.
            written = write(&mut stdin, waiting.next()) => match written {
                Ok(count) if count > 0 => waiting.took(count),
                _ => waiting.close(),
            },
        }
        if waiting.is_over() {
            stdin = None;
        }
    }
    true
}

/// Writes what can be written at once of the next part, once there is one.
async fn write(stdin: &mut Option<impl AsyncWrite + Unpin>, next: Option<Bytes>) -> std::io::Result<usize> {
    match (next, stdin) {
        (Some(part), Some(stdin)) => stdin.write(&part).await,
        // Nobody reads it.
        (Some(part), None) => Ok(part.len()),
        (None, _) => std::future::pending().await,
    }
}

pub(super) fn attach(
    host: &Arc<Host>,
    namespace: &str,
    pod: &str,
    container: &str,
    query: &Query,
    request: Request<Incoming>,
) -> Response<Body> {
    let live =
        host.handle(namespace, pod).and_then(|handle| handle.live(container).map(|live| (handle, live)));
    let Some((handle, live)) = live else {
        return text(StatusCode::INTERNAL_SERVER_ERROR, format!("container {container:?} does not run"));
    };
    let wants_input = query.flag("input");
    let container = container.to_owned();
    let pod_plan = handle.plan();
    let plan = pod_plan.containers.iter().find(|plan| plan.name == container);
    // The input of such a container ends with that of the first client that has given any.
    let mut once = plan.and_then(|plan| plan.spec.get("stdinOnce")?.as_bool()).unwrap_or_default();
    accept(request, &EXEC, move |_, mut from, mut to| async move {
        let mut output = live.output.subscribe();
        let mut stdin = live.stdin.clone().filter(|_| wants_input);
        let mut waiting = Waiting::default();
        loop {
            tokio::select! {
                part = output.recv() => match part {
                    Ok((stream, data)) => {
                        let channel = if stream == Stream::Out { STDOUT } else { STDERR };
                        if !to.send(channel, &data).await {
                            return;
                        }
                    }
                    // Too slow: some output was missed.
                    Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
                    Err(tokio::sync::broadcast::error::RecvError::Closed) => break,
                },
                said = input(&mut from), if !waiting.is_full() => match said {
                    Input::Gone => {
                        waiting.close();
                        break;
                    }
                    Input::End => waiting.end(),
                    Input::Size(width, height) => {
                        if let Some(terminal) = &live.terminal {
                            resize(terminal, width, height);
                        }
                    }
                    Input::Data(data) => waiting.push(data),
                },
                taken = hand_over(stdin.as_ref(), waiting.next()) => waiting.took(taken),
                () = tokio::time::sleep(Duration::from_millis(200)) => {
                    if handle.live(&container).is_none_or(|now| now.id != live.id) {
                        break;
                    }
                }
            }
            if once && wants_input && waiting.is_over() {
                handle.close_input(&container, &live.id);
                (stdin, once) = (None, false);
            }
        }
        if once && wants_input && waiting.is_over() {
            handle.close_input(&container, &live.id);
        }
        to.send(ERROR, json!({"metadata": {}, "status": "Success"}).to_string().as_bytes()).await;
        to.close().await;
    })
}

/// Hands the next part over to a container's input, once there is one and room for it; gives its length.
async fn hand_over(stdin: Option<&tokio::sync::mpsc::Sender<Bytes>>, next: Option<Bytes>) -> usize {
    let Some(part) = next else { return std::future::pending().await };
    let length = part.len();
    if let Some(stdin) = stdin
        && let Ok(room) = stdin.reserve().await
    {
        room.send(part);
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_tells_the_exit_code() {
        let exit = |code| Exit { pid: 1, code, signal: None, out_of_memory: false };
        assert_eq!(verdict(Some(&exit(0)), None)["status"], "Success");
        let failed = verdict(Some(&exit(3)), None);
        assert_eq!(failed["details"]["causes"][0], json!({"reason": "ExitCode", "message": "3"}));
        assert_eq!(verdict(None, Some("x"))["message"], "x");
    }
}
