//! Reads Rust as text: blanks what is not code, finds words, matches brackets.
//!
//! A full parser would cost more build time than all checks together; the checks need only to know
//! what is a comment or a literal and where a bracket closes.

/// Blanks comments, string literals and character literals with spaces. The length in bytes and
/// the line breaks stay, so that an offset means the same place in both texts.
pub(crate) fn blank_non_code(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = match literal_end(bytes, at) {
            Some(end) => end,
            None => {
                at = skip_word(bytes, at);
                continue;
            }
        };
        blank(&mut out, at, end);
        at = end;
    }
    String::from_utf8(out).unwrap_or_default()
}

/// Blanks a range, line breaks apart.
pub(crate) fn blank(bytes: &mut [u8], from: usize, until: usize) {
    let until = until.min(bytes.len());
    if let Some(range) = bytes.get_mut(from..until) {
        for byte in range.iter_mut().filter(|b| **b != b'\n') {
            *byte = b' ';
        }
    }
}

/// End of the comment or literal that starts at `at`, if one does.
fn literal_end(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    if rest.starts_with(b"//") {
        return Some(at + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len()));
    }
    if rest.starts_with(b"/*") {
        return Some(block_comment_end(bytes, at));
    }
    match rest.first()? {
        b'"' => Some(quoted_end(bytes, at + 1, b'"')),
        b'\'' => char_end(bytes, at),
        b'r' | b'b' | b'c' => prefixed_end(bytes, at),
        _ => None,
    }
}

/// Where a word that starts at `at` ends, so that the `r` of `for"` is not taken for a prefix; one
/// byte further for anything else.
fn skip_word(bytes: &[u8], at: usize) -> usize {
    let length = bytes
        .get(at..)
        .map_or(0, |rest| rest.iter().take_while(|b| is_word(**b)).count());
    at + length.max(1)
}

fn block_comment_end(bytes: &[u8], at: usize) -> usize {
    let mut depth = 0_usize;
    let mut here = at;
    while let Some(rest) = bytes.get(here..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(b"/*") {
            depth += 1;
            here += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            here += 2;
            if depth == 0 {
                return here;
            }
        } else {
            here += 1;
        }
    }
    bytes.len()
}

fn quoted_end(bytes: &[u8], from: usize, quote: u8) -> usize {
    let mut here = from;
    while let Some(byte) = bytes.get(here) {
        match byte {
            b'\\' => here += 2,
            b if *b == quote => return here + 1,
            _ => here += 1,
        }
    }
    bytes.len()
}

/// A character literal, or nothing when the quote starts a lifetime.
fn char_end(bytes: &[u8], at: usize) -> Option<usize> {
    let next = *bytes.get(at + 1)?;
    if next == b'\\' {
        return Some(quoted_end(bytes, at + 1, b'\''));
    }
    let width = match next {
        0..=0x7f => 1,
        0x80..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xff => 4,
    };
    (bytes.get(at + 1 + width) == Some(&b'\'')).then_some(at + 2 + width)
}

/// `r"…"`, `r#"…"#`, `b"…"`, `b'…'`, `br#"…"#`, `c"…"`.
fn prefixed_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut here = at;
    if matches!(bytes.get(here), Some(b'b' | b'c')) {
        here += 1;
    }
    match bytes.get(here)? {
        b'"' => Some(quoted_end(bytes, here + 1, b'"')),
        b'\'' if bytes.get(at) == Some(&b'b') => Some(quoted_end(bytes, here + 1, b'\'')),
        b'r' => {
            let hashes = bytes
                .get(here + 1..)?
                .iter()
                .take_while(|b| **b == b'#')
                .count();
            let open = here + 1 + hashes;
            if bytes.get(open) != Some(&b'"') {
                return None;
            }
            let close: Vec<u8> = std::iter::once(b'"')
                .chain(std::iter::repeat_n(b'#', hashes))
                .collect();
            let body = bytes.get(open + 1..)?;
            let length = body.windows(close.len()).position(|window| window == close);
            Some(length.map_or(bytes.len(), |n| open + 1 + n + close.len()))
        }
        _ => None,
    }
}

/// Whether a byte can stand in an identifier.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Offsets at which `needle` stands with no identifier byte on either side. Only an end of the
/// needle that is itself an identifier byte is bounded so.
pub(crate) fn find_words(code: &str, needle: &str) -> Vec<usize> {
    let bytes = code.as_bytes();
    let first = needle.bytes().next().is_some_and(is_word);
    let last = needle.bytes().next_back().is_some_and(is_word);
    code.match_indices(needle)
        .map(|(at, _)| at)
        .filter(|at| {
            let before = at.checked_sub(1).and_then(|i| bytes.get(i)).copied();
            let after = bytes.get(at + needle.len()).copied();
            !(first && before.is_some_and(is_word) || last && after.is_some_and(is_word))
        })
        .collect()
}

/// The identifier that starts at or after `at`, white space skipped; empty when there is none.
pub(crate) fn word_at(code: &str, at: usize) -> &str {
    let rest = code.get(at..).unwrap_or_default().trim_start();
    let length = rest.bytes().take_while(|b| is_word(*b)).count();
    rest.get(..length).unwrap_or_default()
}

/// Offset just after the bracket that closes the one at `at`.
pub(crate) fn bracket_end(code: &str, at: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, byte) in code.bytes().enumerate().skip(at) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return offset + 1;
                }
            }
            _ => {}
        }
    }
    code.len()
}

/// Offset of the first of `wanted` at or after `at`.
pub(crate) fn find_from(code: &str, at: usize, wanted: &[char]) -> Option<usize> {
    code.get(at..)?.find(wanted).map(|n| at + n)
}

/// Number of the line, from 1, on which an offset stands.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|b| *b == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::{blank_non_code, bracket_end, find_words};

    #[test]
    fn comments_and_literals_are_blanked_and_code_stays() {
        let text = "let a = \"x // y\"; // static\nfor c in r#\"st\"atic\"#.chars() {}\n/* a /* b */ static */ fn f<'a>(x: &'a str) -> char { '\\'' }\nlet q = b'\"'; let z = 1;";
        let code = blank_non_code(text);
        assert_eq!(code.len(), text.len());
        assert!(find_words(&code, "static").is_empty());
        assert!(code.contains("fn f<'a>(x: &'a str) -> char {"));
        assert!(code.ends_with("let z = 1;"));
    }

    #[test]
    fn words_are_bounded() {
        assert_eq!(find_words("statics static xstatic", "static"), vec![8]);
        assert_eq!(find_words("a::*;", "::*;"), vec![1]);
    }

    #[test]
    fn brackets_nest() {
        assert_eq!(bracket_end("f(a[1], {b})x", 1), 12);
    }
}
