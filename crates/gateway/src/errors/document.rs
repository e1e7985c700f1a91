//! The error document, with what `s3s` leaves out of it.

use http::{HeaderValue, StatusCode};

use super::table;
use crate::markup::{escape, with_references};

/// Elements of an error document beside those that every one has, such as `<Region>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Details(pub(crate) Vec<(&'static str, String)>);

/// What goes into every error document.
pub(crate) struct About<'a> {
    /// Path of the request as sent.
    pub(crate) resource: &'a str,
    /// `x-amz-request-id`.
    pub(crate) id: &'a str,
    /// `x-amz-id-2`.
    pub(crate) id2: &'a str,
}

/// Completes an error answer that has a document: words, hint, details, and the status and headers
/// that go with its code.
pub(crate) fn complete(response: &mut http::Response<s3s::Body>, about: &About<'_>) {
    let bytes = response.body().bytes();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
    let Some(text) = text else {
        return;
    };
    let details = response.extensions_mut().remove::<Details>();
    let Some((document, row)) = completed(&text, &details.unwrap_or_default(), about) else {
        return;
    };
    if let Some(row) = row
        && let Ok(status) = StatusCode::from_u16(row.status)
    {
        *response.status_mut() = status;
    }
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        // RFC 9110 §15.5.6 asks for it.
        let allow = HeaderValue::from_static("GET, HEAD, PUT, POST, DELETE");
        response.headers_mut().entry("allow").or_insert(allow);
    }
    // Paths and names of headers come from the client.
    let document = with_references(document.as_bytes()).unwrap_or(document);
    *response.body_mut() = s3s::Body::from(document);
    response.headers_mut().remove("content-length");
}

fn completed(
    text: &str,
    details: &Details,
    about: &About<'_>,
) -> Option<(String, Option<&'static table::ErrorRow>)> {
    let mut document = text.strip_suffix("</Error>")?.to_owned();
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    let row = table::row_of(code);
    if row.is_none() {
        tracing::warn!(code, "an error that the table does not name");
    }
    let mut element = |name: &str, value: &str| {
        document.push_str(&format!("<{name}>{}</{name}>", escape(value)));
    };
    if !text.contains("<Message>") {
        element(
            "Message",
            row.map_or("The request was refused.", |row| row.message),
        );
    }
    for (name, value) in &details.0 {
        element(name, value);
    }
    element("Resource", about.resource);
    element("RequestId", about.id);
    element("HostId", about.id2);
    if let Some(row) = row {
        element("Hint", row.hint);
    }
    document.push_str("</Error>");
    Some((document, row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_gets_what_it_lacks() {
        let about = About {
            resource: "/a<b",
            id: "1",
            id2: "2",
        };
        let details = Details(vec![("Region", "jp".to_owned())]);
        let text = "<Error><Code>NoSuchKey</Code></Error>";
        let (document, row) = completed(text, &details, &about).unwrap();
        assert_eq!(
            document,
            format!(
                "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>\
                 <Region>jp</Region><Resource>/a&lt;b</Resource><RequestId>1</RequestId>\
                 <HostId>2</HostId><Hint>{}</Hint></Error>",
                row.unwrap().hint
            )
        );
        let text = "<Error><Code>Unheard</Code><Message>m</Message></Error>";
        let (document, row) = completed(text, &Details::default(), &about).unwrap();
        assert!(row.is_none() && !document.contains("Hint"), "{document}");
        assert!(completed("<ListBucketResult/>", &details, &about).is_none());
    }
}
