//! A rule's card: what `explain WH-012` prints.

use std::fmt;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Something the author should know; nothing is wrong.
    Info,
    /// Not enforced now, or the chart runs but loses something.
    Warning,
    /// The chart is refused.
    Error,
}

impl Level {
    /// `error`, `warning` or `info`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Who asks for a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    /// The platform's published limits.
    Platform,
    /// Kubernetes' Pod Security Standards, which the platform will enforce later.
    PodSecurity,
    /// Wheelhouse itself.
    House,
}

/// A rule of the catalogue. Ids are never reused.
#[derive(Debug)]
pub struct Rule {
    /// `WH-010`
    pub id: &'static str,
    /// `kind-not-allowed`
    pub slug: &'static str,
    /// How bad a breach is today.
    pub level: Level,
    /// How bad it will be once upcoming rules are enforced, if that differs.
    pub upcoming: Option<Level>,
    /// Whether the rule protects the platform itself: it holds under every policy and cannot be
    /// suppressed.
    pub protects_platform: bool,
    /// Who asks for it.
    pub authority: Authority,
    /// Why it is there, in one sentence.
    pub reason: &'static str,
    /// The smallest change that satisfies it.
    pub fix: &'static str,
}

impl Rule {
    /// A rule the platform enforces.
    pub(crate) const fn error(
        id: &'static str,
        slug: &'static str,
        reason: &'static str,
        fix: &'static str,
    ) -> Self {
        Rule {
            id,
            slug,
            level: Level::Error,
            upcoming: None,
            protects_platform: false,
            authority: Authority::House,
            reason,
            fix,
        }
    }

    /// A rule that only warns.
    pub(crate) const fn warning(
        id: &'static str,
        slug: &'static str,
        reason: &'static str,
        fix: &'static str,
    ) -> Self {
        let mut rule = Rule::error(id, slug, reason, fix);
        rule.level = Level::Warning;
        rule
    }

    /// A rule that only informs.
    pub(crate) const fn info(
        id: &'static str,
        slug: &'static str,
        reason: &'static str,
        fix: &'static str,
    ) -> Self {
        let mut rule = Rule::error(id, slug, reason, fix);
        rule.level = Level::Info;
        rule
    }

    /// The rule stands in the platform's published limits.
    pub(crate) const fn by_platform(mut self) -> Self {
        self.authority = Authority::Platform;
        self
    }

    /// The rule is one of the Pod Security Standards.
    pub(crate) const fn by_pod_security(mut self) -> Self {
        self.authority = Authority::PodSecurity;
        self
    }

    /// The rule will be an error once upcoming rules are enforced.
    pub(crate) const fn later(mut self) -> Self {
        self.upcoming = Some(Level::Error);
        self
    }

    /// The rule protects the platform itself.
    pub(crate) const fn protecting(mut self) -> Self {
        self.protects_platform = true;
        self
    }
}
