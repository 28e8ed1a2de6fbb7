//! Version ranges and versions: a version that is printed reads back equal, and a range explains
//! exactly what it refuses.

use wheelhouse_chart::Compat;
use wheelhouse_render::KubeVersion;
use wheelhouse_semver::{Constraints, Version};

use crate::parts;

pub(crate) fn run(input: &[u8]) {
    let [range, versions] = parts(input);
    let (range, versions) = (String::from_utf8_lossy(range), String::from_utf8_lossy(versions));
    let constraints = Constraints::parse(&range).ok();
    for text in versions.lines().chain([&*range]) {
        drop(KubeVersion::parse(text, Compat::V4));
        let Ok(version) = Version::parse(text) else { continue };
        let printed = version.to_string();
        let strict = Version::parse_strict(&printed);
        assert_eq!(strict.as_ref().map(ToString::to_string), Ok(printed), "{text:?} is printed another way");
        let next = [version.increment_patch(), version.increment_minor(), version.increment_major()];
        for next in next.into_iter().flatten() {
            assert!(next > version, "{next} is not above {version}");
        }
        if let Some(constraints) = &constraints {
            let refused = constraints.validate(&version).is_err();
            assert_eq!(constraints.check(&version), !refused, "{range:?} of {version}");
        }
    }
}
