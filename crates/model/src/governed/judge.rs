//! The rule: who may approve, and what may act.

use crate::governed::{Approval, ApprovalRequest, GovernedOperation, RequestStage};
use crate::ident::RequestId;
use crate::requester::Requester;
use crate::time::{ComplianceTime, HybridTime};

/// Whether a tenant's weakening operations need two people. Fixed when the tenant is made, for ever.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DualControl {
    /// They need a second person's signature.
    Required,
    /// They act at once, and what they leave says so for ever.
    Off,
}

/// A person who may approve and say no.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Approver {
    /// The person.
    pub person: String,
    /// Their keys.
    pub keys: Vec<ApproverKey>,
    /// Access keys that the person owns: what one of them asks for, the person does not approve.
    pub access_keys: Vec<String>,
    /// Neither approves nor says no, until this is taken back.
    pub frozen: bool,
}

/// A key that an approver signs with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApproverKey {
    /// In SSH's wire form.
    pub public: Vec<u8>,
    /// Time of the record that registered it.
    pub registered: HybridTime,
    /// Signs nothing that counts, until this is taken back.
    pub frozen: bool,
}

/// How something governed was allowed; stands in every record made under it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PermittedBy {
    /// A second person signed the request.
    TwoPeople {
        /// The request.
        request: RequestId,
        /// The second person.
        approver: String,
    },
    /// No second person existed; the longer cooling-off passed.
    AloneAfterCooling {
        /// The request.
        request: RequestId,
    },
    /// The tenant works without a second person.
    DualControlOff,
}

/// Proof that a governed operation may act. Only [`judge`] makes one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Permit {
    by: PermittedBy,
    operation: String,
}

impl Permit {
    /// How it was allowed.
    #[must_use]
    pub fn by(&self) -> &PermittedBy {
        &self.by
    }

    /// The request that is used up by it.
    #[must_use]
    pub fn request(&self) -> Option<RequestId> {
        match self.by {
            PermittedBy::TwoPeople { request, .. } | PermittedBy::AloneAfterCooling { request } => {
                Some(request)
            }
            PermittedBy::DualControlOff => None,
        }
    }

    /// Whether it is for this operation.
    #[must_use]
    pub fn is_for(&self, operation: &GovernedOperation) -> bool {
        self.operation == operation.text()
    }
}

/// Why a governed operation does not act now.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Held {
    /// No open request asks for it.
    #[error("it needs a second person, and no open request asks for it")]
    NotAsked,
    /// Nobody approved yet.
    #[error("request {request} waits for the signature of a second person")]
    NotApproved {
        /// The request.
        request: RequestId,
    },
    /// The cooling-off is not over.
    #[error("request {request} acts from {} on", super::moment(*.acts_at))]
    Cooling {
        /// The request.
        request: RequestId,
        /// When it may act.
        acts_at: ComplianceTime,
        /// There is no second person.
        alone: bool,
    },
    /// The approver or the key that signed does not count any more.
    #[error("the approval of request {request} does not count any more: its key is gone or frozen")]
    ApproverGone {
        /// The request.
        request: RequestId,
    },
}

/// Why a signature is no approval.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotApproved {
    /// It ended, or was approved already.
    #[error("the request is not waiting for an approval any more")]
    NotWaiting,
    /// Nobody who may approve has this key.
    #[error("the key belongs to nobody who may approve")]
    UnknownKey,
    /// The key came after the request.
    #[error("the key was registered after the request was made: ask again")]
    KeyTooNew,
    /// The key or the person is frozen.
    #[error("the approver or the key is frozen")]
    Frozen,
    /// Who asked, or the owner of the key that asked.
    #[error("who asked cannot approve: a second person must sign")]
    SamePerson,
}

fn same_person(request: &ApprovalRequest, approver: &Approver) -> bool {
    approver.person == request.asked_by || approver.access_keys.contains(&request.asked_key)
}

/// Whether no second person exists. Somebody who is frozen exists: freezing makes nobody alone.
#[must_use]
pub fn alone(by: &Requester, approvers: &[Approver]) -> bool {
    !approvers.iter().any(|approver| {
        approver.person != by.principal
            && !approver.access_keys.contains(&by.key_id)
            && !approver.keys.is_empty()
    })
}

/// The approver who counts for this key and request.
fn approver_of<'a>(
    request: &ApprovalRequest,
    public: &[u8],
    approvers: &'a [Approver],
) -> Result<&'a Approver, NotApproved> {
    let owners: Vec<(&Approver, &ApproverKey)> = approvers
        .iter()
        .flat_map(|approver| approver.keys.iter().map(move |key| (approver, key)))
        .filter(|(_, key)| key.public == public)
        .collect();
    // A key that who asked holds as well proves no second person.
    if owners
        .iter()
        .any(|(approver, _)| same_person(request, approver))
    {
        return Err(NotApproved::SamePerson);
    }
    let (approver, key) = owners.first().ok_or(NotApproved::UnknownKey)?;
    if approver.frozen || key.frozen {
        Err(NotApproved::Frozen)
    } else if key.registered >= request.asked {
        Err(NotApproved::KeyTooNew)
    } else {
        Ok(approver)
    }
}

/// The request as approved by who holds `public`. The caller has checked the signature over
/// [`ApprovalRequest::text`] by that key.
///
/// # Errors
/// [`NotApproved`].
pub fn approve(
    request: &ApprovalRequest,
    (public, signature): (&[u8], &[u8]),
    approvers: &[Approver],
    now: ComplianceTime,
) -> Result<ApprovalRequest, NotApproved> {
    if request.stage != RequestStage::Asked || request.approve_before <= now {
        return Err(NotApproved::NotWaiting);
    }
    let approver = approver_of(request, public, approvers)?;
    Ok(ApprovalRequest {
        approval: Some(Approval {
            approver: approver.person.clone(),
            public_key: public.to_vec(),
            signature: signature.to_vec(),
            at: now,
            acts_at: ComplianceTime(now.0.saturating_add(request.cooling_off)),
        }),
        stage: RequestStage::Approved,
        ..request.clone()
    })
}

/// Whether this person may say no. Who asked may: it takes the request back. So may an approver whose
/// keys came later.
#[must_use]
pub fn may_veto(request: &ApprovalRequest, person: &str, approvers: &[Approver]) -> bool {
    person == request.asked_by
        || approvers
            .iter()
            .any(|approver| approver.person == person && !approver.frozen)
}

/// Whether a governed operation may act now. `by`: who calls; none where what waits acts by itself.
///
/// # Errors
/// [`Held`].
pub fn judge(
    dual: DualControl,
    operation: &GovernedOperation,
    by: Option<&Requester>,
    request: Option<&ApprovalRequest>,
    (approvers, now): (&[Approver], ComplianceTime),
) -> Result<Permit, Held> {
    let permit = |by| Permit {
        by,
        operation: operation.text(),
    };
    if dual == DualControl::Off {
        return Ok(permit(PermittedBy::DualControlOff));
    }
    let request = request
        .filter(|request| request.open(now) && request.operation == operation.text())
        .filter(|request| match by {
            Some(by) => by.principal == request.asked_by,
            None => operation.waits(),
        })
        .ok_or(Held::NotAsked)?;
    let id = request.id;
    let by = match (&request.approval, request.alone_at) {
        (Some(approval), _) => {
            approver_of(request, &approval.public_key, approvers)
                .ok()
                .filter(|approver| approver.person == approval.approver)
                .ok_or(Held::ApproverGone { request: id })?;
            PermittedBy::TwoPeople {
                request: id,
                approver: approval.approver.clone(),
            }
        }
        (None, Some(_)) => PermittedBy::AloneAfterCooling { request: id },
        (None, None) => return Err(Held::NotApproved { request: id }),
    };
    match request.acts_at() {
        Some(acts_at) if acts_at <= now => Ok(permit(by)),
        Some(acts_at) => Err(Held::Cooling {
            request: id,
            acts_at,
            alone: request.approval.is_none(),
        }),
        None => Err(Held::NotApproved { request: id }),
    }
}
