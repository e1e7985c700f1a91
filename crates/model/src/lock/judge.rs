//! The one function that decides what may happen to a version under its lock.

use crate::access::{Action, Authorized};
use crate::lock::{EventHold, Lock, LockState, Retention, RetentionMode};
use crate::retention_class::ClassName;
use crate::time::ComplianceTime;

/// Latest date of retention: the last millisecond of the year 9999, the last that the dates of S3
/// can state. Ceilings nearer than this belong to the limits of a bucket.
pub const RETAIN_UNTIL_MAX: ComplianceTime = ComplianceTime(253_402_300_799_999);

/// Governance may be bypassed in this request: the right *and* the header are there. Only
/// [`Bypass::claimed`] makes one.
#[derive(Clone, Debug)]
pub struct Bypass(());

impl Bypass {
    /// The bypass of a request that sent `x-amz-bypass-governance-retention: true` (`header`) and
    /// whose caller was authorized for `s3:BypassGovernanceRetention`. `None` without either.
    #[must_use]
    pub fn claimed(authorized: &Authorized, header: bool) -> Option<Self> {
        let right = authorized.action() == Action::BypassGovernanceRetention;
        (right && header).then_some(Self(()))
    }
}

/// What is asked of a version's lock.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LockRequest {
    /// S3 shall no longer show the version (DELETE with its id).
    Hide,
    /// Retention shall be exactly this (`PutObjectRetention`); `None` removes it.
    Retain(Option<Retention>),
    /// Legal hold on or off.
    Hold(bool),
    /// The date shall be no earlier than this; the mode stays.
    Extend(ComplianceTime),
    /// A retention class is assigned. It can only add.
    Assign {
        /// The class.
        class: ClassName,
        /// Retention that it gives, if it runs from now on.
        retention: Option<Retention>,
        /// The event that it waits for, if it does.
        event: Option<EventHold>,
    },
    /// The event that a class waits for has happened. Once posted, it may only move later.
    PostEvent {
        /// The class.
        class: ClassName,
        /// Retention that the event starts; it never ends before the floor of the hold.
        retention: Retention,
    },
    /// The probation of the bucket's default is over.
    Upgrade,
    /// The payload of a hidden version shall be freed. No bypass counts.
    Release,
}

/// What [`judge`] allows.
#[derive(Debug)]
pub enum Allowed {
    /// Hide it.
    Hide(HidePermit),
    /// Give it this lock state.
    Becomes(LockPermit),
    /// No lock keeps it.
    Release(Unlocked),
}

/// Permission to hide one version. Only [`judge`] makes one.
#[derive(Debug)]
pub struct HidePermit {
    bypassed: bool,
}

impl HidePermit {
    /// Whether governance was bypassed.
    #[must_use]
    pub fn bypassed(&self) -> bool {
        self.bypassed
    }
}

/// Permission to give one version a new lock state. Only [`judge`] makes one.
#[derive(Debug)]
pub struct LockPermit {
    lock: Lock,
    bypassed: bool,
    changes: bool,
}

impl LockPermit {
    /// The whole new state.
    #[must_use]
    pub fn lock(&self) -> &Lock {
        &self.lock
    }

    /// The whole new state.
    #[must_use]
    pub fn into_lock(self) -> Lock {
        self.lock
    }

    /// Whether governance was bypassed.
    #[must_use]
    pub fn bypassed(&self) -> bool {
        self.bypassed
    }

    /// Whether it differs from the state before.
    #[must_use]
    pub fn changes(&self) -> bool {
        self.changes
    }
}

/// Proof that no lock keeps a version. Only [`judge`] makes one. Part of the proof of release.
#[derive(Debug)]
pub struct Unlocked(());

/// Why a request is refused: the rule, and what it is about.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LockRefused {
    /// Kept in COMPLIANCE mode.
    #[error("kept in COMPLIANCE mode; nobody can delete it or take its retention away")]
    Compliance {
        /// Until then.
        until: ComplianceTime,
    },
    /// Kept in GOVERNANCE mode, and no bypass was claimed.
    #[error(
        "kept in GOVERNANCE mode; weakening needs s3:BypassGovernanceRetention and the header \
         x-amz-bypass-governance-retention: true"
    )]
    Governance {
        /// Until then.
        until: ComplianceTime,
    },
    /// A legal hold is on.
    #[error("a legal hold is on; turn it off first")]
    Hold,
    /// An event is awaited.
    #[error("kept until the event of retention class {class} is posted")]
    Event {
        /// The class that waits.
        class: ClassName,
    },
    /// The lock state is not known.
    #[error("its lock state cannot be proved ({0}); what is not known is locked")]
    Unknown(String),
    /// A COMPLIANCE date, or one that an event gave, moves only later.
    #[error("the date can only move later")]
    Shorter {
        /// The date that stands.
        until: ComplianceTime,
    },
    /// The mode of COMPLIANCE retention is fixed.
    #[error("COMPLIANCE mode cannot be changed while it lasts")]
    ModeFixed {
        /// Until then.
        until: ComplianceTime,
    },
    /// The date has passed.
    #[error("the retain until date must be in the future")]
    NotInFuture {
        /// Compliance time.
        now: ComplianceTime,
    },
    /// The date is beyond what can be stated.
    #[error("the retain until date is too far")]
    TooFar {
        /// The latest that is allowed.
        latest: ComplianceTime,
    },
    /// There is no retention to extend.
    #[error("it has no retention that could be extended")]
    NothingToExtend,
    /// The class awaits no event on this version and never did.
    #[error("retention class {class} awaits no event here")]
    NoEvent {
        /// The class.
        class: ClassName,
    },
    /// Another class awaits its event already.
    #[error("retention class {class} already awaits its event here")]
    OtherEvent {
        /// The class that waits.
        class: ClassName,
    },
    /// It is under no probation.
    #[error("it is under no probation")]
    NoProbation,
    /// Its probation still runs.
    #[error("its probation still runs")]
    ProbationRuns {
        /// When it ends.
        ends: ComplianceTime,
    },
}

/// Decides what may happen to a version: from its whole lock state, the request, a bypass if one was
/// claimed, and compliance time, and from nothing else.
///
/// # Errors
/// [`LockRefused`] says which rule refuses.
pub fn judge(
    state: &LockState,
    request: LockRequest,
    bypass: Option<&Bypass>,
    now: ComplianceTime,
) -> Result<Allowed, LockRefused> {
    let lock = match state {
        LockState::Known(lock) => lock,
        LockState::Unknown(why) => return Err(LockRefused::Unknown(why.clone())),
    };
    let permit = |new: Lock, bypassed| {
        Ok(Allowed::Becomes(LockPermit {
            changes: new != *lock,
            lock: new,
            bypassed,
        }))
    };
    match request {
        LockRequest::Hide => {
            let bypassed = hide(lock, bypass, now)?;
            Ok(Allowed::Hide(HidePermit { bypassed }))
        }
        LockRequest::Release => {
            hide(lock, None, now)?;
            Ok(Allowed::Release(Unlocked(())))
        }
        LockRequest::Retain(asked) => {
            let (new, bypassed) = retain(lock, asked, bypass, now)?;
            permit(new, bypassed)
        }
        LockRequest::Hold(on) => {
            let new = Lock {
                hold: Some(on),
                ..lock.clone()
            };
            permit(new, false)
        }
        LockRequest::Extend(until) => permit(extend(lock, until, now)?, false),
        LockRequest::Assign {
            class,
            retention,
            event,
        } => permit(assign(lock, class, retention, event, now)?, false),
        LockRequest::PostEvent { class, retention } => {
            permit(post_event(lock, &class, retention, now)?, false)
        }
        LockRequest::Upgrade => permit(upgrade(lock, now)?, false),
    }
}

/// Whether a bypass was needed. Every keeper is asked; none is skipped because another has expired.
fn hide(lock: &Lock, bypass: Option<&Bypass>, now: ComplianceTime) -> Result<bool, LockRefused> {
    if lock.hold == Some(true) {
        return Err(LockRefused::Hold);
    }
    if let Some(event) = &lock.event {
        return Err(LockRefused::Event {
            class: event.class.clone(),
        });
    }
    match lock.retained(now) {
        None => Ok(false),
        Some(Retention {
            mode: RetentionMode::Compliance,
            until,
        }) => Err(LockRefused::Compliance { until }),
        Some(Retention {
            mode: RetentionMode::Governance,
            until,
        }) => match bypass {
            Some(Bypass(())) => Ok(true),
            None => Err(LockRefused::Governance { until }),
        },
    }
}

/// Refuses a date that is not in the future, or that S3 cannot state.
pub(super) fn in_range(until: ComplianceTime, now: ComplianceTime) -> Result<(), LockRefused> {
    if until <= now {
        return Err(LockRefused::NotInFuture { now });
    }
    if until > RETAIN_UNTIL_MAX {
        return Err(LockRefused::TooFar {
            latest: RETAIN_UNTIL_MAX,
        });
    }
    Ok(())
}

fn retain(
    lock: &Lock,
    asked: Option<Retention>,
    bypass: Option<&Bypass>,
    now: ComplianceTime,
) -> Result<(Lock, bool), LockRefused> {
    if let Some(asked) = asked {
        in_range(asked.until, now)?;
    }
    let becomes = |retention, probation| Lock {
        retention,
        probation,
        ..lock.clone()
    };
    let Some(stands) = lock.retained(now) else {
        return Ok((becomes(asked, None), false));
    };
    let until = stands.until;
    match (stands.mode, asked) {
        (RetentionMode::Compliance, None) => Err(LockRefused::Compliance { until }),
        (RetentionMode::Compliance, Some(asked)) => {
            if asked.mode != RetentionMode::Compliance {
                Err(LockRefused::ModeFixed { until })
            } else if asked.until < until {
                Err(LockRefused::Shorter { until })
            } else {
                Ok((becomes(Some(stands.extend(asked.until)), None), false))
            }
        }
        (RetentionMode::Governance, Some(asked))
            if asked.mode == RetentionMode::Governance && asked.until >= until =>
        {
            let extended = stands.extend(asked.until);
            Ok((becomes(Some(extended), lock.probation), false))
        }
        // Also a change to COMPLIANCE: it cannot be undone, and AWS asks for the bypass.
        (RetentionMode::Governance, asked) => match bypass {
            Some(Bypass(())) => Ok((becomes(asked, None), true)),
            None => Err(LockRefused::Governance { until }),
        },
    }
}

fn extend(lock: &Lock, until: ComplianceTime, now: ComplianceTime) -> Result<Lock, LockRefused> {
    in_range(until, now)?;
    let stands = lock.retained(now).ok_or(LockRefused::NothingToExtend)?;
    Ok(Lock {
        retention: Some(stands.extend(until)),
        ..lock.clone()
    })
}

fn assign(
    lock: &Lock,
    class: ClassName,
    retention: Option<Retention>,
    event: Option<EventHold>,
    now: ComplianceTime,
) -> Result<Lock, LockRefused> {
    if let Some(retention) = retention {
        in_range(retention.until, now)?;
    }
    let mut new = lock.clone();
    new.retention = join(lock, retention, now);
    new.event = match (lock.event.clone(), event) {
        (Some(waits), Some(other)) if waits.class != other.class => {
            return Err(LockRefused::OtherEvent { class: waits.class });
        }
        (Some(waits), Some(other)) => Some(EventHold {
            floor: waits.floor.max(other.floor),
            class: waits.class,
        }),
        (Some(waits), None) => Some(waits),
        (None, event) => event,
    };
    if !new.classes.contains(&class) {
        new.classes.push(class);
    }
    Ok(new)
}

/// What stands, and what is added to it: the longest counts.
fn join(lock: &Lock, added: Option<Retention>, now: ComplianceTime) -> Option<Retention> {
    match (lock.retained(now), added) {
        (Some(stands), Some(added)) => Some(stands.join(added)),
        (None, Some(added)) => Some(added),
        (_, None) => lock.retention,
    }
}

fn post_event(
    lock: &Lock,
    class: &ClassName,
    started: Retention,
    now: ComplianceTime,
) -> Result<Lock, LockRefused> {
    let floor = match &lock.event {
        Some(event) if event.class == *class => Some(event.floor),
        // Posted before: the date may still move later.
        None if lock.classes.contains(class) => None,
        _ => {
            return Err(LockRefused::NoEvent {
                class: class.clone(),
            });
        }
    };
    let started = floor.map_or(started, |floor| started.extend(floor));
    in_range(started.until, now)?;
    if floor.is_none()
        && let Some(stands) = lock.retained(now)
        && started.until < stands.until
    {
        return Err(LockRefused::Shorter {
            until: stands.until,
        });
    }
    Ok(Lock {
        retention: join(lock, Some(started), now),
        event: None,
        ..lock.clone()
    })
}

fn upgrade(lock: &Lock, now: ComplianceTime) -> Result<Lock, LockRefused> {
    let ends = lock.probation.ok_or(LockRefused::NoProbation)?;
    if now < ends {
        return Err(LockRefused::ProbationRuns { ends });
    }
    Ok(Lock {
        retention: lock.retention.map(|retention| Retention {
            mode: RetentionMode::Compliance,
            ..retention
        }),
        probation: None,
        ..lock.clone()
    })
}
