//! Two people for what weakens or cannot be undone, below every handler: the functions that weaken ask
//! here, and a record of theirs is made under a [`Permit`] alone.
//!
//! [`Once::permit`] is for what acts with the call: it is refused until its request may act, and then
//! uses it up. [`wait`] is for settings and jobs that wait by themselves; [`waiting`] puts them in
//! force. What a request says is read from its record and proved each time ([`requests`]).

pub(crate) mod documents;
pub(crate) mod requests;
pub(crate) mod waiting;

use std::sync::Arc;
use std::time::Duration;

use azekura_model::cooling::Cooling;
use azekura_model::governed::{
    ApprovalRequest, Approver, DualControl, GovernedOperation, Held, NamedBucket, Permit, judge,
};
use azekura_model::ident::{RequestId, TenantId};
use azekura_model::requester::Requester;
use azekura_model::time::{ComplianceTime, HybridTime};
use azekura_record::particulars::Event;
use parking_lot::{Mutex, RwLock};

use crate::bucket::Bucket;
use crate::error::StoreError;
use crate::families::{self, CONFIGURATION};
use crate::governed::documents::Weakens;
use crate::inner::Inner;

/// Who may approve. The directory of identities answers it.
pub trait Approvers: Send + Sync {
    /// Everybody of a tenant who may approve, frozen ones too: that they exist counts.
    ///
    /// # Errors
    /// When it cannot be known. Then nothing governed acts.
    fn approvers(&self, tenant: TenantId) -> Result<Vec<Approver>, StoreError>;
}

/// What happened to a request, for whoever must hear of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequestNotice {
    /// `asked`, `approved`, `vetoed`, `expired` or `executed`.
    pub what: &'static str,
    /// The request as it stands now.
    pub request: ApprovalRequest,
}

/// Hears of requests. Must not block.
pub type NoticeSink = Arc<dyn Fn(&RequestNotice) + Send + Sync>;

/// State of two people in a store.
#[derive(Default)]
pub(crate) struct Governing {
    /// One change of requests at a time: judging and using up is one step.
    alone: tokio::sync::Mutex<()>,
    approvers: RwLock<Option<Arc<dyn Approvers>>>,
    sink: RwLock<Option<NoticeSink>>,
}

impl Governing {
    pub(crate) fn set_approvers(&self, approvers: Arc<dyn Approvers>) {
        *self.approvers.write() = Some(approvers);
    }

    pub(crate) fn set_sink(&self, sink: NoticeSink) {
        *self.sink.write() = Some(sink);
    }

    fn tell(&self, what: &'static str, request: &ApprovalRequest) {
        tracing::warn!(
            request = %request.id,
            tenant = %request.tenant,
            operation = request.operation.lines().next().unwrap_or_default(),
            requester = request.asked_by,
            "two people: request {what}"
        );
        let sink = self.sink.read().clone();
        if let Some(sink) = sink {
            sink(&RequestNotice {
                what,
                request: request.clone(),
            });
        }
    }
}

/// Everybody of a tenant who may approve.
pub(crate) fn approvers(inner: &Inner, tenant: TenantId) -> Result<Vec<Approver>, StoreError> {
    let other = inner.governing.approvers.read().clone();
    match other {
        Some(other) => other.approvers(tenant),
        None => Ok(Vec::new()),
    }
}

/// What is refused until a second person signed, and what to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApprovalNeeded {
    /// The request that stands for it now.
    pub request: RequestId,
    /// Until when it can be approved.
    pub approve_before: ComplianceTime,
    /// Why it does not act now.
    pub held: Held,
}

impl std::fmt::Display for ApprovalNeeded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let id = self.request;
        match &self.held {
            Held::Cooling {
                acts_at,
                alone: true,
                ..
            } => write!(
                f,
                "This needs two people, and there is no second person: request {id} acts without one \
                 from {} on, a longer wait. Repeat this call then. Anybody may become an approver and \
                 say no until then: azekura request veto {id}",
                azekura_model::governed::moment(*acts_at)
            ),
            Held::Cooling { acts_at, .. } => write!(
                f,
                "Request {id} is approved and acts from {} on. Repeat this call then.",
                azekura_model::governed::moment(*acts_at)
            ),
            Held::ApproverGone { .. } => write!(
                f,
                "The approval of request {id} does not count any more: the approver or the key is gone or \
                 frozen. Say no to it (azekura request veto {id}) and ask again."
            ),
            Held::NotAsked | Held::NotApproved { .. } => write!(
                f,
                "This needs a second person: request {id} waits until {} for a signature. An approver \
                 reads it (azekura request text {id} > request.txt), signs it (ssh-keygen -Y sign -n \
                 azekura-request -f KEY request.txt) and hands it in (azekura request approve {id} \
                 --signature request.txt.sig). After the cooling-off repeat this call.",
                azekura_model::governed::moment(self.approve_before)
            ),
        }
    }
}

/// A wait that no clock ends: until the vault itself acts on an approved request.
pub(crate) const UNTIL_APPROVED: Duration = Duration::MAX;

/// When something acts that waits for a second person: never by itself.
pub const NEVER: ComplianceTime = ComplianceTime(i64::MAX);

/// A bucket as requests name it.
pub(crate) fn named(bucket: &Bucket) -> NamedBucket {
    NamedBucket {
        uuid: bucket.uuid,
        name: bucket.name.clone(),
    }
}

/// A tenant as its own record says: name and dual control. One that cannot be read needs two people.
fn tenant(inner: &Inner, id: TenantId) -> Result<(String, DualControl), StoreError> {
    let Some(entry) = inner.get(CONFIGURATION, &families::tenant(id))? else {
        return Ok((String::new(), DualControl::Required));
    };
    let opened = inner.record(CONFIGURATION, entry.sequence);
    Ok(
        match opened.map(|(_, opened)| (opened.core.tenant, opened.particulars.event)) {
            Ok((tenant, Event::TenantCreated(made))) if tenant == id => {
                let dual = if made.dual_control {
                    DualControl::Required
                } else {
                    DualControl::Off
                };
                (made.name, dual)
            }
            _ => (String::new(), DualControl::Required),
        },
    )
}

/// Whether a tenant needs two people.
pub(crate) fn dual_control(inner: &Inner, id: TenantId) -> Result<DualControl, StoreError> {
    Ok(tenant(inner, id)?.1)
}

/// One call's permit: asked for when everything else was judged, used up once, good for the repetitions
/// of a commit that met another one.
#[derive(Default)]
pub(crate) struct Once(Mutex<Option<Permit>>);

impl Once {
    /// A permit for the operation.
    ///
    /// # Errors
    /// [`StoreError::ApprovalNeeded`] while its request may not act; the request is made when there is
    /// none.
    pub(crate) async fn permit(
        &self,
        inner: &Inner,
        by: &Requester,
        tenant: TenantId,
        operation: &GovernedOperation,
    ) -> Result<Permit, StoreError> {
        let kept = self.0.lock().clone();
        if let Some(permit) = kept.filter(|permit| permit.is_for(operation)) {
            return Ok(permit);
        }
        let permit = permit(inner, by, tenant, (operation, None)).await?;
        *self.0.lock() = Some(permit.clone());
        Ok(permit)
    }
}

/// A permit for an operation that acts with this call; the request is used up. `document`: the long
/// parameter whose digest stands in the operation.
///
/// # Errors
/// [`StoreError::ApprovalNeeded`].
pub(crate) async fn permit(
    inner: &Inner,
    by: &Requester,
    tenant: TenantId,
    (operation, document): (&GovernedOperation, Option<String>),
) -> Result<Permit, StoreError> {
    let _alone = inner.governing.alone.lock().await;
    let grant = judged(inner, by, tenant, (operation, document)).await?;
    grant.use_up(inner, by).await?;
    Ok(grant.permit)
}

/// A permit for a deed of several calls, each of which does a part.
pub(crate) struct Grant {
    /// What marks the records.
    pub(crate) permit: Permit,
    found: Option<requests::Found>,
}

impl Grant {
    /// When it was asked for; `None` = nobody had to be asked.
    pub(crate) fn asked(&self) -> Option<HybridTime> {
        self.found.as_ref().map(|found| found.request.asked)
    }

    /// The deed is done: its request acts no more.
    pub(crate) async fn use_up(&self, inner: &Inner, by: &Requester) -> Result<(), StoreError> {
        match &self.found {
            Some(found) => requests::execute(inner, by, found, inner.clock.compliance()).await,
            None => Ok(()),
        }
    }
}

/// A permit whose request stays until [`Grant::use_up`].
///
/// # Errors
/// [`StoreError::ApprovalNeeded`].
pub(crate) async fn grant(
    inner: &Inner,
    by: &Requester,
    tenant: TenantId,
    asked: (&GovernedOperation, Option<String>),
) -> Result<Grant, StoreError> {
    let _alone = inner.governing.alone.lock().await;
    judged(inner, by, tenant, asked).await
}

/// Judges, with [`Governing::alone`] held; asks when there is no request.
async fn judged(
    inner: &Inner,
    by: &Requester,
    tenant: TenantId,
    (operation, document): (&GovernedOperation, Option<String>),
) -> Result<Grant, StoreError> {
    let dual = dual_control(inner, tenant)?;
    let now = inner.clock.compliance();
    let (found, approvers) = match dual {
        DualControl::Off => (None, Vec::new()),
        DualControl::Required => (
            requests::find(inner, tenant, operation, by)?,
            approvers(inner, tenant)?,
        ),
    };
    let request = found.as_ref().map(|found| &found.request);
    match judge(dual, operation, Some(by), request, (&approvers, now)) {
        Ok(permit) => Ok(Grant { permit, found }),
        Err(held) => {
            let (request, held) = match found {
                Some(found) => (found.request, held),
                None => ask(inner, by, tenant, (operation, document), &approvers).await?,
            };
            Err(StoreError::ApprovalNeeded(Box::new(ApprovalNeeded {
                request: request.id,
                approve_before: request.approve_before,
                held,
            })))
        }
    }
}

/// Makes a request, and says why it does not act now.
async fn ask(
    inner: &Inner,
    by: &Requester,
    tenant: TenantId,
    (operation, document): (&GovernedOperation, Option<String>),
    approvers: &[Approver],
) -> Result<(ApprovalRequest, Held), StoreError> {
    let request = requests::ask(inner, by, tenant, (operation, document), approvers).await?;
    let id = request.id;
    let held = match request.alone_at {
        Some(acts_at) => Held::Cooling {
            request: id,
            acts_at,
            alone: true,
        },
        None => Held::NotApproved { request: id },
    };
    Ok((request, held))
}

/// How something waits that acts by itself.
pub(crate) enum Wait {
    /// The tenant works without a second person: the cooling-off of the vault, and the mark.
    Alone(Duration, Permit),
    /// Until the request of this operation may act.
    ForRequest,
}

impl Wait {
    /// For how long the value waits.
    pub(crate) fn long(&self) -> Duration {
        match self {
            Self::Alone(wait, _) => *wait,
            Self::ForRequest => UNTIL_APPROVED,
        }
    }

    /// What marks the record.
    pub(crate) fn permit(&self) -> Option<&Permit> {
        match self {
            Self::Alone(_, permit) => Some(permit),
            Self::ForRequest => None,
        }
    }
}

/// How a change that weakens waits; with two people, its request is made if there is none.
///
/// # Errors
/// When the request cannot be made.
pub(crate) async fn wait(
    inner: &Inner,
    by: &Requester,
    tenant: TenantId,
    (operation, document): (&GovernedOperation, Option<String>),
) -> Result<Wait, StoreError> {
    let cooling_off = inner.policy.cooling_off;
    match permit_now(inner, tenant, operation)? {
        Some(permit) => Ok(Wait::Alone(cooling_off, permit)),
        None => {
            let _alone = inner.governing.alone.lock().await;
            if requests::find(inner, tenant, operation, by)?.is_none() {
                let approvers = approvers(inner, tenant)?;
                ask(inner, by, tenant, (operation, document), &approvers).await?;
            }
            Ok(Wait::ForRequest)
        }
    }
}

/// A setting after another value was asked for, and how that waits if it takes protection away.
///
/// # Errors
/// When the request cannot be made.
pub(crate) async fn ask_setting<T: Weakens + Send + Sync>(
    inner: &Inner,
    by: &Requester,
    bucket: &Bucket,
    stands: &Cooling<T>,
    value: &T,
) -> Result<(Cooling<T>, Option<Wait>), StoreError> {
    let now = inner.clock.compliance();
    let wait = if stands.in_force(now).keeps_at_least(value) {
        None
    } else {
        let (operation, document) = value.operation(named(bucket));
        Some(wait(inner, by, bucket.tenant, (&operation, document)).await?)
    };
    let long = wait.as_ref().map_or(Duration::ZERO, Wait::long);
    Ok((stands.ask(value.clone(), now, long), wait))
}

/// The permit of a tenant without dual control.
fn permit_now(
    inner: &Inner,
    tenant: TenantId,
    operation: &GovernedOperation,
) -> Result<Option<Permit>, StoreError> {
    let dual = dual_control(inner, tenant)?;
    let now = inner.clock.compliance();
    Ok(judge(dual, operation, None, None, (&[], now)).ok())
}
