//! Counting devices out.

use std::sync::{Arc, Mutex, PoisonError};

use super::description::{Device, Edits};

/// The devices of one node.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pool {
    /// Each with whether a container has it.
    devices: Arc<Mutex<Vec<(Device, bool)>>>,
}

/// Devices that a container has; dropping it gives them back.
#[derive(Debug, Default)]
pub(crate) struct Lease {
    pool: Pool,
    taken: Vec<usize>,
    edits: Edits,
}

impl Pool {
    pub(crate) fn new(devices: Vec<Device>) -> Self {
        let devices = devices.into_iter().map(|device| (device, false)).collect();
        Self { devices: Arc::new(Mutex::new(devices)) }
    }

    /// Takes so many devices of each resource. Resources without any device are only counted.
    ///
    /// # Errors
    /// If fewer are free, in the kubelet's words.
    pub(crate) fn take<'a>(
        &self,
        wanted: impl IntoIterator<Item = (&'a str, usize)>,
    ) -> Result<Lease, String> {
        let mut devices = self.devices.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut all, mut edits) = (Vec::new(), Edits::default());
        for (resource, count) in wanted {
            let of_resource =
                || devices.iter().enumerate().filter(|(_, (each, _))| each.resource == resource);
            if count == 0 || of_resource().next().is_none() {
                continue;
            }
            let free: Vec<usize> = of_resource().filter(|(_, (_, taken))| !taken).map(|(at, _)| at).collect();
            let Some(chosen) = free.get(..count) else {
                return Err(format!(
                    "Allocate failed due to requested number of devices unavailable for {resource}. Requested: {count}, Available: {}, which is unexpected",
                    free.len()
                ));
            };
            all.extend_from_slice(chosen);
            if let Some((device, _)) = chosen.first().and_then(|at| devices.get(*at)) {
                edits.add(&device.shared);
            }
        }
        for at in &all {
            if let Some((device, taken)) = devices.get_mut(*at) {
                *taken = true;
                edits.add(&device.own);
            }
        }
        Ok(Lease { pool: self.clone(), taken: all, edits })
    }
}

impl Lease {
    /// What the container needs for its devices.
    pub(crate) fn edits(&self) -> &Edits {
        &self.edits
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut devices = self.pool.devices.lock().unwrap_or_else(PoisonError::into_inner);
        for at in &self.taken {
            if let Some((_, taken)) = devices.get_mut(*at) {
                *taken = false;
            }
        }
    }
}

impl Edits {
    fn add(&mut self, more: &Edits) {
        self.env.extend_from_slice(&more.env);
        self.mounts.extend_from_slice(&more.mounts);
        self.hooks.extend_from_slice(&more.hooks);
        for node in &more.nodes {
            if !self.nodes.contains(node) {
                self.nodes.push(node.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::description::Node;
    use super::*;

    fn device(name: &str) -> Device {
        let node = |name: &str| Node { path: format!("/dev/{name}"), host: format!("/dev/{name}").into() };
        Device {
            resource: "a.b/gpu".into(),
            name: name.into(),
            own: Edits { nodes: vec![node(name)], ..Edits::default() },
            shared: Edits { nodes: vec![node("all")], env: vec!["A=b".into()], ..Edits::default() },
        }
    }

    #[test]
    fn devices_are_counted_out_and_come_back() {
        let pool = Pool::new(vec![device("x"), device("y")]);
        let paths = |lease: &Lease| -> Vec<String> {
            lease.edits().nodes.iter().map(|node| node.path.clone()).collect()
        };
        let one = pool.take([("a.b/gpu", 1)]).unwrap();
        assert_eq!(paths(&one), ["/dev/all", "/dev/x"]);
        assert_eq!(one.edits().env, ["A=b"]);
        let error = pool.take([("a.b/gpu", 2)]).unwrap_err();
        assert!(error.ends_with("a.b/gpu. Requested: 2, Available: 1, which is unexpected"), "{error}");
        // What was refused has taken nothing.
        assert!(pool.take([("a.b/gpu", 1), ("a.b/gpu", 2)]).is_err());
        let other = pool.take([("a.b/gpu", 1)]).unwrap();
        assert_eq!(paths(&other), ["/dev/all", "/dev/y"]);
        drop(one);
        assert_eq!(paths(&pool.take([("a.b/gpu", 1)]).unwrap()), ["/dev/all", "/dev/x"]);
    }

    #[test]
    fn what_has_no_device_is_only_counted() {
        let pool = Pool::new(vec![device("x")]);
        let lease = pool.take([("nvidia.com/gpu", 4), ("a.b/gpu", 0)]).unwrap();
        assert_eq!(lease.edits(), &Edits::default());
    }
}
