//! The one switch between the two Helms that are followed.

/// Which Helm is followed where the two differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compat {
    /// Helm 4.2.4.
    #[default]
    V4,
    /// Helm 3.21.4.
    V3,
}
