use super::*;

fn rule(origins: &[&str], methods: &[CorsMethod], headers: &[&str]) -> CorsRule {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    CorsRule {
        id: None,
        origins: texts(origins),
        methods: methods.to_vec(),
        allowed_headers: texts(headers),
        expose_headers: Vec::new(),
        max_age_seconds: None,
    }
}

fn ask<'a>(origin: &'a str, method: &'a str, headers: &'a [&'a str]) -> CorsRequest<'a> {
    CorsRequest {
        origin,
        method,
        headers,
    }
}

#[test]
fn the_first_rule_that_allows_everything_decides() {
    let rules = CorsRules::new(vec![
        rule(
            &["https://a.example", "*.b.example"],
            &[CorsMethod::Get],
            &[],
        ),
        rule(
            &["https://*.example"],
            &[CorsMethod::Put],
            &["x-amz-*", "Content-Type"],
        ),
        rule(&["*"], &[CorsMethod::Get, CorsMethod::Head], &["*"]),
    ])
    .unwrap();
    let first = |request: CorsRequest<'static>| {
        let grant = rules.judge(&request)?;
        let place = rules.rules().iter().position(|rule| rule == grant.rule);
        Some((grant.origin.to_owned(), place.unwrap()))
    };
    let named = |place| Some(("https://a.example".to_owned(), place));
    assert_eq!(first(ask("https://a.example", "GET", &[])), named(0));
    // A header that the first rule does not allow: a later rule may.
    let star = Some(("*".to_owned(), 2));
    assert_eq!(first(ask("https://a.example", "GET", &["x-a"])), star);
    let asked: &[&str] = &["X-Amz-Meta-Ward", "content-type"];
    assert_eq!(first(ask("https://a.example", "PUT", asked)), named(1));
    assert_eq!(first(ask("https://a.example", "PUT", &["x-other"])), None);
    assert_eq!(first(ask("https://a.example", "DELETE", &[])), None);
    assert_eq!(first(ask("http://else.test", "HEAD", &[])), star);
    // Methods and origins are compared as they are.
    assert_eq!(first(ask("https://A.EXAMPLE", "PUT", &[])), None);
    assert_eq!(first(ask("https://a.example", "put", &[])), None);
}

#[test]
fn a_star_stands_for_any_text_and_its_neighbours_do_not_overlap() {
    for (pattern, text, same) in [
        ("start*end", "startend", true),
        ("start*end", "start12end", true),
        ("start*end", "0start12end", false),
        ("aba*aba", "aba", false),
        ("*suffix", "foo.suffix", true),
        ("*suffix", "foo.suffix.get", false),
        ("prefix*", "prefix", true),
        ("null", "null", true),
        ("", "x", false),
    ] {
        assert_eq!(matches(pattern, text), same, "{pattern} {text}");
    }
}

#[test]
fn rules_keep_the_limits_of_s3() {
    let good = rule(&["*"], &[CorsMethod::Get], &["*"]);
    let one = |change: fn(&mut CorsRule)| {
        let mut changed = good.clone();
        change(&mut changed);
        CorsRules::new(vec![changed])
    };
    assert!(one(|_| {}).is_ok());
    assert_eq!(CorsRules::new(vec![]), Err(BadCorsRules::Empty));
    assert!(CorsRules::new(vec![good.clone(); 100]).is_ok());
    let many = CorsRules::new(vec![good.clone(); 101]);
    assert_eq!(many, Err(BadCorsRules::TooMany));
    assert_eq!(one(|r| r.origins.clear()), Err(BadCorsRules::Incomplete));
    assert_eq!(one(|r| r.methods.clear()), Err(BadCorsRules::Incomplete));
    let stars = "*a*".to_owned();
    assert_eq!(
        one(|r| r.origins = vec!["*a*".to_owned()]),
        Err(BadCorsRules::Origin(stars.clone()))
    );
    assert_eq!(
        one(|r| r.allowed_headers = vec!["*a*".to_owned()]),
        Err(BadCorsRules::AllowedHeader(stars))
    );
    for bad in ["*", "", "a b", "a\r\nb", "a,b", "患者"] {
        let mut changed = good.clone();
        changed.expose_headers = vec![bad.to_owned()];
        let refused = CorsRules::new(vec![changed]);
        assert_eq!(refused, Err(BadCorsRules::ExposeHeader(bad.to_owned())));
    }
    assert!(one(|r| r.id = Some("倉".repeat(255))).is_ok());
    assert_eq!(one(|r| r.id = Some("x".repeat(256))), Err(BadCorsRules::Id));
}

#[test]
fn a_preflight_that_asks_for_too_many_headers_is_not_matched() {
    let rules = CorsRules::new(vec![rule(&["*"], &[CorsMethod::Get], &["*"])]).unwrap();
    let headers = ["x-a"; CORS_REQUEST_HEADERS_MAX + 1];
    assert!(rules.judge(&ask("o", "GET", &headers[1..])).is_some());
    assert!(rules.judge(&ask("o", "GET", &headers)).is_none());
}
