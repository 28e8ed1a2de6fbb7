//! Whether an image is where its name says.

use ::http::{HeaderMap, HeaderValue, Method, header};
use bytes::Bytes;

use crate::client::Repository;
use crate::{Client, Error, Login};

/// Manifests of images, of one platform and of several.
const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

/// Where an image lies.
#[derive(Debug, PartialEq, Eq)]
struct ImageName {
    host: String,
    repository: String,
    /// Tag or digest.
    reference: String,
}

impl ImageName {
    /// Reads a name as container tools do: Docker Hub and the tag `latest` where none is said.
    fn parse(text: &str) -> Self {
        let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
        let (path, tag) = match name.rsplit_once(':') {
            // What follows a colon before the last slash is a port.
            Some((path, tag)) if !tag.contains('/') => (path, tag),
            _ => (name, "latest"),
        };
        let (host, repository) = match path.split_once('/') {
            Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (host, rest.to_owned()),
            Some(_) => ("docker.io", path.to_owned()),
            None => ("docker.io", format!("library/{path}")),
        };
        let host = if host == "docker.io" { "registry-1.docker.io" } else { host };
        ImageName { host: host.to_owned(), repository, reference: digest.unwrap_or(tag).to_owned() }
    }
}

impl Client {
    /// Asks for an image's manifest, and does not read it.
    ///
    /// # Errors
    /// As [`Client::fetch_chart`]: when there is no such image, or the logins do not open it.
    pub async fn find_image(&self, image: &str, logins: &[Login]) -> Result<(), Error> {
        let image = ImageName::parse(image);
        // Credentials for Docker Hub are stored under its own name.
        let logins: Vec<Login> = logins
            .iter()
            .map(|login| match login.host.as_str() {
                "docker.io" | "index.docker.io" => {
                    Login { host: image.host.clone(), auth: login.auth.clone() }
                }
                _ => login.clone(),
            })
            .filter(|login| login.host.eq_ignore_ascii_case(&image.host))
            .collect();
        let repository =
            Repository { host: &image.host, name: &image.repository, logins: &logins, push: false };
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(ACCEPT));
        let path = format!("manifests/{}", image.reference);
        self.call(&repository, Method::HEAD, &path, headers, Bytes::new()).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::ImageName;

    #[test]
    fn names_are_read_as_container_tools_do() {
        for (text, host, repository, reference) in [
            ("nginx", "registry-1.docker.io", "library/nginx", "latest"),
            ("me/app:1", "registry-1.docker.io", "me/app", "1"),
            ("localhost:5000/a/b", "localhost:5000", "a/b", "latest"),
            ("r.io/a:1@sha256:00", "r.io", "a", "sha256:00"),
        ] {
            let name = ImageName::parse(text);
            assert_eq!(
                (name.host.as_str(), name.repository.as_str(), name.reference.as_str()),
                (host, repository, reference)
            );
        }
    }
}
