//! Files whose bytes are made in pieces by a function, twice when need be: once to count them.

use std::io::{self, Write};

use crate::item::Content;

/// What makes the bytes, the same each time.
type Make = Box<dyn Fn(&mut dyn Write) -> io::Result<()> + Send + Sync>;

/// A file of counted size.
pub(crate) struct Streamed {
    size: u64,
    make: Make,
}

impl Streamed {
    /// Counts what `make` writes. Memory stays as small as the pieces.
    pub(crate) fn new(
        make: impl Fn(&mut dyn Write) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let mut count = Count(0);
        // Counting fails nowhere: if `make` fails by itself, writing fails in the same way.
        drop(make(&mut count));
        Self {
            size: count.0,
            make: Box::new(make),
        }
    }
}

impl Content for Streamed {
    fn size(&self) -> u64 {
        self.size
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        (self.make)(out)
    }
}

/// Counts bytes.
struct Count(u64);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += u64::try_from(bytes.len()).unwrap_or(0);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
