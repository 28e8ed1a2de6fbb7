//! Unpacking a layer into the form that overlayfs reads.
//!
//! A layer is a tar of what differs from the layers below. A file `.wh.NAME` says that NAME is gone;
//! `.wh..wh..opq` that nothing below shows through. Overlayfs says the same by a device file 0/0 and by
//! an extended attribute.

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};

use nix::sys::stat::{Mode, SFlag, makedev, mknod};
use sha2::{Digest as _, Sha256};
use tar::{Archive, EntryType};

use super::{ImageError, hex_digest};

const WHITEOUT: &str = ".wh.";
const OPAQUE: &str = ".wh..wh..opq";

/// Counts the digest of what is read through it.
struct Hashing<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

/// Unpacks a layer, compressed or not, into a folder that is there and empty. Gives the digest of the
/// uncompressed tar.
pub(super) fn unpack(blob: &Path, target: &Path) -> Result<String, ImageError> {
    let fail = |error: io::Error| ImageError::Content(format!("layer {}: {error}", blob.display()));
    let file = fs::File::open(blob).map_err(ImageError::store(format!("open {}", blob.display())))?;
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let magic = reader.fill_buf().map_err(fail)?.get(..4).unwrap_or_default().to_vec();
    let plain: Box<dyn Read> = match magic.as_slice() {
        [0x1f, 0x8b, ..] => Box::new(flate2::bufread::MultiGzDecoder::new(reader)),
        [0x28, 0xb5, 0x2f, 0xfd] => Box::new(
            ruzstd::decoding::StreamingDecoder::new(reader)
                .map_err(|error| ImageError::Content(format!("layer {}: {error}", blob.display())))?,
        ),
        _ => Box::new(reader),
    };
    let mut hashing = Hashing { inner: plain, hash: Sha256::new() };
    unpack_tar(&mut hashing, target).map_err(fail)?;
    // What follows the end of the archive belongs to the digest too.
    io::copy(&mut hashing, &mut io::sink()).map_err(fail)?;
    Ok(hex_digest(&hashing.hash.finalize()))
}

/// The place within `target` that a path in the archive names: never outside, whatever it says.
fn place(target: &Path, path: &Path) -> Option<PathBuf> {
    let mut place = target.to_owned();
    for part in path.components() {
        match part {
            Component::Normal(part) => place.push(part),
            Component::CurDir | Component::RootDir => {}
            Component::ParentDir | Component::Prefix(_) => return None,
        }
    }
    Some(place)
}

/// Makes the folders above a place; a symbolic link in the way would lead outside and is replaced.
fn make_way(target: &Path, place: &Path) -> io::Result<()> {
    let Some(parent) = place.parent().and_then(|parent| parent.strip_prefix(target).ok()) else {
        return Ok(());
    };
    let mut here = target.to_owned();
    for part in parent.components() {
        here.push(part);
        match fs::symlink_metadata(&here) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => {
                fs::remove_file(&here)?;
                fs::create_dir(&here)?;
            }
            Err(_) => fs::create_dir(&here)?,
        }
    }
    Ok(())
}

fn unpack_tar(reader: &mut dyn Read, target: &Path) -> io::Result<()> {
    let mut archive = Archive::new(reader);
    let mut folders = Vec::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let Some(place) = place(target, &path) else {
            return Err(io::Error::other(format!("{} leads outside", path.display())));
        };
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        make_way(target, &place)?;
        if name == OPAQUE {
            if let Some(folder) = place.parent() {
                set_opaque(folder)?;
            }
            continue;
        }
        if let Some(gone) = name.strip_prefix(WHITEOUT) {
            let whiteout = place.with_file_name(gone);
            remove(&whiteout)?;
            mknod(&whiteout, SFlag::S_IFCHR, Mode::empty(), makedev(0, 0))?;
            continue;
        }
        let header = entry.header();
        let kind = header.entry_type();
        let mode = header.mode().unwrap_or(0o644) & 0o7777;
        let owner = (u32::try_from(header.uid()?).unwrap_or(0), u32::try_from(header.gid()?).unwrap_or(0));
        let modified = header.mtime().unwrap_or(0);
        if kind != EntryType::Directory {
            remove(&place)?;
        }
        match kind {
            EntryType::Directory => {
                match fs::symlink_metadata(&place) {
                    Ok(found) if found.is_dir() => {}
                    Ok(_) => {
                        fs::remove_file(&place)?;
                        fs::create_dir(&place)?;
                    }
                    Err(_) => fs::create_dir(&place)?,
                }
                folders.push((place.clone(), modified));
            }
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                let mut file = fs::File::create_new(&place)?;
                io::copy(&mut entry, &mut file)?;
            }
            EntryType::Symlink => {
                let link = entry.link_name()?.ok_or_else(|| io::Error::other("a link without a target"))?;
                std::os::unix::fs::symlink(link, &place)?;
            }
            EntryType::Link => {
                let link = entry.link_name()?.ok_or_else(|| io::Error::other("a link without a target"))?;
                let from = self::place(target, &link)
                    .filter(|from| is_inside(target, from))
                    .ok_or_else(|| io::Error::other(format!("{} leads outside", link.display())))?;
                fs::hard_link(from, &place)?;
                continue;
            }
            EntryType::Char | EntryType::Block | EntryType::Fifo => {
                let flag = match kind {
                    EntryType::Char => SFlag::S_IFCHR,
                    EntryType::Block => SFlag::S_IFBLK,
                    _ => SFlag::S_IFIFO,
                };
                let (major, minor) =
                    (header.device_major()?.unwrap_or(0), header.device_minor()?.unwrap_or(0));
                mknod(&place, flag, Mode::empty(), makedev(major.into(), minor.into()))?;
            }
            // Extended headers and the like are read by the archive itself.
            _ => continue,
        }
        std::os::unix::fs::lchown(&place, Some(owner.0), Some(owner.1))?;
        if kind != EntryType::Symlink {
            fs::set_permissions(&place, fs::Permissions::from_mode(mode))?;
        }
        set_attributes(&mut entry, &place)?;
        if kind == EntryType::Regular {
            set_modified(&place, modified)?;
        }
    }
    for (folder, modified) in folders.into_iter().rev() {
        set_modified(&folder, modified)?;
    }
    Ok(())
}

/// Whether no symbolic link on the way to a place leads out of the target.
fn is_inside(target: &Path, place: &Path) -> bool {
    let parent = place.parent().and_then(|parent| fs::canonicalize(parent).ok());
    let root = fs::canonicalize(target).ok();
    parent.zip(root).is_some_and(|(parent, root)| parent.starts_with(root))
}

fn remove(place: &Path) -> io::Result<()> {
    match fs::symlink_metadata(place) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(place),
        Ok(_) => fs::remove_file(place),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn set_modified(place: &Path, seconds: u64) -> io::Result<()> {
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
    fs::File::open(place)?.set_modified(time)
}

fn set_opaque(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::setxattr(folder, "trusted.overlay.opaque", b"y", rustix::fs::XattrFlags::empty())?)
}

/// Extended attributes of a file, of which file capabilities are the ones that matter.
fn set_attributes<R: Read>(entry: &mut tar::Entry<'_, R>, place: &Path) -> io::Result<()> {
    let Some(extensions) = entry.pax_extensions()? else { return Ok(()) };
    for extension in extensions.flatten() {
        let Some(name) = extension.key().ok().and_then(|key| key.strip_prefix("SCHILY.xattr.")) else {
            continue;
        };
        let set =
            rustix::fs::lsetxattr(place, name, extension.value_bytes(), rustix::fs::XattrFlags::empty());
        if let Err(error) = set {
            tracing::debug!(name, place = %place.display(), %error, "an extended attribute was left out");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(entries: &[(&str, EntryType, &str)]) -> tempfile::NamedTempFile {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, kind, content) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(*kind);
            header.set_mode(0o755);
            header.set_uid(rustix::process::getuid().as_raw().into());
            header.set_gid(rustix::process::getgid().as_raw().into());
            // Names are written as they are: `Builder` would refuse the bad ones.
            let name = header.as_gnu_mut().unwrap();
            name.name[..path.len()].copy_from_slice(path.as_bytes());
            if matches!(kind, EntryType::Symlink | EntryType::Link) {
                header.set_link_name_literal(content).unwrap();
                header.set_size(0);
                header.set_cksum();
                builder.append(&header, io::empty()).unwrap();
            } else {
                header.set_size(content.len() as u64);
                header.set_cksum();
                builder.append(&header, content.as_bytes()).unwrap();
            }
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), builder.into_inner().unwrap()).unwrap();
        file
    }

    #[test]
    fn files_links_and_folders_are_unpacked() {
        let target = tempfile::tempdir().unwrap();
        let blob = archive(&[
            ("bin/", EntryType::Directory, ""),
            ("bin/tool", EntryType::Regular, "hello"),
            ("bin/same", EntryType::Link, "bin/tool"),
            ("sh", EntryType::Symlink, "bin/tool"),
        ]);
        let digest = unpack(blob.path(), target.path()).unwrap();
        assert_eq!(digest, super::super::digest_of(&fs::read(blob.path()).unwrap()));
        assert_eq!(fs::read_to_string(target.path().join("sh")).unwrap(), "hello");
        assert_eq!(fs::read_to_string(target.path().join("bin/same")).unwrap(), "hello");
        assert_eq!(fs::metadata(target.path().join("bin/tool")).unwrap().permissions().mode() & 0o777, 0o755);
    }

    #[test]
    fn nothing_is_written_outside() {
        let outside = tempfile::tempdir().unwrap();
        let target = outside.path().join("target");
        let link = outside.path().to_str().unwrap().to_owned();
        let cases: [&[(&str, EntryType, &str)]; 4] = [
            &[("../evil", EntryType::Regular, "x")],
            &[("a/../../evil", EntryType::Regular, "x")],
            &[("out", EntryType::Symlink, &link), ("out/evil", EntryType::Regular, "x")],
            &[("out", EntryType::Symlink, &link), ("evil", EntryType::Link, "out/target")],
        ];
        for entries in cases {
            let _ = fs::remove_dir_all(&target);
            fs::create_dir(&target).unwrap();
            let _ = unpack(archive(entries).path(), &target);
            assert!(!outside.path().join("evil").exists(), "{entries:?}");
        }
        // An absolute path is taken as one from the root of the image.
        fs::remove_dir_all(&target).unwrap();
        fs::create_dir(&target).unwrap();
        unpack(archive(&[("/etc/x", EntryType::Regular, "x")]).path(), &target).unwrap();
        assert!(target.join("etc/x").exists());
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        let target = tempfile::tempdir().unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "this is not a tar file, but it is longer than one block of it".repeat(20))
            .unwrap();
        assert!(unpack(file.path(), target.path()).is_err());
    }
}
