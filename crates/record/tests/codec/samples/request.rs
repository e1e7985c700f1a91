//! Requests in every stage, and the marks of what they allowed.

use azekura_model::governed::{Approval, ApprovalRequest, PermittedBy, RequestStage, Veto};
use azekura_model::ident::{RequestId, TenantId};
use azekura_model::time::{ComplianceTime, HybridTime};
use azekura_record::particulars::Event;
use azekura_record::request::RequestChanged;

const ASKED: i64 = 1_798_000_000_000;

pub(crate) fn permits() -> [(&'static str, PermittedBy); 3] {
    let request = RequestId([0x4e; 16]);
    [
        (
            "permit-two-people",
            PermittedBy::TwoPeople {
                request,
                approver: "鈴木".to_owned(),
            },
        ),
        ("permit-alone", PermittedBy::AloneAfterCooling { request }),
        ("permit-off", PermittedBy::DualControlOff),
    ]
}

fn request(stage: RequestStage) -> ApprovalRequest {
    let operation = "operation: retire-bucket\nbucket-name: images\n".to_owned();
    ApprovalRequest {
        id: RequestId([0x4e; 16]),
        tenant: TenantId([0x11; 16]),
        text: format!("azekura-request v1\nrequester: 山田\n{operation}"),
        operation,
        document: None,
        asked_by: "山田".to_owned(),
        asked_key: "AZKEXAMPLE".to_owned(),
        asked: HybridTime::from_packed(7),
        asked_at: ComplianceTime(ASKED),
        approve_before: ComplianceTime(ASKED + 1_209_600_000),
        cooling_off: 259_200_000,
        alone_at: None,
        approval: Some(Approval {
            approver: "鈴木".to_owned(),
            public_key: vec![1, 2],
            signature: vec![3, 4, 5],
            at: ComplianceTime(ASKED + 1),
            acts_at: ComplianceTime(ASKED + 259_200_001),
        }),
        stage,
    }
}

pub(super) fn events() -> Vec<(&'static str, Event)> {
    let veto = Veto {
        by: "鈴木".to_owned(),
        at: ComplianceTime(ASKED + 2),
        reason: "知らない依頼".to_owned(),
    };
    let asked = ApprovalRequest {
        approval: None,
        document: Some("rule: expire 1 day\n".to_owned()),
        alone_at: Some(ComplianceTime(ASKED + 604_800_000)),
        ..request(RequestStage::Asked)
    };
    let executed = RequestStage::Executed(ComplianceTime(ASKED + 259_200_002));
    [
        ("request-asked", asked),
        ("request-approved", request(RequestStage::Approved)),
        ("request-vetoed", request(RequestStage::Vetoed(veto))),
        ("request-expired", request(RequestStage::Expired)),
        ("request-executed", request(executed)),
    ]
    .into_iter()
    .map(|(name, request)| {
        let event = Event::RequestChanged(Box::new(RequestChanged(request)));
        (name, event)
    })
    .collect()
}
