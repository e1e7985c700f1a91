//! The trailers behind the last chunk: those that were announced, each once, and nothing else.
//! `s3s` reads as many as come, and of two with one name it takes one.

/// Longest line of a trailer, in bytes.
const LINE_BYTES_MAX: usize = 1024;
/// What signs the trailers of signed chunks.
const SIGNATURE: &str = "x-amz-trailer-signature";

/// Follows the trailers line by line.
#[derive(Debug, Default)]
pub(super) struct Trailers {
    /// Names that may come, in lower case; a name that came is taken out.
    expected: Vec<String>,
    line: Vec<u8>,
    /// The empty line came that ends the body.
    ended: bool,
}

impl Trailers {
    /// With the name of `x-amz-trailer`, if the request has one.
    pub(super) fn new(announced: Option<&str>) -> Self {
        let names = announced.iter().flat_map(|name| [*name, SIGNATURE]);
        Self {
            expected: names.map(str::to_ascii_lowercase).collect(),
            line: Vec::new(),
            ended: false,
        }
    }

    /// Whether what arrived may stand here.
    pub(super) fn take(&mut self, data: &[u8]) -> bool {
        for byte in data {
            if self.ended {
                return false;
            }
            if *byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                if !self.line_is_good(&line) {
                    return false;
                }
            } else if self.line.len() < LINE_BYTES_MAX {
                self.line.push(*byte);
            } else {
                return false;
            }
        }
        true
    }

    /// Whether no line is unfinished. The empty line at the end may be missing.
    pub(super) fn whole(&self) -> bool {
        self.line.is_empty()
    }

    fn line_is_good(&mut self, line: &[u8]) -> bool {
        let text = std::str::from_utf8(line).map(str::trim_end);
        let Ok(text) = text else {
            return false;
        };
        if text.is_empty() {
            self.ended = true;
            return true;
        }
        let Some((name, _)) = text.split_once(':') else {
            return false;
        };
        let known = self
            .expected
            .iter()
            .position(|expected| expected.eq_ignore_ascii_case(name));
        known.map(|at| self.expected.swap_remove(at)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(announced: Option<&str>, text: &str) -> bool {
        let whole = Trailers::new(announced).take(text.as_bytes());
        let mut byte_by_byte = Trailers::new(announced);
        let pieces = text
            .as_bytes()
            .chunks(1)
            .all(|piece| byte_by_byte.take(piece));
        assert_eq!(whole, pieces, "{text:?}");
        whole
    }

    #[test]
    fn only_what_was_announced_may_come() {
        let crc = Some("x-amz-checksum-crc32");
        assert!(good(None, "\r\n"));
        assert!(good(crc, "x-amz-checksum-crc32:AAAAAA==\r\n\r\n"));
        assert!(good(crc, "X-Amz-Checksum-CRC32: AAAAAA==\n\r\n"));
        assert!(good(
            crc,
            "x-amz-checksum-crc32:AAAAAA==\r\nx-amz-trailer-signature:00\r\n\r\n"
        ));
        for text in [
            "x-amz-meta-a:1\r\n\r\n",
            "x-amz-checksum-crc32:AAAAAA==\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
            "x-amz-checksum-crc32\r\n\r\n",
            "x-amz-checksum-crc32 :AAAAAA==\r\n\r\n",
            "\u{e9}:1\r\n",
            "x-amz-checksum-crc32:AAAAAA==\r\n\r\n\r\n",
            "\r\nx-amz-checksum-crc32:AAAAAA==\r\n",
        ] {
            assert!(!good(crc, text), "{text:?}");
        }
        assert!(!good(None, "x-amz-checksum-crc32:AAAAAA==\r\n\r\n"));
        assert!(!good(crc, &"x".repeat(2000)));
    }
}
