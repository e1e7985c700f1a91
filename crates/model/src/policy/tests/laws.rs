//! Laws, against naive references.

use super::*;
use proptest::prelude::*;

/// Wildcards as their definition reads: exponential, for short texts.
fn naive(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (None, Some(_)) => false,
        (Some(('*', rest)), None) => naive(rest, text),
        (Some(('*', rest)), Some((_, tail))) => naive(rest, text) || naive(pattern, tail),
        (Some(('?', rest)), Some((_, tail))) => naive(rest, tail),
        (Some((wanted, rest)), Some((first, tail))) => wanted == first && naive(rest, tail),
        (Some(_), None) => false,
    }
}

fn chars(text: &str) -> Vec<char> {
    text.chars().collect()
}

fn condition(operator: &str, values: &[String]) -> Option<Condition> {
    let values = values.iter().map(String::as_str);
    Condition::new(operator, "s3:prefix", values, true).ok()
}

fn holds(operator: &str, wanted: &[String], request: Option<&[String]>) -> bool {
    let ask = |key: &str| (key == "s3:prefix").then(|| request.map(<[String]>::to_vec))?;
    condition(operator, wanted)
        .unwrap()
        .holds(Effect::Allow, &ask)
}

const POSITIVE: [(&str, &str); 6] = [
    ("StringEquals", "StringNotEquals"),
    ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
    ("StringLike", "StringNotLike"),
    ("NumericEquals", "NumericNotEquals"),
    ("DateEquals", "DateNotEquals"),
    ("IpAddress", "NotIpAddress"),
];

fn value(operator: &str) -> BoxedStrategy<String> {
    match operator {
        "IpAddress" => "10\\.0\\.[01]\\.[0-3]".boxed(),
        "NumericEquals" | "DateEquals" => "[0-9]".boxed(),
        _ => "[abA*?]{1,2}".boxed(),
    }
}

fn case() -> impl Strategy<Value = (usize, Vec<String>, Vec<String>)> {
    (0..POSITIVE.len()).prop_flat_map(|at| {
        let one = || value(POSITIVE[at].0);
        let many = || proptest::collection::vec(one(), 1..4);
        (Just(at), many(), many())
    })
}

proptest! {
    #[test]
    fn wildcards_are_what_they_say(pattern in "[ab*?患]{0,7}", text in "[ab患]{0,9}") {
        let wanted = naive(&chars(&pattern), &chars(&text));
        prop_assert_eq!(Pattern::wild(&pattern, false).unwrap().matches_plain(&text), wanted);
        prop_assert_eq!(Pattern::wild(&pattern, true).unwrap().matches_plain(&text), wanted);
        let upper = text.to_ascii_uppercase();
        prop_assert_eq!(Pattern::action(&pattern).matches_plain(&upper), wanted);
    }

    /// A variable is its value with every sign of it literal.
    #[test]
    fn variables_are_literal(before in "[a*?]{0,3}", value in "[a*?$]{0,4}", after in "[a*?]{0,3}", text in "[a*?$]{0,9}") {
        let pattern = Pattern::wild(&format!("{before}${{aws:userid}}{after}"), true).unwrap();
        let got = pattern.matches(&text, &|key| (key == "aws:userid").then(|| vec![value.clone()]));
        // The reference escapes the value with the literals of the language.
        let escaped: String = value
            .chars()
            .map(|c| format!("${{{c}}}").replace("${a}", "a"))
            .collect();
        let wanted = Pattern::wild(&format!("{before}{escaped}{after}"), true).unwrap();
        prop_assert_eq!(got, Some(wanted.matches_plain(&text)));
        prop_assert_eq!(pattern.matches(&text, &|_| None), None);
        prop_assert_eq!(pattern.matches(&text, &|_| Some(vec!["a".to_owned(), "b".to_owned()])), None);
    }

    /// A negated operator says the opposite, for one value and for a missing key.
    #[test]
    fn negation((at, wanted, request) in case()) {
        let (positive, negative) = POSITIVE[at];
        let one = request[..1].to_vec();
        prop_assert_ne!(holds(positive, &wanted, Some(&one)), holds(negative, &wanted, Some(&one)));
        prop_assert!(!holds(positive, &wanted, None));
        prop_assert!(holds(negative, &wanted, None));
        for operator in [positive, negative] {
            let if_exists = format!("{operator}IfExists");
            prop_assert_eq!(holds(&if_exists, &wanted, Some(&one)), holds(operator, &wanted, Some(&one)));
            prop_assert!(holds(&if_exists, &wanted, None));
        }
    }

    /// Several values of a policy are joined by or.
    #[test]
    fn values_are_alternatives((at, wanted, request) in case()) {
        let operator = POSITIVE[at].0;
        let one = request[..1].to_vec();
        let each = wanted.iter().any(|value| holds(operator, std::slice::from_ref(value), Some(&one)));
        prop_assert_eq!(holds(operator, &wanted, Some(&one)), each);
    }

    /// Not all are so is the same as some are not: `ForAllValues` and `ForAnyValue` are dual.
    #[test]
    fn quantifiers_are_dual((at, wanted, request) in case()) {
        let (positive, negative) = POSITIVE[at];
        let all = |operator: &str| holds(&format!("ForAllValues:{operator}"), &wanted, Some(&request));
        let any = |operator: &str| holds(&format!("ForAnyValue:{operator}"), &wanted, Some(&request));
        prop_assert_ne!(all(positive), any(negative));
        prop_assert_ne!(all(negative), any(positive));
        let each = |value: &String| holds(positive, &wanted, Some(std::slice::from_ref(value)));
        prop_assert_eq!(all(positive), request.iter().all(each));
        prop_assert_eq!(any(positive), request.iter().any(each));
    }

    /// Without a quantifier a Deny takes several values for more and an Allow for less.
    #[test]
    fn several_values_never_give_more((at, wanted, request) in case()) {
        for operator in [POSITIVE[at].0, POSITIVE[at].1] {
            let condition = condition(operator, &wanted).unwrap();
            let with = |values: &[String], effect| {
                let ask = |_: &str| Some(values.to_vec());
                condition.holds(effect, &ask)
            };
            for value in request.chunks(1) {
                prop_assert!(!with(&request, Effect::Allow) || with(value, Effect::Allow));
                prop_assert!(with(&request, Effect::Deny) || !with(value, Effect::Deny));
            }
        }
    }
}

fn statement(effect: Effect, action: &str, resource: &str) -> Statement {
    Statement {
        sid: None,
        effect,
        principals: PrincipalMatch::Attached,
        actions: PatternMatch::Of(vec![Pattern::action(action)]),
        resources: PatternMatch::Of(vec![Pattern::wild(resource, true).unwrap()]),
        conditions: Vec::new(),
    }
}

proptest! {
    /// Deny goes before Allow, and the order of statements changes only which of equals is named.
    #[test]
    fn order_decides_nothing(picked in proptest::collection::vec((any::<bool>(), 0_usize..4), 0..6)) {
        let resources = ["arn:aws:s3:::b/*", "arn:aws:s3:::b/x", "arn:aws:s3:::c/*", "*"];
        let statements: Vec<_> = picked
            .iter()
            .map(|(deny, at)| {
                let effect = if *deny { Effect::Deny } else { Effect::Allow };
                statement(effect, "s3:Get*", resources[*at])
            })
            .collect();
        let question = Question {
            action: "s3:GetObject",
            resource: "arn:aws:s3:::b/x",
            principal: PrincipalFacts::default(),
            facts: &(),
        };
        let verdict = |statements: Vec<Statement>| match (Policy { statements }).judge(&question) {
            Judgement::Deny(_) => 'd',
            Judgement::Allow(_) => 'a',
            _ => 's',
        };
        let hit = |deny: bool| picked.iter().any(|(is_deny, at)| *is_deny == deny && *at != 2);
        let wanted = if hit(true) { 'd' } else if hit(false) { 'a' } else { 's' };
        let backwards: Vec<_> = statements.iter().rev().cloned().collect();
        prop_assert_eq!(verdict(statements), wanted);
        prop_assert_eq!(verdict(backwards), wanted);
    }
}
