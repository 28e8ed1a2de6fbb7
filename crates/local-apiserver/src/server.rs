//! Starting and running the server.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::allocation::Allocators;
use crate::auth::{Authenticator, StaticToken};
use crate::certificates::{self, Certificates};
use crate::cluster::Cluster;
use crate::error::Error;
use crate::http::{self, Limits};
use crate::store::Store;
use crate::{background, bootstrap, custom, meta};

/// How to run the server.
#[derive(Debug, Clone)]
pub struct Options {
    /// Directory of the store, keys, certificates and kubeconfig; made when missing.
    pub state_directory: PathBuf,
    /// Address to listen on; port 0 takes a free one.
    pub bind: SocketAddr,
    /// Listen on addresses that are not loopback ones too.
    pub allow_remote: bool,
    /// More names and addresses the certificate is good for.
    pub names: Vec<String>,
    /// Tokens of other parts (controllers, nodes), beside the administrator's.
    pub tokens: Vec<StaticToken>,
    /// Token the server shows to node endpoints; one is made and kept when absent.
    pub node_token: Option<String>,
    /// Range of cluster addresses: network and prefix length.
    pub service_range: (Ipv4Addr, u8),
    /// First and last node port.
    pub node_ports: (u16, u16),
    /// What clients may take.
    pub limits: Limits,
    /// Keep the status of quotas and the rules of aggregated roles up to date, which in a real cluster is
    /// the work of the controller manager.
    pub upkeep: bool,
}

impl Options {
    /// The defaults: a free loopback port and the ranges of a usual cluster.
    pub fn new(state_directory: impl Into<PathBuf>) -> Self {
        Options {
            state_directory: state_directory.into(),
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            allow_remote: false,
            names: Vec::new(),
            tokens: Vec::new(),
            node_token: None,
            service_range: (Ipv4Addr::new(10, 96, 0, 0), 16),
            node_ports: (30000, 32767),
            limits: Limits::default(),
            upkeep: true,
        }
    }

    /// Opens the store, makes what is missing and starts to listen; requests are answered once
    /// [`ApiServer::run`] runs.
    ///
    /// # Errors
    /// When the state directory, the store, the certificates or the address cannot be used.
    pub async fn build(self) -> Result<ApiServer, Error> {
        if !self.bind.ip().is_loopback() && !self.allow_remote {
            return Err(Error::NotLoopback(self.bind));
        }
        let directory = &self.state_directory;
        std::fs::create_dir_all(directory)
            .map_err(|source| Error::State { path: directory.display().to_string(), source })?;
        let listener = TcpListener::bind(self.bind)
            .await
            .map_err(|source| Error::Listen { address: self.bind, source })?;
        let address = listener.local_addr().map_err(|source| Error::Listen { address: self.bind, source })?;
        let store =
            Store::open(&directory.join("store.redb")).map_err(|error| Error::Store(error.to_string()))?;
        let mut allocators = Allocators::new(self.service_range.0, self.service_range.1, self.node_ports);
        for record in store.list("services", None).1 {
            if let Some(service) = crate::cluster::parse(&record) {
                allocators.hold(&service);
            }
        }
        let mut names = vec!["localhost".to_owned(), "kubernetes".to_owned()];
        names.extend(
            ["default", "default.svc", "default.svc.cluster.local"].map(|end| format!("kubernetes.{end}")),
        );
        names.extend([
            address.ip().to_string(),
            "127.0.0.1".to_owned(),
            allocators.first_address().to_string(),
        ]);
        names.extend(self.names.iter().cloned());
        names.dedup();
        let certificates = Certificates::load(directory, &names)?;
        let random = || {
            Ok(format!(
                "{:032x}{:032x}",
                u128::from_be_bytes(meta::random()),
                u128::from_be_bytes(meta::random())
            ))
        };
        let admin_token = certificates::kept(directory, "admin.token", random)?;
        let node_token = match self.node_token {
            Some(token) => token,
            None => certificates::kept(directory, "node.token", random)?,
        };
        let mut tokens = vec![StaticToken {
            token: admin_token.clone(),
            user: "kubernetes-admin".to_owned(),
            groups: vec!["system:masters".to_owned()],
        }];
        tokens.extend(self.tokens);
        let authenticator = Authenticator::new(
            &certificates.signing_key_pem,
            &certificates.signing_public_pem,
            "https://kubernetes.default.svc.cluster.local",
            tokens,
        )
        .map_err(|error| Error::Certificates(error.to_string()))?;
        let cluster = Arc::new(Cluster::new(store, authenticator, allocators, node_token.clone()));
        bootstrap::run(&cluster, address, &certificates.authority_pem).await?;
        custom::refresh(&cluster).await;
        let url = format!("https://{address}");
        let ready = Ready {
            address,
            admin_kubeconfig: kubeconfig(&url, &certificates.authority_pem, &admin_token),
            url,
            authority_pem: certificates.authority_pem,
            admin_token,
            node_token,
        };
        let path = directory.join("kubeconfig");
        certificates::write_private(&path, &ready.admin_kubeconfig)
            .map_err(|source| Error::State { path: path.display().to_string(), source })?;
        Ok(ApiServer {
            listener,
            tls: certificates.tls,
            cluster,
            limits: self.limits,
            upkeep: self.upkeep,
            ready,
        })
    }
}

/// What clients need to reach the server.
#[derive(Debug, Clone)]
pub struct Ready {
    /// Address it listens on.
    pub address: SocketAddr,
    /// The same as a URL.
    pub url: String,
    /// Certificate of the authority, PEM.
    pub authority_pem: String,
    /// Bearer token of the administrator.
    pub admin_token: String,
    /// Bearer token the server shows to node endpoints.
    pub node_token: String,
    /// A kubeconfig for the administrator; also written to `kubeconfig` in the state directory.
    pub admin_kubeconfig: String,
}

/// A server that listens and waits to be run.
pub struct ApiServer {
    listener: TcpListener,
    tls: rustls::ServerConfig,
    cluster: Arc<Cluster>,
    limits: Limits,
    upkeep: bool,
    ready: Ready,
}

impl ApiServer {
    /// What clients need to reach it.
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// A kubeconfig for another token.
    pub fn kubeconfig(&self, token: &str) -> String {
        kubeconfig(&self.ready.url, &self.ready.authority_pem, token)
    }

    /// Serves until cancelled; running requests may finish for a short time.
    pub async fn run(self, cancel: CancellationToken) {
        let background = tokio::spawn(background::run(self.cluster.clone(), self.upkeep, cancel.clone()));
        http::serve(self.listener, self.tls, self.cluster, self.limits, cancel).await;
        background.abort();
    }
}

fn kubeconfig(url: &str, authority_pem: &str, token: &str) -> String {
    let authority = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, authority_pem);
    format!(
        "apiVersion: v1\nkind: Config\nclusters:\n- name: wheelhouse-local\n  cluster:\n    server: {url}\n    certificate-authority-data: {authority}\nusers:\n- name: wheelhouse-local\n  user:\n    token: {token}\ncontexts:\n- name: wheelhouse-local\n  context:\n    cluster: wheelhouse-local\n    user: wheelhouse-local\ncurrent-context: wheelhouse-local\n"
    )
}
