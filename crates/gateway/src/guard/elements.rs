//! Elements of documents that `s3s` 0.14.1 leaves out because it does not know them, and that ask for
//! something. Ignored, a tag by which somebody finds a bucket again would silently not be there.

use http::Method;

use super::refusal::Refusal;
use super::request::View;

/// An element that a document must not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnreadElement {
    /// Its end as it stands in the document, with or without a prefix.
    end: &'static [u8],
    /// What asked for it.
    what: &'static str,
}

/// Tags of a new bucket (AWS S3 API reference, CreateBucketConfiguration, since 2025).
const TAGS_OF_A_NEW_BUCKET: UnreadElement = UnreadElement {
    end: b"Tags>",
    what: "CreateBucket with Tags (use PutBucketTagging)",
};

/// What the document of this request must not have.
pub(crate) fn unread(view: &View<'_>) -> Option<UnreadElement> {
    let sub_resource = |(name, _): &(String, String)| {
        name != "x-id" && !name.to_ascii_lowercase().starts_with("x-amz-")
    };
    let creates = view.method() == Method::PUT
        && !view.names_object()
        && !view.query.iter().any(sub_resource);
    creates.then_some(TAGS_OF_A_NEW_BUCKET)
}

impl UnreadElement {
    /// Refuses a document that has the element.
    pub(crate) fn check(self, document: &[u8]) -> Result<(), Refusal> {
        let mut windows = document.windows(self.end.len());
        if windows.any(|window| window == self.end) {
            return Err(Refusal::not_implemented(format!(
                "{} is not built yet",
                self.what
            )));
        }
        Ok(())
    }
}
