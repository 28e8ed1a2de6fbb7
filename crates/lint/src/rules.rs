//! The rules, in the order in which they run. What a rule finds is its error.

pub mod chart_file;
pub mod crds;
pub mod dependencies;
pub mod templates;
pub mod values;
