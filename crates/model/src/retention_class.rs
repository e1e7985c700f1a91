//! Retention classes: named periods of Japanese law and of an institution's own rules, and what they
//! make of a new version.
//!
//! A class holds a version from its upload, or until an event is posted (完結の日) and then for its
//! period. Classes are floors: they never shorten a lock, and of several the longest counts.

mod assigned;

pub use assigned::{Assigned, EVENT_DATE_METADATA, NotAssigned, assigned, started};

use std::collections::BTreeMap;
use std::fmt;

use crate::calendar::{BadDate, CivilDate};
use crate::cooling::Governed;
use crate::lock::RetentionMode;
use crate::time::ComplianceTime;

/// Longest name of a class, in bytes.
pub const CLASS_NAME_BYTES_MAX: usize = 40;
/// Longest period of a class, in years (S3 Object Lock allows no more; facts L10).
pub const CLASS_YEARS_MAX: u32 = 100;
/// Most rules that assign classes in one bucket.
pub const CLASS_RULES_MAX: usize = 100;

/// Name of a retention class: 1 to 40 of `a-z`, `0-9` and `-`, as `karte-5y`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ClassName(String);

/// Not a name of a class.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the name of a retention class has 1 to 40 characters of a-z, 0-9 and -")]
pub struct BadClassName;

impl ClassName {
    /// Checks and wraps a name.
    ///
    /// # Errors
    /// [`BadClassName`].
    pub fn parse(name: &str) -> Result<Self, BadClassName> {
        let good = (1..=CLASS_NAME_BYTES_MAX).contains(&name.len())
            && name
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        good.then(|| Self(name.to_owned())).ok_or(BadClassName)
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClassName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// For how long a class holds, from its start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClassPeriod {
    /// Calendar years, 1 to 100.
    Years(u32),
    /// Until somebody decides: versions get a legal hold.
    Indefinite,
}

/// From when a class holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ClassStart {
    /// From the upload.
    Upload,
    /// From the date of an event that is posted later. Until then the version is held.
    Event {
        /// Name of the event in Japanese, as 完結の日.
        name_ja: String,
        /// Name of the event in English.
        name_en: String,
    },
}

/// A longer period for what begins on or after a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PeriodChange {
    /// First day of the longer period; `None` = not known yet, the shorter one counts.
    pub from: Option<CivilDate>,
    /// The longer period in years.
    pub years: u32,
}

/// One class.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RetentionClass {
    /// Name.
    pub name: ClassName,
    /// What it is for, in Japanese.
    pub title_ja: String,
    /// What it is for, in English.
    pub title_en: String,
    /// Period.
    pub period: ClassPeriod,
    /// A longer period that comes into force on a day.
    pub change: Option<PeriodChange>,
    /// Start.
    pub start: ClassStart,
    /// Articles of law, as cited.
    pub law: String,
    /// What the entry rests on, and when it was read.
    pub edition: String,
    /// The article or the period could not be checked against the source: check it before relying on
    /// it.
    pub unverified: bool,
    /// What to mind, in Japanese; may be empty.
    pub note_ja: String,
    /// What to mind, in English; may be empty.
    pub note_en: String,
    /// Comes with Azekura; otherwise the operator's own.
    pub shipped: bool,
}

impl RetentionClass {
    /// Years that count for what begins on `start`; `None` = indefinite.
    #[must_use]
    pub fn years(&self, start: CivilDate) -> Option<u32> {
        let ClassPeriod::Years(years) = self.period else {
            return None;
        };
        match self.change {
            Some(PeriodChange {
                from: Some(from),
                years: longer,
            }) if start >= from => Some(years.max(longer)),
            _ => Some(years),
        }
    }

    /// When a period that begins on `start` is over; `None` = never by itself.
    ///
    /// # Errors
    /// [`BadDate`] after 9999.
    pub fn until(&self, start: CivilDate) -> Result<Option<ComplianceTime>, BadDate> {
        self.years(start)
            .map(|years| start.years_later(years).map(CivilDate::ends))
            .transpose()
    }

    /// Whether an event starts the period.
    #[must_use]
    pub fn waits_for_event(&self) -> bool {
        matches!(self.start, ClassStart::Event { .. })
    }
}

/// All classes that a vault knows, by name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ClassCatalog {
    classes: BTreeMap<ClassName, RetentionClass>,
}

impl ClassCatalog {
    /// Adds a class; gives it back when its name is taken.
    ///
    /// # Errors
    /// The class, unchanged.
    pub fn add(&mut self, class: RetentionClass) -> Result<(), Box<RetentionClass>> {
        if self.classes.contains_key(&class.name) {
            return Err(Box::new(class));
        }
        self.classes.insert(class.name.clone(), class);
        Ok(())
    }

    /// The class of this name.
    #[must_use]
    pub fn get(&self, name: &ClassName) -> Option<&RetentionClass> {
        self.classes.get(name)
    }

    /// All, by name.
    pub fn iter(&self) -> impl Iterator<Item = &RetentionClass> {
        self.classes.values()
    }
}

/// One rule of a bucket: what it matches gets the class.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClassRule {
    /// Keys that begin so; empty = all.
    pub prefix: String,
    /// A tag that the object must have, name and value.
    pub tag: Option<(String, String)>,
    /// The class.
    pub class: ClassName,
    /// Mode of the retention that it gives.
    pub mode: RetentionMode,
}

impl ClassRule {
    /// Whether it matches an object of this key and these tags.
    #[must_use]
    pub fn matches(&self, key: &str, tags: &[(String, String)]) -> bool {
        key.starts_with(&self.prefix) && self.tag.as_ref().is_none_or(|tag| tags.contains(tag))
    }
}

/// The rules of a bucket that assign classes, in the order in which they were made.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ClassRules(pub Vec<ClassRule>);

impl ClassRules {
    /// The rules that match an object, without repeating a class: the stricter mode stays.
    #[must_use]
    pub fn matching(
        &self,
        key: &str,
        tags: &[(String, String)],
    ) -> Vec<(ClassName, RetentionMode)> {
        let mut found: BTreeMap<ClassName, RetentionMode> = BTreeMap::new();
        for rule in self.0.iter().filter(|rule| rule.matches(key, tags)) {
            let mode = found.entry(rule.class.clone()).or_insert(rule.mode);
            if rule.mode == RetentionMode::Compliance {
                *mode = RetentionMode::Compliance;
            }
        }
        found.into_iter().collect()
    }
}

/// Rules that assign classes protect; taking one away, or making its mode weaker, waits.
impl Governed for ClassRules {
    fn keeps_at_least(&self, new: &Self) -> bool {
        self.0.iter().all(|rule| new.covers(rule))
    }

    fn stricter(&self, new: &Self) -> Self {
        let mut both = new.clone();
        let missing = self.0.iter().filter(|rule| !new.covers(rule));
        both.0.extend(missing.cloned());
        both
    }
}

impl ClassRules {
    /// The rules that give one class.
    #[must_use]
    pub fn only(&self, class: &ClassName) -> Self {
        let rules = self.0.iter().filter(|rule| rule.class == *class);
        Self(rules.cloned().collect())
    }

    /// Whether a rule is here, in its mode or a stricter one.
    fn covers(&self, rule: &ClassRule) -> bool {
        self.0.iter().any(|other| {
            (&other.prefix, &other.tag, &other.class) == (&rule.prefix, &rule.tag, &rule.class)
                && (other.mode == rule.mode || other.mode == RetentionMode::Compliance)
        })
    }
}

#[cfg(test)]
mod tests;
