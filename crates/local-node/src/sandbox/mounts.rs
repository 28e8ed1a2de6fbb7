//! Namespaces, root filesystems and filesystems in memory.

use std::io;
use std::path::Path;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};

use super::protocol::{Root, Setup};

fn context(what: String) -> impl FnOnce(nix::Error) -> io::Error {
    move |error| io::Error::other(format!("{what}: {error}"))
}

/// Makes the pod's namespaces and what is mounted in them for the whole pod.
pub(super) fn set_up(setup: &Setup) -> io::Result<()> {
    let mut flags = CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWUTS;
    if !setup.host_network {
        flags |= CloneFlags::CLONE_NEWNET;
    }
    if !setup.host_ipc {
        flags |= CloneFlags::CLONE_NEWIPC;
    }
    unshare(flags).map_err(context("make namespaces".to_owned()))?;
    // What is mounted here stays here; what the host mounts still appears.
    let none: Option<&str> = None;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_SLAVE, none)
        .map_err(context("separate mounts".to_owned()))?;
    nix::unistd::sethostname(&setup.hostname).map_err(context("set the host name".to_owned()))?;
    for (path, size) in &setup.memory {
        std::fs::create_dir_all(path)?;
        let options = match size {
            Some(size) => format!("mode=0777,size={size}"),
            None => "mode=0777".to_owned(),
        };
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
        mount(Some("tmpfs"), path, Some("tmpfs"), flags, Some(options.as_str()))
            .map_err(context(format!("mount memory on {}", path.display())))?;
    }
    for (name, value) in &setup.sysctls {
        let path = Path::new("/proc/sys").join(name.replace('.', "/"));
        std::fs::write(&path, value).map_err(|error| io::Error::other(format!("set {name}: {error}")))?;
    }
    Ok(())
}

/// Mounts a container's root filesystem on `rootfs` of its bundle.
pub(super) fn mount_root(root: &Root, layers: &Path) -> io::Result<()> {
    let target = root.bundle.join("rootfs");
    let upper = root.bundle.join("upper");
    let work = root.bundle.join("work");
    for folder in [&target, &upper, &work] {
        std::fs::create_dir_all(folder)?;
    }
    // The names of layers are relative, because the kernel takes at most a page of options.
    std::env::set_current_dir(layers)?;
    let options =
        format!("lowerdir={},upperdir={},workdir={}", root.layers.join(":"), upper.display(), work.display());
    let mounted = mount(Some("overlay"), &target, Some("overlay"), MsFlags::empty(), Some(options.as_str()))
        .map_err(context(format!("mount the root filesystem on {}", target.display())));
    std::env::set_current_dir("/")?;
    mounted
}

/// Takes a root filesystem off.
pub(super) fn unmount_root(bundle: &Path) {
    if let Err(error) = umount2(&bundle.join("rootfs"), MntFlags::MNT_DETACH) {
        tracing::debug!(bundle = %bundle.display(), %error, "root filesystem was not mounted");
    }
}
