use super::*;

mod laws;
mod values;

#[test]
fn names_of_actions() {
    for (text, wanted) in [
        ("*", true),
        ("*:*", true),
        ("s3:*", true),
        ("S3:getobject", true),
        ("s3:Get?bject", true),
        ("s3:*Version*", true),
        ("s3:GetNothing", false),
        ("s3:", false),
        ("s3", false),
        ("s*:GetObject", false),
        ("s3:Get Object", false),
        ("azekura:ReadAudit", true),
        ("azekura:", false),
        ("ec2:*", false),
    ] {
        assert_eq!(vocabulary::names_an_action(text), wanted, "{text}");
    }
}

#[test]
fn lists_are_without_doubles() {
    for list in [&vocabulary::S3_ACTIONS[..], &vocabulary::CONDITION_KEYS[..]] {
        let mut sorted: Vec<_> = list.iter().map(|name| name.to_lowercase()).collect();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), list.len());
    }
    assert!(vocabulary::is_known_key("AWS:SourceIP"));
    assert!(vocabulary::is_known_key("s3:ExistingObjectTag/患者"));
    assert!(!vocabulary::is_known_key("aws:SourceVpc"));
}

/// One wildcard pattern of many stars and a text that almost matches: no exponential blow-up.
#[test]
fn wildcards_that_almost_match() {
    let pattern = Pattern::wild(&"a*".repeat(1_000), false).unwrap();
    let text = "a".repeat(999) + &"b".repeat(50_000);
    assert!(!pattern.matches_plain(&text));
    assert!(pattern.matches_plain(&"ab".repeat(1_000)));
    let pattern = Pattern::wild(&("*a".repeat(1_000) + "*c"), false).unwrap();
    assert!(!pattern.matches_plain(&"a".repeat(50_000)));
}
