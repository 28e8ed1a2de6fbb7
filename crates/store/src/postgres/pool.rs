//! Connections: how they are made, and what is done when one is lost.

use super::Address;
use crate::Error;
use deadpool_postgres::{Client, Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime};
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres_rustls::MakeRustlsConnect;

/// Connections at most. PostgreSQL's default for all of its clients together is 100.
const CONNECTIONS: usize = 16;
/// How long one attempt to connect may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a database that is away is waited for before the caller is told.
const PATIENCE: Duration = Duration::from_secs(10);
/// The pause between two attempts.
const PAUSE: Duration = Duration::from_millis(100);

/// Makes a pool. Connects to nothing yet.
pub(super) fn open(address: &Address) -> Result<Pool, Error> {
    let mut config = address.config();
    config.connect_timeout(CONNECT).application_name("wheelhouse");
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = if config.get_ssl_mode() == SslMode::Disable {
        Manager::from_config(config, tokio_postgres::NoTls, recycling)
    } else {
        Manager::from_config(config, tls()?, recycling)
    };
    Pool::builder(manager)
        .max_size(CONNECTIONS)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(PATIENCE))
        .create_timeout(Some(CONNECT))
        .build()
        .map_err(|error| Error::Address { reason: error.to_string() })
}

fn tls() -> Result<MakeRustlsConnect, Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Address { reason: error.to_string() })?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// A connection; waits for a database that is away.
pub(super) async fn client(pool: &Pool) -> Result<Client, Error> {
    let started = Instant::now();
    loop {
        match pool.get().await {
            Ok(client) => return Ok(client),
            Err(error) if hopeless(&error) || started.elapsed() > PATIENCE => {
                return Err(Error::Unreachable(error));
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// True when trying again cannot help: the server answered and refused.
fn hopeless(error: &PoolError) -> bool {
    let PoolError::Backend(error) = error else { return false };
    error.code().is_some_and(|code| !passing(code))
}

/// States of a server that comes up or goes down.
fn passing(code: &SqlState) -> bool {
    [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
    ]
    .contains(code)
}

/// True when the connection is gone, or the server is going.
pub(super) fn lost(error: &tokio_postgres::Error) -> bool {
    match error.code() {
        Some(code) => passing(code),
        None => true,
    }
}

/// Does something that is safe to repeat until it is done, refused, or patience ends.
pub(super) async fn repeat<T, Attempt>(attempt: impl Fn() -> Attempt + Send) -> Result<T, Error>
where
    Attempt: Future<Output = Result<T, Error>> + Send,
{
    let started = Instant::now();
    loop {
        match attempt().await {
            Err(Error::Postgres(error)) if lost(&error) && started.elapsed() < PATIENCE => {
                tracing::warn!(%error, "lost a connection to PostgreSQL; trying again");
                tokio::time::sleep(PAUSE).await;
            }
            outcome => return outcome,
        }
    }
}
