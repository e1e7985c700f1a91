//! Where the credentials stand, and that they stand there once.

use super::refusal::Refusal;
use super::request::View;

/// Query parameters of a presigned URL.
pub(crate) const QUERY_FIELDS: [&str; 6] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
];
/// The one algorithm of signatures.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The claims of a Signature Version 4, not yet verified.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Claimed {
    /// In the query (a presigned URL) or in the `Authorization` header.
    pub(crate) presigned: bool,
    /// `key/date/region/service/term`.
    pub(crate) credential: String,
    /// Names of the signed headers as given.
    pub(crate) signed_headers: Vec<String>,
}

/// Finds the one form of credentials; `None` where there is no trace of any. What is only half there
/// is refused: it is never taken for nobody's.
pub(crate) fn find(view: &View<'_>) -> Result<Option<Claimed>, Refusal> {
    refuse_version_2(view)?;
    let in_header = view.headers().get_all("authorization").iter().count();
    let in_query = |(name, _): &&(String, String)| {
        QUERY_FIELDS
            .iter()
            .any(|field| field.eq_ignore_ascii_case(name))
    };
    let fields = view.query.iter().filter(in_query).count();
    match (in_header, fields) {
        (0, 0) => Ok(None),
        (1, 0) => from_header(view.header("authorization").unwrap_or_default()).map(Some),
        (0, _) => from_query(view).map(Some),
        (1, _) => Err(Refusal::invalid_argument(
            "only one form of credentials is allowed: the Authorization header or the query",
        )),
        _ => Err(Refusal::invalid_argument(
            "the Authorization header must appear once",
        )),
    }
}

fn refuse_version_2(view: &View<'_>) -> Result<(), Refusal> {
    let query = ["Signature", "AWSAccessKeyId", "Expires"]
        .iter()
        .any(|name| view.query.iter().any(|(n, _)| n.eq_ignore_ascii_case(name)));
    let other_header = view
        .headers()
        .get_all("authorization")
        .iter()
        .any(|value| !value.as_bytes().starts_with(b"AWS4-HMAC-SHA256 "));
    if query || other_header {
        return Err(Refusal::version_4_only());
    }
    Ok(())
}

fn from_header(value: &str) -> Result<Claimed, Refusal> {
    let malformed = || {
        Refusal::malformed_header(
            "the Authorization header needs Credential, SignedHeaders and Signature, each once",
        )
    };
    let fields = value.strip_prefix(ALGORITHM).ok_or_else(malformed)?;
    let (mut credential, mut signed, mut signature) = (None, None, None);
    for field in fields.split(',') {
        let (name, value) = field.trim().split_once('=').ok_or_else(malformed)?;
        let slot = match name {
            "Credential" => &mut credential,
            "SignedHeaders" => &mut signed,
            "Signature" => &mut signature,
            _ => return Err(malformed()),
        };
        if slot.replace(value.to_owned()).is_some() {
            return Err(malformed());
        }
    }
    let (Some(credential), Some(signed), Some(_)) = (credential, signed, signature) else {
        return Err(malformed());
    };
    Ok(Claimed {
        presigned: false,
        credential,
        signed_headers: split_names(&signed),
    })
}

fn from_query(view: &View<'_>) -> Result<Claimed, Refusal> {
    for field in QUERY_FIELDS {
        let same = |(name, _): &&(String, String)| name.eq_ignore_ascii_case(field);
        let mut found = view.query.iter().filter(same);
        let exact = found.next().is_some_and(|(name, _)| name == field);
        if !exact || found.next().is_some() {
            return Err(Refusal::malformed_query(format!(
                "a presigned URL needs {field} exactly once"
            )));
        }
    }
    if view.param("X-Amz-Algorithm") != Some(ALGORITHM) {
        return Err(Refusal::version_4_only());
    }
    Ok(Claimed {
        presigned: true,
        credential: view
            .param("X-Amz-Credential")
            .unwrap_or_default()
            .to_owned(),
        signed_headers: split_names(view.param("X-Amz-SignedHeaders").unwrap_or_default()),
    })
}

fn split_names(list: &str) -> Vec<String> {
    list.split(';').map(str::to_owned).collect()
}
