//! Bearer tokens: static ones, and signed ones of service accounts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::identity::User;
use crate::meta;

/// Seconds by which clocks may differ.
const LEEWAY: i64 = 10;
/// Tokens that are remembered.
const MOST_SHOWN: usize = 1024;

/// A token that stands for a user until the server stops.
#[derive(Debug, Clone, PartialEq)]
pub struct StaticToken {
    /// The secret.
    pub(crate) token: String,
    /// User name.
    pub(crate) user: String,
    /// Groups; `system:authenticated` is added.
    pub(crate) groups: Vec<String>,
}

/// Checks and issues credentials.
pub(crate) struct Authenticator {
    fixed: HashMap<String, User>,
    encoding: EncodingKey,
    decoding: DecodingKey,
    key_id: String,
    public_point: Vec<u8>,
    /// What good tokens say that were shown of late: checking a signature takes longer than most answers.
    shown: Mutex<HashMap<String, Arc<Claims>>>,
    /// Who issues the tokens.
    pub(crate) issuer: String,
}

/// What a service account token says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Claims {
    /// Audiences.
    pub(crate) aud: Vec<String>,
    /// End of validity, seconds since 1970.
    pub(crate) exp: i64,
    /// Time of issue.
    pub(crate) iat: i64,
    /// Issuer.
    pub(crate) iss: String,
    /// Token id.
    pub(crate) jti: String,
    /// Start of validity.
    pub(crate) nbf: i64,
    /// `system:serviceaccount:NAMESPACE:NAME`.
    pub(crate) sub: String,
    /// Objects the token is bound to.
    #[serde(rename = "kubernetes.io")]
    pub(crate) kubernetes: Value,
}

impl Authenticator {
    /// Reads the signing key (PKCS #8 and public key, both PEM) and the static tokens.
    ///
    /// # Errors
    /// When a key is none.
    pub(crate) fn new(
        private_pem: &str,
        public_pem: &str,
        issuer: &str,
        tokens: impl IntoIterator<Item = StaticToken>,
    ) -> Result<Self, jsonwebtoken::errors::Error> {
        let fixed = tokens
            .into_iter()
            .map(|token| {
                let mut groups = token.groups;
                if !groups.iter().any(|group| group == "system:authenticated") {
                    groups.push("system:authenticated".to_owned());
                }
                (token.token, User { name: token.user, groups, ..User::default() })
            })
            .collect();
        let body: String = public_pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = STANDARD.decode(body).unwrap_or_default();
        // an uncompressed P-256 point closes the SubjectPublicKeyInfo
        let public_point =
            der.len().checked_sub(64).and_then(|from| der.get(from..)).unwrap_or_default().to_vec();
        let key_id = URL_SAFE_NO_PAD.encode(crc32fast::hash(&der).to_be_bytes());
        Ok(Authenticator {
            fixed,
            encoding: EncodingKey::from_ec_pem(private_pem.as_bytes())?,
            decoding: DecodingKey::from_ec_pem(public_pem.as_bytes())?,
            key_id,
            public_point,
            shown: Mutex::default(),
            issuer: issuer.to_owned(),
        })
    }

    /// The public key as a JSON web key set.
    pub(crate) fn key_set(&self) -> Value {
        let (x, y) = self.public_point.split_at_checked(32).unwrap_or_default();
        json!({"keys": [{
            "use": "sig", "kty": "EC", "kid": self.key_id, "crv": "P-256", "alg": "ES256",
            "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y)
        }]})
    }

    /// The user of a bearer token, when it is good.
    pub(crate) fn user(&self, cluster: &Cluster, token: &str) -> Option<User> {
        match self.fixed.get(token) {
            Some(user) => Some(user.clone()),
            None => {
                self.service_account(cluster, token, std::slice::from_ref(&self.issuer)).map(|(user, _)| user)
            }
        }
    }

    /// The user of a service account token for one of these audiences, and the audiences it is for.
    pub(crate) fn service_account(
        &self,
        cluster: &Cluster,
        token: &str,
        audiences: &[String],
    ) -> Option<(User, Vec<String>)> {
        let claims = self.claims(token, audiences)?;
        let namespace = meta::text(&claims.kubernetes, &["namespace"]);
        let name = meta::text(&claims.kubernetes, &["serviceaccount", "name"]);
        let uid = meta::text(&claims.kubernetes, &["serviceaccount", "uid"]);
        let account = cluster.object("serviceaccounts", namespace, name)?;
        if meta::uid(&account) != uid {
            return None;
        }
        let mut user = User::service_account(namespace, name, uid);
        for (kind, table, scope) in
            [("pod", "pods", namespace), ("secret", "secrets", namespace), ("node", "nodes", "")]
        {
            let bound = meta::text(&claims.kubernetes, &[kind, "name"]);
            if bound.is_empty() {
                continue;
            }
            let bound_uid = meta::text(&claims.kubernetes, &[kind, "uid"]);
            let object = cluster.object(table, scope, bound);
            // a token ends with the object it is bound to; a node's loss alone does not end it
            if kind != "node" && object.is_none_or(|object| meta::uid(&object) != bound_uid) {
                return None;
            }
            if kind != "secret" {
                user.extra
                    .push((format!("authentication.kubernetes.io/{kind}-name"), vec![bound.to_owned()]));
                user.extra
                    .push((format!("authentication.kubernetes.io/{kind}-uid"), vec![bound_uid.to_owned()]));
            }
        }
        user.extra.push((
            "authentication.kubernetes.io/credential-id".to_owned(),
            vec![format!("JTI={}", claims.jti)],
        ));
        let good = claims.aud.iter().filter(|audience| audiences.contains(audience)).cloned().collect();
        Some((user, good))
    }

    /// What a token says, when it is one of this server's, for one of these audiences, and good now.
    fn claims(&self, token: &str, audiences: &[String]) -> Option<Arc<Claims>> {
        let lock = || self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lock().get(token).cloned();
        let now = jiff::Timestamp::now().as_second();
        let is_good = |claims: &&Arc<Claims>| {
            claims.exp >= now - LEEWAY
                && claims.nbf <= now + LEEWAY
                && claims.aud.iter().any(|audience| audiences.contains(audience))
        };
        if let Some(claims) = known.as_ref().filter(is_good) {
            return Some(claims.clone());
        }
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_audience(audiences);
        validation.set_issuer(&[&self.issuer]);
        validation.validate_nbf = true;
        validation.leeway = LEEWAY.unsigned_abs();
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &validation).ok()?.claims;
        let claims = Arc::new(claims);
        let mut shown = lock();
        if shown.len() >= MOST_SHOWN {
            shown.clear();
        }
        shown.insert(token.to_owned(), claims.clone());
        Some(claims)
    }

    /// Whom a token of this server is for, if it is one and still good.
    pub(crate) fn audiences(&self, token: &str) -> Option<Vec<String>> {
        let mut validation = Validation::new(Algorithm::ES256);
        validation.validate_aud = false;
        validation.set_issuer(&[&self.issuer]);
        validation.leeway = 10;
        jsonwebtoken::decode::<Claims>(token, &self.decoding, &validation).ok().map(|token| token.claims.aud)
    }

    /// Signs a token.
    ///
    /// # Errors
    /// When signing fails.
    pub(crate) fn sign(&self, claims: &Claims) -> Result<String, jsonwebtoken::errors::Error> {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.key_id.clone());
        header.typ = None;
        jsonwebtoken::encode(&header, claims, &self.encoding)
    }
}
