//! `multipart/form-data` (RFC 7578) up to the file, in bounded memory.

use std::future::poll_fn;
use std::pin::Pin;

use bytes::{Bytes, BytesMut};
use http_body::Body;

use super::disposition;
use super::fields::Fields;
use super::file::{FileBody, Lengths};
use crate::faults::Faults;
use crate::guard::Refusal;

/// Names and values of all fields before the file, in bytes (AWS: 20 KB).
const FIELDS_BYTES_MAX: usize = 20 * 1024;
/// The same with everything around them, in bytes.
const RAW_BYTES_MAX: usize = 64 * 1024;
/// The header lines of one part, in bytes.
const PART_HEADER_BYTES_MAX: usize = 4 * 1024;

/// What follows the fields: the content of the file.
pub(super) struct Rest<B> {
    body: B,
    delimiter: Bytes,
    read: Bytes,
}

impl<B> Rest<B> {
    /// The content of the file, held to the lengths of the policy.
    pub(super) fn into_file(self, lengths: Lengths, faults: Faults) -> FileBody<B> {
        FileBody::new(self.body, self.delimiter, self.read, lengths, faults)
    }
}

/// Reads the fields before the file.
///
/// # Errors
/// `MalformedPOSTRequest`, `MaxPostPreDataLengthExceeded`, or `InvalidArgument` when there is no
/// file.
pub(super) async fn read<B>(body: B, boundary: &str) -> Result<(Fields, Rest<B>), Refusal>
where
    B: Body<Data = Bytes> + Unpin,
{
    let delimiter = Bytes::from(format!("\r\n--{boundary}"));
    let mut reader = Reader {
        body,
        // The first boundary needs no line break before it.
        read: BytesMut::from(&b"\r\n"[..]),
        consumed: 0,
    };
    let preamble = reader.until(&delimiter, RAW_BYTES_MAX).await?;
    if !matches!(preamble.as_ref(), b"" | b"\r\n") {
        return Err(Refusal::malformed_form());
    }
    let mut fields = Fields::default();
    let mut bytes = 0_usize;
    loop {
        // What follows a boundary up to the empty line: white space, then the header lines.
        let headers = reader.until(b"\r\n\r\n", PART_HEADER_BYTES_MAX).await;
        let headers = match headers {
            Ok(headers) if headers.starts_with(b"--") => return Err(without_file()),
            Err(_) if reader.read.starts_with(b"--") => return Err(without_file()),
            headers => headers?,
        };
        let part = part_of(&headers).ok_or_else(Refusal::malformed_form)?;
        if part.name.eq_ignore_ascii_case("file") {
            fields.expand(part.filename.as_deref().unwrap_or_default());
            let rest = Rest {
                body: reader.body,
                delimiter,
                read: reader.read.freeze(),
            };
            return Ok((fields, rest));
        }
        let value = reader.until(&delimiter, FIELDS_BYTES_MAX).await?;
        bytes = bytes
            .saturating_add(part.name.len())
            .saturating_add(value.len());
        if bytes > FIELDS_BYTES_MAX {
            return Err(Refusal::form_too_large());
        }
        let value = String::from_utf8(value.to_vec()).map_err(|_| {
            Refusal::invalid_argument(format!("the field '{}' is not UTF-8", part.name))
        })?;
        fields.push(&part.name, value)?;
    }
}

/// The header lines of a part, behind what may follow a boundary on its line.
fn part_of(headers: &[u8]) -> Option<disposition::Disposition> {
    let text = std::str::from_utf8(headers).ok()?;
    let lines = text.trim_start_matches([' ', '\t']).strip_prefix("\r\n")?;
    disposition::of_part(lines)
}

struct Reader<B> {
    body: B,
    read: BytesMut,
    consumed: usize,
}

impl<B: Body<Data = Bytes> + Unpin> Reader<B> {
    /// Everything before `pattern`, which is consumed too.
    async fn until(&mut self, pattern: &[u8], most: usize) -> Result<Bytes, Refusal> {
        let mut searched = 0;
        loop {
            if let Some(at) = find(&self.read, pattern, searched) {
                if at > most {
                    return Err(Refusal::form_too_large());
                }
                let found = self.read.split_to(at).freeze();
                drop(self.read.split_to(pattern.len()));
                self.consumed += at + pattern.len();
                if self.consumed > RAW_BYTES_MAX {
                    return Err(Refusal::form_too_large());
                }
                return Ok(found);
            }
            if self.read.len() > most {
                return Err(Refusal::form_too_large());
            }
            searched = self.read.len().saturating_sub(pattern.len());
            self.more().await?;
        }
    }

    /// Reads the next piece of the body.
    async fn more(&mut self) -> Result<(), Refusal> {
        loop {
            let frame = poll_fn(|cx| Pin::new(&mut self.body).poll_frame(cx)).await;
            match frame {
                None => return Err(Refusal::malformed_form()),
                Some(Err(_)) => return Err(Refusal::incomplete_body()),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.read.extend_from_slice(&data);
                        return Ok(());
                    }
                }
            }
        }
    }
}

/// The last boundary came before a file.
fn without_file() -> Refusal {
    Refusal::invalid_argument("POST requires exactly one file upload per request.")
}

/// Where `pattern` begins, at or behind `from`.
fn find(bytes: &[u8], pattern: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let at = rest.windows(pattern.len()).position(|w| w == pattern)?;
    Some(from + at)
}
