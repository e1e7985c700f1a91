//! Requests in the journal: found, read and proved, asked, approved, vetoed, used up.
//!
//! The index says which requests are open and where their records stand. What a request says is read
//! from the record, whose particulars must match its commitment; an approval's signature is checked
//! again over the text. What does not hold is no request: unknown is not approved.

use azekura_engine::seam::{CommitClass, Guard, SCAN_ENTRIES_MAX, Scan};
use azekura_model::governed::{
    ApprovalRequest, Approver, Asking, GovernedOperation, Permit, RequestStage, RequestTerms,
    SIGNATURE_NAMESPACE, Veto, alone, approve as approved, may_veto,
};
use azekura_model::ident::{RequestId, TenantId};
use azekura_model::lock::Lock;
use azekura_model::position::Sequence;
use azekura_model::requester::Requester;
use azekura_model::time::ComplianceTime;
use azekura_record::particulars::Event;
use azekura_record::request::RequestChanged;
use azekura_record::sshsig::SshSignature;
use bytes::Bytes;

use crate::error::StoreError;
use crate::families::{self, CONFIG, IDENTITY, REQUESTS};
use crate::inner::{Draft, Inner, Refused, unchanged};
use crate::lock_state::read_lost;
use crate::slot::after;

/// Most open requests of one person in a tenant: a stolen key cannot bury the approvers.
const OPEN_MAX: usize = 100;
/// Longest reason of a veto in bytes.
const REASON_BYTES_MAX: usize = 1024;

/// A request with what guards its next record.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) request: ApprovalRequest,
    guard: Guard,
}

/// Where requests stand in the index: identity, value, record.
struct Listed {
    id: RequestId,
    open: bool,
    raw: Bytes,
    at: Sequence,
}

fn listed(inner: &Inner, ended: bool) -> Result<Vec<Listed>, StoreError> {
    let mut out = Vec::new();
    let [open, over] = REQUESTS;
    for (prefix, open) in [(open, true), (over, false)] {
        if !open && !ended {
            continue;
        }
        let prefix = prefix.as_bytes();
        let mut from = Bytes::copy_from_slice(prefix);
        loop {
            let scan = Scan {
                family: CONFIG,
                from: from.clone(),
                until: families::after_prefix(prefix),
                limit: SCAN_ENTRIES_MAX,
            };
            let page = inner.scan(IDENTITY, &scan)?;
            for (key, entry) in &page.entries {
                let id = key
                    .get(prefix.len()..)
                    .and_then(|id| std::str::from_utf8(id).ok());
                let id = id.and_then(RequestId::parse);
                let id = id.ok_or_else(|| StoreError::Internal("key of a request".to_owned()))?;
                out.push(Listed {
                    id,
                    open,
                    raw: entry.value.clone(),
                    at: entry.sequence,
                });
            }
            match page.entries.last() {
                Some((key, _)) if page.more => from = after(key),
                _ => break,
            }
        }
    }
    Ok(out)
}

/// Whether a request is open.
pub(crate) fn any_open(inner: &Inner) -> Result<bool, StoreError> {
    Ok(!listed(inner, false)?.is_empty())
}

/// Reads the record of a request and proves it.
fn prove(inner: &Inner, listed: &Listed) -> Result<ApprovalRequest, StoreError> {
    let damaged = |what: &str| StoreError::Damaged(format!("request {}: {what}", listed.id));
    // A later record may have said no, and was lost.
    if let Some(lost) = read_lost(inner, IDENTITY)?.filter(|lost| *lost > listed.at) {
        return Err(damaged(&format!("record {lost} was lost to damage")));
    }
    let (_, opened) = inner.record(IDENTITY, listed.at)?;
    let tenant = opened.core.tenant;
    let Event::RequestChanged(changed) = opened.particulars.event else {
        return Err(damaged("another kind of record"));
    };
    let request = changed.0;
    let ended = !matches!(request.stage, RequestStage::Asked | RequestStage::Approved);
    if request.id != listed.id || request.tenant != tenant || ended == listed.open {
        return Err(damaged("the index contradicts the record"));
    }
    if request.stage == RequestStage::Approved && request.approval.is_none() {
        return Err(damaged("approved by nobody"));
    }
    if let Some(approval) = &request.approval {
        let signed = SshSignature::from_bytes(&approval.signature)
            .and_then(|signed| signed.verify(SIGNATURE_NAMESPACE, request.text.as_bytes()))
            .map_err(|error| damaged(&error.to_string()))?;
        if signed.public_key() != approval.public_key {
            return Err(damaged("signed by another key"));
        }
    }
    Ok(request)
}

fn found(inner: &Inner, listed: &Listed) -> Result<Found, StoreError> {
    let key = families::open_request(listed.id);
    Ok(Found {
        request: prove(inner, listed)?,
        guard: Guard::Equals(key, listed.raw.clone()),
    })
}

/// The open requests that can be read and have not passed their time. What cannot be read is logged.
pub(crate) fn open(inner: &Inner) -> Result<Vec<Found>, StoreError> {
    let now = inner.clock.compliance();
    let mut out = Vec::new();
    for one in listed(inner, false)? {
        match found(inner, &one) {
            Ok(found) if found.request.open(now) => out.push(found),
            Ok(_) => {}
            Err(StoreError::Damaged(what) | StoreError::Internal(what)) => {
                tracing::error!(request = %one.id, what, "a request cannot be read and does not count");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(out)
}

/// The open request of this person for this operation; of several, the one that may act first. There are
/// several when one could not be read for a while.
pub(crate) fn find(
    inner: &Inner,
    tenant: TenantId,
    operation: &GovernedOperation,
    by: &Requester,
) -> Result<Option<Found>, StoreError> {
    let found = open(inner)?.into_iter();
    Ok(found
        .filter(|found| found.request.tenant == tenant)
        .filter(|found| found.request.is_for(operation, by))
        .min_by_key(|found| {
            let acts_at = found.request.acts_at();
            (acts_at.is_none(), acts_at, found.request.asked)
        }))
}

/// One request, whatever its stage.
pub(crate) fn read(inner: &Inner, id: RequestId) -> Result<ApprovalRequest, StoreError> {
    let mut all = listed(inner, true)?.into_iter();
    let one = all
        .find(|one| one.id == id)
        .ok_or(StoreError::NoSuchRequest)?;
    prove(inner, &one)
}

/// All requests that can be read, in the order in which they were asked; `ended`: also those that ended.
pub(crate) fn list(inner: &Inner, ended: bool) -> Result<Vec<ApprovalRequest>, StoreError> {
    let mut out = Vec::new();
    for one in listed(inner, ended)? {
        match prove(inner, &one) {
            Ok(request) => out.push(request),
            Err(error) => {
                tracing::error!(request = %one.id, %error, "a request cannot be read and does not count");
            }
        }
    }
    out.sort_by_key(|request| request.asked);
    Ok(out)
}

fn open_one(inner: &Inner, id: RequestId) -> Result<Found, StoreError> {
    let all = listed(inner, true)?;
    let one = all
        .iter()
        .find(|one| one.id == id)
        .ok_or(StoreError::NoSuchRequest)?;
    let found = found(inner, one)?;
    if one.open && found.request.open(inner.clock.compliance()) {
        Ok(found)
    } else {
        let why = "the request has ended: ask again".to_owned();
        Err(StoreError::InvalidRequest(why))
    }
}

async fn append(
    inner: &Inner,
    by: &Requester,
    permit: Option<&Permit>,
    guard: Guard,
    request: ApprovalRequest,
) -> Result<(), StoreError> {
    let draft = Draft {
        tenant: request.tenant,
        bucket: None,
        version: None,
        // Approvers' keys are held against this time: it is the one that the request names.
        hybrid: match request.stage {
            RequestStage::Asked => request.asked,
            _ => inner.clock.hybrid(),
        },
        content_bytes: 0,
        sealed_bytes: 0,
        lock: Lock::default(),
        payload: Bytes::new(),
        event: Event::RequestChanged(Box::new(RequestChanged(request))),
    };
    let class = CommitClass::Essential;
    inner
        .append_marked((by, permit), IDENTITY, class, vec![guard], draft)
        .await
        .map(|_| ())
        .map_err(Refused::unexpected)
}

/// Asks. The caller holds the requests alone and has found none.
pub(super) async fn ask(
    inner: &Inner,
    by: &Requester,
    tenant: TenantId,
    (operation, document): (&GovernedOperation, Option<String>),
    approvers: &[Approver],
) -> Result<ApprovalRequest, StoreError> {
    let mine = open(inner)?;
    let mine = mine
        .iter()
        .filter(|found| found.request.tenant == tenant && found.request.asked_by == by.principal);
    if mine.count() >= OPEN_MAX {
        let why = format!(
            "you have {OPEN_MAX} open requests: say no to some (azekura request veto) or wait for their \
             approval"
        );
        return Err(StoreError::InvalidRequest(why));
    }
    let status = inner.engine.status();
    let vault = format!("{} {}", status.region, status.incarnation);
    let policy = &inner.policy;
    let terms = RequestTerms {
        cooling_off: policy.cooling_off,
        alone: policy.alone_cooling_off,
        expiry: policy.request_expiry,
    };
    let (tenant_name, _) = super::tenant(inner, tenant)?;
    let request = ApprovalRequest::ask(Asking {
        id: RequestId(inner.ids.random16()?),
        vault: &vault,
        tenant,
        tenant_name: &tenant_name,
        operation,
        document,
        by,
        asked: inner.clock.hybrid(),
        asked_at: inner.clock.compliance(),
        terms: &terms,
        alone: alone(by, approvers),
    });
    let guard = unchanged(families::open_request(request.id), None);
    append(inner, by, None, guard, request.clone()).await?;
    inner.governing.tell("asked", &request);
    Ok(request)
}

/// A second person's signature over the text.
pub(crate) async fn approve(
    inner: &Inner,
    by: &Requester,
    id: RequestId,
    armored: &str,
) -> Result<ApprovalRequest, StoreError> {
    let _alone = inner.governing.alone.lock().await;
    let found = open_one(inner, id)?;
    let text = found.request.text.as_bytes();
    let signed = SshSignature::from_armored(armored)?.verify(SIGNATURE_NAMESPACE, text)?;
    let approvers = super::approvers(inner, found.request.tenant)?;
    let proof = (signed.public_key(), signed.bytes());
    let now = inner.clock.compliance();
    let request = approved(&found.request, proof, &approvers, now)?;
    append(inner, by, None, found.guard, request.clone()).await?;
    inner.governing.tell("approved", &request);
    Ok(request)
}

/// Somebody says no.
pub(crate) async fn veto(
    inner: &Inner,
    by: &Requester,
    id: RequestId,
    reason: &str,
) -> Result<ApprovalRequest, StoreError> {
    if reason.len() > REASON_BYTES_MAX {
        let why = format!("a reason has at most {REASON_BYTES_MAX} bytes");
        return Err(StoreError::InvalidArgument(why));
    }
    let _alone = inner.governing.alone.lock().await;
    let found = open_one(inner, id)?;
    let approvers = super::approvers(inner, found.request.tenant)?;
    if !may_veto(&found.request, &by.principal, &approvers) {
        return Err(StoreError::MayNotVeto);
    }
    let request = ApprovalRequest {
        stage: RequestStage::Vetoed(Veto {
            by: by.principal.clone(),
            at: inner.clock.compliance(),
            reason: reason.to_owned(),
        }),
        ..found.request
    };
    append(inner, by, None, found.guard, request.clone()).await?;
    inner.governing.tell("vetoed", &request);
    Ok(request)
}

/// Uses a request up. The guard lets this happen once.
pub(super) async fn execute(
    inner: &Inner,
    by: &Requester,
    found: &Found,
    now: ComplianceTime,
) -> Result<(), StoreError> {
    end(inner, by, found, RequestStage::Executed(now), "executed").await
}

/// Ends a request whose time passed, or whose object was replaced.
pub(super) async fn expire(inner: &Inner, found: &Found) -> Result<(), StoreError> {
    let by = Requester::vault("requests");
    end(inner, &by, found, RequestStage::Expired, "expired").await
}

async fn end(
    inner: &Inner,
    by: &Requester,
    found: &Found,
    stage: RequestStage,
    what: &'static str,
) -> Result<(), StoreError> {
    let request = ApprovalRequest {
        stage,
        ..found.request.clone()
    };
    append(inner, by, None, found.guard.clone(), request.clone()).await?;
    inner.governing.tell(what, &request);
    Ok(())
}

/// Ends the requests whose time passed.
pub(super) async fn expire_passed(inner: &Inner) -> Result<(), StoreError> {
    let now = inner.clock.compliance();
    for one in listed(inner, false)? {
        if let Ok(found) = found(inner, &one)
            && !found.request.open(now)
        {
            expire(inner, &found).await?;
        }
    }
    Ok(())
}
