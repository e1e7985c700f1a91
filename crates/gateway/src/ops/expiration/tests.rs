use std::time::Duration;

use azekura_model::lifecycle::{DAY_MS, Expiration, LifecycleFilter, LifecycleRule};

use super::*;

fn rules(days: u32) -> LifecycleRules {
    let rule = LifecycleRule {
        id: format!("after {days}"),
        enabled: true,
        filter: LifecycleFilter {
            prefix: Some("logs/".to_owned()),
            ..LifecycleFilter::default()
        },
        legacy_prefix: false,
        expiration: Some(Expiration::Days(days)),
        noncurrent: None,
        abort_multipart_days: None,
    };
    LifecycleRules::new(vec![rule]).unwrap()
}

fn shown(rules: &Cooling<LifecycleRules>, key: &str) -> Option<(i64, String)> {
    let current = Current {
        key,
        tags: &[],
        bytes: 1,
        modified: WallTime(DAY_MS / 2),
    };
    let (at, rule) = expiry(rules, &current)?;
    Some((at.0 / DAY_MS, rule.to_owned()))
}

#[test]
fn rules_that_wait_expire_nothing_sooner() {
    let wait = Duration::from_hours(72);
    let none = Cooling::settled(LifecycleRules::default());
    assert_eq!(shown(&none, "logs/a"), None);
    let first = none.ask(rules(1), ComplianceTime(0), wait);
    assert_eq!(shown(&first, "logs/a"), Some((4, "after 1".to_owned())));
    assert_eq!(shown(&first, "other"), None);
    let settled = Cooling::settled(rules(9));
    assert_eq!(shown(&settled, "logs/a"), Some((10, "after 9".to_owned())));
    let sooner = settled.ask(rules(5), ComplianceTime(0), wait);
    assert_eq!(shown(&sooner, "logs/a"), Some((6, "after 5".to_owned())));
}
