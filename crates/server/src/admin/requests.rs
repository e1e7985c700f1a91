//! [`RequestsApi`] over the store, for one verified caller of one tenant; and its routes.

pub(super) mod routes;

use async_trait::async_trait;
use azekura_admin_api::error::{ApiError, Code};
use azekura_admin_api::requests::{
    RequestDetail, RequestList, RequestsApi, RequestsQuery, VetoQuery,
};
use azekura_model::access::{Action, Authorized};
use azekura_model::governed::{ApprovalRequest, RequestStage};
use azekura_model::ident::RequestId;
use azekura_model::time::ComplianceTime;
use azekura_record::sshsig;
use azekura_store::error::StoreError;

use super::convert::{api_error, rfc3339};
use super::operations::Operator;

fn request_id(text: &str) -> Result<RequestId, ApiError> {
    RequestId::parse(text).ok_or_else(|| {
        let what = format!("{text:?} is not the id of a request");
        ApiError::new(Code::InvalidRequest, what).hint("`azekura request list` shows the ids.")
    })
}

/// A request as people read it.
pub(crate) fn detail(request: &ApprovalRequest, now: ComplianceTime) -> RequestDetail {
    let over = !request.open(now);
    let (stage, vetoed_by, veto_reason) = match &request.stage {
        RequestStage::Asked if over => ("expired", None, None),
        RequestStage::Approved if over => ("expired", None, None),
        RequestStage::Asked => ("asked", None, None),
        RequestStage::Approved => ("approved", None, None),
        RequestStage::Vetoed(veto) => {
            let (by, reason) = (veto.by.clone(), veto.reason.clone());
            ("vetoed", Some(by), Some(reason))
        }
        RequestStage::Expired => ("expired", None, None),
        RequestStage::Executed(_) => ("executed", None, None),
    };
    let approval = request.approval.as_ref();
    RequestDetail {
        id: request.id.to_string(),
        operation: request.name().to_owned(),
        stage: stage.to_owned(),
        asked_by: request.asked_by.clone(),
        asked_at: rfc3339(request.asked_at.0),
        approve_before: rfc3339(request.approve_before.0),
        alone: request.alone_at.is_some() && approval.is_none(),
        acts_at: request.acts_at().map(|at| rfc3339(at.0)),
        ends_at: rfc3339(request.ends_at().0),
        acts_by_itself: request.waits(),
        approved_by: approval.map(|approval| approval.approver.clone()),
        approved_with: approval.map(|approval| sshsig::fingerprint(&approval.public_key)),
        signature: approval.map(|approval| sshsig::armored(&approval.signature)),
        vetoed_by,
        veto_reason,
        text: request.text.clone(),
        document: request.document.clone(),
    }
}

impl Operator {
    /// The id, when it is a request of the caller's tenant. Of others, nobody learns that they exist.
    fn of_my_tenant(&self, id: &str) -> Result<(Authorized, ApprovalRequest), ApiError> {
        let by = self.may(Action::AdminRead)?;
        let id = request_id(id)?;
        let request = self.running.store.request(&by, id);
        let request = request.map_err(|error| api_error(&error))?;
        if Some(request.tenant) == self.tenant() {
            Ok((by, request))
        } else {
            Err(api_error(&StoreError::NoSuchRequest))
        }
    }

    fn told(&self, result: Result<ApprovalRequest, StoreError>) -> Result<RequestDetail, ApiError> {
        result
            .map(|request| detail(&request, self.now()))
            .map_err(|error| api_error(&error))
    }
}

#[async_trait]
impl RequestsApi for Operator {
    async fn requests(&self, query: &RequestsQuery) -> Result<RequestList, ApiError> {
        let by = self.may(Action::AdminRead)?;
        let all = self.running.store.requests(&by, query.all);
        let mut all = all.map_err(|error| api_error(&error))?;
        let now = self.now();
        all.retain(|request| Some(request.tenant) == self.tenant());
        all.retain(|request| query.all || request.open(now));
        Ok(RequestList {
            requests: all.iter().map(|request| detail(request, now)).collect(),
        })
    }

    async fn request(&self, id: &str) -> Result<RequestDetail, ApiError> {
        let (_, request) = self.of_my_tenant(id)?;
        Ok(detail(&request, self.now()))
    }

    async fn approve_request(&self, id: &str, signature: &str) -> Result<RequestDetail, ApiError> {
        self.may(Action::ApproveRequest)?;
        let (by, request) = self.of_my_tenant(id)?;
        let store = &self.running.store;
        self.told(store.approve_request(&by, request.id, signature).await)
    }

    async fn veto_request(&self, id: &str, query: &VetoQuery) -> Result<RequestDetail, ApiError> {
        let (by, request) = self.of_my_tenant(id)?;
        let store = &self.running.store;
        self.told(store.veto_request(&by, request.id, &query.reason).await)
    }
}
