//! Port-forward: over SPDY, as `kubectl` speaks it, or over a WebSocket with numbered channels.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::spdy::{Frame, Reader, Writer};
use super::websocket::{FromClient, ToClient, accept};
use super::{Body, Query, text};
use crate::host::Host;

/// The subprotocol over a WebSocket.
const CHANNELS: [&str; 1] = ["v4.channel.k8s.io"];
/// The subprotocol over SPDY.
const STREAMS: &str = "portforward.k8s.io";

pub(super) fn answer(
    host: &Arc<Host>,
    namespace: &str,
    pod: &str,
    query: &Query,
    mut request: Request<Incoming>,
) -> Response<Body> {
    let Some(handle) = host.handle(namespace, pod) else {
        return text(StatusCode::NOT_FOUND, format!("pod {pod:?} is not on this node"));
    };
    let address = handle.address().map_or(IpAddr::from([127, 0, 0, 1]), IpAddr::V4);
    let upgrade =
        request.headers().get(header::UPGRADE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if upgrade.eq_ignore_ascii_case("SPDY/3.1") {
        let upgraded = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            if let Ok(upgraded) = upgraded.await {
                let (reader, writer) = tokio::io::split(TokioIo::new(upgraded));
                streams(address, reader, writer).await;
            }
        });
        let mut response = Response::new(Empty::new().boxed());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("SPDY/3.1"));
        headers.insert("x-stream-protocol-version", HeaderValue::from_static(STREAMS));
        return response;
    }
    let ports: Vec<u16> = query
        .all("ports")
        .iter()
        .chain(&query.all("port"))
        .flat_map(|list| list.split(',').map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|port| port.parse().ok())
        .collect();
    accept(request, &CHANNELS, move |_, from, to| forward(address, ports, from, to))
}

/// What a connection to the pod says to the client.
enum Said {
    Data(u32, Vec<u8>),
    End(u32),
    Failed(u32, u32, String),
}

/// For each connection the client opens two streams that name a port and a request: one for errors,
/// one for data.
async fn streams(address: IpAddr, reader: impl AsyncRead + Unpin, writer: impl AsyncWrite + Unpin) {
    let mut reader = Reader::new(reader);
    let mut writer = Writer::new(writer);
    let (says, mut said) = mpsc::channel::<Said>(256);
    let mut errors: HashMap<String, u32> = HashMap::new();
    let mut inputs: HashMap<u32, mpsc::Sender<Bytes>> = HashMap::new();
    loop {
        let done = tokio::select! {
            frame = reader.next() => match frame {
                Ok(Some(Frame::Open(stream, headers))) => {
                    let word = |name: &str| headers.get(name).cloned().unwrap_or_default();
                    let request = word("requestid");
                    let accepted = writer.accept(stream).await;
                    if word("streamtype") == "error" {
                        errors.insert(request, stream);
                    } else if let Ok(port) = word("port").parse::<u16>() {
                        let (sender, receiver) = mpsc::channel(64);
                        inputs.insert(stream, sender);
                        let error = errors.remove(&request).unwrap_or_default();
                        tokio::spawn(connection((address, port).into(), stream, error, receiver, says.clone()));
                    }
                    accepted
                }
                Ok(Some(Frame::Data(stream, data))) => {
                    if let Some(input) = inputs.get(&stream) {
                        let _ = input.send(data.into()).await;
                    }
                    Ok(())
                }
                Ok(Some(Frame::End(stream) | Frame::Reset(stream))) => {
                    inputs.remove(&stream);
                    Ok(())
                }
                Ok(Some(Frame::Ping(id))) => writer.pong(id).await,
                Ok(Some(Frame::Other)) => Ok(()),
                Ok(Some(Frame::GoAway) | None) | Err(_) => return,
            },
            Some(said) = said.recv() => match said {
                Said::Data(stream, data) => writer.data(stream, &data, false).await,
                Said::End(stream) => writer.data(stream, &[], true).await,
                Said::Failed(stream, error, message) => match writer.data(error, message.as_bytes(), true).await {
                    Ok(()) => writer.data(stream, &[], true).await,
                    failed => failed,
                },
            },
        };
        if done.is_err() {
            return;
        }
    }
}

/// Carries one connection; the client's end of input ends the writing side only.
async fn connection(
    address: SocketAddr,
    stream: u32,
    error: u32,
    mut input: mpsc::Receiver<Bytes>,
    says: mpsc::Sender<Said>,
) {
    let pod = match TcpStream::connect(address).await {
        Ok(pod) => pod,
        Err(failed) => {
            let message = format!("failed to connect to {address} inside the pod: {failed}");
            let _ = says.send(Said::Failed(stream, error, message)).await;
            return;
        }
    };
    let (mut reader, mut writer) = pod.into_split();
    let writing = async move {
        while let Some(part) = input.recv().await {
            if writer.write_all(&part).await.is_err() {
                break;
            }
        }
        let _ = writer.shutdown().await;
    };
    let reading = async {
        let mut buffer = vec![0; 32 * 1_024];
        while let Ok(count) = reader.read(&mut buffer).await {
            let part = buffer.get(..count).unwrap_or_default().to_vec();
            if count == 0 || says.send(Said::Data(stream, part)).await.is_err() {
                break;
            }
        }
        let _ = says.send(Said::End(stream)).await;
        // Nothing went wrong: the stream of errors ends without a word.
        let _ = says.send(Said::End(error)).await;
    };
    tokio::join!(writing, reading);
}

/// Two channels for each port: data, and errors. The first message on each says the port.
async fn forward(address: IpAddr, ports: Vec<u16>, mut from: FromClient, mut to: ToClient) {
    let (outputs, mut output) = mpsc::channel::<(u8, Vec<u8>)>(64);
    let mut inputs = Vec::new();
    for (index, port) in ports.iter().enumerate() {
        let Ok(channel) = u8::try_from(index * 2) else { break };
        for each in [channel, channel + 1] {
            if !to.send(each, &port.to_le_bytes()).await {
                return;
            }
        }
        let (sender, receiver) = mpsc::channel::<Bytes>(64);
        inputs.push(sender);
        tokio::spawn(carry((address, *port).into(), channel, receiver, outputs.clone()));
    }
    drop(outputs);
    loop {
        tokio::select! {
            part = output.recv() => match part {
                Some((channel, data)) => if !to.send(channel, &data).await { return },
                None => break,
            },
            said = from.next() => match said {
                Some((channel, data)) => if let Some(sender) = inputs.get(usize::from(channel / 2)).filter(|_| channel % 2 == 0) {
                    let _ = sender.send(data).await;
                },
                None => return,
            },
        }
    }
    to.close().await;
}

async fn carry(
    address: SocketAddr,
    channel: u8,
    mut input: mpsc::Receiver<Bytes>,
    output: mpsc::Sender<(u8, Vec<u8>)>,
) {
    let stream = match TcpStream::connect(address).await {
        Ok(stream) => stream,
        Err(error) => {
            let _ = output
                .send((channel + 1, format!("cannot connect to {address}: {error}").into_bytes()))
                .await;
            return;
        }
    };
    let (mut reader, mut writer) = stream.into_split();
    let mut buffer = vec![0; 32 * 1_024];
    loop {
        tokio::select! {
            read = reader.read(&mut buffer) => match read {
                Ok(count) if count > 0 => {
                    let part = buffer.get(..count).unwrap_or_default().to_vec();
                    if output.send((channel, part)).await.is_err() {
                        return;
                    }
                }
                _ => return,
            },
            part = input.recv() => match part {
                Some(part) => if writer.write_all(&part).await.is_err() { return },
                None => return,
            },
        }
    }
}
