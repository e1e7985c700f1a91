use super::*;
use crate::calendar::DAY_MS;
use crate::lock::{Lock, Retention};
use crate::time::ComplianceTime;

fn name(name: &str) -> ClassName {
    ClassName::parse(name).unwrap()
}

fn class(of: &str, years: u32, event: bool) -> RetentionClass {
    RetentionClass {
        name: name(of),
        title_ja: "診療録".to_owned(),
        title_en: "records".to_owned(),
        period: match years {
            0 => ClassPeriod::Indefinite,
            years => ClassPeriod::Years(years),
        },
        change: None,
        start: if event {
            ClassStart::Event {
                name_ja: "完結の日".to_owned(),
                name_en: "completion".to_owned(),
            }
        } else {
            ClassStart::Upload
        },
        law: "law".to_owned(),
        edition: "edition".to_owned(),
        unverified: false,
        note_ja: String::new(),
        note_en: String::new(),
        shipped: true,
    }
}

fn catalog() -> ClassCatalog {
    let mut catalog = ClassCatalog::default();
    for class in [
        class("karte-5y", 5, true),
        class("hoken-3y", 3, true),
        class("a207-3y", 3, false),
        class("minpo-20y", 20, false),
        class("c-kanen", 0, false),
    ] {
        catalog.add(class).unwrap();
    }
    catalog
}

fn rule(prefix: &str, class: &str, mode: RetentionMode) -> ClassRule {
    ClassRule {
        prefix: prefix.to_owned(),
        tag: None,
        class: name(class),
        mode,
    }
}

fn date(text: &str) -> CivilDate {
    CivilDate::parse(text).unwrap()
}

/// Noon in Japan.
fn noon(text: &str) -> ComplianceTime {
    ComplianceTime(date(text).begins().0 + DAY_MS / 2)
}

fn assign(rules: &[ClassRule], event: Option<&str>) -> Result<Assigned, NotAssigned> {
    let rules = ClassRules(rules.to_vec());
    let tags = [("kind".to_owned(), "karte".to_owned())];
    assigned(
        &rules,
        &catalog(),
        ("a/1", &tags),
        event,
        noon("2026-04-01"),
    )
}

const G: RetentionMode = RetentionMode::Governance;
const C: RetentionMode = RetentionMode::Compliance;

#[test]
fn the_longest_of_several_counts_in_the_strictest_mode() {
    let rules = [
        rule("", "a207-3y", C),
        rule("a/", "minpo-20y", G),
        rule("b/", "c-kanen", G),
    ];
    let assigned = assign(&rules, None).unwrap();
    assert_eq!(
        assigned.retention,
        Some(Retention {
            mode: C,
            until: date("2046-04-01").ends()
        })
    );
    assert_eq!(assigned.classes, [name("a207-3y"), name("minpo-20y")]);
    assert!(!assigned.hold && assigned.event.is_none());
}

#[test]
fn an_event_is_awaited_and_the_floor_is_the_period_from_the_upload() {
    let rules = [rule("", "hoken-3y", C), rule("", "karte-5y", G)];
    let assigned = assign(&rules, None).unwrap();
    let event = assigned.event.unwrap();
    assert_eq!(event.class, name("karte-5y"));
    assert_eq!(event.floor, date("2031-04-01").ends());
    assert_eq!(assigned.retention, None);
}

#[test]
fn an_event_date_at_the_upload_never_shortens() {
    let rules = [rule("", "karte-5y", G)];
    let later = assign(&rules, Some("2026-09-30")).unwrap();
    assert_eq!(later.event, None);
    let until = |text: &str| {
        Some(Retention {
            mode: C,
            until: date(text).ends(),
        })
    };
    assert_eq!(later.retention, until("2031-09-30"));
    let earlier = assign(&rules, Some("1999-01-01")).unwrap();
    assert_eq!(earlier.retention, until("2031-04-01"));
    assert!(matches!(
        assign(&rules, Some("soon")),
        Err(NotAssigned::Date(_))
    ));
    // Where no class asks for it, the metadata is the client's own business.
    assert_eq!(assign(&[], Some("soon")), Ok(Assigned::default()));
}

#[test]
fn an_indefinite_class_sets_a_legal_hold() {
    let assigned = assign(&[rule("", "c-kanen", G)], None).unwrap();
    assert_eq!(assigned.join(Lock::default()).hold, Some(true));
}

#[test]
fn a_class_that_is_gone_refuses_the_upload() {
    let refused = assign(&[rule("", "own-1y", G)], None);
    assert_eq!(refused, Err(NotAssigned::UnknownClass(name("own-1y"))));
}

#[test]
fn tags_choose_classes() {
    let tagged = |value: &str| ClassRule {
        tag: Some(("kind".to_owned(), value.to_owned())),
        ..rule("", "a207-3y", G)
    };
    assert_eq!(assign(&[tagged("karte")], None).unwrap().classes.len(), 1);
    assert_eq!(assign(&[tagged("x-ray")], None).unwrap().classes.len(), 0);
}

#[test]
fn joining_weakens_nothing() {
    let lock = Lock {
        retention: Some(Retention {
            mode: C,
            until: noon("2099-01-01"),
        }),
        hold: Some(true),
        ..Lock::default()
    };
    let joined = assign(&[rule("", "a207-3y", G)], None)
        .unwrap()
        .join(lock.clone());
    assert_eq!(joined.retention, lock.retention);
    assert_eq!(joined.hold, Some(true));
    // A compliance class ends the trial of a bucket's default on its version.
    let trial = Lock {
        retention: Some(Retention {
            mode: G,
            until: noon("2027-01-01"),
        }),
        probation: Some(noon("2026-04-04")),
        ..Lock::default()
    };
    let firm = assign(&[rule("", "a207-3y", C)], None)
        .unwrap()
        .join(trial.clone());
    assert_eq!(firm.probation, None);
    let soft = assign(&[rule("", "a207-3y", G)], None).unwrap().join(trial);
    assert!(soft.probation.is_some());
}

#[test]
fn a_posted_event_starts_the_longest_period_and_is_not_dated_back() {
    let classes = [name("a207-3y"), name("hoken-3y"), name("karte-5y")];
    let made = noon("2026-04-01");
    let (by, retention) = started(&catalog(), &classes, date("2027-01-10"), made).unwrap();
    assert_eq!(by, name("karte-5y"));
    assert_eq!(retention.mode, C);
    assert_eq!(retention.until, date("2032-01-10").ends());
    assert!(started(&catalog(), &classes, date("2026-04-01"), made).is_ok());
    let back = started(&catalog(), &classes, date("2026-03-31"), made);
    assert!(matches!(back, Err(NotAssigned::DatedBack { .. })));
    let none = started(&catalog(), &classes[..1], date("2027-01-10"), made);
    assert_eq!(none, Err(NotAssigned::NoEventClass));
}

#[test]
fn taking_a_rule_away_weakens() {
    let one = ClassRules(vec![rule("", "a207-3y", C)]);
    let two = ClassRules(vec![rule("", "a207-3y", C), rule("x/", "karte-5y", G)]);
    let softer = ClassRules(vec![rule("", "a207-3y", G)]);
    assert!(one.keeps_at_least(&two));
    assert!(!two.keeps_at_least(&one));
    assert!(!one.keeps_at_least(&softer));
    assert!(softer.keeps_at_least(&one));
    assert!(two.keeps_at_least(&two.stricter(&one)));
    assert!(one.keeps_at_least(&one.stricter(&softer)));
}
