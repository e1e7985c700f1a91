//! Bodies in aws-chunked framing. The first line of a case is `MODE LENGTH SPLIT`: how it is signed
//! (`signed`, `signed-trailer`, `unsigned`), the declared length of the content, and a number that says
//! where the stream is cut into pieces. The rest is the body. `{s}` in the head of a chunk is its right
//! signature as far as the body can be read.

use std::cell::Cell;

use crate::lab::Lab;
use crate::lab::aws::{self, SignatureClaims, sha256};
use crate::lab::raw::{RawRequest, fill};
use crate::random::Random;
use crate::target::Target;

/// Uploads in chunks, whole and in pieces, beside a decoder of its own.
#[derive(Default)]
pub struct Chunks {
    lab: Option<Lab>,
    number: Cell<u64>,
}

const TRAILER: &str = "x-amz-checksum-crc32";
const SEEDS: [&str; 8] = [
    "unsigned 3 1\n3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n",
    "unsigned 3 9\n1\r\na\r\n02\r\nbc\r\n0\r\nx-amz-checksum-crc32: NSRBwg==\r\n\r\n",
    "unsigned 0 2\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
    "signed 3 4\n3;chunk-signature={s}\r\nabc\r\n0;chunk-signature={s}\r\n\r\n",
    "signed 6 5\n4;chunk-signature={s}\r\nabcd\r\n2;chunk-signature={s}\r\nef\r\n0;chunk-signature={s}\r\n\r\n",
    "signed-trailer 3 6\n3;chunk-signature={s}\r\nabc\r\n0;chunk-signature={s}\r\nx-amz-checksum-crc32:NSRBwg==\r\nx-amz-trailer-signature:{t}\r\n\r\n",
    "signed 0 7\n0;chunk-signature={s}\r\n\r\n",
    "signed 3 8\n3;chunk-signature=0000000000000000000000000000000000000000000000000000000000000000\r\nabc\r\n0;chunk-signature={s}\r\n\r\n",
];

impl Target for Chunks {
    fn seeds(&self) -> Vec<Vec<u8>> {
        SEEDS.iter().map(|text| text.as_bytes().to_vec()).collect()
    }

    fn dictionary(&self) -> &'static [&'static str] {
        &[
            "\r\n",
            "\n",
            ";chunk-signature=",
            "{s}",
            "{t}",
            "0",
            "3",
            "0\r\n",
            "\r\n\r\n",
            "ffffffffffffffff",
            "+3",
            "0x3",
            " ",
            ";",
            "x-amz-checksum-crc32:",
            "x-amz-checksum-crc32:NSRBwg==\r\n",
            "x-amz-trailer-signature:",
            "AAAAAA==",
            "signed ",
            "unsigned ",
            "signed-trailer ",
            "abc",
            "3;chunk-signature={s}\r\nabc\r\n",
            "0;chunk-signature={s}\r\n\r\n",
            "1\r\na\r\n",
        ]
    }

    fn run(&mut self, input: &[u8]) -> Result<String, String> {
        let Some(case) = Case::parse(input) else {
            return Ok("no such mode".to_owned());
        };
        self.number.set(self.number.get().wrapping_add(1));
        let path = format!("/bucket/chunked-{}", self.number.get());
        let (request, strict, content) = case.request(&path);
        let lab = Lab::of(&mut self.lab)?;
        let whole = lab.send(&request)?;
        let stored = lab.call("GET", &path, &[], b"")?;
        let label = whole.label();
        if whole.status == 200 {
            let Some(content) = content else {
                return Err(format!(
                    "stored, and no valid body: {:?}",
                    String::from_utf8_lossy(&request.body)
                ));
            };
            if stored.body != content {
                return Err(format!("stored {:?} of {content:?}", stored.body));
            }
        } else {
            if stored.status != 404 {
                return Err(format!(
                    "refused with {label}, and {} is there",
                    stored.status
                ));
            }
            if strict.is_some() {
                return Err(format!(
                    "a valid body is refused with {label}: {:?}",
                    String::from_utf8_lossy(&request.body)
                ));
            }
        }
        let again = lab.send_pieces(&request, case.pieces(&request.body))?;
        // Of two things that are wrong, the one that is met first is told.
        if (again.status == 200) != (whole.status == 200) {
            return Err(format!("in one piece {label}, in others {}", again.label()));
        }
        if again.status != 200 && lab.call("GET", &path, &[], b"")?.status != stored.status {
            return Err("a refused body was stored".to_owned());
        }
        Ok(format!("{} {label}", case.mode))
    }
}

struct Case<'a> {
    mode: &'a str,
    declared: &'a str,
    split: &'a str,
    body: &'a [u8],
}

impl<'a> Case<'a> {
    fn parse(input: &'a [u8]) -> Option<Self> {
        let end = input.iter().position(|byte| *byte == b'\n')?;
        let (line, body) = input.split_at_checked(end)?;
        let mut words = std::str::from_utf8(line).ok()?.split(' ');
        let case = Self {
            mode: words.next()?,
            declared: words.next()?,
            split: words.next()?,
            body: body.get(1..)?,
        };
        let known = ["signed", "signed-trailer", "unsigned"].contains(&case.mode);
        let number = case.declared.bytes().all(|byte| byte.is_ascii_graphic());
        (known && number && !case.body.is_empty()).then_some(case)
    }

    /// The request, and the content if the body is valid: to the letter, and with what is let pass.
    fn request(&self, path: &str) -> (RawRequest, Option<Vec<u8>>, Option<Vec<u8>>) {
        let payload = match self.mode {
            "signed" => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            "signed-trailer" => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
            _ => "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        };
        let mut headers = vec![
            ("content-encoding", "aws-chunked"),
            ("x-amz-content-sha256", payload),
            ("x-amz-decoded-content-length", self.declared),
        ];
        if self.mode != "signed" {
            headers.push(("x-amz-trailer", TRAILER));
        }
        let mut request = aws::signed("PUT", path, &headers, b"");
        let claims = SignatureClaims::of(&request).unwrap_or_default();
        let body = self.fill_signatures(&claims);
        // Lines of trailers are read as HTTP reads them, white space at the end included.
        let plain = |byte: &u8| *byte != b'\t' && *byte != b' ';
        let two = |two: &[u8]| (two.last() == Some(&b'\n')) == (two.first() == Some(&b'\r'));
        let tidy = body.windows(2).all(two) && body.iter().all(plain);
        let decoded = self.decode(&body, &claims);
        let strict = decoded.clone().filter(|_| tidy);
        // An end without its empty line is let pass: everything that is stored was verified.
        let mended = [&b""[..], b"\n", b"\r\n", b"\r\n\r\n"].map(|end| [&body[..], end].concat());
        let lenient = strict
            .clone()
            .or_else(|| mended.iter().find_map(|body| self.decode(body, &claims)));
        let length = body.len().to_string();
        request.headers.retain(|(name, _)| name != "content-length");
        request
            .headers
            .push(("content-length".to_owned(), length.into_bytes()));
        request.body = body;
        (request, strict, lenient)
    }

    fn pieces(&self, body: &[u8]) -> Vec<Vec<u8>> {
        let mut random = Random::new(self.split.len() as u64, self.split);
        let mut pieces = Vec::new();
        let mut rest = body;
        while !rest.is_empty() {
            let longest = [1, 3, 16, 90].get(random.below(4)).copied().unwrap_or(1);
            let length = random.below(longest).saturating_add(1).min(rest.len());
            let (piece, after) = rest.split_at(length);
            pieces.push(piece.to_vec());
            rest = after;
        }
        pieces
    }

    /// Puts the right signatures where the marks stand, as far as chunks can be told apart.
    fn fill_signatures(&self, claims: &SignatureClaims) -> Vec<u8> {
        let mut body = self.body.to_vec();
        let mut previous = claims.signature.clone();
        while let Some(at) = body.windows(3).position(|three| three == b"{s}") {
            let (head, tail) = body.split_at(at);
            let line = head
                .rsplit(|byte| *byte == b'\n')
                .next()
                .unwrap_or_default();
            let size = line.split(|byte| *byte == b';').next().unwrap_or_default();
            let size = std::str::from_utf8(size)
                .ok()
                .and_then(|text| usize::from_str_radix(text, 16).ok());
            let data = tail.get(5..).unwrap_or_default();
            let data = data
                .get(..size.unwrap_or(0).min(data.len()))
                .unwrap_or_default();
            previous = chunk_signature(claims, &previous, data);
            let (before, after) = (head.to_vec(), tail.get(3..).unwrap_or_default().to_vec());
            body = [before, previous.clone().into_bytes(), after].concat();
        }
        let trailer = body
            .split(|byte| *byte == b'\n')
            .find(|line| line.starts_with(TRAILER.as_bytes()));
        let line = String::from_utf8_lossy(trailer.unwrap_or_default())
            .trim_end()
            .to_owned();
        let signature = trailer_signature(claims, &previous, &format!("{line}\n"));
        fill(&body, "t", signature.as_bytes())
    }

    /// The decoder: strict, and shorter than anything that streams.
    fn decode(&self, body: &[u8], claims: &SignatureClaims) -> Option<Vec<u8>> {
        let declared: usize = self
            .declared
            .parse()
            .ok()
            .filter(|_| !self.declared.starts_with('+'))?;
        let mut previous = claims.signature.clone();
        let (mut content, mut rest) = (Vec::new(), body);
        loop {
            let (line, after) = line(rest)?;
            let (size, extension) = match line.split_once(';') {
                Some((size, extension)) => (size, Some(extension)),
                None => (line, None),
            };
            let hexadecimal = !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_hexdigit());
            let size = usize::from_str_radix(size, 16)
                .ok()
                .filter(|_| hexadecimal)?;
            let data = after.get(..size)?;
            if self.mode != "unsigned" {
                previous = chunk_signature(claims, &previous, data);
                if extension?.strip_prefix("chunk-signature=")? != previous {
                    return None;
                }
            }
            rest = after.get(size..)?;
            if size == 0 {
                break;
            }
            content.extend_from_slice(data);
            rest = rest.strip_prefix(b"\r\n")?;
        }
        if self.mode != "signed" {
            let (mut trailer, mut after) = trailer_line(rest)?;
            let mut signature = "";
            if self.mode == "signed-trailer" {
                (signature, after) = trailer_line(after)?;
                // In either order: each is checked.
                if trailer.to_ascii_lowercase().starts_with("x-amz-trailer-s") {
                    std::mem::swap(&mut trailer, &mut signature);
                }
            }
            let (name, value) = trailer.split_once(':')?;
            let crc = crc32(&content).to_be_bytes();
            use base64::Engine as _;
            let right = base64::engine::general_purpose::STANDARD.encode(crc);
            if !name.eq_ignore_ascii_case(TRAILER) || value.trim() != right || value.contains('\r')
            {
                return None;
            }
            rest = after;
            if self.mode == "signed-trailer" {
                let right =
                    trailer_signature(claims, &previous, &format!("{name}:{}\n", value.trim()));
                let (name, value) = signature.split_once(':')?;
                if !name.eq_ignore_ascii_case("x-amz-trailer-signature") || value.trim() != right {
                    return None;
                }
            }
        }
        (trailer_line(rest)? == ("", &b""[..]) && content.len() == declared).then_some(content)
    }
}

/// A line without its CRLF, and what follows.
fn line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.windows(2).position(|two| two == b"\r\n")?;
    let text = std::str::from_utf8(bytes.get(..end)?).ok()?;
    Some((text, bytes.get(end.checked_add(2)?..)?))
}

/// A line that ends with LF, without white space at its end, and what follows.
fn trailer_line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let text = std::str::from_utf8(bytes.get(..end)?).ok()?;
    Some((text.trim_end(), bytes.get(end.checked_add(1)?..)?))
}

fn chunk_signature(claims: &SignatureClaims, previous: &str, data: &[u8]) -> String {
    let (stamp, scope) = (&claims.stamp, claims.scope.join("/"));
    let (empty, hash) = (sha256(b""), sha256(data));
    let text = format!("AWS4-HMAC-SHA256-PAYLOAD\n{stamp}\n{scope}\n{previous}\n{empty}\n{hash}");
    claims.sign(&text).unwrap_or_default()
}

fn trailer_signature(claims: &SignatureClaims, previous: &str, line: &str) -> String {
    let (stamp, scope) = (&claims.stamp, claims.scope.join("/"));
    let hash = sha256(line.as_bytes());
    let text = format!("AWS4-HMAC-SHA256-TRAILER\n{stamp}\n{scope}\n{previous}\n{hash}");
    claims.sign(&text).unwrap_or_default()
}

/// CRC-32 of zip and Ethernet, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}
