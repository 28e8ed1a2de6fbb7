//! How the platform is put together.

use crate::error::Error;
use crate::exec::Envelopes;
use crate::gate::KeyGate;
use crate::source::RegistrySource;
use crate::traces::{self, Exporter, TraceOptions};
use axum::Router;
use http_body_util::BodyExt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use wheelhouse_agent::Agent;
use wheelhouse_cluster::Cluster;
use wheelhouse_controlplane::{ControlPlane, NewKey, create_key, ensure_first_key};
use wheelhouse_functions::engine::ChartEngine;
use wheelhouse_functions::id::AccountId;
use wheelhouse_functions::scope::Grants;
use wheelhouse_functions::trace::SpanSink;
use wheelhouse_gateway::{ApiService, Gateway};
use wheelhouse_registry::server::Access;
use wheelhouse_registry::{AddressPolicy, Client};
use wheelhouse_store::postgres::Address;
use wheelhouse_store::record::ApiKey;
use wheelhouse_store::{Authenticator, Filter, Store};

/// Whom the in-process agent's keys are made for; they live as long as the process.
const AGENT_OWNER: &str = "system:agent";

/// What an operator may set.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the state is kept.
    pub directory: PathBuf,
    /// The address of a PostgreSQL database to keep records in; `None` for the embedded one in the directory.
    pub database: Option<Address>,
    /// Where API and invocations are served.
    pub listen: SocketAddr,
    /// Where gRPC is served besides; it is served on `listen` too.
    pub listen_grpc: Option<SocketAddr>,
    /// Where the embedded registry is served; `None` for no registry.
    pub listen_registry: Option<SocketAddr>,
    /// What everybody may do in the embedded registry without a key.
    pub registry_anybody: Access,
    /// Which addresses charts may be fetched from. The embedded registry is always among them.
    pub charts: AddressPolicy,
    /// Where spans of calls are sent; `None` for nowhere.
    pub traces: Option<TraceOptions>,
    /// The control plane's own options.
    pub control: wheelhouse_controlplane::Options,
    /// The gateway's own options.
    pub gateway: wheelhouse_gateway::Options,
}

impl Options {
    /// Everything on loopback: API and invocations on 8080, gRPC on 10081, the registry on 5000.
    #[must_use]
    pub fn on_loopback(directory: PathBuf) -> Self {
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self {
            directory,
            database: None,
            listen: at(8080),
            listen_grpc: Some(at(10_081)),
            listen_registry: Some(at(5000)),
            registry_anybody: Access::Pull,
            charts: AddressPolicy::default(),
            traces: None,
            control: wheelhouse_controlplane::Options::default(),
            gateway: wheelhouse_gateway::Options::default(),
        }
    }
}

/// What the platform is built from.
pub struct Build {
    /// The chart engine.
    pub engine: Arc<dyn ChartEngine>,
    /// What the operator set.
    pub options: Options,
}

impl std::fmt::Debug for Build {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Build").field("options", &self.options).finish_non_exhaustive()
    }
}

/// Where everything is.
#[derive(Clone, PartialEq, Eq)]
pub struct Ready {
    /// API and invocations.
    pub gateway: SocketAddr,
    /// gRPC besides.
    pub grpc: Option<SocketAddr>,
    /// The embedded registry.
    pub registry: Option<SocketAddr>,
    /// The first administrator's token, when this start made it. It is shown once and not kept.
    pub first_token: Option<String>,
}

impl std::fmt::Debug for Ready {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Ready")
            .field("gateway", &self.gateway)
            .field("grpc", &self.grpc)
            .field("registry", &self.registry)
            .finish_non_exhaustive()
    }
}

/// The platform.
pub struct Platform {
    store: Store,
    engine: Arc<dyn ChartEngine>,
    control: ControlPlane,
    gateway: Gateway,
    listeners: Vec<TcpListener>,
    registry: Option<(TcpListener, Router)>,
    exporter: Option<Exporter>,
    ready: Ready,
}

impl std::fmt::Debug for Platform {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Platform").field("ready", &self.ready).finish_non_exhaustive()
    }
}

impl Platform {
    /// Opens the state and binds the ports. Nothing is served yet.
    ///
    /// # Errors
    /// When the state cannot be opened or a port cannot be bound.
    pub async fn build(parts: Build) -> Result<Self, Error> {
        let Build { engine, options } = parts;
        let store = match &options.database {
            Some(address) => Store::connect(address, &options.directory).await,
            None => Store::open(&options.directory),
        }
        .map_err(|source| Error::Store { directory: options.directory.display().to_string(), source })?;
        let now = jiff::Timestamp::now();
        let first = ensure_first_key(&store, now).await.map_err(|problem| Error::Key(problem.detail))?;
        let authenticator = Arc::new(Authenticator::new(store.clone()));

        let mut listeners = vec![bind(options.listen).await?];
        if let Some(address) = options.listen_grpc {
            listeners.push(bind(address).await?);
        }
        let addresses: Vec<SocketAddr> =
            listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect();
        let mut charts = options.charts;
        let registry = match options.listen_registry {
            None => None,
            Some(address) => {
                let listener = bind(address).await?;
                let address = listener.local_addr().unwrap_or(address);
                let gate =
                    KeyGate { authenticator: Arc::clone(&authenticator), anybody: options.registry_anybody };
                let directory = options.directory.join("registry");
                let settings = wheelhouse_registry::server::Options::in_directory(directory);
                let router =
                    wheelhouse_registry::server::build(settings, Arc::new(gate)).map_err(Error::Registry)?;
                for host in [address.to_string(), format!("localhost:{}", address.port())] {
                    charts.private_hosts.push(host.clone());
                    charts.plain_hosts.push(host);
                }
                Some((listener, router, address))
            }
        };
        let ready = Ready {
            gateway: addresses.first().copied().unwrap_or(options.listen),
            grpc: addresses.get(1).copied(),
            registry: registry.as_ref().map(|(_, _, address)| *address),
            first_token: first.map(|value| value.reveal().to_owned()),
        };

        let (spans, exporter, dropped) = match options.traces.map(traces::build).transpose()? {
            Some((collector, exporter, dropped)) => {
                (Some(Arc::new(collector) as Arc<dyn SpanSink>), Some(exporter), Some(dropped))
            }
            None => (None, None, None),
        };
        let (routes, published) = watch::channel(Arc::default());
        let wake = Arc::new(Notify::new());
        let gateway = Gateway::build(wheelhouse_gateway::Build {
            store: store.clone(),
            authenticator: Arc::clone(&authenticator),
            routes: published,
            wake: Arc::clone(&wake),
            spans: spans.clone(),
            options: options.gateway,
        });
        let client = Client::new(wheelhouse_registry::Options {
            policy: charts,
            ..wheelhouse_registry::Options::default()
        });
        let measured = gateway.clone();
        let control = ControlPlane::build(wheelhouse_controlplane::Build {
            store: store.clone(),
            authenticator,
            engine: Arc::clone(&engine),
            charts: Arc::new(RegistrySource(client)),
            load: gateway.load_source(),
            routes,
            wake,
            more_metrics: Arc::new(move |registry| {
                measured.register_metrics(registry);
                if let Some(dropped) = &dropped {
                    registry.register(
                        "wheelhouse_spans_dropped",
                        "Spans the collector did not take",
                        dropped.clone(),
                    );
                }
            }),
            spans,
            options: options.control,
        });
        let registry = registry.map(|(listener, router, _)| (listener, router));
        Ok(Self { store, engine, control, gateway, listeners, registry, exporter, ready })
    }

    /// Where everything is.
    #[must_use]
    pub const fn ready(&self) -> &Ready {
        &self.ready
    }

    /// The state, for commands that need no API.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Makes an agent of this platform for a cluster. Its options may be changed before it runs.
    ///
    /// # Errors
    /// When its key cannot be made.
    pub async fn agent_options(&self) -> Result<wheelhouse_agent::Options, Error> {
        let failed = |error: &dyn std::fmt::Display| Error::Key(error.to_string());
        // Keys of former lives of this process are of no use to anybody any more.
        let keys = self.store.table::<ApiKey>().list(Filter::Parent(AGENT_OWNER.to_owned())).await;
        let mut transaction = self.store.transaction();
        for key in keys.map_err(|error| failed(&error))? {
            transaction = transaction.delete::<ApiKey>(key.value.id);
        }
        transaction.commit().await.map_err(|error| failed(&error))?;
        let new = NewKey {
            account: AccountId::default_account(),
            owner: AGENT_OWNER.to_owned(),
            description: "the agent in the platform's own process".to_owned(),
            grants: Grants::agent(),
            resources: Vec::new(),
            issuer: "system".to_owned(),
            audience: Vec::new(),
            expires_at: None,
            actor: "system".to_owned(),
            request: String::new(),
        };
        let made = create_key(&self.store, new, jiff::Timestamp::now()).await;
        let (_, value) = made.map_err(|problem| Error::Key(problem.detail))?;
        let mut address = self.ready.gateway;
        if address.ip().is_unspecified() {
            address.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        Ok(wheelhouse_agent::Options::new(&format!("http://{address}"), value.reveal()))
    }

    /// Serves until cancelled, with an agent when a cluster is given, and lets calls finish.
    ///
    /// # Errors
    /// When the agent's token stops being accepted; everything else is tried again forever.
    pub async fn run(
        self,
        agent: Option<(Cluster, wheelhouse_agent::Options)>,
        cancel: CancellationToken,
    ) -> Result<(), Error> {
        let envelopes = Envelopes::of(self.ready.gateway);
        let api = api_service(envelopes.router().fallback_service(self.control.router()));
        let registry = async {
            if let Some((listener, router)) = self.registry {
                let stop = cancel.clone();
                let serving = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned());
                if let Err(error) = serving.await {
                    tracing::error!(%error, "the registry stopped");
                }
            }
        };
        let traces = async {
            if let Some(exporter) = self.exporter {
                exporter.run(cancel.clone()).await;
            }
        };
        let agent = async {
            let Some((cluster, options)) = agent else { return Ok(()) };
            let parts = wheelhouse_agent::Build { cluster, engine: Arc::clone(&self.engine), options };
            let ended = Agent::build(parts).run(cancel.clone()).await;
            if ended.is_err() {
                cancel.cancel();
            }
            ended.map_err(Error::Agent)
        };
        let (_, (), (), (), ended) = tokio::join!(
            self.gateway.serve(self.listeners, api, cancel.clone()),
            self.control.run(cancel.clone()),
            registry,
            traces,
            agent
        );
        ended
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|source| Error::Bind { address, source })
}

/// The API as the gateway calls it.
fn api_service(router: Router) -> ApiService {
    Arc::new(move |request: http::Request<hyper::body::Incoming>| {
        let router = router.clone();
        Box::pin(async move {
            let response = router.oneshot(request.map(axum::body::Body::new)).await?;
            Ok(response.map(|body| body.map_err(Into::into).boxed_unsync()))
        })
    })
}
