//! OCI registries: the client that fetches charts and the embedded server.
