//! Baselines: the findings an old chart already has, so that only new ones count.

use std::collections::HashMap;

use serde_json::{Value, json};
use wheelhouse_source::LineIndex;

use crate::located::Located;

/// The findings a chart is known to have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Fingerprint and a description for people.
    entries: Vec<(String, String)>,
}

/// A text that is no baseline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a baseline: {0}")]
pub struct BrokenBaseline(String);

/// Findings, held against a baseline.
#[derive(Debug, Default)]
pub struct AgainstBaseline {
    /// Findings that are not in the baseline.
    pub new: Vec<Located>,
    /// Findings that are.
    pub known: Vec<Located>,
    /// What is in the baseline and no longer found.
    pub gone: Vec<String>,
}

impl Baseline {
    /// The baseline of these findings. Findings of rules that protect the platform are left out.
    #[must_use]
    pub fn of(findings: &[Located]) -> Self {
        let entries = fingerprints(findings)
            .into_iter()
            .zip(findings)
            .filter(|(_, located)| !located.finding.rule.protects_platform)
            .map(|(fingerprint, located)| {
                let finding = &located.finding;
                let file = located.place().map(|place| place.file).unwrap_or_default();
                let about: Vec<&str> = [finding.rule.id, &finding.object, &finding.path, &file]
                    .into_iter()
                    .filter(|part| !part.is_empty())
                    .collect();
                (fingerprint, about.join(" "))
            })
            .collect();
        Baseline { entries }
    }

    /// How many findings it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// As a file: one finding a line, sorted, so that changes read well.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut entries = self.entries.clone();
        entries.sort_by(|left, right| (&left.1, &left.0).cmp(&(&right.1, &right.0)));
        let lines: Vec<String> = entries
            .iter()
            .map(|(fingerprint, about)| {
                format!("    {}", json!({"fingerprint": fingerprint, "finding": about}))
            })
            .collect();
        let list = if lines.is_empty() { String::new() } else { format!("\n{}\n  ", lines.join(",\n")) };
        format!("{{\n  \"version\": 1,\n  \"findings\": [{list}]\n}}\n")
    }

    /// Reads a file that [`Baseline::to_text`] wrote.
    ///
    /// # Errors
    /// When the text is none, or of a version this program does not know.
    pub fn parse(text: &str) -> Result<Self, BrokenBaseline> {
        let broken = |text: String| BrokenBaseline(text);
        let value: Value = serde_json::from_str(text).map_err(|error| broken(error.to_string()))?;
        match value.get("version").and_then(Value::as_u64) {
            Some(1) => {}
            Some(version) => return Err(broken(format!("version {version} is not known"))),
            None => return Err(broken("it has no version".to_owned())),
        }
        let findings = value.get("findings").and_then(Value::as_array);
        let findings = findings.ok_or_else(|| broken("it has no list of findings".to_owned()))?;
        let text = |entry: &Value, key: &str| entry.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
        let entries = (1_usize..)
            .zip(findings)
            .map(|(number, entry)| {
                let fingerprint = text(entry, "fingerprint")
                    .ok_or_else(|| broken(format!("finding {number} has no fingerprint")))?;
                Ok((fingerprint, text(entry, "finding").unwrap_or_default()))
            })
            .collect::<Result<_, BrokenBaseline>>()?;
        Ok(Baseline { entries })
    }

    /// Tells new findings from known ones.
    #[must_use]
    pub fn compare(&self, findings: Vec<Located>) -> AgainstBaseline {
        let mut known: HashMap<&str, &str> =
            self.entries.iter().map(|(fingerprint, about)| (fingerprint.as_str(), about.as_str())).collect();
        let mut result = AgainstBaseline::default();
        for (fingerprint, located) in fingerprints(&findings).into_iter().zip(findings) {
            let is_known =
                !located.finding.rule.protects_platform && known.remove(fingerprint.as_str()).is_some();
            if is_known { result.known.push(located) } else { result.new.push(located) }
        }
        result.gone = known.values().map(ToString::to_string).collect();
        result.gone.sort();
        result
    }
}

/// A name for each finding that stays the same when lines move: it is made of the rule, the object,
/// the field without list indexes, the file and the text of its line; equal ones are counted.
#[must_use]
pub fn fingerprints(findings: &[Located]) -> Vec<String> {
    let mut seen: HashMap<u128, usize> = HashMap::new();
    findings
        .iter()
        .map(|located| {
            let base = hash(located);
            let count = seen.entry(base).or_default();
            *count += 1;
            format!("{base:032x}-{count}")
        })
        .collect()
}

fn hash(located: &Located) -> u128 {
    let finding = &located.finding;
    let path: String =
        finding.path.split('[').map(|part| part.split_once(']').map_or(part, |(_, rest)| rest)).collect();
    let (file, line) = match &located.provenance {
        Some(provenance) => {
            let text = provenance.template.source.as_bytes();
            let index = LineIndex::new(text);
            let number = index.position(provenance.template.span.start).line;
            let line = index.line_range(number).and_then(|range| text.get(range)).unwrap_or_default();
            (located.place().map(|place| place.file).unwrap_or_default(), line.trim_ascii())
        }
        None => (String::new(), &b""[..]),
    };
    let parts =
        [finding.rule.id.as_bytes(), finding.object.as_bytes(), path.as_bytes(), file.as_bytes(), line];
    // FNV-1a: no secret is kept by it, it only has to stay the same for ever.
    let mut hash = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
    for byte in parts.iter().flat_map(|part| part.iter().chain(&[0])) {
        hash = (hash ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    hash
}
