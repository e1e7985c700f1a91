//! Pixels: a round body in front of a dark ground, with a slope and noise. Whole numbers only, so
//! that every machine makes the same.

use std::io::{self, Write};

use crate::item::Content;
use crate::random::Draw;

/// Shape of an image and its seed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pixels {
    pub(crate) seed: u64,
    pub(crate) rows: u16,
    pub(crate) columns: u16,
    pub(crate) frames: u16,
    /// 3 for colour.
    pub(crate) samples: u16,
    /// 8, or 16 of which 12 are used.
    pub(crate) bits: u16,
}

impl Pixels {
    /// Bytes of all frames; even, as long as the rows are.
    pub(crate) fn length(self) -> usize {
        [
            self.rows,
            self.columns,
            self.frames,
            self.samples,
            self.bits / 8,
        ]
        .into_iter()
        .map(usize::from)
        .product()
    }

    /// One row of one frame.
    fn row(self, frame: u16, row: u16, out: &mut Vec<u8>) {
        let mut draw = Draw::new(self.seed, "row", &[u64::from(frame), u64::from(row)]);
        let centre = (i64::from(self.columns) / 2, i64::from(self.rows) / 2);
        let height = (i64::from(row) - centre.1).pow(2) * centre.0.pow(2);
        let limit = (centre.0 * centre.1).pow(2) * 4 / 5;
        let mut noise = 0_u64;
        for column in 0..self.columns {
            if column % 8 == 0 {
                noise = draw.next();
            }
            noise = noise.rotate_right(8);
            let grain = u16::try_from(noise & 0x3f).unwrap_or(0);
            let across = (i64::from(column) - centre.0).pow(2) * centre.1.pow(2);
            let inside = across + height < limit;
            let slope = (column / 4 + row / 4 + frame * 3) & 0xff;
            let value = if inside { 1024 + slope + grain } else { grain };
            if self.bits == 16 {
                out.extend_from_slice(&value.to_le_bytes());
                continue;
            }
            for sample in 0..self.samples {
                let shade = (value / 6 + sample * 20).min(255);
                out.push(u8::try_from(shade).unwrap_or(u8::MAX));
            }
        }
    }
}

/// An image file: what comes before the pixels, and the pixels, made row by row.
pub(crate) struct Image {
    pub(crate) head: Vec<u8>,
    pub(crate) pixels: Pixels,
}

impl Content for Image {
    fn size(&self) -> u64 {
        u64::try_from(self.head.len() + self.pixels.length()).unwrap_or(u64::MAX)
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&self.head)?;
        let mut row_bytes = Vec::new();
        for frame in 0..self.pixels.frames {
            for row in 0..self.pixels.rows {
                row_bytes.clear();
                self.pixels.row(frame, row, &mut row_bytes);
                out.write_all(&row_bytes)?;
            }
        }
        Ok(())
    }
}
