//! The content of the file of a form, streamed to its boundary.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use azekura_store::body::BodyError;
use bytes::{Bytes, BytesMut};
use futures::Stream;
use http_body::Body;

use crate::faults::{Fault, Faults};
use crate::guard::Refusal;

/// Most bytes behind the file that are read and ignored.
const IGNORED_BYTES_MAX: usize = 1024 * 1024;
/// Most white space between a boundary and its line break, in bytes.
const PADDING_BYTES_MAX: usize = 64;

/// Least and greatest length of the file in bytes (`content-length-range`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lengths {
    /// At least so many bytes.
    pub(super) least: u64,
    /// At most so many bytes.
    pub(super) most: u64,
}

impl Default for Lengths {
    fn default() -> Self {
        Self {
            least: 0,
            most: u64::MAX,
        }
    }
}

/// Where in the form the next byte stands.
#[derive(Debug)]
enum State {
    /// In the content.
    Content,
    /// Behind the boundary that ends it; what has come since.
    Boundary(BytesMut),
    /// In what is ignored; so many bytes have come.
    Behind(usize),
    /// At the end, good or bad.
    Ended,
}

/// The file: it ends well only when its boundary came, its length is allowed, and the rest of the
/// request arrived too.
pub(super) struct FileBody<B> {
    inner: B,
    delimiter: Bytes,
    /// Read and not passed on: at first what came with the fields, then what may begin a boundary.
    held: Bytes,
    lengths: Lengths,
    bytes: u64,
    state: State,
    faults: Faults,
}

impl<B> FileBody<B> {
    pub(super) fn new(
        inner: B,
        delimiter: Bytes,
        held: Bytes,
        lengths: Lengths,
        faults: Faults,
    ) -> Self {
        Self {
            inner,
            delimiter,
            held,
            lengths,
            bytes: 0,
            state: State::Content,
            faults,
        }
    }

    fn fail(&mut self, fault: Fault) -> Fault {
        self.state = State::Ended;
        self.faults.note(fault)
    }

    fn refuse(&mut self, refusal: Refusal) -> Fault {
        self.fail(Fault::Refused(refusal))
    }

    /// Takes what arrived; gives what can be passed on.
    fn take(&mut self, data: Bytes) -> Result<Bytes, Fault> {
        match &mut self.state {
            State::Content => {
                let joined = join(std::mem::take(&mut self.held), data);
                let (content, rest, found) = cut(joined, &self.delimiter);
                self.count(&content)?;
                if found {
                    self.state = State::Boundary(BytesMut::new());
                    self.take(rest)?;
                } else {
                    self.held = rest;
                }
                return Ok(content);
            }
            State::Boundary(seen) => {
                seen.extend_from_slice(&data);
                match ending(seen) {
                    Some(true) => {
                        let bytes = seen.len();
                        self.state = State::Behind(bytes);
                    }
                    Some(false) => return Err(self.refuse(Refusal::malformed_form())),
                    None => {}
                }
            }
            State::Behind(bytes) => {
                *bytes = bytes.saturating_add(data.len());
                if *bytes > IGNORED_BYTES_MAX {
                    return Err(self.refuse(Refusal::malformed_form()));
                }
            }
            State::Ended => {}
        }
        Ok(Bytes::new())
    }

    fn count(&mut self, content: &Bytes) -> Result<(), Fault> {
        let more = u64::try_from(content.len()).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_add(more);
        if self.bytes > self.lengths.most {
            let refusal = Refusal::entity_too_large(self.lengths.most);
            return Err(self.refuse(refusal));
        }
        Ok(())
    }

    /// The request ended.
    fn end(&mut self) -> Result<(), Fault> {
        match self.state {
            State::Behind(_) if self.bytes < self.lengths.least => {
                let refusal = Refusal::entity_too_small(self.lengths.least);
                Err(self.refuse(refusal))
            }
            State::Behind(_) | State::Ended => {
                self.state = State::Ended;
                Ok(())
            }
            State::Content | State::Boundary(_) => Err(self.refuse(Refusal::malformed_form())),
        }
    }
}

fn join(held: Bytes, data: Bytes) -> Bytes {
    if held.is_empty() {
        return data;
    }
    if data.is_empty() {
        return held;
    }
    let mut joined = BytesMut::with_capacity(held.len() + data.len());
    joined.extend_from_slice(&held);
    joined.extend_from_slice(&data);
    joined.freeze()
}

/// Content before the delimiter, what follows, and whether the delimiter is there. Without it, what
/// follows is what may begin it.
fn cut(mut data: Bytes, delimiter: &[u8]) -> (Bytes, Bytes, bool) {
    let mut from = 0;
    while let Some(rest) = data.get(from..) {
        let Some(at) = rest.iter().position(|b| *b == b'\r') else {
            break;
        };
        let at = from + at;
        let candidate = data.get(at..).unwrap_or_default();
        if candidate.starts_with(delimiter) {
            let mut rest = data.split_off(at);
            let rest = rest.split_off(delimiter.len());
            return (data, rest, true);
        }
        if delimiter.starts_with(candidate) {
            let rest = data.split_off(at);
            return (data, rest, false);
        }
        from = at + 1;
    }
    (data, Bytes::new(), false)
}

/// Whether what follows a boundary ends its line; `None` when that cannot be said yet.
fn ending(seen: &[u8]) -> Option<bool> {
    if seen.starts_with(b"--") {
        return Some(true);
    }
    let blank = seen
        .iter()
        .take_while(|b| matches!(b, b' ' | b'\t'))
        .count();
    let rest = seen.get(blank..).unwrap_or_default();
    if rest.starts_with(b"\r\n") {
        return Some(true);
    }
    let may_come = matches!(seen, b"" | b"-") || rest.is_empty() || rest == b"\r";
    (!may_come || blank > PADDING_BYTES_MAX).then_some(false)
}

impl<B: Body<Data = Bytes> + Unpin> Stream for FileBody<B> {
    type Item = Result<Bytes, Fault>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if matches!(this.state, State::Content) && this.bytes == 0 && !this.held.is_empty() {
            // What came with the fields.
            match this.take(Bytes::new()) {
                Ok(content) if content.is_empty() => {}
                taken => return Poll::Ready(Some(taken)),
            }
        }
        while !matches!(this.state, State::Ended) {
            let taken = match ready!(Pin::new(&mut this.inner).poll_frame(cx)) {
                None => match this.end() {
                    Ok(()) => return Poll::Ready(None),
                    Err(fault) => Err(fault),
                },
                Some(Err(_)) => Err(this.fail(Fault::Body(BodyError::Incomplete))),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => this.take(data),
                    Err(_) => continue,
                },
            };
            match taken {
                Ok(content) if content.is_empty() => {}
                taken => return Poll::Ready(Some(taken)),
            }
        }
        Poll::Ready(None)
    }
}
