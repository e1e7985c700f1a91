//! Characters of names that XML cannot hold, or does not keep. `s3s` writes them as they are: a
//! carriage return would be read back as a line feed, which is another key.

/// Text for the content of an element.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The document with such characters as numeric references, as AWS writes them; `None` when there is
/// nothing to do. Strict parsers refuse the references of control characters too: a client that has
/// such keys asks for `encoding-type=url`.
pub(crate) fn with_references(document: &[u8]) -> Option<String> {
    let suspicious = |byte: &u8| (*byte < 0x20 && !matches!(byte, b'\n' | b'\t')) || *byte == 0xef;
    if !document.iter().any(suspicious) {
        return None;
    }
    let text = std::str::from_utf8(document).ok()?;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => {
                out.push_str(&format!("&#x{:X};", u32::from(c)));
            }
            _ => out.push(c),
        }
    }
    (out.len() != text.len()).then_some(out)
}

/// The answer of GetObjectAttributes with its ETag as AWS writes it there, and only there: without
/// quotes. `s3s` writes them. `None` for any other document.
pub(crate) fn without_etag_quotes(document: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(document).ok()?;
    let (_, after) = text.split_once("<GetObjectAttributesResponse")?;
    if text.len() - after.len() > 128 || !after.contains("<ETag>\"") {
        return None;
    }
    let open = text.replacen("<ETag>\"", "<ETag>", 1);
    Some(open.replacen("\"</ETag>", "</ETag>", 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_xml_does_not_keep_is_referred_to() {
        let plain = "<?xml version=\"1.0\"?>\n<Key>患者\t一\u{ff08}</Key>";
        assert_eq!(with_references(plain.as_bytes()), None);
        assert_eq!(
            with_references("<Key>a\rb\u{1}\u{fffe}</Key>".as_bytes()).as_deref(),
            Some("<Key>a&#xD;b&#x1;&#xFFFE;</Key>")
        );
    }
}
