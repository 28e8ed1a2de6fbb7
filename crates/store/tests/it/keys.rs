//! Keys: who is behind a token, and from when on not any more.

use jiff::Timestamp;
use wheelhouse_functions::access::Resource;
use wheelhouse_functions::id::{AccountId, FunctionId, KeyId};
use wheelhouse_functions::scope::Grants;
use wheelhouse_store::credential::KeyValue;
use wheelhouse_store::record::{ApiKey, KeyOwner, key_owner_id};
use wheelhouse_store::token::{Callable, Claims};
use wheelhouse_store::{Authenticator, Refused, Store};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A key from second 1000 to second 2000.
fn key() -> (KeyValue, ApiKey) {
    let value = KeyValue::random().unwrap();
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
        expires_at: Some(at(2_000)),
        created_at: at(1_000),
    };
    (value, key)
}

#[tokio::test]
async fn keys_end_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let (value, key) = key();
    store.transaction().insert(&key).commit().await.unwrap();
    let authenticator = Authenticator::new(store.clone());
    let ask = async |token: &str, second: i64| {
        authenticator
            .authenticate(token, at(second))
            .await
            .unwrap()
            .map(|principal| principal.subject.clone())
    };
    assert_eq!(ask(value.reveal(), 1_500).await, Ok("me".into()));
    assert_eq!(ask(value.reveal(), 2_000).await, Err(Refused::Expired));
    assert_eq!(ask("nvapi-other", 1_500).await, Err(Refused::Unknown));
    assert_eq!(ask("", 1_500).await, Err(Refused::Unknown));
    store.transaction().put(&ApiKey { suspended: true, ..key.clone() }).commit().await.unwrap();
    authenticator.forget(key.id);
    assert_eq!(ask(value.reveal(), 1_500).await, Err(Refused::Suspended));
    store.transaction().delete::<ApiKey>(key.id).commit().await.unwrap();
    assert_eq!(ask(value.reveal(), 1_500).await, Err(Refused::Unknown));
}

#[tokio::test]
async fn a_suspended_owner_has_no_key_and_a_token_falls_with_its_key() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let (value, key) = key();
    store.transaction().insert(&key).commit().await.unwrap();
    let function = FunctionId::from_parts(1, [2; 10]);
    let callable = Callable { function_id: function, function_version_id: None };
    let token = Claims::of(&key, "client", vec![callable], at(1_000)).sign(store.vault()).unwrap();
    let authenticator = Authenticator::new(store.clone());
    let ask = async |credential: &str, second: i64| {
        authenticator.authenticate_call(credential, at(second)).await.unwrap()
    };
    let subject = async |credential: &str, second: i64| {
        ask(credential, second).await.map(|principal| principal.subject.clone())
    };

    let principal = ask(&token, 1_100).await.unwrap();
    assert_eq!((&*principal.subject, principal.key), ("client", key.id));
    assert_eq!(principal.resources, [Resource::Function(function)]);
    assert_eq!(
        principal.grants.iter().map(|grant| grant.to_string()).collect::<Vec<_>>(),
        ["invoke_function"]
    );
    assert_eq!(subject(value.reveal(), 1_100).await, Ok("me".into()));
    // It is no key: nothing but calls can be done with it.
    assert_eq!(authenticator.authenticate(&token, at(1_100)).await.unwrap().unwrap_err(), Refused::Unknown);
    assert_eq!(subject(&token, 1_000 + 15 * 60).await, Err(Refused::Expired));
    let mut forged = token.clone().into_bytes();
    for place in 0..forged.len() {
        forged[place] ^= 1;
        let text = String::from_utf8_lossy(&forged).into_owned();
        assert_eq!(subject(&text, 1_100).await, Err(Refused::Unknown), "byte {place}");
        forged[place] ^= 1;
    }

    let owner =
        KeyOwner { account: key.account.clone(), name: "me".into(), suspended: true, updated_at: at(1_000) };
    store.transaction().put(&owner).commit().await.unwrap();
    authenticator.forget(key.id);
    assert_eq!(subject(&token, 1_100).await, Err(Refused::Suspended));
    assert_eq!(subject(value.reveal(), 1_100).await, Err(Refused::Suspended));
    store.transaction().delete::<KeyOwner>(key_owner_id(&key.account, "me")).commit().await.unwrap();
    assert_eq!(subject(&token, 1_100).await, Ok("client".into()));
    // The key allows something else now.
    let changed = ApiKey { resources: vec![Resource::AuthorizedFunctions], ..key.clone() };
    store.transaction().put(&changed).commit().await.unwrap();
    authenticator.forget(key.id);
    assert_eq!(subject(&token, 1_100).await, Err(Refused::Unknown));
    assert_eq!(subject(value.reveal(), 1_100).await, Ok("me".into()));
    // No token outlives its key.
    let late = Claims::of(&key, "client", vec![callable], at(1_900));
    assert_eq!(late.expires_at(), at(2_000));
}
