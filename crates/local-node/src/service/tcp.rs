//! Carrying TCP connections.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

use super::proxy::Balance;

/// How long one pod has to take a connection.
const CONNECT: Duration = Duration::from_secs(2);

/// Listens, and carries each connection to a pod.
pub(super) async fn listen(address: SocketAddr, balance: Arc<Balance>) -> io::Result<AbortHandle> {
    let listener = TcpListener::bind(address).await?;
    let task = tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((client, from)) => {
                    // Connections outlive their listener, as with a packet filter.
                    tokio::spawn(carry(client, from, Arc::clone(&balance)));
                }
                // Out of files: let some connections end first.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    });
    Ok(task.abort_handle())
}

async fn carry(mut client: TcpStream, from: SocketAddr, balance: Arc<Balance>) {
    for address in balance.order(from.ip()) {
        match tokio::time::timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(mut pod)) => {
                let _ = client.set_nodelay(true);
                let _ = pod.set_nodelay(true);
                let _ = copy_bidirectional(&mut client, &mut pod).await;
                return;
            }
            _ => balance.refused(address),
        }
    }
    // Nobody took it: the client sees a reset instead of an orderly end.
    let _ = client.set_zero_linger();
}
