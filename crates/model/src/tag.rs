//! Tags of objects and buckets (AWS S3 user guide, "Categorizing your storage using tags").

/// Most tags of an object.
pub const OBJECT_TAGS_MAX: usize = 10;
/// Most tags of a bucket.
pub const BUCKET_TAGS_MAX: usize = 50;
/// Longest tag key, in UTF-16 units, as S3 counts.
pub const TAG_KEY_UNITS_MAX: usize = 128;
/// Longest tag value, in UTF-16 units, as S3 counts.
pub const TAG_VALUE_UNITS_MAX: usize = 256;

/// What tags are put on: it decides how many there may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tagged {
    /// A version of an object: [`OBJECT_TAGS_MAX`].
    Object,
    /// A bucket: [`BUCKET_TAGS_MAX`].
    Bucket,
}

impl Tagged {
    /// Most tags that one may have.
    #[must_use]
    pub fn tags_max(self) -> usize {
        match self {
            Self::Object => OBJECT_TAGS_MAX,
            Self::Bucket => BUCKET_TAGS_MAX,
        }
    }
}

/// Tags that keep the rules, ordered by key. An empty set is a set too.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TagSet(Vec<(String, String)>);

impl TagSet {
    /// Checks and orders pairs of key and value.
    ///
    /// # Errors
    /// [`BadTags`] names the first rule that is broken.
    pub fn parse(on: Tagged, mut pairs: Vec<(String, String)>) -> Result<Self, BadTags> {
        let max = on.tags_max();
        if pairs.len() > max {
            return Err(BadTags::TooMany { on, max });
        }
        for (key, value) in &pairs {
            check(key, value)?;
        }
        pairs.sort();
        let keys = || pairs.iter().map(|(key, _)| key);
        if keys().zip(keys().skip(1)).any(|(a, b)| a == b) {
            return Err(BadTags::Repeated);
        }
        Ok(Self(pairs))
    }

    /// Tags that an earlier release accepted and stored: what is durable is never refused.
    #[must_use]
    pub fn stored(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// Keys and values, ordered by key.
    #[must_use]
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// Keys and values, ordered by key.
    #[must_use]
    pub fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }
}

fn check(key: &str, value: &str) -> Result<(), BadTags> {
    if key.is_empty() || units(key) > TAG_KEY_UNITS_MAX || !key.chars().all(allowed) {
        return Err(BadTags::Key);
    }
    if units(value) > TAG_VALUE_UNITS_MAX || !value.chars().all(allowed) {
        return Err(BadTags::Value);
    }
    // AWS general reference, "Tag naming limits": in any case of letters.
    if key
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("aws:"))
    {
        return Err(BadTags::Reserved);
    }
    Ok(())
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Letters, digits and spaces of any script, and `+ - = . _ : / @`. A mark that belongs to a letter
/// (as in decomposed kana) counts as a letter.
fn allowed(c: char) -> bool {
    let mark = matches!(c, '\u{300}'..='\u{36f}' | '\u{3099}' | '\u{309a}');
    c.is_alphanumeric()
        || mark
        || (c.is_whitespace() && !c.is_control())
        || matches!(c, '+' | '-' | '=' | '.' | '_' | ':' | '/' | '@')
}

/// The rule that tags break.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadTags {
    /// More than allowed.
    #[error("{on:?} tags cannot be greater than {max}")]
    TooMany {
        /// What they are put on.
        on: Tagged,
        /// Most there may be.
        max: usize,
    },
    /// A key is empty, longer than 128 UTF-16 units, or has a character that tags may not have.
    #[error("The TagKey you have provided is invalid")]
    Key,
    /// A value is longer than 256 UTF-16 units, or has a character that tags may not have.
    #[error("The TagValue you have provided is invalid")]
    Value,
    /// A key begins with `aws:`.
    #[error("System tags cannot be added/updated by requester")]
    Reserved,
    /// Two tags of one key.
    #[error("Cannot provide multiple Tags with the same key")]
    Repeated,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    fn one(key: &str, value: &str) -> Result<TagSet, BadTags> {
        TagSet::parse(Tagged::Object, vec![pair(key, value)])
    }

    fn many(on: Tagged, count: usize) -> Result<TagSet, BadTags> {
        TagSet::parse(on, (0..count).map(|i| pair(&i.to_string(), "")).collect())
    }

    #[test]
    fn keeps_the_limits_of_s3() {
        assert!(many(Tagged::Object, 10).is_ok());
        let too_many = many(Tagged::Object, 11).unwrap_err();
        assert_eq!(
            too_many.to_string(),
            "Object tags cannot be greater than 10"
        );
        assert!(many(Tagged::Bucket, 50).is_ok());
        assert!(many(Tagged::Bucket, 51).is_err());
        assert!(one(&"k".repeat(128), &"v".repeat(256)).is_ok());
        assert_eq!(one(&"k".repeat(129), ""), Err(BadTags::Key));
        assert_eq!(one("k", &"v".repeat(257)), Err(BadTags::Value));
        assert_eq!(one("", ""), Err(BadTags::Key));
    }

    #[test]
    fn counts_utf_16_units() {
        assert!(one(&"診".repeat(128), "").is_ok());
        // U+2000B needs two units.
        assert!(one(&"𠀋".repeat(64), "").is_ok());
        assert_eq!(one(&"𠀋".repeat(65), ""), Err(BadTags::Key));
    }

    #[test]
    fn allows_the_characters_of_s3() {
        assert!(one("診療科 1", "か\u{3099} +-=._:/@ é").is_ok());
        for bad in ["a&b", "a\u{0}", "a\nb", "<", "?", "a;b", "a*"] {
            assert_eq!(one(bad, ""), Err(BadTags::Key), "{bad:?}");
            assert_eq!(one("k", bad), Err(BadTags::Value), "{bad:?}");
        }
        assert_eq!(one("AWS:x", ""), Err(BadTags::Reserved));
        assert!(one("awsx", "aws:").is_ok());
    }

    #[test]
    fn orders_and_refuses_a_key_twice() {
        let set = TagSet::parse(Tagged::Object, vec![pair("b", "1"), pair("a", "2")]).unwrap();
        assert_eq!(set.pairs(), [pair("a", "2"), pair("b", "1")]);
        let twice = TagSet::parse(Tagged::Object, vec![pair("a", "1"), pair("a", "2")]);
        assert_eq!(twice, Err(BadTags::Repeated));
    }
}
