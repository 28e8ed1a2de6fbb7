//! The DNS server: UDP and TCP on the cluster's DNS address.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::Semaphore;

use super::message::{Code, Kind, Question, Record, UDP, answer};
use super::records::{Answer, Directory, look_up};

/// How many questions are answered at once; more must wait.
const AT_ONCE: usize = 512;
/// How long the machine's resolvers have.
const FORWARD: Duration = Duration::from_secs(3);
/// How long a TCP client may be silent.
const SILENCE: Duration = Duration::from_secs(10);

struct Server {
    domain: String,
    directory: Arc<dyn Directory>,
    upstream: Vec<SocketAddr>,
}

/// The resolvers that a `resolv.conf` names, without those on the address given.
fn upstream(config: &str, own: IpAddr) -> Vec<SocketAddr> {
    config
        .lines()
        .filter_map(|line| line.trim().strip_prefix("nameserver"))
        .filter_map(|address| address.trim().parse::<IpAddr>().ok())
        .filter(|address| *address != own)
        .map(|address| SocketAddr::new(address, 53))
        .collect()
}

/// Serves the names of a domain on an address, until dropped. Other names are asked of the machine's
/// own resolvers.
///
/// # Errors
/// If the address cannot be listened on.
pub async fn serve(
    address: SocketAddr,
    domain: &str,
    directory: Arc<dyn Directory>,
) -> io::Result<impl Future<Output = ()>> {
    let udp = Arc::new(UdpSocket::bind(address).await?);
    let tcp = TcpListener::bind(address).await?;
    let config = std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    let server =
        Arc::new(Server { domain: domain.to_owned(), directory, upstream: upstream(&config, address.ip()) });
    Ok(async move {
        tokio::join!(over_udp(udp, Arc::clone(&server)), over_tcp(tcp, server));
    })
}

async fn over_udp(socket: Arc<UdpSocket>, server: Arc<Server>) {
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut buffer = vec![0; 4_096];
    loop {
        let Ok((count, from)) = socket.recv_from(&mut buffer).await else { continue };
        let message = buffer.get(..count).unwrap_or_default().to_vec();
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        let (socket, server) = (Arc::clone(&socket), Arc::clone(&server));
        tokio::spawn(async move {
            if let Some(reply) = server.reply(&message, true).await {
                let _ = socket.send_to(&reply, from).await;
            }
            drop(permit);
        });
    }
}

async fn over_tcp(listener: TcpListener, server: Arc<Server>) {
    let room = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        let server = Arc::clone(&server);
        tokio::spawn(async move {
            let _ = converse(stream, &server).await;
            drop(permit);
        });
    }
}

async fn converse(mut stream: TcpStream, server: &Server) -> io::Result<()> {
    loop {
        let length = tokio::time::timeout(SILENCE, stream.read_u16()).await??;
        let mut message = vec![0; usize::from(length)];
        tokio::time::timeout(SILENCE, stream.read_exact(&mut message)).await??;
        let Some(reply) = server.reply(&message, false).await else { return Ok(()) };
        stream.write_u16(u16::try_from(reply.len()).unwrap_or(u16::MAX)).await?;
        stream.write_all(&reply).await?;
    }
}

impl Server {
    async fn reply(&self, message: &[u8], udp: bool) -> Option<Vec<u8>> {
        let question = Question::read(message)?;
        let room = if udp { question.room } else { usize::from(u16::MAX) };
        if let Some(address) = reverse(&question.name).filter(|_| question.kind == Kind::Ptr) {
            // Only addresses of the cluster have names here, and nobody needs those; others are asked.
            if address.is_private() {
                return Some(answer(&question, Code::NoSuchName, &[], &[], room));
            }
        }
        let reply = match look_up(&question.name, &self.domain, &*self.directory) {
            Answer::Addresses(addresses) => {
                let records: Vec<Record> = match question.kind {
                    Kind::A => addresses.into_iter().map(Record::A).collect(),
                    _ => Vec::new(),
                };
                answer(&question, Code::Fine, &records, &[], room)
            }
            Answer::Ports(ports) => {
                let asked = question.kind == Kind::Srv;
                let records: Vec<Record> = ports
                    .iter()
                    .filter(|_| asked)
                    .map(|(port, target, _)| Record::Srv { port: *port, target: target.clone() })
                    .collect();
                let more: Vec<(String, Ipv4Addr)> = ports
                    .into_iter()
                    .filter(|_| asked)
                    .map(|(_, target, address)| (target, address))
                    .collect();
                answer(&question, Code::Fine, &records, &more, room)
            }
            Answer::Alias(name) => {
                let addresses = self.addresses(&name).await;
                let records: Vec<Record> =
                    addresses.into_iter().filter(|_| question.kind == Kind::A).map(Record::A).collect();
                answer(&question, Code::Fine, &records, &[], room)
            }
            Answer::Nothing => answer(&question, Code::NoSuchName, &[], &[], room),
            Answer::Foreign => match self.forward(message, udp).await {
                Some(reply) => reply,
                None => answer(&question, Code::ServerFailure, &[], &[], room),
            },
        };
        Some(reply)
    }

    /// Asks the machine's resolvers, one after another.
    async fn forward(&self, message: &[u8], udp: bool) -> Option<Vec<u8>> {
        for address in &self.upstream {
            let asked = async {
                if udp {
                    let local: SocketAddr = if address.is_ipv4() {
                        (Ipv4Addr::UNSPECIFIED, 0).into()
                    } else {
                        "[::]:0".parse().ok()?
                    };
                    let socket = UdpSocket::bind(local).await.ok()?;
                    socket.connect(address).await.ok()?;
                    socket.send(message).await.ok()?;
                    let mut buffer = vec![0; 4_096];
                    let count = socket.recv(&mut buffer).await.ok()?;
                    buffer.truncate(count);
                    // An answer to another question is no answer.
                    (buffer.get(..2) == message.get(..2)).then_some(buffer)
                } else {
                    let mut stream = TcpStream::connect(address).await.ok()?;
                    stream.write_u16(u16::try_from(message.len()).ok()?).await.ok()?;
                    stream.write_all(message).await.ok()?;
                    let length = stream.read_u16().await.ok()?;
                    let mut reply = vec![0; usize::from(length)];
                    stream.read_exact(&mut reply).await.ok()?;
                    Some(reply)
                }
            };
            if let Ok(Some(reply)) = tokio::time::timeout(FORWARD, asked).await {
                return Some(reply);
            }
        }
        None
    }

    /// The addresses of a name outside the cluster, from the C library's resolver.
    async fn addresses(&self, name: &str) -> Vec<Ipv4Addr> {
        let found = tokio::time::timeout(FORWARD, tokio::net::lookup_host((name.to_owned(), 0))).await;
        found
            .ok()
            .and_then(Result::ok)
            .into_iter()
            .flatten()
            .filter_map(|address| match address.ip() {
                IpAddr::V4(address) => Some(address),
                IpAddr::V6(_) => None,
            })
            .take(UDP / 16)
            .collect()
    }
}

/// The address of a name such as `4.3.2.1.in-addr.arpa`.
fn reverse(name: &str) -> Option<Ipv4Addr> {
    let mut parts: Vec<&str> = name.strip_suffix(".in-addr.arpa")?.split('.').collect();
    parts.reverse();
    parts.join(".").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_resolvers_are_read_without_ourselves() {
        let own = "10.96.0.10".parse().unwrap();
        let config =
            "search x\nnameserver 10.96.0.10\nnameserver 1.1.1.1 \nnameserver ::1\n# nameserver 9.9.9.9\n";
        let found: Vec<String> = upstream(config, own).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["1.1.1.1:53", "[::1]:53"]);
        assert_eq!(reverse("4.3.2.1.in-addr.arpa"), Some(Ipv4Addr::new(1, 2, 3, 4)));
    }
}
