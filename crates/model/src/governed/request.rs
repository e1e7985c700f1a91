//! A request and where it stands.

use std::time::Duration;

use crate::governed::{GovernedOperation, REQUEST_HEADER, WAITING, escaped, moment};
use crate::ident::{RequestId, TenantId};
use crate::requester::Requester;
use crate::time::{ComplianceTime, HybridTime};

/// How long requests wait. By compliance time, like everything that ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RequestTerms {
    /// From the approval until it may act: the time for a veto.
    pub cooling_off: Duration,
    /// From the asking until it may act, where no second person exists.
    pub alone: Duration,
    /// From the asking until it must be approved; from then on it may act until it must have acted.
    pub expiry: Duration,
}

impl Default for RequestTerms {
    fn default() -> Self {
        Self {
            cooling_off: Duration::from_hours(72),
            alone: Duration::from_hours(168),
            expiry: Duration::from_hours(14 * 24),
        }
    }
}

/// A request with everything that judges it. The last record of an id counts; readers never merge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApprovalRequest {
    /// Identity.
    pub id: RequestId,
    /// Institution.
    pub tenant: TenantId,
    /// The operation part ([`GovernedOperation::text`]).
    pub operation: String,
    /// What is signed: the operation part ends it.
    pub text: String,
    /// The long parameter whose digest stands in the operation, whole.
    pub document: Option<String>,
    /// Who asked: the person.
    pub asked_by: String,
    /// With which access key.
    pub asked_key: String,
    /// Order among all records: only approvers' keys that were registered before count.
    pub asked: HybridTime,
    /// When it was asked.
    pub asked_at: ComplianceTime,
    /// Until when it can be approved.
    pub approve_before: ComplianceTime,
    /// How long it waits after the approval, in milliseconds.
    pub cooling_off: i64,
    /// There was no second person: when it may act without one.
    pub alone_at: Option<ComplianceTime>,
    /// The approval.
    pub approval: Option<Approval>,
    /// Where it stands.
    pub stage: RequestStage,
}

/// A second person's signature, and what it set going.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Approval {
    /// The person.
    pub approver: String,
    /// The public key, in SSH's wire form.
    pub public_key: Vec<u8>,
    /// The whole signature (SSHSIG, without armour).
    pub signature: Vec<u8>,
    /// When it came.
    pub at: ComplianceTime,
    /// From when on the operation may act.
    pub acts_at: ComplianceTime,
}

/// Somebody said no.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Veto {
    /// The person.
    pub by: String,
    /// When.
    pub at: ComplianceTime,
    /// Why, in their words; may be empty.
    pub reason: String,
}

/// Where a request stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RequestStage {
    /// Waits for an approval, or for its time where no second person exists.
    Asked,
    /// Signed by a second person; acts after the cooling-off.
    Approved,
    /// Ended by somebody's no.
    Vetoed(Veto),
    /// Ended because its time passed, or because what it asked for was replaced.
    Expired,
    /// It acted, once.
    Executed(ComplianceTime),
}

/// What a request is made of.
#[derive(Clone, Debug)]
pub struct Asking<'a> {
    /// Its identity.
    pub id: RequestId,
    /// Identity of the vault: a signature counts in no other one.
    pub vault: &'a str,
    /// Institution.
    pub tenant: TenantId,
    /// Its name.
    pub tenant_name: &'a str,
    /// What shall act.
    pub operation: &'a GovernedOperation,
    /// The operation's long parameter, whole.
    pub document: Option<String>,
    /// Who asks.
    pub by: &'a Requester,
    /// Order among all records.
    pub asked: HybridTime,
    /// When.
    pub asked_at: ComplianceTime,
    /// How long it waits.
    pub terms: &'a RequestTerms,
    /// No second person exists.
    pub alone: bool,
}

impl ApprovalRequest {
    /// A new request.
    #[must_use]
    pub fn ask(asking: Asking<'_>) -> Self {
        let Asking {
            by,
            asked_at,
            terms,
            ..
        } = asking;
        let operation = asking.operation.text();
        let approve_before = later(asked_at, terms.expiry);
        let cooling_off = ms(terms.cooling_off);
        let lines = [
            REQUEST_HEADER.to_owned(),
            format!("vault: {}", escaped(asking.vault)),
            format!("tenant: {}", asking.tenant),
            format!("tenant-name: {}", escaped(asking.tenant_name)),
            format!("request: {}", asking.id),
            format!("requester: {}", escaped(&by.principal)),
            format!("requester-key: {}", escaped(&by.key_id)),
            format!("asked: {}", moment(asked_at)),
            format!("approve-before: {}", moment(approve_before)),
            format!("cooling-off: {} s", cooling_off / 1000),
        ];
        Self {
            id: asking.id,
            tenant: asking.tenant,
            text: format!("{}\n{operation}", lines.join("\n")),
            operation,
            document: asking.document,
            asked_by: by.principal.clone(),
            asked_key: by.key_id.clone(),
            asked: asking.asked,
            asked_at,
            approve_before,
            cooling_off,
            alone_at: asking.alone.then(|| later(asked_at, terms.alone)),
            approval: None,
            stage: RequestStage::Asked,
        }
    }

    /// Whether it can still act, be approved or be vetoed at `now`. What passed its time is over before a
    /// record says so.
    #[must_use]
    pub fn open(&self, now: ComplianceTime) -> bool {
        match self.stage {
            RequestStage::Asked | RequestStage::Approved => now < self.ends_at(),
            _ => false,
        }
    }

    /// When it may act, if nobody says no; `None` = not before somebody approves.
    #[must_use]
    pub fn acts_at(&self) -> Option<ComplianceTime> {
        match &self.approval {
            Some(approval) => Some(approval.acts_at),
            None => self.alone_at,
        }
    }

    /// When it ends by itself: the time for approving is over, or the same time again after it could
    /// act.
    #[must_use]
    pub fn ends_at(&self) -> ComplianceTime {
        let window = self.approve_before.0.saturating_sub(self.asked_at.0);
        match self.acts_at() {
            Some(acts_at) => ComplianceTime(acts_at.0.saturating_add(window)),
            None => self.approve_before,
        }
    }

    /// The operation's name.
    #[must_use]
    pub fn name(&self) -> &str {
        let first = self.operation.lines().next().unwrap_or_default();
        first.strip_prefix("operation: ").unwrap_or_default()
    }

    /// Whether a setting or job waits for it and acts by itself.
    #[must_use]
    pub fn waits(&self) -> bool {
        WAITING.contains(&self.name())
    }

    /// Whether this is the request of that person for that operation.
    #[must_use]
    pub fn is_for(&self, operation: &GovernedOperation, by: &Requester) -> bool {
        self.operation == operation.text() && self.asked_by == by.principal
    }
}

fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn later(from: ComplianceTime, by: Duration) -> ComplianceTime {
    ComplianceTime(from.0.saturating_add(ms(by)))
}
