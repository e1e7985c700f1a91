//! The rule of two people, case by case.

use super::*;
use crate::ident::RequestId;
use crate::lock::{Period, RetentionMode};
use crate::requester::Requester;
use crate::time::HybridTime;

const DAY: i64 = 86_400_000;

fn bucket() -> NamedBucket {
    NamedBucket {
        uuid: BucketUuid([1; 16]),
        name: BucketName::parse("charts").unwrap(),
    }
}

fn bypass(key: &str) -> GovernedOperation {
    GovernedOperation::BypassDelete {
        bucket: bucket(),
        key: key.to_owned(),
        version: VersionId([2; 16]),
    }
}

fn by(person: &str) -> Requester {
    Requester {
        principal: person.to_owned(),
        key_id: format!("{person}-key"),
        ..Requester::default()
    }
}

fn approver(person: &str, registered: u64) -> Approver {
    Approver {
        person: person.to_owned(),
        keys: vec![ApproverKey {
            public: person.as_bytes().to_vec(),
            registered: HybridTime::from_packed(registered),
            frozen: false,
        }],
        access_keys: vec![format!("{person}-key")],
        frozen: false,
    }
}

fn ask(operation: &GovernedOperation, alone: bool) -> ApprovalRequest {
    ApprovalRequest::ask(Asking {
        id: RequestId([3; 16]),
        vault: "v",
        tenant: TenantId([4; 16]),
        tenant_name: "病院",
        operation,
        document: None,
        by: &by("佐藤"),
        asked: HybridTime::from_packed(100),
        asked_at: ComplianceTime(0),
        terms: &RequestTerms::default(),
        alone,
    })
}

fn judged(
    request: &ApprovalRequest,
    approvers: &[Approver],
    now: i64,
) -> Result<PermittedBy, Held> {
    let now = (approvers, ComplianceTime(now));
    let caller = by("佐藤");
    judge(
        DualControl::Required,
        &bypass("k"),
        Some(&caller),
        Some(request),
        now,
    )
    .map(|permit| permit.by().clone())
}

#[test]
fn what_is_signed_is_one_text() {
    let operation = GovernedOperation::BypassRetention {
        bucket: bucket(),
        key: "検査/\u{202e}a\\b\nc ".to_owned(),
        version: VersionId([2; 16]),
        retention: None,
    };
    let (tenant, request) = (TenantId([4; 16]), RequestId([3; 16]));
    let (bucket, version) = (BucketUuid([1; 16]), VersionId([2; 16]));
    let wanted = format!(
        "azekura-request v1\n\
         vault: v\n\
         tenant: {tenant}\n\
         tenant-name: 病院\n\
         request: {request}\n\
         requester: 佐藤\n\
         requester-key: 佐藤-key\n\
         asked: 1970-01-01T09:00:00.000+09:00\n\
         approve-before: 1970-01-15T09:00:00.000+09:00\n\
         cooling-off: 259200 s\n\
         operation: bypass-retention\n\
         means: shortens or removes the GOVERNANCE retention of one version\n\
         bucket: {bucket}\n\
         bucket-name: charts\n\
         key: 検査/\\xe2\\x80\\xaea\\x5cb\\x0ac\\x20\n\
         retention: none\n\
         version: {version}\n"
    );
    assert_eq!(ask(&operation, false).text, wanted);
}

#[test]
fn a_second_person_and_the_cooling_off_let_it_act() {
    let others = [approver("佐藤", 1), approver("鈴木", 1)];
    let request = ask(&bypass("k"), false);
    assert_eq!(
        judged(&request, &others, 20),
        Err(Held::NotApproved {
            request: request.id
        })
    );
    let signed = ("鈴木".as_bytes(), b"sig".as_slice());
    let approved = approve(&request, signed, &others, ComplianceTime(DAY)).unwrap();
    assert!(matches!(
        judged(&approved, &others, 4 * DAY - 1),
        Err(Held::Cooling { alone: false, .. })
    ));
    let allowed = judged(&approved, &others, 4 * DAY).unwrap();
    assert!(matches!(allowed, PermittedBy::TwoPeople { approver, .. } if approver == "鈴木"));
    // The time to act is over, too.
    assert_eq!(judged(&approved, &others, 18 * DAY), Err(Held::NotAsked));
    // Twice is no approval.
    let again = approve(&approved, signed, &others, ComplianceTime(DAY));
    assert_eq!(again, Err(NotApproved::NotWaiting));
}

#[test]
fn who_does_not_count_does_not_approve() {
    let request = ask(&bypass("k"), false);
    let approved = |public: &str, others: &[Approver]| {
        approve(
            &request,
            (public.as_bytes(), b"s"),
            others,
            ComplianceTime(1),
        )
        .err()
    };
    let asker = approver("佐藤", 1);
    let other = approver("鈴木", 1);
    let owner = Approver {
        access_keys: vec!["佐藤-key".to_owned()],
        ..other.clone()
    };
    let frozen = Approver {
        frozen: true,
        ..other.clone()
    };
    let mut frozen_key = other.clone();
    frozen_key.keys.iter_mut().for_each(|key| key.frozen = true);
    let mut shared = asker.clone();
    shared.keys.extend(other.keys.clone());
    for (others, why) in [
        (vec![asker.clone()], NotApproved::UnknownKey),
        (vec![owner], NotApproved::SamePerson),
        (vec![other.clone(), shared], NotApproved::SamePerson),
        (vec![frozen], NotApproved::Frozen),
        (vec![frozen_key], NotApproved::Frozen),
        (vec![approver("鈴木", 100)], NotApproved::KeyTooNew),
    ] {
        assert_eq!(approved("鈴木", &others), Some(why));
    }
    assert_eq!(approved("佐藤", &[asker]), Some(NotApproved::SamePerson));
    let late = ComplianceTime(14 * DAY);
    let late = approve(&request, ("鈴木".as_bytes(), b"s"), &[other], late);
    assert_eq!(late, Err(NotApproved::NotWaiting));
}

#[test]
fn an_approval_ends_with_its_key() {
    let others = [approver("鈴木", 1)];
    let request = ask(&bypass("k"), false);
    let signed = ("鈴木".as_bytes(), b"sig".as_slice());
    let approved = approve(&request, signed, &others, ComplianceTime(0)).unwrap();
    assert!(judged(&approved, &others, 3 * DAY).is_ok());
    let mut frozen = approver("鈴木", 1);
    frozen.frozen = true;
    for now in [vec![], vec![frozen], vec![approver("鈴木", 101)]] {
        let gone = judged(&approved, &now, 3 * DAY);
        assert!(matches!(gone, Err(Held::ApproverGone { .. })), "{gone:?}");
    }
}

#[test]
fn one_person_alone_waits_longer() {
    assert!(alone(&by("佐藤"), &[approver("佐藤", 1)]));
    let mut frozen = approver("鈴木", 1);
    frozen.frozen = true;
    assert!(!alone(&by("佐藤"), &[frozen]));
    let request = ask(&bypass("k"), true);
    assert!(matches!(
        judged(&request, &[], 7 * DAY - 1),
        Err(Held::Cooling { alone: true, .. })
    ));
    assert!(matches!(
        judged(&request, &[], 7 * DAY),
        Ok(PermittedBy::AloneAfterCooling { .. })
    ));
}

#[test]
fn other_parameters_people_and_stages_are_held() {
    let others = [approver("鈴木", 1)];
    let signed = ("鈴木".as_bytes(), b"sig".as_slice());
    let request = ask(&bypass("other"), false);
    let approved = approve(&request, signed, &others, ComplianceTime(0)).unwrap();
    assert_eq!(judged(&approved, &others, 3 * DAY), Err(Held::NotAsked));
    let request = ask(&bypass("k"), false);
    let approved = approve(&request, signed, &others, ComplianceTime(0)).unwrap();
    let now = (others.as_slice(), ComplianceTime(3 * DAY));
    for caller in [Some(by("高橋")), None] {
        let held = judge(
            DualControl::Required,
            &bypass("k"),
            caller.as_ref(),
            Some(&approved),
            now,
        );
        assert_eq!(held, Err(Held::NotAsked));
    }
    for stage in [
        RequestStage::Expired,
        RequestStage::Executed(ComplianceTime(1)),
        RequestStage::Vetoed(Veto {
            by: "鈴木".to_owned(),
            at: ComplianceTime(1),
            reason: String::new(),
        }),
    ] {
        let ended = ApprovalRequest {
            stage,
            ..approved.clone()
        };
        assert_eq!(judged(&ended, &others, 3 * DAY), Err(Held::NotAsked));
    }
    let off = judge(DualControl::Off, &bypass("k"), None, None, (&[], now.1));
    assert_eq!(off.unwrap().by(), &PermittedBy::DualControlOff);
}

#[test]
fn every_parameter_changes_the_text() {
    let days = |days| GovernedOperation::ShortenHistory {
        bucket: bucket(),
        days: HistoryDays(days),
    };
    assert_ne!(days(1).text(), days(2).text());
    let default = |period| GovernedOperation::WeakenDefaultRetention {
        bucket: bucket(),
        default: Some(DefaultRetention {
            mode: RetentionMode::Governance,
            period,
        }),
    };
    let (a, b) = (Period::days(1).unwrap(), Period::years(1).unwrap());
    assert_ne!(default(a).text(), default(b).text());
    let dispose = |class: Option<&str>, prefix: &str| GovernedOperation::Dispose {
        bucket: bucket(),
        job: [1; 16],
        prefix: prefix.to_owned(),
        class: class.map(str::to_owned),
        before: ComplianceTime(5),
        reason: "r".to_owned(),
    };
    assert_ne!(dispose(None, "").text(), dispose(Some("none"), "").text());
    // No value can write a line of its own.
    let forged = dispose(None, "a\nclass: x").text();
    assert!(!forged.contains("\nclass: x"), "{forged}");
}
