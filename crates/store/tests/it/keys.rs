//! Keys: who is behind a token, and from when on not any more.

use jiff::Timestamp;
use wheelhouse_functions::id::{AccountId, KeyId};
use wheelhouse_functions::scope::Grants;
use wheelhouse_store::credential::KeyValue;
use wheelhouse_store::record::ApiKey;
use wheelhouse_store::{Authenticator, Refused, Store};

#[tokio::test]
async fn keys_end_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let value = KeyValue::random().unwrap();
    let now = Timestamp::from_second(1_000).unwrap();
    let key = ApiKey {
        id: KeyId::from_parts(1, [1; 10]),
        account: AccountId::default_account(),
        owner: "me".into(),
        description: String::new(),
        hash: value.hash(),
        hint: value.hint(),
        grants: Grants::invoker(),
        resources: vec![],
        issuer: String::new(),
        audience: vec![],
        suspended: false,
        expires_at: Some(Timestamp::from_second(2_000).unwrap()),
        created_at: now,
    };
    store.transaction().insert(&key).commit().await.unwrap();
    let authenticator = Authenticator::new(store.clone());
    let ask = async |token: &str, at: i64| {
        let at = Timestamp::from_second(at).unwrap();
        authenticator.authenticate(token, at).await.unwrap().map(|principal| principal.subject.clone())
    };
    assert_eq!(ask(value.reveal(), 1_500).await, Ok("me".into()));
    assert_eq!(ask(value.reveal(), 2_000).await, Err(Refused::Expired));
    assert_eq!(ask("nvapi-other", 1_500).await, Err(Refused::Unknown));
    assert_eq!(ask("", 1_500).await, Err(Refused::Unknown));
    store.transaction().put(&ApiKey { suspended: true, ..key.clone() }).commit().await.unwrap();
    authenticator.forget(&key.hash);
    assert_eq!(ask(value.reveal(), 1_500).await, Err(Refused::Suspended));
    store.transaction().delete::<ApiKey>(key.id).commit().await.unwrap();
    assert_eq!(ask(value.reveal(), 1_500).await, Err(Refused::Unknown));
}
