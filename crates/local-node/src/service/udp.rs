//! Carrying UDP: each client has a socket of its own towards its pod, until both are silent.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use super::proxy::Balance;

/// How long both sides may be silent.
const SILENCE: Duration = Duration::from_secs(60);
/// How many clients at once.
const CLIENTS: usize = 4_096;
/// How many datagrams may wait for a pod.
const WAITING: usize = 64;
/// The largest datagram.
const LARGEST: usize = 65_535;

/// Listens, and carries each client's datagrams to a pod and the answers back.
pub(super) async fn listen(address: SocketAddr, balance: Arc<Balance>) -> io::Result<AbortHandle> {
    let socket = Arc::new(UdpSocket::bind(address).await?);
    let task = tokio::spawn(async move {
        let mut clients: HashMap<SocketAddr, mpsc::Sender<Vec<u8>>> = HashMap::new();
        let mut sessions: JoinSet<SocketAddr> = JoinSet::new();
        let mut buffer = vec![0; LARGEST];
        loop {
            tokio::select! {
                Some(ended) = sessions.join_next(), if !sessions.is_empty() => {
                    if let Ok(client) = ended
                        && clients.get(&client).is_some_and(mpsc::Sender::is_closed)
                    {
                        clients.remove(&client);
                    }
                }
                received = socket.recv_from(&mut buffer) => {
                    let Ok((count, client)) = received else { continue };
                    let datagram = buffer.get(..count).unwrap_or_default().to_vec();
                    let open = clients.get(&client).filter(|sender| !sender.is_closed());
                    if let Some(sender) = open {
                        // A full queue drops, as networks do.
                        let _ = sender.try_send(datagram);
                    } else if sessions.len() < CLIENTS {
                        let (sender, receiver) = mpsc::channel(WAITING);
                        let _ = sender.try_send(datagram);
                        clients.insert(client, sender);
                        sessions.spawn(session(client, receiver, Arc::clone(&socket), Arc::clone(&balance)));
                    }
                }
            }
        }
    });
    Ok(task.abort_handle())
}

async fn session(
    client: SocketAddr,
    mut datagrams: mpsc::Receiver<Vec<u8>>,
    front: Arc<UdpSocket>,
    balance: Arc<Balance>,
) -> SocketAddr {
    let Some(pod) = balance.order(client.ip()).first().copied() else { return client };
    let Ok(back) = UdpSocket::bind("0.0.0.0:0").await else { return client };
    if back.connect(pod).await.is_err() {
        return client;
    }
    let mut buffer = vec![0; LARGEST];
    loop {
        let turn = async {
            tokio::select! {
                datagram = datagrams.recv() => match datagram {
                    Some(datagram) => back.send(&datagram).await.is_ok(),
                    None => false,
                },
                received = back.recv(&mut buffer) => match received {
                    Ok(count) => front.send_to(buffer.get(..count).unwrap_or_default(), client).await.is_ok(),
                    // The pod refuses: the next datagram may find another.
                    Err(_) => { balance.refused(pod); false }
                },
            }
        };
        if tokio::time::timeout(SILENCE, turn).await != Ok(true) {
            return client;
        }
    }
}
