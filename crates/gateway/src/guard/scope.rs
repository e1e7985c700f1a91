//! The credential scope names us: our region, `s3`, `aws4_request`.

use super::credentials::Claimed;
use super::refusal::Refusal;

/// Checks `key/date/region/service/term`. A key id may hold slashes, so it is read from the end.
pub(crate) fn check(claimed: &Claimed, regions: &[String]) -> Result<(), Refusal> {
    let refuse = if claimed.presigned {
        Refusal::malformed_query
    } else {
        Refusal::malformed_header
    };
    check_credential(&claimed.credential, regions, refuse)
}

/// Checks the credential of a form.
pub(crate) fn check_field(credential: &str, regions: &[String]) -> Result<(), Refusal> {
    check_credential(credential, regions, Refusal::malformed_query)
}

fn check_credential(
    credential: &str,
    regions: &[String],
    refuse: fn(String) -> Refusal,
) -> Result<(), Refusal> {
    let mut fields = credential.rsplitn(5, '/');
    let (term, service, region, date, key) = (
        fields.next(),
        fields.next(),
        fields.next(),
        fields.next(),
        fields.next(),
    );
    if key.is_none_or(str::is_empty) || date.is_none_or(|d| d.len() != 8) {
        return Err(refuse(
            "the credential is not of the form key/date/region/s3/aws4_request".to_owned(),
        ));
    }
    if term != Some("aws4_request") {
        return Err(refuse(
            "the credential must end with aws4_request".to_owned(),
        ));
    }
    if service != Some("s3") {
        return Err(refuse(
            "the service of the credential must be s3".to_owned(),
        ));
    }
    let region = region.unwrap_or_default();
    if !regions.iter().any(|ours| ours == region) {
        let expected = regions.first().map_or("", String::as_str);
        return Err(refuse(format!(
            "the region '{region}' is wrong; expecting '{expected}'"
        ))
        .in_region(expected));
    }
    Ok(())
}
