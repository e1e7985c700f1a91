//! What the classes of a bucket make of a new version.

use crate::calendar::{BadDate, CivilDate};
use crate::lock::{EventHold, Lock, Retention, RetentionMode};
use crate::retention_class::{ClassCatalog, ClassName, ClassPeriod, ClassRules, RetentionClass};
use crate::time::ComplianceTime;

/// User metadata that may say, at the upload, on which date the event happened (`x-amz-meta-…`).
pub const EVENT_DATE_METADATA: &str = "kanketsu-date";

/// What classes add to a lock.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Assigned {
    /// The longest of the periods that run, in the strictest mode.
    pub retention: Option<Retention>,
    /// The event that is awaited: of several classes, that with the longest period.
    pub event: Option<EventHold>,
    /// A class is indefinite: a legal hold is set.
    pub hold: bool,
    /// All classes that matched, by name.
    pub classes: Vec<ClassName>,
}

/// Why classes cannot be applied. Nothing is stored then: a record that the law wants kept must not
/// come in unlocked.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotAssigned {
    /// A rule names a class that the vault no longer knows.
    #[error("retention class {0} is not known; put it back into the operator's file of classes")]
    UnknownClass(ClassName),
    /// A date cannot be read, or lies outside 1970 to 9999.
    #[error("x-amz-meta-kanketsu-date: {0}")]
    Date(#[from] BadDate),
    /// An event must not be dated before the upload.
    #[error(
        "the event is dated {asked}, before the upload on {uploaded}; dating back takes two people"
    )]
    DatedBack {
        /// The date asked for.
        asked: CivilDate,
        /// The date of the upload in Japan.
        uploaded: CivilDate,
    },
    /// No class of the version waits for, or was started by, an event.
    #[error("the version has no retention class that an event starts")]
    NoEventClass,
}

/// What the rules of a bucket give a version of this key, these tags and this event date (the value
/// of [`EVENT_DATE_METADATA`]), uploaded at `start`.
///
/// An event before the upload counts as of the upload: a writer cannot shorten what a class keeps.
///
/// # Errors
/// [`NotAssigned`].
pub fn assigned(
    rules: &ClassRules,
    catalog: &ClassCatalog,
    (key, tags): (&str, &[(String, String)]),
    event_date: Option<&str>,
    start: ComplianceTime,
) -> Result<Assigned, NotAssigned> {
    let mut out = Assigned::default();
    let matching = rules.matching(key, tags);
    if matching.is_empty() {
        return Ok(out);
    }
    let uploaded = CivilDate::in_japan(start)?;
    let event_date = event_date.map(CivilDate::parse).transpose()?;
    let mut awaited: Option<(u32, EventHold)> = None;
    for (name, mode) in matching {
        let class = catalog
            .get(&name)
            .ok_or_else(|| NotAssigned::UnknownClass(name.clone()))?;
        match (class.period, class.waits_for_event(), event_date) {
            (ClassPeriod::Indefinite, _, _) => out.hold = true,
            (ClassPeriod::Years(_), false, _) => out.add(class, mode, uploaded)?,
            (ClassPeriod::Years(_), true, Some(date)) => {
                // As when an event is posted: what it starts cannot be weakened.
                out.add(class, RetentionMode::Compliance, date.max(uploaded))?;
            }
            (ClassPeriod::Years(years), true, None) => {
                let floor = class.until(uploaded)?.unwrap_or(start);
                let waits = EventHold {
                    class: name.clone(),
                    floor,
                };
                if awaited.as_ref().is_none_or(|(longest, _)| years > *longest) {
                    awaited = Some((years, waits));
                }
            }
        }
        out.classes.push(name);
    }
    out.event = awaited.map(|(_, event)| event);
    Ok(out)
}

impl Assigned {
    fn add(
        &mut self,
        class: &RetentionClass,
        mode: RetentionMode,
        from: CivilDate,
    ) -> Result<(), NotAssigned> {
        if let Some(until) = class.until(from)? {
            let runs = Retention { mode, until };
            self.retention = Some(self.retention.map_or(runs, |longest| longest.join(runs)));
        }
        Ok(())
    }

    /// A new version's lock with the classes added: nothing of it becomes weaker.
    #[must_use]
    pub fn join(self, lock: Lock) -> Lock {
        // A class that forbids deletion outlives the trial of a bucket's default.
        let firm = self
            .retention
            .is_some_and(|retention| retention.mode == RetentionMode::Compliance);
        Lock {
            retention: match (lock.retention, self.retention) {
                (Some(one), Some(other)) => Some(one.join(other)),
                (one, other) => one.or(other),
            },
            hold: if self.hold { Some(true) } else { lock.hold },
            event: lock.event.or(self.event),
            probation: if firm { None } else { lock.probation },
            classes: self.classes,
        }
    }
}

/// The retention that an event on `date` starts on a version of these classes: the longest of those
/// that wait for an event.
///
/// # Errors
/// [`NotAssigned::DatedBack`] before the upload, [`NotAssigned::NoEventClass`],
/// [`NotAssigned::UnknownClass`], [`NotAssigned::Date`].
pub fn started(
    catalog: &ClassCatalog,
    classes: &[ClassName],
    date: CivilDate,
    made: ComplianceTime,
) -> Result<(ClassName, Retention), NotAssigned> {
    let uploaded = CivilDate::in_japan(made)?;
    if date < uploaded {
        return Err(NotAssigned::DatedBack {
            asked: date,
            uploaded,
        });
    }
    let mut longest: Option<(ClassName, Retention)> = None;
    for name in classes {
        let class = catalog
            .get(name)
            .ok_or_else(|| NotAssigned::UnknownClass(name.clone()))?;
        if !class.waits_for_event() {
            continue;
        }
        let Some(until) = class.until(date)? else {
            continue;
        };
        if longest
            .as_ref()
            .is_none_or(|(_, other)| until > other.until)
        {
            let mode = RetentionMode::Compliance;
            longest = Some((name.clone(), Retention { mode, until }));
        }
    }
    longest.ok_or(NotAssigned::NoEventClass)
}
