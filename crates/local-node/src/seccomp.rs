//! The system call filter of containers with the profile `RuntimeDefault`.
//!
//! A list of calls is allowed, the one of Docker and containerd; any other fails with `EPERM`, and
//! `clone3` with `ENOSYS`, so that the C library falls back to `clone`, whose flags a filter can see. Some
//! calls are allowed to containers that have the capability for them.
//!
//! The kernel takes a filter from a process without `CAP_SYS_ADMIN` only if it can never gain rights.
//! So, other than with containerd, set-user-id programs do not gain rights under this profile.

mod allowed;

use std::collections::{BTreeMap, BTreeSet};

use libcontainer::oci_spec::runtime::Spec;
use libcontainer::workload::default::DefaultExecutor;
use libcontainer::workload::{Executor, ExecutorError, ExecutorValidationError};
use nix::libc;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch,
};

/// The annotation in `config.json` by which a container asks for the filter.
pub(crate) const ANNOTATION: &str = "wheelhouse.seccomp";
/// Its value.
pub(crate) const RUNTIME_DEFAULT: &str = "RuntimeDefault";

/// The flags of `clone` that make namespaces.
const NEW_NAMESPACES: u64 = 0x7e02_0000;
/// The address family of sockets to hypervisors, which know nothing of containers.
const AF_VSOCK: u64 = 40;
/// The execution domains that do no harm: Linux, with and without 32-bit addresses or names; and asking.
const PERSONALITIES: [u64; 5] = [0, 0x8, 0x2_0000, 0x2_0008, 0xffff_ffff];

/// Runs a container's program, under the filter if its configuration asks for it.
#[derive(Debug, Clone)]
pub(crate) struct Confined;

impl Executor for Confined {
    fn exec(&self, spec: &Spec) -> Result<(), ExecutorError> {
        let asked = spec.annotations().as_ref().and_then(|all| all.get(ANNOTATION));
        if asked.is_some_and(|profile| profile == RUNTIME_DEFAULT) {
            let fail = |error: String| ExecutorError::Other(format!("cannot filter system calls: {error}"));
            for program in filters(&capabilities(spec)).map_err(|error| fail(error.to_string()))? {
                seccompiler::apply_filter(&program).map_err(|error| fail(error.to_string()))?;
            }
        }
        DefaultExecutor {}.exec(spec)
    }

    fn validate(&self, spec: &Spec) -> Result<(), ExecutorValidationError> {
        DefaultExecutor {}.validate(spec)
    }
}

/// What the container may have at most, as `CAP_SYS_ADMIN`.
fn capabilities(spec: &Spec) -> BTreeSet<String> {
    let all = spec.process().as_ref().and_then(|process| process.capabilities().as_ref());
    let bounding = all.and_then(|all| all.bounding().as_ref());
    bounding
        .into_iter()
        .flatten()
        .map(|name| format!("CAP_{}", name.to_string().trim_start_matches("CAP_")))
        .collect()
}

type Error = seccompiler::BackendError;

/// The filters of a container with these capabilities, in the order in which they are put in force.
fn filters(capabilities: &BTreeSet<String>) -> Result<Vec<BpfProgram>, Error> {
    let architecture: TargetArch = std::env::consts::ARCH.try_into()?;
    let errno = |number: i32| SeccompAction::Errno(number.unsigned_abs());
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        allowed::always().map(|number| (number, Vec::new())).collect();
    for (capability, calls) in allowed::WITH_CAPABILITY {
        if capabilities.contains(*capability) {
            rules.extend(calls.iter().map(|number| (*number, Vec::new())));
        }
    }
    rules.insert(libc::SYS_socket, vec![rule(SeccompCmpOp::Ne, AF_VSOCK)?]);
    let harmless = PERSONALITIES.iter().map(|value| rule(SeccompCmpOp::Eq, *value));
    rules.insert(libc::SYS_personality, harmless.collect::<Result<_, _>>()?);
    let mut filters = Vec::new();
    if capabilities.contains("CAP_SYS_ADMIN") {
        rules.insert(libc::SYS_clone, Vec::new());
        rules.insert(libc::SYS_clone3, Vec::new());
    } else {
        rules.insert(libc::SYS_clone, vec![rule(SeccompCmpOp::MaskedEq(NEW_NAMESPACES), 0)?]);
        // One filter has one way of failing; the stricter of two has its way.
        rules.insert(libc::SYS_clone3, Vec::new());
        let absent = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
        let filter = SeccompFilter::new(absent, SeccompAction::Allow, errno(libc::ENOSYS), architecture)?;
        filters.push(filter.try_into()?);
    }
    let filter = SeccompFilter::new(rules, errno(libc::EPERM), SeccompAction::Allow, architecture)?;
    filters.push(filter.try_into()?);
    Ok(filters)
}

/// Holds if the first argument does.
fn rule(operator: SeccompCmpOp, value: u64) -> Result<SeccompRule, Error> {
    let length = if value > u64::from(u32::MAX) { SeccompCmpArgLen::Qword } else { SeccompCmpArgLen::Dword };
    SeccompRule::new(vec![SeccompCondition::new(0, length, operator, value)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filters_compile_and_grow_with_capabilities() {
        let size = |names: &[&str]| -> Vec<usize> {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            filters(&names).unwrap().iter().map(Vec::len).collect()
        };
        let plain = size(&[]);
        assert_eq!(plain.len(), 2);
        let mounting = size(&["CAP_SYS_ADMIN"]);
        assert_eq!(mounting.len(), 1);
        assert!(mounting[0] > plain[1], "{mounting:?} {plain:?}");
        // What the kernel takes at most.
        assert!(mounting[0] < 4_096);
    }

    #[test]
    fn dangerous_calls_are_not_allowed_to_everybody() {
        for call in [
            libc::SYS_mount,
            libc::SYS_umount2,
            libc::SYS_unshare,
            libc::SYS_setns,
            libc::SYS_bpf,
            libc::SYS_init_module,
            libc::SYS_kexec_load,
            libc::SYS_reboot,
            libc::SYS_keyctl,
            libc::SYS_add_key,
            libc::SYS_pivot_root,
            libc::SYS_swapon,
            libc::SYS_settimeofday,
            libc::SYS_perf_event_open,
            libc::SYS_userfaultfd,
            libc::SYS_open_by_handle_at,
            libc::SYS_io_uring_setup,
        ] {
            assert!(allowed::always().all(|allowed| allowed != call), "call {call}");
        }
    }
}
