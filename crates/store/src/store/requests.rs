//! Operations on requests for what needs two people.

use std::sync::Arc;

use azekura_model::access::Authorized;
use azekura_model::governed::{ApprovalRequest, DualControl};
use azekura_model::ident::{RequestId, TenantId};

use crate::error::StoreError;
use crate::governed::{self, Approvers, NoticeSink, requests, waiting};
use crate::store::Store;

impl Store {
    /// Who may approve from now on, instead of those whom the directory names.
    pub fn set_approvers(&self, approvers: Arc<dyn Approvers>) {
        self.inner.governing.set_approvers(approvers);
    }

    /// Who hears of requests. The sink must not block.
    pub fn set_request_sink(&self, sink: NoticeSink) {
        self.inner.governing.set_sink(sink);
    }

    /// Whether a tenant needs two people for what weakens.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn dual_control(&self, tenant: TenantId) -> Result<DualControl, StoreError> {
        governed::dual_control(&self.inner, tenant)
    }

    /// The requests of the vault in the order in which they were asked; `ended`: also those that ended.
    ///
    /// # Errors
    /// When the index cannot be read. A request that cannot be read is left out and logged.
    pub fn requests(
        &self,
        _by: &Authorized,
        ended: bool,
    ) -> Result<Vec<ApprovalRequest>, StoreError> {
        requests::list(&self.inner, ended)
    }

    /// One request.
    ///
    /// # Errors
    /// [`StoreError::NoSuchRequest`]; [`StoreError::Damaged`].
    pub fn request(&self, _by: &Authorized, id: RequestId) -> Result<ApprovalRequest, StoreError> {
        requests::read(&self.inner, id)
    }

    /// A second person's signature, as `ssh-keygen -Y sign -n azekura-request` writes it. Whoever hands it
    /// in: the signature says who approves.
    ///
    /// # Errors
    /// [`StoreError::BadSignature`], [`StoreError::NotApproved`], [`StoreError::NoSuchRequest`].
    pub async fn approve_request(
        &self,
        by: &Authorized,
        id: RequestId,
        armored: &str,
    ) -> Result<ApprovalRequest, StoreError> {
        requests::approve(&self.inner, by.requester(), id, armored).await
    }

    /// The caller says no. Who asked may, and every approver, until it acted.
    ///
    /// # Errors
    /// [`StoreError::MayNotVeto`], [`StoreError::NoSuchRequest`].
    pub async fn veto_request(
        &self,
        by: &Authorized,
        id: RequestId,
        reason: &str,
    ) -> Result<ApprovalRequest, StoreError> {
        let request = requests::veto(&self.inner, by.requester(), id, reason).await?;
        // What waited for it is taken back.
        waiting::act(&self.inner).await?;
        Ok(request)
    }

    /// Puts in force what its requests allow by now, and ends what passed its time. To be called now and
    /// then; nearly free while no request is open.
    ///
    /// # Errors
    /// When a commit fails; the next call does the rest.
    pub async fn act_on_requests(&self) -> Result<(), StoreError> {
        if requests::any_open(&self.inner)? {
            waiting::act(&self.inner).await?;
        }
        Ok(())
    }
}
