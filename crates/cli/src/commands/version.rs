use super::Failure;
use crate::arguments::Version;
use crate::printer::Printer;

/// The Helm whose behaviour is matched, in Helm's own form: scripts read it.
pub(crate) const HELM_VERSION: &str = "v4.2";
/// The Go and Kubernetes client versions that Helm names beside its own.
pub(crate) const GO_VERSION: &str = "go1.26.8";
/// The Kubernetes client library whose API versions are known.
pub(crate) const KUBE_CLIENT_VERSION: &str = "v1.36";

/// Prints the version as Helm does.
pub(super) fn run(options: &Version, printer: Printer) -> Result<(), Failure> {
    if !options.template.is_empty() {
        return Err(Failure::new("templates need the engine"));
    }
    if options.short {
        printer.data(format!("{HELM_VERSION}\n"));
    } else {
        printer.data(format!(
            "version.BuildInfo{{Version:\"{HELM_VERSION}\", GitCommit:\"\", GitTreeState:\"\", GoVersion:\"{GO_VERSION}\", KubeClientVersion:\"{KUBE_CLIENT_VERSION}\"}}\n"
        ));
    }
    Ok(())
}
