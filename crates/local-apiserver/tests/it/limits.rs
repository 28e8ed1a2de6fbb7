//! What a client cannot do to the server: too many connections, too large bodies, nonsense.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::client::Door;
use crate::support::Running;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

fn on_server(run: impl AsyncFnOnce(Door)) {
    let server = Running::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build().unwrap();
    runtime.block_on(run(Door::of(&server.ready)));
    // still there, and well
    runtime.block_on(async {
        let mut client = Door::of(&server.ready).connect().await.unwrap();
        assert_eq!(client.send("GET", "/readyz", "", "").await.unwrap().0, 200);
    });
}

#[test]
fn ten_thousand_silent_connections_keep_nobody_out() {
    on_server(async |door| {
        let mut silent = Vec::new();
        for _ in 0..10_000 {
            // both ends are in this process: without file descriptors there is nothing more to show
            match tokio::time::timeout(Duration::from_secs(5), TcpStream::connect(door.address)).await {
                Ok(Ok(stream)) => silent.push(stream),
                _ => break,
            }
        }
        assert!(silent.len() > 5_000, "only {} connections", silent.len());
        let others = tokio::time::timeout(Duration::from_secs(60), async {
            let mut client = loop {
                match door.connect().await {
                    Ok(client) => break client,
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            };
            client.send("GET", "/readyz", "", "").await.unwrap().0
        });
        assert_eq!(others.await.expect("nobody else is served"), 200);
    });
}

#[test]
fn a_body_of_a_hundred_megabytes_is_refused() {
    on_server(async |door| {
        // announced
        let mut client = door.connect().await.unwrap();
        let body = Bytes::from(vec![b'x'; 100 << 20]);
        // an answer may come while the body is still being sent, or the connection ends
        if let Ok((code, body)) = client.send("POST", MAPS, "application/json", body).await {
            let status: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!((code, status["reason"].as_str()), (413, Some("RequestEntityTooLarge")));
        }
        // and in pieces of which nobody said how many there are
        let mut client = door.connect().await.unwrap();
        let piece = Bytes::from(vec![b'x'; 1 << 20]);
        let pieces = (0..100).map(move |_| Ok(Frame::data(piece.clone())));
        let body = StreamBody::new(futures_util::stream::iter(pieces)).boxed();
        if let Ok(answer) = client.open("POST", MAPS, "application/json", body).await {
            assert_eq!(answer.status().as_u16(), 413);
        }
        let mut client = door.connect().await.unwrap();
        let (_, list) = client.json("GET", MAPS, &Value::Null).await.unwrap();
        assert!(list["items"].as_array().unwrap().iter().all(|item| item["data"].get("x").is_none()));
    });
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.roll(of.len())]
    }

    /// A value of any shape, mostly small.
    fn value(&mut self, depth: usize) -> Value {
        match self.roll(if depth == 0 { 7 } else { 9 }) {
            0 => Value::Null,
            1 => json!(self.roll(2) == 0),
            2 => json!([i64::MIN, -1, 0, 1, i64::MAX][self.roll(5)]),
            3 => json!([0.5, -1e300, 1e21][self.roll(3)]),
            4..7 => {
                json!(self.pick(&["", "a", "x.io/y", "\u{0}", "é€😀", "$patch", "0", "100Gi", "-", "{}"]))
            }
            7 => (0..self.roll(4)).map(|_| self.value(depth - 1)).collect(),
            _ => (0..self.roll(4))
                .map(|_| (self.key(), self.value(depth - 1)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }

    fn key(&mut self) -> String {
        self.pick(&[
            "metadata",
            "spec",
            "status",
            "name",
            "labels",
            "annotations",
            "containers",
            "template",
            "selector",
            "matchLabels",
            "matchExpressions",
            "ports",
            "data",
            "kind",
            "apiVersion",
            "$patch",
            "$retainKeys",
            "$setElementOrder/containers",
            "$deleteFromPrimitiveList/finalizers",
            "finalizers",
            "managedFields",
            "ownerReferences",
            "resources",
            "limits",
            "cpu",
            "",
            "é",
            "replicas",
            "volumes",
            "versions",
            "schema",
            "openAPIV3Schema",
            "properties",
            "type",
            "items",
            "op",
            "path",
            "value",
            "from",
        ])
        .to_owned()
    }
}

#[test]
fn nonsense_gets_an_answer_and_never_a_panic() {
    on_server(async |door| {
        let mut dice = Dice(0x5DEE_CE66_D1CE_4E5B);
        let mut client = door.connect().await.unwrap();
        let base = json!({"metadata": {"name": "a"}, "spec": {"selector": {"matchLabels": {"a": "b"}},
            "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "x", "image": "x"}]}}}});
        client.json("POST", "/apis/apps/v1/namespaces/default/deployments", &base).await.unwrap();
        client.json("POST", MAPS, &json!({"metadata": {"name": "a"}, "data": {"k": "v"}})).await.unwrap();
        let media = [
            "application/json",
            "application/yaml",
            "application/json-patch+json",
            "text/plain",
            "",
            "application/merge-patch+json",
            "application/strategic-merge-patch+json",
            "application/apply-patch+yaml",
            "application/vnd.kubernetes.protobuf",
        ];
        let roots = [
            "/api/v1/namespaces/default",
            "/apis/apps/v1/namespaces/default",
            "/api/v1",
            "/apis/batch/v1/namespaces/default",
            "/apis/apiextensions.k8s.io/v1",
            "/apis/networking.k8s.io/v1/namespaces/default",
            "/apis",
            "",
            "/apis/policy/v1/namespaces/default",
            "/apis/autoscaling/v2/namespaces/default",
            "/apis/authorization.k8s.io/v1",
        ];
        let kinds = [
            "pods",
            "deployments",
            "configmaps",
            "services",
            "jobs",
            "customresourcedefinitions",
            "ingresses",
            "secrets",
            "horizontalpodautoscalers",
            "poddisruptionbudgets",
            "subjectaccessreviews",
            "nodes",
            "%2e%2e",
            "",
            "statefulsets",
            "cronjobs",
            "persistentvolumeclaims",
            "resourcequotas",
            "limitranges",
            "events",
        ];
        let tails = [
            "",
            "/a",
            "/a/status",
            "/a/scale",
            "/a/eviction",
            "/a/binding",
            "/a/log",
            "/a/token",
            "//",
            "/%00",
            "/%FF%FE",
            "/a/proxy/x",
        ];
        let queries = [
            "",
            "?labelSelector=a in (b,",
            "?fieldSelector=%3D%3D",
            "?limit=1&continue=%7B",
            "?watch=1&timeoutSeconds=1&resourceVersion=zz",
            "?fieldManager=m",
            "?fieldManager=m&force=true",
            "?dryRun=All",
            "?dryRun=x",
            "?fieldValidation=Strict",
            "?resourceVersion=-1",
            "?continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ",
            "?%",
            "?=&&=",
            "?gracePeriodSeconds=x",
            "?propagationPolicy=%22",
            "?labelSelector=%00",
            "?pretty=1&limit=99999999999999999999",
        ];
        for round in 0..1500 {
            let method = dice.pick(&["GET", "POST", "PUT", "PATCH", "DELETE", "PATCH", "POST", "OPTIONS"]);
            let path = format!(
                "{}/{}{}{}",
                dice.pick(&roots),
                dice.pick(&kinds),
                dice.pick(&tails),
                dice.pick(&queries)
            )
            .replace(' ', "%20");
            let mut body = match dice.roll(4) {
                0 => base.clone(),
                1 => {
                    json!([{"op": dice.pick(&["add", "remove", "move", "copy", "test", "x"]), "path": dice.pick(&["/spec", "/spec/a/-", "x", "", "/metadata/labels/~2"]), "value": dice.value(2), "from": "/data"}])
                }
                _ => dice.value(4),
            };
            // a piece of a sound object is made unsound
            if let (true, Some(spec)) = (dice.roll(2) == 0, body.pointer_mut("/spec/template/spec"))
                && spec.is_object()
            {
                let (key, value) = (dice.key(), dice.value(3));
                spec[key] = value;
            }
            let mut bytes = body.to_string().into_bytes();
            if dice.roll(5) == 0 {
                bytes.truncate(dice.roll(bytes.len() + 1));
            }
            if dice.roll(8) == 0 && !bytes.is_empty() {
                let at = dice.roll(bytes.len());
                bytes[at] = 0xFF;
            }
            if method == "DELETE" && !path.contains("/a") {
                continue;
            }
            let media = dice.pick(&media);
            let what =
                || format!("round {round}: {method} {path} {media} {}", String::from_utf8_lossy(&bytes));
            // a server that has not read a whole body closes the connection after its answer
            let mut answer = None;
            for _ in 0..3 {
                let sent = client.send(method, &path, media, bytes.clone());
                match tokio::time::timeout(Duration::from_secs(60), sent).await {
                    Ok(Ok(found)) => {
                        answer = Some(found);
                        break;
                    }
                    Ok(Err(_)) => client = door.connect().await.unwrap(),
                    Err(_) => panic!("no answer: {}", what()),
                }
            }
            let (code, answer) = answer.unwrap_or_else(|| panic!("the connection breaks: {}", what()));
            assert!((200..600).contains(&code), "{}", what());
            if code >= 400 && !answer.is_empty() && answer.first() == Some(&b'{') {
                let status: Value = serde_json::from_slice(&answer).unwrap();
                assert_eq!(
                    (status["kind"].as_str(), status["code"].as_u64()),
                    (Some("Status"), Some(u64::from(code))),
                    "{}",
                    what()
                );
            }
        }
    });
}
