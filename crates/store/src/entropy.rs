//! The one door to randomness.

use std::sync::Arc;

use aws_lc_rs::digest;
use parking_lot::Mutex;

/// The source of randomness failed. Nothing may be sealed or named without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the source of randomness failed; nothing can be sealed without it")]
pub struct EntropyFailed;

/// Gives random bytes. Shared by every part of the store that names or seals something.
pub trait Entropy: Send + Sync + 'static {
    /// Fills `bytes` with random ones.
    ///
    /// # Errors
    /// [`EntropyFailed`] when the source does not answer; `bytes` must not be used then.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyFailed>;

    /// A random identity of 16 bytes.
    ///
    /// # Errors
    /// As [`Entropy::fill`].
    fn id16(&self) -> Result<[u8; 16], EntropyFailed> {
        let mut bytes = [0; 16];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// 32 random bytes: a salt or a seed.
    ///
    /// # Errors
    /// As [`Entropy::fill`].
    fn bytes32(&self) -> Result<[u8; 32], EntropyFailed> {
        let mut bytes = [0; 32];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }
}

/// The random generator of the cryptographic library, seeded by the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl SystemEntropy {
    /// Ready to be shared.
    #[must_use]
    pub fn shared() -> Arc<dyn Entropy> {
        Arc::new(Self)
    }
}

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyFailed> {
        #[expect(clippy::disallowed_methods, reason = "this is the door")]
        let outcome = aws_lc_rs::rand::fill(bytes);
        outcome.map_err(|_| EntropyFailed)
    }
}

/// A reproducible stream of bytes from a seed: for tests and simulations only, as its output can
/// be foretold.
#[derive(Debug)]
pub struct SeededEntropy {
    seed: u64,
    counter: Mutex<u64>,
}

impl SeededEntropy {
    /// A stream that depends on nothing but `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            counter: Mutex::new(0),
        }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyFailed> {
        let mut counter = self.counter.lock();
        for chunk in bytes.chunks_mut(32) {
            *counter = counter.wrapping_add(1);
            let mut block = digest::Context::new(&digest::SHA256);
            block.update(&self.seed.to_le_bytes());
            block.update(&counter.to_le_bytes());
            let block = block.finish();
            chunk
                .iter_mut()
                .zip(block.as_ref())
                .for_each(|(to, from)| *to = *from);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeded_repeats_and_system_does_not() {
        let (a, b) = (SeededEntropy::new(7), SeededEntropy::new(7));
        assert_eq!(a.bytes32(), b.bytes32());
        assert_ne!(a.id16(), a.id16());
        assert_ne!(SystemEntropy.bytes32(), SystemEntropy.bytes32());
    }
}
