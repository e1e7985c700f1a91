//! What a browser gets back.

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Uri, header};
use s3s::S3Response;
use s3s::dto::PutObjectOutput;

use super::fields::Fields;
use crate::convert::encoding;
use crate::convert::headers::set;
use crate::markup;

/// How the form wants its success told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// To be sent to another page.
    Redirect(String),
    /// By a status: 200, 201 with a document, or 204.
    Status(StatusCode),
}

impl Wanted {
    /// Reads `success_action_redirect` and `success_action_status`. What cannot be read counts as
    /// absent (AWS: "as if the field is not present").
    pub(super) fn of(fields: &Fields) -> Self {
        let redirect = fields
            .get("success_action_redirect")
            .or_else(|| fields.get("redirect"));
        if let Some(url) = redirect
            && is_page(url)
        {
            return Self::Redirect(url.to_owned());
        }
        Self::Status(match fields.get("success_action_status") {
            Some("200") => StatusCode::OK,
            Some("201") => StatusCode::CREATED,
            _ => StatusCode::NO_CONTENT,
        })
    }
}

fn is_page(url: &str) -> bool {
    url.parse::<Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.authority().is_some()
    })
}

/// Where the object is now.
pub(super) struct Place<'a> {
    /// Posted over TLS.
    pub(super) secure: bool,
    pub(super) host: &'a str,
    pub(super) bucket: &'a str,
    pub(super) key: &'a str,
}

impl Place<'_> {
    /// Its URL in path style.
    fn url(&self) -> String {
        let (host, bucket) = (self.host, self.bucket);
        let key = encoding::url(self.key);
        let scheme = if self.secure { "https" } else { "http" };
        match host.strip_prefix(&format!("{bucket}.")) {
            Some(_) => format!("{scheme}://{host}/{key}"),
            None => format!("{scheme}://{host}/{bucket}/{key}"),
        }
    }
}

/// The answer to a form whose file is stored.
pub(super) fn stored(
    wanted: &Wanted,
    place: &Place<'_>,
    stored: S3Response<PutObjectOutput>,
) -> Response<s3s::Body> {
    let etag = stored.output.e_tag.as_ref().map(|tag| tag.value());
    let etag = format!("\"{}\"", etag.unwrap_or_default());
    let mut response = Response::new(s3s::Body::empty());
    *response.headers_mut() = headers(&stored);
    let headers = response.headers_mut();
    set(headers, header::ETAG, &etag);
    let (status, location) = match wanted {
        Wanted::Redirect(url) => (StatusCode::SEE_OTHER, with_place(url, place, &etag)),
        Wanted::Status(status) => (*status, place.url()),
    };
    set(headers, header::LOCATION, &location);
    if status == StatusCode::CREATED {
        set(headers, header::CONTENT_TYPE, "application/xml");
        *response.body_mut() = s3s::Body::from(document(place, &location, &etag));
    }
    *response.status_mut() = status;
    response
}

fn headers(stored: &S3Response<PutObjectOutput>) -> HeaderMap {
    let mut headers = stored.headers.clone();
    let output = &stored.output;
    let encryption = output.server_side_encryption.as_ref();
    let kind = output.checksum_type.as_ref();
    for (name, value) in [
        ("x-amz-version-id", output.version_id.as_deref()),
        (
            "x-amz-server-side-encryption",
            encryption.map(|e| e.as_str()),
        ),
        ("x-amz-checksum-crc32", output.checksum_crc32.as_deref()),
        ("x-amz-checksum-crc32c", output.checksum_crc32c.as_deref()),
        (
            "x-amz-checksum-crc64nvme",
            output.checksum_crc64nvme.as_deref(),
        ),
        ("x-amz-checksum-sha1", output.checksum_sha1.as_deref()),
        ("x-amz-checksum-sha256", output.checksum_sha256.as_deref()),
        ("x-amz-checksum-type", kind.map(|k| k.as_str())),
    ] {
        if let Some(value) = value.and_then(|text| HeaderValue::from_str(text).ok()) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    headers
}

/// The page of `success_action_redirect`, told where the object is.
fn with_place(url: &str, place: &Place<'_>, etag: &str) -> String {
    let (page, fragment) = match url.split_once('#') {
        Some((page, fragment)) => (page, format!("#{fragment}")),
        None => (url, String::new()),
    };
    let joint = if page.contains('?') { '&' } else { '?' };
    let encode = |text: &str| encoding::url(text).replace('/', "%2F");
    let (bucket, key, etag) = (encode(place.bucket), encode(place.key), encode(etag));
    format!("{page}{joint}bucket={bucket}&key={key}&etag={etag}{fragment}")
}

fn document(place: &Place<'_>, location: &str, etag: &str) -> String {
    let escape = markup::escape;
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse><Location>{}</Location>\
         <Bucket>{}</Bucket><Key>{}</Key><ETag>{}</ETag></PostResponse>",
        escape(location),
        escape(place.bucket),
        escape(place.key),
        escape(etag)
    )
}
