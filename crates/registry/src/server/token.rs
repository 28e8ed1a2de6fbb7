//! Tokens of the registry: what may be done and until when, under a signature only this process can make.

use super::access::Access;
use aws_lc_rs::{hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Signs and checks tokens.
pub(super) struct Signer {
    key: hmac::Key,
}

impl Signer {
    /// How long a token lasts.
    pub(super) const LIFETIME: Duration = Duration::from_secs(300);

    pub(super) fn new() -> Result<Self, std::io::Error> {
        let mut secret = [0; 32];
        rand::fill(&mut secret).map_err(|_| std::io::Error::other("no randomness available"))?;
        Ok(Self { key: hmac::Key::new(hmac::HMAC_SHA256, &secret) })
    }

    pub(super) fn issue(&self, access: Access) -> String {
        self.sign(access, now() + Self::LIFETIME.as_secs())
    }

    fn sign(&self, access: Access, until: u64) -> String {
        let claim = format!("{}.{until}", word(access));
        let signature = hmac::sign(&self.key, claim.as_bytes());
        format!("{claim}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }

    /// What a token allows.
    pub(super) fn access(&self, token: &str) -> Access {
        self.read(token).unwrap_or(Access::None)
    }

    fn read(&self, token: &str) -> Option<Access> {
        let (claim, signature) = token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        hmac::verify(&self.key, claim.as_bytes(), &signature).ok()?;
        let (access, until) = claim.split_once('.')?;
        if until.parse::<u64>().ok()? <= now() {
            return None;
        }
        match access {
            "pull" => Some(Access::Pull),
            "push" => Some(Access::Push),
            _ => None,
        }
    }
}

const fn word(access: Access) -> &'static str {
    match access {
        Access::None => "none",
        Access::Pull => "pull",
        Access::Push => "push",
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_checked_and_end() {
        let signer = Signer::new().unwrap();
        assert_eq!(signer.access(&signer.issue(Access::Push)), Access::Push);
        assert_eq!(signer.access(&signer.issue(Access::Pull)), Access::Pull);
        assert_eq!(signer.access(&signer.sign(Access::Push, now() - 1)), Access::None);
        let forged = signer.issue(Access::Pull).replacen("pull", "push", 1);
        assert_eq!(signer.access(&forged), Access::None);
        assert_eq!(Signer::new().unwrap().access(&signer.issue(Access::Push)), Access::None);
        assert_eq!(signer.access("x"), Access::None);
    }
}
