//! Tags of a bucket (AWS S3 user guide, "Using cost allocation S3 bucket tags").

/// Most tags of a bucket.
pub const BUCKET_TAGS_MAX: usize = 50;
/// Longest key of a tag in characters; the shortest has one.
const KEY_CHARS_MAX: usize = 128;
/// Longest value of a tag in characters.
const VALUE_CHARS_MAX: usize = 256;

/// Tags of a bucket as S3 accepts them, in the order given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BucketTags(Vec<(String, String)>);

impl BucketTags {
    /// Checks keys and values.
    ///
    /// # Errors
    /// [`BadBucketTags`] names the broken rule.
    pub fn new(tags: Vec<(String, String)>) -> Result<Self, BadBucketTags> {
        if tags.len() > BUCKET_TAGS_MAX {
            return Err(BadBucketTags::TooMany);
        }
        let mut keys = std::collections::BTreeSet::new();
        for (key, value) in &tags {
            if key.is_empty() || key.chars().count() > KEY_CHARS_MAX || !key.chars().all(allowed) {
                return Err(BadBucketTags::Key);
            }
            if value.chars().count() > VALUE_CHARS_MAX || !value.chars().all(allowed) {
                return Err(BadBucketTags::Value);
            }
            if key.to_ascii_lowercase().starts_with("aws:") {
                return Err(BadBucketTags::System);
            }
            if !keys.insert(key) {
                return Err(BadBucketTags::Repeated);
            }
        }
        Ok(Self(tags))
    }

    /// Tags that an earlier release accepted and stored: what is durable is never refused.
    #[must_use]
    pub fn stored(tags: Vec<(String, String)>) -> Self {
        Self(tags)
    }

    /// Keys and values.
    #[must_use]
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// Keys and values.
    #[must_use]
    pub fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }
}

/// Letters, digits and spaces of any language, and `+ - = . _ : / @`.
fn allowed(c: char) -> bool {
    let space = c.is_whitespace() && !c.is_control();
    space || c.is_alphanumeric() || "+-=._:/@".contains(c)
}

/// The rule that tags of a bucket break.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadBucketTags {
    /// More than [`BUCKET_TAGS_MAX`].
    #[error("Bucket tag count cannot be greater than 50")]
    TooMany,
    /// One key twice.
    #[error("Cannot provide multiple Tags with the same key")]
    Repeated,
    /// A key begins with `aws:`, which is kept for the service.
    #[error("System tags cannot be added/updated by requester")]
    System,
    /// 1 to 128 characters of those allowed.
    #[error(
        "The TagKey you have provided is invalid: 1 to 128 letters, digits, spaces and + - = . _ : / @"
    )]
    Key,
    /// At most 256 characters of those allowed.
    #[error(
        "The TagValue you have provided is invalid: at most 256 letters, digits, spaces and + - = . _ : / @"
    )]
    Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Result<BucketTags, BadBucketTags> {
        let pairs = pairs.iter().map(|(k, v)| ((*k).into(), (*v).into()));
        BucketTags::new(pairs.collect())
    }

    #[test]
    fn tags_keep_the_rules_of_s3() {
        assert!(of(&[]).is_ok());
        assert!(of(&[("部署", "放射線科 1"), ("a:b/c@d+e-f=g.h_i", "")]).is_ok());
        assert_eq!(of(&[("", "x")]), Err(BadBucketTags::Key));
        assert_eq!(of(&[("a\nb", "x")]), Err(BadBucketTags::Key));
        assert_eq!(of(&[("a", "<x>")]), Err(BadBucketTags::Value));
        assert_eq!(of(&[("AWS:x", "y")]), Err(BadBucketTags::System));
        assert_eq!(of(&[("a", "1"), ("a", "2")]), Err(BadBucketTags::Repeated));
        let (long, longer) = ("倉".repeat(128), "倉".repeat(129));
        assert!(of(&[(&long, &"x".repeat(256))]).is_ok());
        assert_eq!(of(&[(&longer, "")]), Err(BadBucketTags::Key));
        assert_eq!(of(&[("a", &"x".repeat(257))]), Err(BadBucketTags::Value));
        let many = |n: usize| (0..n).map(|n| (n.to_string(), String::new())).collect();
        assert!(BucketTags::new(many(50)).is_ok());
        assert_eq!(BucketTags::new(many(51)), Err(BadBucketTags::TooMany));
    }
}
