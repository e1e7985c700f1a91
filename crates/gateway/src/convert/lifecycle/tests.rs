use s3s::xml::{Deserialize as _, Deserializer};

use super::*;

fn parse(rules: &str) -> S3Result<LifecycleRules> {
    let document = format!("<LifecycleConfiguration>{rules}</LifecycleConfiguration>");
    let mut reader = Deserializer::new(document.as_bytes());
    let parsed = dto::BucketLifecycleConfiguration::deserialize(&mut reader);
    of_wire(Some(parsed.map_err(|_| malformed())?))
}

fn rule(inner: &str) -> String {
    format!("<Rule><ID>a</ID><Status>Enabled</Status>{inner}</Rule>")
}

const DAYS: &str = "<Expiration><Days>1</Days></Expiration>";

#[test]
fn what_is_put_is_shown() {
    for inner in [
        "<Prefix>logs/</Prefix><Expiration><Days>30</Days></Expiration>",
        "<Prefix></Prefix><Expiration><Date>2030-01-01T00:00:00.000Z</Date></Expiration>",
        "<Filter></Filter><Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>\
         </Expiration>",
        "<Filter><Prefix>p</Prefix></Filter><NoncurrentVersionExpiration>\
         <NewerNoncurrentVersions>3</NewerNoncurrentVersions><NoncurrentDays>7</NoncurrentDays>\
         </NoncurrentVersionExpiration>",
        "<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter><Expiration><Days>1</Days>\
         </Expiration>",
        "<Filter><ObjectSizeGreaterThan>5</ObjectSizeGreaterThan></Filter><Expiration>\
         <Days>1</Days></Expiration>",
        "<Filter><And><Prefix>p</Prefix><ObjectSizeLessThan>9</ObjectSizeLessThan>\
         <Tag><Key>k</Key><Value>v</Value></Tag></And></Filter><Expiration><Days>1</Days>\
         </Expiration>",
        "<Prefix>x</Prefix><AbortIncompleteMultipartUpload><DaysAfterInitiation>2\
         </DaysAfterInitiation></AbortIncompleteMultipartUpload>",
    ] {
        let rules = parse(&rule(inner)).unwrap();
        let shown = to_wire(&rules);
        let again = dto::BucketLifecycleConfiguration { rules: shown };
        assert_eq!(of_wire(Some(again)).unwrap(), rules, "{inner}");
    }
}

fn code_of(rules: &str) -> String {
    parse(rules).unwrap_err().code().as_str().to_owned()
}

/// A rule that has a prefix, and what else.
fn prefixed(inner: &str) -> String {
    rule(&format!("<Prefix>p</Prefix>{inner}"))
}

const TAG: &str = "<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter>";
const MARKER: &str = "<ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>";

#[test]
fn filters_that_s3_refuses() {
    let abort = "<AbortIncompleteMultipartUpload><DaysAfterInitiation>2</DaysAfterInitiation>\
                 </AbortIncompleteMultipartUpload>";
    let tag_of_and = "<Tag><Key>k</Key><Value>v</Value></Tag>";
    for (inner, code) in [
        (DAYS.to_owned(), "MalformedXML"),
        (
            format!("<Prefix>p</Prefix><Filter></Filter>{DAYS}"),
            "MalformedXML",
        ),
        (
            format!("<Filter><Prefix>p</Prefix>{tag_of_and}</Filter>{DAYS}"),
            "MalformedXML",
        ),
        (
            format!("<Filter><And><Prefix>p</Prefix></And></Filter>{DAYS}"),
            "MalformedXML",
        ),
        (
            format!("<Filter><ObjectSizeLessThan>-1</ObjectSizeLessThan></Filter>{DAYS}"),
            "InvalidRequest",
        ),
        (
            format!("{TAG}<Expiration>{MARKER}</Expiration>"),
            "InvalidRequest",
        ),
        (format!("{TAG}{abort}"), "InvalidRequest"),
    ] {
        assert_eq!(code_of(&rule(&inner)), code, "{inner}");
    }
}

#[test]
fn actions_that_s3_refuses() {
    let noncurrent =
        |inner: &str| format!("<NoncurrentVersionExpiration>{inner}</NoncurrentVersionExpiration>");
    let moved = |when: &str| {
        format!("{DAYS}<Transition>{when}<StorageClass>GLACIER</StorageClass></Transition>")
    };
    let expiration = |inner: &str| format!("<Expiration>{inner}</Expiration>");
    let date = "<Date>2030-01-01T00:00:00Z</Date>";
    for (inner, code) in [
        (String::new(), "InvalidRequest"),
        (expiration(""), "MalformedXML"),
        (expiration("<Days>0</Days>"), "InvalidArgument"),
        (expiration("<Days>-1</Days>"), "InvalidArgument"),
        (expiration(&date.replace("T00", "T12")), "InvalidArgument"),
        (expiration(&format!("<Days>1</Days>{date}")), "MalformedXML"),
        (
            expiration(&format!("<Days>1</Days>{MARKER}")),
            "MalformedXML",
        ),
        (
            noncurrent("<NoncurrentDays>0</NoncurrentDays>"),
            "InvalidArgument",
        ),
        (
            noncurrent(
                "<NewerNoncurrentVersions>101</NewerNoncurrentVersions><NoncurrentDays>1\
                 </NoncurrentDays>",
            ),
            "InvalidArgument",
        ),
        (moved("<Days>1</Days>"), "InvalidStorageClass"),
        (moved(&date.replace("T00", "T01")), "InvalidArgument"),
    ] {
        assert_eq!(code_of(&prefixed(&inner)), code, "{inner}");
    }
}

#[test]
fn sets_of_rules_that_s3_refuses() {
    let one = prefixed(DAYS);
    assert_eq!(code_of(""), "MalformedXML");
    assert_eq!(code_of(&one.repeat(2)), "InvalidArgument");
    let id = "x".repeat(256);
    let long = one.replace("<ID>a</ID>", &format!("<ID>{id}</ID>"));
    assert_eq!(code_of(&long), "InvalidArgument");
    assert_eq!(code_of(&one.replace("Enabled", "enabled")), "MalformedXML");
    let many = (0..1001).map(|n| one.replace("<ID>a", &format!("<ID>{n}")));
    assert_eq!(code_of(&many.collect::<String>()), "MalformedXML");
}

#[test]
fn rules_without_a_name_get_one_that_is_free() {
    let nameless = rule(&format!("<Prefix>p</Prefix>{DAYS}"));
    let named = nameless.replace("<ID>a</ID>", "<ID>rule-1</ID>");
    let nameless = nameless.replace("<ID>a</ID>", "");
    let rules = parse(&format!("{nameless}{named}{nameless}")).unwrap();
    let ids: Vec<_> = rules.rules().iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["rule-2", "rule-1", "rule-3"]);
}
