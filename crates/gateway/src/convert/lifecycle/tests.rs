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

#[test]
fn what_s3_refuses_is_refused_with_its_code() {
    let of = |rules: &str| parse(rules).unwrap_err().code().as_str().to_owned();
    let prefix = "<Prefix>p</Prefix>";
    let both = format!("{prefix}{DAYS}");
    for (inner, code) in [
        (prefix.to_owned(), "InvalidRequest"),
        (DAYS.to_owned(), "MalformedXML"),
        (format!("{prefix}<Filter></Filter>{DAYS}"), "MalformedXML"),
        (format!("{prefix}<Expiration></Expiration>"), "MalformedXML"),
        (
            format!("{prefix}<Expiration><Days>0</Days></Expiration>"),
            "InvalidArgument",
        ),
        (
            format!("{prefix}<Expiration><Days>-1</Days></Expiration>"),
            "InvalidArgument",
        ),
        (
            format!("{prefix}<Expiration><Date>2030-01-01T12:00:00Z</Date></Expiration>"),
            "InvalidArgument",
        ),
        (
            format!(
                "{prefix}<Expiration><Days>1</Days><Date>2030-01-01T00:00:00Z</Date></Expiration>"
            ),
            "MalformedXML",
        ),
        (
            format!(
                "{prefix}<Expiration><Days>1</Days><ExpiredObjectDeleteMarker>true\
                 </ExpiredObjectDeleteMarker></Expiration>"
            ),
            "MalformedXML",
        ),
        (
            "<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter><Expiration>\
             <ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"
                .to_owned(),
            "InvalidRequest",
        ),
        (
            "<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter>\
             <AbortIncompleteMultipartUpload><DaysAfterInitiation>2</DaysAfterInitiation>\
             </AbortIncompleteMultipartUpload>"
                .to_owned(),
            "InvalidRequest",
        ),
        (
            format!(
                "<Filter><Prefix>p</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></Filter>{DAYS}"
            ),
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
            format!(
                "{prefix}<NoncurrentVersionExpiration><NoncurrentDays>0</NoncurrentDays>\
                 </NoncurrentVersionExpiration>"
            ),
            "InvalidArgument",
        ),
        (
            format!(
                "{prefix}<NoncurrentVersionExpiration><NewerNoncurrentVersions>101\
                 </NewerNoncurrentVersions><NoncurrentDays>1</NoncurrentDays>\
                 </NoncurrentVersionExpiration>"
            ),
            "InvalidArgument",
        ),
        (
            format!(
                "{prefix}{DAYS}<Transition><Days>1</Days><StorageClass>GLACIER</StorageClass>\
                 </Transition>"
            ),
            "InvalidStorageClass",
        ),
        (
            format!(
                "{prefix}{DAYS}<Transition><Date>2030-01-01T01:00:00Z</Date>\
                 <StorageClass>GLACIER</StorageClass></Transition>"
            ),
            "InvalidArgument",
        ),
    ] {
        assert_eq!(of(&rule(&inner)), code, "{inner}");
    }
    assert_eq!(of(""), "MalformedXML");
    assert_eq!(of(&rule(&both).repeat(2)), "InvalidArgument");
    let id = "x".repeat(256);
    let long = rule(&both).replace("<ID>a</ID>", &format!("<ID>{id}</ID>"));
    assert_eq!(of(&long), "InvalidArgument");
    assert_eq!(
        of(&rule(&both).replace("Enabled", "enabled")),
        "MalformedXML"
    );
    let many: String = (0..1001)
        .map(|n| rule(&both).replace("<ID>a", &format!("<ID>{n}")))
        .collect();
    assert_eq!(of(&many), "MalformedXML");
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
