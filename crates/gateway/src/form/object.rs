//! The fields of a form as the headers of a PutObject. Then every rule of PutObject holds for a
//! form, and what is refused as a header is refused as a field.

use http::{HeaderMap, HeaderName, HeaderValue};
use s3s::S3Result;
use s3s::dto::{PutObjectInput, Tagging};
use s3s::xml::{Deserialize as _, Deserializer};

use super::Object;
use super::fields::Fields;
use crate::convert::encoding;
use crate::errors;
use crate::guard::{self, Refusal};

/// Fields that are headers of the object.
const SYSTEM: [&str; 6] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
];
/// Further fields that say what the headers of the same name say.
const AS_HEADERS: [&str; 13] = [
    "content-md5",
    "x-amz-checksum-algorithm",
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-sha1",
    "x-amz-checksum-sha256",
    "x-amz-object-lock-legal-hold",
    "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date",
    "x-amz-server-side-encryption",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
];
/// Fields that speak to the server and not of the object.
const OF_THE_FORM: [&str; 5] = [
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-signature",
    "x-ignore-",
];
/// Headers of a request that would change what is stored, and that forms do not have.
const NOT_IN_FORMS: [&str; 4] = [
    "if-match",
    "if-none-match",
    "if-modified-since",
    "if-unmodified-since",
];

/// Reads what is to be stored.
///
/// # Errors
/// `NotImplemented` by name for fields that would be ignored; `InvalidArgument` for values that no
/// header can hold; `MalformedXML` for tags.
pub(super) fn of(fields: &Fields, bucket: &str) -> S3Result<Object> {
    let key = fields.required("key").map_err(errors::from_refusal)?;
    let mut headers = HeaderMap::new();
    let mut metadata = s3s::dto::Metadata::new();
    for (name, value) in fields.iter() {
        if let Some(name) = name.strip_prefix("x-amz-meta-") {
            metadata.insert(name.to_owned(), value.to_owned());
        } else if SYSTEM.contains(&name) || AS_HEADERS.contains(&name) {
            insert(&mut headers, name, value)?;
        } else if name == "acl" {
            insert(&mut headers, "x-amz-acl", value)?;
        } else if name == "tagging" {
            insert(&mut headers, "x-amz-tagging", &tags(value)?)?;
        } else if NOT_IN_FORMS.contains(&name)
            || (name.starts_with("x-amz-") && !OF_THE_FORM.contains(&name))
        {
            let message = format!("the form field {name} is not built yet");
            return Err(errors::from_refusal(Refusal::not_implemented(message)));
        }
    }
    // As `s3s` reads the headers of a PutObject: the names after `x-amz-meta-` must be names.
    for name in metadata.keys() {
        if HeaderName::from_bytes(name.as_bytes()).is_err() {
            return Err(unfit(&format!("x-amz-meta-{name}")));
        }
    }
    guard::check_features(&headers).map_err(errors::from_refusal)?;
    let text = |name: &str| {
        let value = headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let input = PutObjectInput {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        acl: text("x-amz-acl").map(Into::into),
        metadata: (!metadata.is_empty()).then_some(metadata),
        server_side_encryption: text("x-amz-server-side-encryption").map(Into::into),
        storage_class: text("x-amz-storage-class").map(Into::into),
        tagging: text("x-amz-tagging"),
        ..PutObjectInput::default()
    };
    Ok(Object { input, headers })
}

fn insert(headers: &mut HeaderMap, name: &str, value: &str) -> S3Result<()> {
    let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unfit(name))?;
    let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| unfit(name))?;
    headers.insert(key, value);
    Ok(())
}

fn unfit(name: &str) -> s3s::S3Error {
    errors::invalid_argument(&format!(
        "the value of the form field {name} has characters that no header can hold"
    ))
}

/// `<Tagging>` of the field `tagging`, as `x-amz-tagging` has it.
fn tags(document: &str) -> S3Result<String> {
    let malformed = || {
        let message = "The XML you provided was not well-formed or did not validate against our \
                       published schema";
        errors::answer("MalformedXML", 400, message.to_owned())
    };
    let mut reader = Deserializer::new(document.as_bytes());
    let tagging = Tagging::deserialize(&mut reader).map_err(|_| malformed())?;
    reader.expect_eof().map_err(|_| malformed())?;
    let mut pairs = Vec::new();
    for tag in tagging.tag_set {
        let name = encoding::url(tag.key.as_deref().ok_or_else(malformed)?);
        let value = encoding::url(tag.value.as_deref().ok_or_else(malformed)?);
        pairs.push(format!("{name}={value}"));
    }
    Ok(pairs.join("&"))
}
