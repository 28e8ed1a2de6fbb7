//! The verbs of the Kubernetes API.

use http::Method;
use serde_json::Value;

use crate::access::Access;
use crate::error::{Error, Result};
use crate::metadata;
use crate::options::{ApplyOptions, DeleteOptions, ListOptions, PatchKind, Subresource, with_query};
use crate::resource::Resource;
use crate::transport::{Call, Transport};

/// The page size of lists: large enough for few round trips, small enough for the server's memory.
const PAGE: u32 = 500;

/// A handle to one Kubernetes API; cheap to clone.
#[derive(Debug, Clone)]
pub struct Cluster {
    pub(crate) transport: Transport,
    namespace: String,
}

/// A list of objects at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listed {
    pub(crate) items: Vec<Value>,
    pub(crate) resource_version: String,
}

impl Cluster {
    /// Prepares to talk to the API that `access` names. Nothing is sent yet.
    ///
    /// # Errors
    /// If certificates or keys in `access` cannot be used.
    pub fn new(access: &Access) -> Result<Self> {
        Ok(Self { transport: Transport::new(access)?, namespace: access.namespace.clone() })
    }

    /// The base address.
    #[must_use]
    pub fn server(&self) -> &str {
        self.transport.server()
    }

    /// The namespace to use where none is named.
    #[must_use]
    pub fn default_namespace(&self) -> &str {
        &self.namespace
    }

    pub(crate) async fn json(&self, call: &Call) -> Result<Value> {
        let body = self.transport.fetch(call).await?;
        serde_json::from_slice(&body).map_err(|error| Error::answer(call.path.clone(), error))
    }

    /// Gets any path as JSON, as `/version`.
    ///
    /// # Errors
    /// If the server cannot be reached, refuses, or answers with something else than JSON.
    pub async fn get_path(&self, path: &str) -> Result<Value> {
        self.json(&Call::new(Method::GET, path)).await
    }

    /// Gets any path as text, as `/readyz`.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses.
    pub async fn get_text(&self, path: &str) -> Result<String> {
        let mut call = Call::new(Method::GET, path);
        call.accept = "*/*";
        let body = self.transport.fetch(&call).await?;
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    /// Gets one object; nothing where there is none.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses.
    pub async fn get(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<Value>> {
        match self.get_path(&resource.object_path(namespace, name)).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Lists objects, in all namespaces where none is named, page by page.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses.
    pub async fn list(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        options: &ListOptions,
    ) -> Result<Vec<Value>> {
        Ok(self.list_at(resource, namespace, options).await?.items)
    }

    pub(crate) async fn list_at(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        options: &ListOptions,
    ) -> Result<Listed> {
        let mut listed = Listed::default();
        let mut token: Option<String> = None;
        loop {
            let mut pairs = options.pairs();
            pairs.push(("limit", options.limit.unwrap_or(PAGE).to_string()));
            if let Some(token) = &token {
                pairs.push(("continue", token.clone()));
            }
            let path = with_query(&resource.collection_path(namespace), &pairs);
            let mut page = self.get_path(&path).await?;
            if let Some(Value::Array(items)) = page.get_mut("items").map(Value::take) {
                listed.items.extend(items.into_iter().map(|mut item| {
                    resource.mark(&mut item);
                    item
                }));
            }
            metadata::resource_version(&page).clone_into(&mut listed.resource_version);
            token = page
                .pointer("/metadata/continue")
                .and_then(Value::as_str)
                .filter(|token| !token.is_empty())
                .map(str::to_owned);
            if token.is_none() {
                return Ok(listed);
            }
        }
    }

    /// Creates an object and gives it as stored.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses ([`Error::is_already_exists`]).
    pub async fn create(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        object: &Value,
    ) -> Result<Value> {
        self.json(&Call::new(Method::POST, resource.collection_path(namespace)).json(object)).await
    }

    /// Creates a subresource object: a binding, an eviction, a token request.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses.
    pub async fn create_sub(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
        part: Subresource,
        object: &Value,
    ) -> Result<Value> {
        let path = format!("{}/{}", resource.object_path(namespace, name), part.segment());
        self.json(&Call::new(Method::POST, path).json(object)).await
    }

    /// Replaces an object, or one part of it, by what `object` says; its resource version, if any,
    /// must be the current one.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses ([`Error::is_conflict`]).
    pub async fn replace(
        &self,
        resource: &Resource,
        object: &Value,
        part: Option<Subresource>,
    ) -> Result<Value> {
        let name = metadata::name(object);
        if name.is_empty() {
            return Err(Error::Request("the object to replace has no name".to_owned()));
        }
        let namespace = Some(metadata::namespace(object)).filter(|namespace| !namespace.is_empty());
        let path = sub_path(resource, namespace, name, part);
        self.json(&Call::new(Method::PUT, path).json(object)).await
    }

    /// Applies an object by server-side apply and gives it as stored.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses; a conflict names the fields and their managers in
    /// its causes.
    pub async fn apply(
        &self,
        resource: &Resource,
        object: &Value,
        part: Option<Subresource>,
        options: &ApplyOptions,
    ) -> Result<Value> {
        let name = metadata::name(object);
        if name.is_empty() {
            return Err(Error::Request("the object to apply has no name".to_owned()));
        }
        let namespace = Some(metadata::namespace(object)).filter(|namespace| !namespace.is_empty());
        let path = with_query(&sub_path(resource, namespace, name, part), &options.pairs());
        let mut call = Call::new(Method::PATCH, path).json(object);
        call.content_type = "application/apply-patch+yaml";
        self.json(&call).await
    }

    /// Patches an object, or one part of it.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses.
    pub async fn patch(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
        part: Option<Subresource>,
        kind: PatchKind,
        patch: &Value,
    ) -> Result<Value> {
        let mut call = Call::new(Method::PATCH, sub_path(resource, namespace, name, part)).json(patch);
        call.content_type = kind.content_type();
        self.json(&call).await
    }

    /// Deletes an object. Gives the object if it stays for a while (grace period, finalizers), or
    /// the server's Status; nothing if it was not there.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses.
    pub async fn delete(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
        options: &DeleteOptions,
    ) -> Result<Option<Value>> {
        let call = Call::new(Method::DELETE, resource.object_path(namespace, name)).json(&options.body());
        match self.json(&call).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Deletes all objects of a kind that match, in one namespace or in all.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses.
    pub async fn delete_all(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        list: &ListOptions,
        options: &DeleteOptions,
    ) -> Result<()> {
        let path = with_query(&resource.collection_path(namespace), &list.pairs());
        self.json(&Call::new(Method::DELETE, path).json(&options.body())).await.map(drop)
    }
}

fn sub_path(resource: &Resource, namespace: Option<&str>, name: &str, part: Option<Subresource>) -> String {
    let path = resource.object_path(namespace, name);
    match part {
        Some(part) => format!("{path}/{}", part.segment()),
        None => path,
    }
}
