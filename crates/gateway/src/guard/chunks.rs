//! The framing of an aws-chunked body, bounded. `s3s` gathers a whole chunk in memory before it
//! passes it on, and takes up to 4 GiB for one; a body that stops before its last chunk it takes
//! for complete. Here a signed chunk has a greatest length, an unsigned one (which SDKs send as
//! long as the object) is cut where it arrives, and the last chunk must come.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use azekura_store::body::BodyError;
use bytes::{Buf, Bytes, BytesMut};
use http_body::{Body, Frame};

use super::refusal::Refusal;
use super::trailers::Trailers;
use crate::faults::{Fault, Faults};
use crate::held::Held;

/// Longest line that heads a chunk, in bytes.
const LINE_BYTES_MAX: usize = 1024;

/// Pieces of a signed chunk shorter than this are gathered: the chunk is held until its signature is
/// checked, and a client that sends single bytes would make each of them cost a handle.
const PIECE_BYTES_MIN: usize = 16 * 1024;

/// Signed chunks up to this are part of what an upload reserves anyway, in bytes. SDKs send 64 KiB.
const CHUNK_BYTES_FREE: u64 = 128 * 1024;

/// Where in the framing the next byte stands.
#[derive(Debug)]
enum State {
    /// In the line that heads a chunk.
    Line(Vec<u8>),
    /// In a chunk that is passed on as it is; so many bytes are left, its CRLF included.
    Passed(u64),
    /// In an unsigned chunk that is cut into pieces; so many bytes are left.
    Cut(u64),
    /// Before the CRLF of a chunk that was cut; so many of its bytes have come.
    CutEnd(usize),
    /// Behind the last chunk: trailers.
    Trailers,
}

/// Follows the framing and decides what goes on.
#[derive(Debug)]
struct Framer {
    state: State,
    chunk_bytes_max: u64,
    /// What may follow the last chunk.
    trailers: Trailers,
    /// Short pieces of a signed chunk.
    held: BytesMut,
    out: VecDeque<Bytes>,
    /// Longest signed chunk so far, in bytes.
    longest: u64,
}

impl Framer {
    fn new(chunk_bytes_max: u64, trailer: Option<&str>) -> Self {
        Self {
            state: State::Line(Vec::new()),
            chunk_bytes_max,
            trailers: Trailers::new(trailer),
            held: BytesMut::new(),
            out: VecDeque::new(),
            longest: 0,
        }
    }

    fn push(&mut self, mut data: Bytes) -> Result<(), Fault> {
        while !data.is_empty() {
            self.step(&mut data)?;
        }
        Ok(())
    }

    /// Consumes at least one byte.
    fn step(&mut self, data: &mut Bytes) -> Result<(), Fault> {
        match &mut self.state {
            State::Line(line) => {
                let end = data.iter().position(|b| *b == b'\n').map(|at| at + 1);
                let taken = data.split_to(end.unwrap_or(data.len()));
                if line.len() + taken.len() > LINE_BYTES_MAX {
                    return Err(malformed("a chunk header is too long").into());
                }
                line.extend_from_slice(&taken);
                if end.is_some() {
                    let line = std::mem::take(line);
                    self.head(line)?;
                }
            }
            State::Passed(left) => {
                let taken = take(data, *left);
                *left -= length(&taken);
                let whole = *left == 0;
                if whole {
                    self.state = State::Line(Vec::new());
                }
                self.pass(taken, whole);
            }
            State::Cut(left) => {
                let taken = take(data, *left);
                *left -= length(&taken);
                if *left == 0 {
                    self.state = State::CutEnd(0);
                }
                self.out.push_back(format!("{:x}\r\n", taken.len()).into());
                self.out.push_back(taken);
                self.out.push_back(Bytes::from_static(b"\r\n"));
            }
            State::CutEnd(seen) => {
                let expected = if *seen == 0 { b'\r' } else { b'\n' };
                if data.get_u8() != expected {
                    return Err(malformed("a chunk does not end with CRLF").into());
                }
                *seen += 1;
                if *seen == 2 {
                    self.state = State::Line(Vec::new());
                }
            }
            State::Trailers => {
                let taken = data.split_to(data.len());
                if !self.trailers.take(&taken) {
                    return Err(Fault::Refused(Refusal::malformed_trailer()));
                }
                self.out.push_back(taken);
            }
        }
        Ok(())
    }

    /// Hands on a piece of a signed chunk, now or together with those that follow.
    fn pass(&mut self, piece: Bytes, last: bool) {
        if self.held.is_empty() && (last || piece.len() >= PIECE_BYTES_MIN) {
            self.out.push_back(piece);
            return;
        }
        self.held.extend_from_slice(&piece);
        if last || self.held.len() >= PIECE_BYTES_MIN {
            self.out.push_back(self.held.split().freeze());
        }
    }

    /// A whole line that heads a chunk has arrived.
    fn head(&mut self, line: Vec<u8>) -> Result<(), BodyError> {
        let end = line.iter().position(|b| !b.is_ascii_hexdigit());
        // Behind the length comes the end of the line or an extension, and nothing else: `0x3` is
        // not a last chunk.
        let digits = end
            .and_then(|end| line.split_at_checked(end))
            .filter(|(_, rest)| *rest == b"\r\n" || rest.starts_with(b";"))
            .and_then(|(digits, _)| std::str::from_utf8(digits).ok())
            .and_then(|digits| u64::from_str_radix(digits, 16).ok());
        let Some(bytes) = digits else {
            return Err(malformed("a chunk header has no length"));
        };
        let signed = line.contains(&b';');
        if signed && bytes > self.chunk_bytes_max {
            return Err(malformed("a signed chunk is longer than is held in memory"));
        }
        if signed {
            self.longest = self.longest.max(bytes);
        }
        self.state = match (bytes, signed) {
            (0, _) => State::Trailers,
            (_, true) => State::Passed(bytes + 2),
            (_, false) => State::Cut(bytes),
        };
        if !matches!(self.state, State::Cut(_)) {
            self.out.push_back(line.into());
        }
        Ok(())
    }

    fn complete(&self) -> bool {
        matches!(self.state, State::Trailers) && self.trailers.whole()
    }
}

fn malformed(what: &str) -> BodyError {
    BodyError::Malformed(what.to_owned())
}

fn length(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn take(data: &mut Bytes, left: u64) -> Bytes {
    let most = usize::try_from(left).unwrap_or(usize::MAX);
    data.split_to(data.len().min(most))
}

/// A request body whose framing is followed.
pub(crate) struct ChunkedBody<B> {
    inner: B,
    framer: Framer,
    /// Signed chunks of this length are paid for, in bytes.
    reserved: u64,
    held: Held,
    faults: Faults,
    ended: bool,
}

impl<B> ChunkedBody<B> {
    pub(crate) fn new(
        inner: B,
        chunk_bytes_max: u64,
        trailer: Option<&str>,
        held: Held,
        faults: Faults,
    ) -> Self {
        Self {
            inner,
            framer: Framer::new(chunk_bytes_max, trailer),
            reserved: CHUNK_BYTES_FREE,
            held,
            faults,
            ended: false,
        }
    }

    /// Follows what arrived, and reserves memory for a signed chunk that is longer than those before:
    /// `s3s` holds it until its signature is checked.
    fn take(&mut self, data: Bytes) -> Result<(), Fault> {
        self.framer.push(data)?;
        let longest = self.framer.longest;
        if longest > self.reserved {
            let bytes = longest.saturating_sub(self.reserved).saturating_mul(2);
            let reserved = self.held.reserve_now(bytes);
            reserved.map_err(|_| BodyError::Busy)?;
            self.reserved = longest;
        }
        Ok(())
    }

    fn fail(&mut self, fault: Fault) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
        self.ended = true;
        self.framer.out.clear();
        Poll::Ready(Some(Err(self.faults.note(fault))))
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for ChunkedBody<B> {
    type Data = Bytes;
    type Error = Fault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
        loop {
            if let Some(bytes) = self.framer.out.pop_front() {
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
                None if self.framer.complete() => self.ended = true,
                None | Some(Err(_)) => return self.fail(BodyError::Incomplete.into()),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data()
                        && let Err(error) = self.take(data)
                    {
                        return self.fail(error);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(input: &[u8], step: usize) -> Result<(Vec<u8>, bool), Fault> {
        let mut framer = Framer::new(16, Some("x-amz-checksum-crc32"));
        for piece in input.chunks(step) {
            framer.push(Bytes::copy_from_slice(piece))?;
        }
        let out: Vec<u8> = framer.out.iter().flatten().copied().collect();
        Ok((out, framer.complete()))
    }

    #[test]
    fn signed_chunks_pass_as_they_are_and_have_a_greatest_length() {
        let body = b"5;chunk-signature=ab\r\nhello\r\n0;chunk-signature=cd\r\n\r\n";
        for step in 1..body.len() {
            assert_eq!(run(body, step).unwrap(), (body.to_vec(), true));
        }
        let long = run(b"11;chunk-signature=ab\r\n", 9);
        assert!(
            matches!(long, Err(Fault::Body(BodyError::Malformed(_)))),
            "{long:?}"
        );
    }

    #[test]
    fn a_signed_chunk_that_arrives_byte_by_byte_is_held_in_few_pieces() {
        let mut framer = Framer::new(1 << 20, None);
        framer
            .push(Bytes::from_static(b"10000;chunk-signature=ab\r\n"))
            .unwrap();
        for _ in 0..0x1_0002 {
            framer.push(Bytes::from_static(b"x")).unwrap();
        }
        assert!(framer.out.len() <= 6, "{}", framer.out.len());
        let bytes: usize = framer.out.iter().skip(1).map(Bytes::len).sum();
        assert_eq!(bytes, 0x1_0002);
    }

    #[test]
    fn unsigned_chunks_are_cut_where_they_arrive() {
        let body = b"40000000\r\nabc";
        assert_eq!(run(body, 20).unwrap(), (b"3\r\nabc\r\n".to_vec(), false));
        let body = b"6\r\nabcdef\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
        let (out, complete) = run(body, 7).unwrap();
        assert!(complete);
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "4\r\nabcd\r\n2\r\nef\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"
        );
    }

    #[test]
    fn broken_framing_is_refused() {
        for body in [
            &b"zz\r\n"[..],
            b"3\r\nabcX\r\n",
            b";chunk-signature=\r\n",
            &[b'1'; 1025],
        ] {
            assert!(run(body, 4).is_err(), "{body:?}");
        }
        let (_, complete) = run(b"5;chunk-signature=ab\r\nhello\r\n", 4).unwrap();
        assert!(!complete, "the last chunk is missing");
    }
}
