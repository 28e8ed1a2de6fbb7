//! Whom a container runs as: numbers from the pod, or names that the image's own files explain.

/// A resolved user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// The user's number.
    pub uid: u32,
    /// The main group's number.
    pub gid: u32,
    /// More groups.
    pub groups: Vec<u32>,
}

/// Resolves `name`, `number`, `name:group` or `number:number` with the contents of the image's
/// `/etc/passwd` and `/etc/group`.
///
/// # Errors
/// If a name is in neither file.
pub fn resolve(user: &str, passwd: &str, group: &str) -> Result<User, String> {
    let (name, group_name) = match user.split_once(':') {
        Some((name, group)) => (name, Some(group)),
        None => (user, None),
    };
    let entries = |text: &str| -> Vec<Vec<String>> {
        text.lines().map(|line| line.split(':').map(str::to_owned).collect()).collect()
    };
    let field = |entry: &[String], index: usize| entry.get(index).cloned().unwrap_or_default();
    let number = |entry: &[String], index: usize| field(entry, index).parse::<u32>().ok();
    let users = entries(passwd);
    let numeric = name.parse::<u32>().ok();
    let known = users.iter().find(|entry| match numeric {
        Some(uid) => number(entry, 2) == Some(uid),
        None => !name.is_empty() && field(entry, 0) == name,
    });
    let uid = match (numeric, known) {
        (Some(uid), _) => uid,
        (None, Some(entry)) => number(entry, 2).unwrap_or_default(),
        (None, None) if name.is_empty() => 0,
        (None, None) => {
            return Err(format!("unable to find user {name}: no matching entries in passwd file"));
        }
    };
    let groups = entries(group);
    let gid = match group_name.filter(|name| !name.is_empty()) {
        None => known.and_then(|entry| number(entry, 3)).unwrap_or_default(),
        Some(wanted) => match wanted.parse::<u32>() {
            Ok(gid) => gid,
            Err(_) => groups
                .iter()
                .find(|entry| field(entry, 0) == wanted)
                .and_then(|entry| number(entry, 2))
                .ok_or_else(|| format!("unable to find group {wanted}: no matching entries in group file"))?,
        },
    };
    let login = known.map(|entry| field(entry, 0)).unwrap_or_default();
    let more = groups
        .iter()
        .filter(|entry| !login.is_empty() && field(entry, 3).split(',').any(|member| member == login))
        .filter_map(|entry| number(entry, 2))
        .filter(|more| *more != gid)
        .collect();
    Ok(User { uid, gid, groups: more })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_resolved_as_the_image_knows_them() {
        let passwd = "root:x:0:0::/root:/bin/sh\nweb:x:33:44::/:/bin/false\n";
        let group = "root:x:0:\nweb:x:44:\nlogs:x:55:web,other\n";
        let cases = [
            ("", Ok((0, 0, vec![]))),
            ("web", Ok((33, 44, vec![55]))),
            ("33", Ok((33, 44, vec![55]))),
            ("1000", Ok((1000, 0, vec![]))),
            ("1000:2000", Ok((1000, 2000, vec![]))),
            ("web:logs", Ok((33, 55, vec![]))),
            ("nobody", Err("unable to find user nobody: no matching entries in passwd file".to_owned())),
            ("web:none", Err("unable to find group none: no matching entries in group file".to_owned())),
        ];
        for (text, expected) in cases {
            let found = resolve(text, passwd, group).map(|user| (user.uid, user.gid, user.groups));
            assert_eq!(found, expected, "{text}");
        }
    }
}
