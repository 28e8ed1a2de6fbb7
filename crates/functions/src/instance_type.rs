//! Instance types: `<CSP>.GPU.<GPU>_<GPUs per node>x[.x<nodes>]`.
//!
//! `DGXC.GPU.L40S_1x` is one L40S; `ON-PREM.GPU.B200_8x.x2` is two full nodes of eight B200. A MIG slice
//! carries no count: `NCP.GPU.H200-MIG-7g-141gb`. The *name* holds the count, the *value* (a node label)
//! does not.

use std::fmt;
use std::str::FromStr;

/// The text is not an instance type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid InstanceType '{text}': {reason}; expected <CSP>.GPU.<GPU>_<n>x[.x<nodes>]")]
pub struct InvalidInstanceType {
    /// What was given.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// An instance type, parsed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceType {
    provider: String,
    gpu: String,
    gpus_per_node: u32,
    nodes: u32,
    counted: bool,
}

impl InstanceType {
    /// The most GPUs one node may be said to hold.
    pub const MOST_GPUS_PER_NODE: u32 = 64;
    /// The most nodes one instance may span.
    pub const MOST_NODES: u32 = 1024;

    /// A single-node type of `gpus` GPUs.
    ///
    /// # Errors
    /// When the parts do not make a valid type.
    pub fn single(provider: &str, gpu: &str, gpus: u32) -> Result<Self, InvalidInstanceType> {
        format!("{provider}.GPU.{gpu}_{gpus}x").parse()
    }

    /// The same type over `nodes` nodes.
    ///
    /// # Errors
    /// When the node count is out of range.
    pub fn with_nodes(&self, nodes: u32) -> Result<Self, InvalidInstanceType> {
        format!("{}_{}x.x{nodes}", self.value(), self.gpus_per_node).parse()
    }

    /// The cloud provider, e.g. `ON-PREM`.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The GPU's name, e.g. `H100`.
    #[must_use]
    pub fn gpu(&self) -> &str {
        &self.gpu
    }

    /// GPUs on each node.
    #[must_use]
    pub const fn gpus_per_node(&self) -> u32 {
        self.gpus_per_node
    }

    /// Nodes of one instance.
    #[must_use]
    pub const fn nodes(&self) -> u32 {
        self.nodes
    }

    /// GPUs of one instance, over all its nodes.
    #[must_use]
    pub const fn gpus(&self) -> u32 {
        self.gpus_per_node * self.nodes
    }

    /// The value used as a node label: the name without its counts.
    #[must_use]
    pub fn value(&self) -> String {
        format!("{}.GPU.{}", self.provider, self.gpu)
    }

    /// The name of one node of this type: without the node count.
    #[must_use]
    pub fn node_name(&self) -> String {
        if self.counted { format!("{}_{}x", self.value(), self.gpus_per_node) } else { self.value() }
    }
}

impl fmt::Display for InstanceType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.node_name())?;
        if self.nodes > 1 { write!(formatter, ".x{}", self.nodes) } else { Ok(()) }
    }
}

impl FromStr for InstanceType {
    type Err = InvalidInstanceType;

    fn from_str(text: &str) -> Result<Self, InvalidInstanceType> {
        let fail = |reason| InvalidInstanceType { text: text.chars().take(256).collect(), reason };
        let (provider, rest) = text.split_once(".GPU.").ok_or_else(|| fail("'.GPU.' is missing"))?;
        let word = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if provider.is_empty() || provider.len() > 32 || !provider.chars().all(word) {
            return Err(fail("the provider is not a word"));
        }
        let (gpu, counts) = match rest.split_once('_') {
            Some((gpu, counts)) => (gpu, Some(counts)),
            None => (rest, None),
        };
        let mut nodes = 1;
        let mut gpus_per_node = 1;
        if let Some(counts) = counts {
            let (per_node, node_count) = match counts.split_once('.') {
                Some((per_node, node_count)) => (per_node, Some(node_count)),
                None => (counts, None),
            };
            let digits =
                per_node.strip_suffix('x').ok_or_else(|| fail("the GPU count does not end in 'x'"))?;
            gpus_per_node = count(digits, Self::MOST_GPUS_PER_NODE)
                .ok_or_else(|| fail("the GPU count is out of range"))?;
            if let Some(node_count) = node_count {
                let digits = node_count
                    .strip_prefix('x')
                    .ok_or_else(|| fail("the node count does not start with 'x'"))?;
                nodes =
                    count(digits, Self::MOST_NODES).ok_or_else(|| fail("the node count is out of range"))?;
            }
        }
        if gpu.is_empty() || gpu.len() > 63 || !gpu.chars().all(word) {
            return Err(fail("the GPU name is not a word"));
        }
        Ok(Self {
            provider: provider.to_owned(),
            gpu: gpu.to_owned(),
            gpus_per_node,
            nodes,
            counted: counts.is_some(),
        })
    }
}

fn count(digits: &str, most: u32) -> Option<u32> {
    let plain = !digits.is_empty() && !digits.starts_with('0') && digits.chars().all(|c| c.is_ascii_digit());
    let number: u32 = if plain { digits.parse().ok()? } else { return None };
    (number <= most).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, gpu: &str, gpus_per_node: u32, nodes: u32, value: &str) {
        let parsed: InstanceType = text.parse().unwrap();
        assert_eq!(
            (parsed.gpu(), parsed.gpus_per_node(), parsed.nodes()),
            (gpu, gpus_per_node, nodes),
            "{text}"
        );
        assert_eq!(parsed.value(), value);
        assert_eq!(parsed.to_string(), text);
    }

    #[test]
    fn forms() {
        check("DGXC.GPU.L40S_1x", "L40S", 1, 1, "DGXC.GPU.L40S");
        check("ON-PREM.GPU.B200_8x.x2", "B200", 8, 2, "ON-PREM.GPU.B200");
        check("NCP.GPU.H200-MIG-7g-141gb", "H200-MIG-7g-141gb", 1, 1, "NCP.GPU.H200-MIG-7g-141gb");
    }

    #[test]
    fn refusals() {
        for bad in [
            "",
            "L40S",
            "A.GPU.",
            "A.GPU._1x",
            ".GPU.H100_1x",
            "A.GPU.H100_x",
            "A.GPU.H100_0x",
            "A.GPU.H100_01x",
            "A.GPU.H100_1",
            "A.GPU.H100_1x.2",
            "A.GPU.H100_1x.x0",
            "A.GPU.H100_65x",
            "A.GPU.H100_8x.x1025",
            "A.GPU.H 100_1x",
            "A.GPU.H100_1x.x2.x3",
            "A.GPU.H100_99999999999x",
        ] {
            assert!(bad.parse::<InstanceType>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_parses_prints_back(provider in "[A-Z-]{1,8}", gpu in "[A-Za-z0-9-]{1,10}", per_node in 1u32..64, nodes in 2u32..99) {
            let text = format!("{provider}.GPU.{gpu}_{per_node}x.x{nodes}");
            let parsed: InstanceType = text.parse().unwrap();
            prop_assert_eq!(parsed.to_string(), text);
        }

        #[test]
        fn nothing_panics(text in "\\PC{0,40}") {
            let _ = text.parse::<InstanceType>();
        }
    }
}
