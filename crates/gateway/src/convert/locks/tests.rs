use azekura_model::time::ComplianceTime;

use super::*;

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
        .collect()
}

#[test]
fn headers_ask_for_mode_and_date_together() {
    let both = asked(&headers(&[
        (MODE, "COMPLIANCE"),
        (UNTIL, "2030-01-01T09:00:00+09:00"),
        (HOLD, "OFF"),
    ]))
    .unwrap();
    let until = ComplianceTime(1_893_456_000_000);
    let mode = RetentionMode::Compliance;
    assert_eq!(both.retention, Some(Retention { mode, until }));
    assert_eq!(both.hold, Some(false));
    assert!(asked(&HeaderMap::new()).unwrap().is_empty());
    for wrong in [
        &[(MODE, "COMPLIANCE")][..],
        &[(UNTIL, "2030-01-01T00:00:00Z")],
        &[(MODE, "compliance"), (UNTIL, "2030-01-01T00:00:00Z")],
        &[(MODE, "COMPLIANCE"), (UNTIL, "2030-13-01T00:00:00Z")],
        &[(MODE, "COMPLIANCE"), (UNTIL, "tomorrow")],
        &[(HOLD, "on")],
        &[(HOLD, "")],
    ] {
        let error = asked(&headers(wrong)).unwrap_err();
        assert_eq!(error.code(), &S3ErrorCode::InvalidArgument, "{wrong:?}");
    }
}

#[test]
fn dates_reach_the_year_9999_and_are_never_cut_short() {
    let ms = |text: &str| times::until(date(text).unwrap()).0;
    assert_eq!(ms("2030-01-01T00:00:00Z"), 1_893_456_000_000);
    assert_eq!(ms("2030-01-01T00:00:00.5Z"), 1_893_456_000_500);
    assert_eq!(ms("2030-01-01T00:00:00.0000001Z"), 1_893_456_000_001);
    let last = ms("9999-12-31T23:59:59.9999999Z");
    assert_eq!(last, 253_402_300_799_999);
    let shown = date_text(&times::of_compliance(ComplianceTime(last)));
    assert_eq!(shown, "9999-12-31T23:59:59.999Z");
}

#[test]
fn only_what_may_be_read_is_shown() {
    let class = |name| ClassName::parse(name).unwrap();
    let lock = Lock {
        retention: Some(Retention {
            mode: RetentionMode::Governance,
            until: ComplianceTime(0),
        }),
        hold: Some(true),
        classes: vec![class("karte-5y"), class("xray-3y")],
        ..Lock::default()
    };
    let shown = |retention, hold| {
        let mut answer = HeaderMap::new();
        show(&mut answer, &lock, retention, hold);
        let mut names: Vec<_> = answer.keys().map(|name| name.as_str().to_owned()).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(shown(true, true), [HOLD, MODE, UNTIL, CLASSES]);
    assert_eq!(shown(true, false), [MODE, UNTIL, CLASSES]);
    let mut answer = HeaderMap::new();
    show(&mut answer, &lock, true, true);
    assert_eq!(answer.get(CLASSES).unwrap(), "karte-5y, xray-3y");
    assert_eq!(shown(false, true), [HOLD]);
    assert!(shown(false, false).is_empty());
}

#[test]
fn a_document_of_retention_has_both_or_neither() {
    let document = |mode: Option<&'static str>, until: Option<&str>| {
        let document = dto::ObjectLockRetention {
            mode: mode.map(dto::ObjectLockRetentionMode::from_static),
            retain_until_date: until.map(|text| date(text).unwrap()),
        };
        retention_of(Some(document))
    };
    let until = Some("2030-01-01T00:00:00Z");
    assert_eq!(document(None, None).unwrap(), None);
    let kept = document(Some("GOVERNANCE"), until).unwrap().unwrap();
    let wire = retention_to_wire(kept);
    assert_eq!(retention_of(Some(wire)).unwrap(), Some(kept));
    assert!(retention_of(None).is_err());
    for (mode, until) in [
        (Some("GOVERNANCE"), None),
        (None, until),
        (Some("governance"), until),
        (Some(""), until),
    ] {
        let error = document(mode, until).unwrap_err();
        assert_eq!(error.code(), &S3ErrorCode::MalformedXML, "{mode:?}");
    }
}

#[test]
fn a_default_is_in_days_or_in_years() {
    let document = |mode: &'static str, days, years| dto::ObjectLockConfiguration {
        object_lock_enabled: Some(dto::ObjectLockEnabled::from_static("Enabled")),
        rule: Some(dto::ObjectLockRule {
            default_retention: Some(dto::DefaultRetention {
                days,
                mode: Some(dto::ObjectLockRetentionMode::from_static(mode)),
                years,
            }),
        }),
    };
    for (days, years) in [(Some(1), None), (Some(36_500), None), (None, Some(100))] {
        let document = document("COMPLIANCE", days, years);
        let default = configuration_of(Some(document.clone())).unwrap();
        let lock = ObjectLock {
            default,
            probation: None,
        };
        assert_eq!(configuration_to_wire(&lock), document);
    }
    for (mode, days, years, code) in [
        ("GOVERNANCE", Some(1), Some(1), "MalformedXML"),
        ("GOVERNANCE", None, None, "MalformedXML"),
        ("governance", Some(1), None, "MalformedXML"),
        ("GOVERNANCE", Some(0), None, "InvalidRetentionPeriod"),
        ("GOVERNANCE", None, Some(-1), "InvalidRetentionPeriod"),
        ("GOVERNANCE", Some(36_501), None, "InvalidArgument"),
        ("GOVERNANCE", None, Some(101), "InvalidArgument"),
    ] {
        let error = configuration_of(Some(document(mode, days, years))).unwrap_err();
        assert_eq!(error.code().as_str(), code, "{mode} {days:?} {years:?}");
    }
    let mut off = document("GOVERNANCE", Some(1), None);
    off.object_lock_enabled = Some(dto::ObjectLockEnabled::from_static("Disabled"));
    assert!(configuration_of(Some(off)).is_err());
    assert!(configuration_of(None).is_err());
    let bare = configuration_to_wire(&ObjectLock::default());
    assert_eq!(bare.rule, None);
    assert_eq!(configuration_of(Some(bare)).unwrap(), None);
}
