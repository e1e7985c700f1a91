//! Percent-encoding of names in listings (`encoding-type=url`), and RFC 2047 for metadata.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Most bytes of text in one encoded word (RFC 2047 §2: 75 characters in all).
const WORD_BYTES_MAX: usize = 45;

/// Encodes all but unreserved characters and `/`.
pub(crate) fn url(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// A metadata value for a header: as it is when ASCII, else in encoded words, as AWS answers.
pub(crate) fn header_text(text: &str) -> String {
    if text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return text.to_owned();
    }
    let mut words = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        if word.len() + c.len_utf8() > WORD_BYTES_MAX {
            words.push(encoded_word(&std::mem::take(&mut word)));
        }
        word.push(c);
    }
    words.push(encoded_word(&word));
    words.join(" ")
}

fn encoded_word(text: &str) -> String {
    format!("=?UTF-8?B?{}?=", STANDARD.encode(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_encoded_as_s3_tests_expect() {
        assert_eq!(url("foo+1/bar"), "foo%2B1/bar");
        assert_eq!(url("quux ab/thud"), "quux%20ab/thud");
        assert_eq!(url("倉"), "%E5%80%89");
    }

    #[test]
    fn long_text_becomes_several_words() {
        assert_eq!(header_text("plain"), "plain");
        assert_eq!(header_text("倉"), "=?UTF-8?B?5YCJ?=");
        let words = header_text(&"倉".repeat(40));
        assert_eq!(words.split(' ').count(), 3);
        assert!(words.split(' ').all(|word| word.len() <= 75));
    }
}
