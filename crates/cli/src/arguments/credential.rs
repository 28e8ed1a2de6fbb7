use clap::{Args, Subcommand};

use super::PlatformOptions;

/// `key`
#[derive(Args, Debug)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Key {
    #[command(subcommand)]
    pub action: KeyAction,
}

/// What is done about API keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyAction {
    /// Make an API key; its value is shown once
    Create(KeyCreate),
    /// List API keys
    #[command(visible_alias = "ls")]
    List(KeyList),
    /// Show an API key and what it allows
    Get(KeyId),
    /// Delete an API key; it ends at once
    #[command(visible_alias = "rm")]
    Delete(KeyId),
}

/// `key create`
#[derive(Args, Debug)]
pub(crate) struct KeyCreate {
    /// A scope; may be given again; calling and looking without any
    #[arg(long, value_name = "SCOPE", value_delimiter = ',')]
    pub scope: Vec<String>,
    /// Only for this function; may be given again
    #[arg(long, value_name = "ID")]
    pub function: Vec<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub description: String,
    /// When it ends, such as 12h or 30d; never without it
    #[arg(long, value_name = "DURATION")]
    pub expires_in: Option<String>,
    #[command(flatten)]
    pub platform: PlatformOptions,
}

/// `key list`
#[derive(Args, Debug)]
pub(crate) struct KeyList {
    #[command(flatten)]
    pub platform: PlatformOptions,
}

/// `key get`, `key delete`
#[derive(Args, Debug)]
pub(crate) struct KeyId {
    /// The key's id
    pub id: String,
    #[command(flatten)]
    pub platform: PlatformOptions,
}

/// `registry-credential`
#[derive(Args, Debug)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct RegistryCredential {
    #[command(subcommand)]
    pub action: RegistryCredentialAction,
}

/// What is done about registry credentials.
#[derive(Debug, Subcommand)]
pub(crate) enum RegistryCredentialAction {
    /// Add a credential the platform fetches charts and images with
    #[command(visible_alias = "create")]
    Add(RegistryCredentialAdd),
    /// List registry credentials; their passwords are never shown
    #[command(visible_alias = "ls")]
    List(RegistryCredentialList),
    /// Show a registry credential
    Get(RegistryCredentialId),
    /// Change a credential's password or kinds
    Update(RegistryCredentialUpdate),
    /// Delete a registry credential
    #[command(visible_alias = "rm")]
    Delete(RegistryCredentialId),
}

/// A user's name and password.
#[derive(Args, Clone, Debug)]
pub(crate) struct Account {
    /// The user's name
    #[arg(long, value_name = "NAME")]
    pub username: Option<String>,
    /// Read the password from standard input; else WHEELHOUSE_REGISTRY_PASSWORD
    #[arg(long)]
    pub password_stdin: bool,
}

/// `registry-credential add`
#[derive(Args, Debug)]
pub(crate) struct RegistryCredentialAdd {
    /// The registry's host, with its port if it has one
    pub host: String,
    #[command(flatten)]
    pub account: Account,
    /// What it is for: CONTAINER, HELM, MODEL, RESOURCE; may be given again; charts and images without it
    #[arg(long = "type", value_name = "KIND", value_delimiter = ',')]
    pub kinds: Vec<String>,
    /// Its name
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// What it is
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    #[command(flatten)]
    pub platform: PlatformOptions,
}

/// `registry-credential list`
#[derive(Args, Debug)]
pub(crate) struct RegistryCredentialList {
    #[command(flatten)]
    pub platform: PlatformOptions,
}

/// `registry-credential get`, `registry-credential delete`
#[derive(Args, Debug)]
pub(crate) struct RegistryCredentialId {
    /// The credential's id
    pub id: String,
    #[command(flatten)]
    pub platform: PlatformOptions,
}

/// `registry-credential update`
#[derive(Args, Debug)]
pub(crate) struct RegistryCredentialUpdate {
    /// The credential's id
    pub id: String,
    #[command(flatten)]
    pub account: Account,
    /// A kind to add: CONTAINER, HELM, MODEL, RESOURCE; may be given again
    #[arg(long = "type", value_name = "KIND", value_delimiter = ',')]
    pub kinds: Vec<String>,
    #[command(flatten)]
    pub platform: PlatformOptions,
}
