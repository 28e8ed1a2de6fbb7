//! Images from a registry that wants a login: the platform's own.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use base64::Engine as _;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use wheelhouse_image::{Image, Layer};
use wheelhouse_registry::server::{Access, Gate, build};
use wheelhouse_registry::{Blob, Client, Login, Options, Target, server};

use crate::cluster::{Namespace, program};

/// `pusher:secret` pushes, `puller:secret` pulls, nobody else does anything.
struct Door;

impl Gate for Door {
    fn known<'a>(
        &'a self,
        user: &'a str,
        password: &'a str,
    ) -> Pin<Box<dyn Future<Output = Access> + Send + 'a>> {
        Box::pin(async move {
            match (user, password) {
                ("pusher", "secret") => Access::Push,
                ("puller", "secret") => Access::Pull,
                _ => Access::None,
            }
        })
    }

    fn anybody(&self) -> Access {
        Access::None
    }
}

/// A registry on loopback with the guest's image in it.
struct Registry {
    host: String,
    digest: String,
    _folder: TempDir,
    _runtime: Runtime,
}

impl Registry {
    fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let router = build(server::Options::in_directory(folder.path().to_owned()), Arc::new(Door)).unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let host = listener.local_addr().unwrap().to_string();
        runtime.spawn(async move { axum::serve(listener, router).await.unwrap() });
        let mut options = Options::default();
        options.policy.private_hosts.push(host.clone());
        options.policy.plain_hosts.push(host.clone());
        let auth = base64::engine::general_purpose::STANDARD.encode("pusher:secret");
        let logins = [Login { host: host.clone(), auth }];
        let image = Image::of_program(&program()).unwrap();
        let blob = |layer: &Layer| Blob::new(layer.media_type, layer.bytes.clone());
        let layers = image.layers().iter().map(blob).collect();
        let target = Target { host: &host, repository: "team/guest", tag: "1", logins: &logins };
        let client = Client::new(options);
        let pushing = client.push(&target, blob(image.config()), layers, BTreeMap::new());
        let digest = runtime.block_on(pushing).unwrap().digest.to_string();
        Self { host, digest, _folder: folder, _runtime: runtime }
    }
}

pub(crate) fn images_are_pulled_with_the_pods_secret(namespace: &Namespace<'_>) {
    let registry = Registry::start();
    let host = &registry.host;
    namespace.ok(&format!(
        "create secret docker-registry login --docker-server={host} --docker-username=puller --docker-password=secret"
    ));
    let pod = |name: &str, reference: &str, policy: &str, more: &str| {
        namespace.apply(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  restartPolicy: Never\n  {more}\n  \
             containers: [{{name: main, image: '{host}/team/guest{reference}', imagePullPolicy: {policy}, args: [echo, pulled]}}]\n"
        ));
    };
    // Without the secret, before the image is there.
    pod("stranger", ":1", "IfNotPresent", "");
    namespace.until_told("stranger", "Failed", "pull access denied");
    pod("known", ":1", "IfNotPresent", "imagePullSecrets: [{name: login}]");
    assert_eq!(namespace.log_of("known"), "pulled\n");
    namespace.until_told("known", "Pulling", &format!("Pulling image \"{host}/team/guest:1\""));
    namespace.until_told(
        "known",
        "Pulled",
        &format!("Successfully pulled image \"{host}/team/guest:1\" in "),
    );
    // By digest, with the secret of the service account.
    let patch = "{\"imagePullSecrets\":[{\"name\":\"login\"}]}";
    namespace.ok(&format!("patch serviceaccount default -p {patch}"));
    let reference = format!("@{}", registry.digest);
    pod("pinned", &reference, "Always", "");
    assert_eq!(namespace.log_of("pinned"), "pulled\n");
    namespace.until_told(
        "pinned",
        "Pulled",
        &format!("Successfully pulled image \"{host}/team/guest{reference}\" in "),
    );
    let id = namespace.ok("get pod pinned -o jsonpath={.status.containerStatuses[0].imageID}");
    assert_eq!(id, format!("{host}/team/guest@{}", registry.digest));
    namespace.ok("delete pod --all --wait");
}
