//! Any request, any mark.

use azekura_model::governed::{Approval, ApprovalRequest, PermittedBy, RequestStage, Veto};
use azekura_model::ident::{RequestId, TenantId};
use azekura_model::time::{ComplianceTime, HybridTime};
use azekura_record::particulars::Event;
use azekura_record::request::RequestChanged;
use proptest::option;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};

use super::{bytes, text};

fn id() -> impl Strategy<Value = RequestId> {
    any::<[u8; 16]>().prop_map(RequestId)
}

fn time() -> impl Strategy<Value = ComplianceTime> {
    any::<i64>().prop_map(ComplianceTime)
}

pub(super) fn permitted() -> BoxedStrategy<PermittedBy> {
    prop_oneof![
        (id(), text()).prop_map(|(request, approver)| PermittedBy::TwoPeople { request, approver }),
        id().prop_map(|request| PermittedBy::AloneAfterCooling { request }),
        Just(PermittedBy::DualControlOff),
    ]
    .boxed()
}

fn stage() -> impl Strategy<Value = RequestStage> {
    prop_oneof![
        Just(RequestStage::Asked),
        Just(RequestStage::Approved),
        (text(), time(), text()).prop_map(|(by, at, reason)| RequestStage::Vetoed(Veto {
            by,
            at,
            reason
        })),
        Just(RequestStage::Expired),
        time().prop_map(RequestStage::Executed),
    ]
}

fn approval() -> impl Strategy<Value = Approval> {
    (text(), bytes(), bytes(), time(), time()).prop_map(
        |(approver, public_key, signature, at, acts_at)| Approval {
            approver,
            public_key,
            signature,
            at,
            acts_at,
        },
    )
}

pub(super) fn event() -> BoxedStrategy<Event> {
    let words = (text(), text(), option::of(text()), text(), text());
    let times = (any::<u64>(), time(), time(), any::<i64>());
    let state = (option::of(time()), option::of(approval()), stage());
    (id(), any::<[u8; 16]>(), words, times, state)
        .prop_map(|(id, tenant, words, times, state)| {
            let (before, operation, document, asked_by, asked_key) = words;
            let (asked, asked_at, approve_before, cooling_off) = times;
            let (alone_at, approval, stage) = state;
            let operation = format!("operation: {operation}\n");
            Event::RequestChanged(Box::new(RequestChanged(ApprovalRequest {
                id,
                tenant: TenantId(tenant),
                text: format!("{before}\n{operation}"),
                operation,
                document,
                asked_by,
                asked_key,
                asked: HybridTime::from_packed(asked),
                asked_at,
                approve_before,
                cooling_off,
                alone_at,
                approval,
                stage,
            })))
        })
        .boxed()
}
