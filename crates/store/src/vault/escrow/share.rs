//! One share of an escrow, as bytes, as the text of its QR code and as words. The bytes are
//! described in `docs/formats/keyring.md`.

use aws_lc_rs::digest;
use zeroize::Zeroizing;

use super::{EscrowError, words};

/// Version of the share's form.
const VERSION: u8 = 1;
/// Bytes of the keys and of the digest that proves them.
pub(super) const SECRET_BYTES: usize = 64 + DIGEST_BYTES;
pub(super) const DIGEST_BYTES: usize = 16;
const CHECK_BYTES: usize = 4;
/// Version, vault, set, threshold, shares, number, day.
const HEADER_BYTES: usize = 1 + 8 + 4 + 3 + 2;
const BYTES: usize = HEADER_BYTES + SECRET_BYTES + CHECK_BYTES;
/// Words of a share.
pub const WORDS: usize = words::count(BYTES);
/// What the text of a share's QR code begins with.
pub const CODE_PREFIX: &str = "AZEKURA:SHARE:1:";
/// Lines around the words on a sheet.
pub(super) const WORDS_BEGIN: &str = "----- BEGIN AZEKURA SHARE -----";
pub(super) const WORDS_END: &str = "----- END AZEKURA SHARE -----";

/// A share. What it says beside its secret part is public.
#[derive(Clone, PartialEq, Eq)]
pub struct Share {
    /// The first 8 bytes of the vault's identity.
    pub vault: [u8; 8],
    /// Which split it is of; shares of two splits do not fit together.
    pub set: [u8; 4],
    /// How many shares are needed.
    pub threshold: u8,
    /// How many were made.
    pub shares: u8,
    /// Which of them this is, from 1.
    pub number: u8,
    /// Day of the split: days since 1970-01-01, UTC.
    pub day: u16,
    pub(super) secret: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let set = hex::encode(self.set);
        write!(f, "Share({} of {}, set {set})", self.number, self.shares)
    }
}

impl Share {
    /// Reads a sheet, the text of a QR code, or words typed in.
    ///
    /// # Errors
    /// [`EscrowError`] says what is wrong with it, down to the word where that can be told.
    pub fn read(text: &str) -> Result<Self, EscrowError> {
        if let Some((_, code)) = text.split_once(CODE_PREFIX) {
            let code = code.split_whitespace().next().unwrap_or_default();
            let bytes = hex::decode(code).map_err(|_| EscrowError::Code)?;
            let bytes = Zeroizing::new(bytes);
            let body = checked(&bytes).ok_or(EscrowError::Code)?;
            return Self::decode(body);
        }
        let marked = text
            .split_once(WORDS_BEGIN)
            .map(|(_, rest)| rest.split_once(WORDS_END).map_or(rest, |(all, _)| all));
        let typed = typed_words(marked.unwrap_or(text));
        if typed.is_empty() {
            return Err(EscrowError::NoShare);
        }
        let indices = words::indices(&typed)?;
        if indices.len() != WORDS {
            return Err(EscrowError::WordCount(indices.len()));
        }
        let bytes = words::decode(&indices, BYTES);
        match bytes.as_ref().and_then(|bytes| checked(bytes)) {
            Some(body) => Self::decode(body),
            None => Err(suspect(&indices)),
        }
    }

    fn decode(body: &[u8]) -> Result<Self, EscrowError> {
        let (version, rest) = body.split_first().ok_or(EscrowError::NoShare)?;
        if *version != VERSION {
            return Err(EscrowError::Newer(*version));
        }
        let fields = rest.split_first_chunk::<8>().and_then(|(vault, rest)| {
            let (set, rest) = rest.split_first_chunk::<4>()?;
            let ([threshold, shares, number], rest) = rest.split_first_chunk::<3>()?;
            let (day, secret) = rest.split_first_chunk::<2>()?;
            Some(Self {
                vault: *vault,
                set: *set,
                threshold: *threshold,
                shares: *shares,
                number: *number,
                day: u16::from_be_bytes(*day),
                secret: Zeroizing::new(secret.to_vec()),
            })
        });
        fields
            .filter(|share| {
                share.secret.len() == SECRET_BYTES
                    && share.threshold >= 2
                    && (1..=share.shares).contains(&share.number)
                    && share.threshold <= share.shares
            })
            .ok_or(EscrowError::NoShare)
    }

    fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(BYTES));
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.vault);
        bytes.extend_from_slice(&self.set);
        bytes.extend_from_slice(&[self.threshold, self.shares, self.number]);
        bytes.extend_from_slice(&self.day.to_be_bytes());
        bytes.extend_from_slice(&self.secret);
        let check = check(&bytes);
        bytes.extend_from_slice(&check);
        bytes
    }

    /// The words, in order.
    #[must_use]
    pub fn words(&self) -> Vec<&'static str> {
        words::encode(&self.encode())
    }

    /// The text of the QR code.
    #[must_use]
    pub fn code(&self) -> Zeroizing<String> {
        let hex = Zeroizing::new(hex::encode_upper(&*self.encode()));
        Zeroizing::new(format!("{CODE_PREFIX}{}", *hex))
    }
}

/// The words in what was typed; numbers of lines and punctuation are not part of any.
#[must_use]
pub fn typed_words(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .collect()
}

/// Whether the list has all of these words.
///
/// # Errors
/// [`EscrowError::UnknownWord`] names the first that it does not have.
pub fn check_words(words: &[&str]) -> Result<(), EscrowError> {
    words::indices(words).map(drop)
}

fn check(bytes: &[u8]) -> [u8; CHECK_BYTES] {
    let digest = digest::digest(&digest::SHA256, bytes);
    let first = digest.as_ref().first_chunk::<CHECK_BYTES>();
    first.copied().unwrap_or_default()
}

/// What stands before the checksum, when the checksum is right.
fn checked(bytes: &[u8]) -> Option<&[u8]> {
    let (body, sum) = bytes.split_last_chunk::<CHECK_BYTES>()?;
    (check(body) == *sum).then_some(body)
}

/// Known words, but not those of any share: names the one word that, replaced by another or
/// exchanged with the next, would make the checksum right.
fn suspect(indices: &[u16]) -> EscrowError {
    let fits = |tried: &[u16]| words::decode(tried, BYTES).is_some_and(|b| checked(&b).is_some());
    let mut tried = Zeroizing::new(indices.to_vec());
    for at in 1..tried.len() {
        tried.swap(at.saturating_sub(1), at);
        if fits(&tried) {
            return EscrowError::Exchanged { first: at };
        }
        tried.swap(at.saturating_sub(1), at);
    }
    for (at, typed) in indices.iter().enumerate() {
        for index in 0..2048 {
            if let Some(word) = tried.get_mut(at) {
                *word = index;
            }
            if fits(&tried) {
                return EscrowError::Typo {
                    at: at.saturating_add(1),
                    word: words::word(*typed).to_owned(),
                    perhaps: words::word(index).to_owned(),
                };
            }
        }
        if let Some(word) = tried.get_mut(at) {
            *word = *typed;
        }
    }
    EscrowError::Checksum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share() -> Share {
        Share {
            vault: [1, 2, 3, 4, 5, 6, 7, 8],
            set: [0xaa, 0xbb, 0xcc, 0xdd],
            threshold: 3,
            shares: 5,
            number: 4,
            day: 20_786,
            secret: Zeroizing::new((0..80).collect()),
        }
    }

    fn typed(words: &[&str]) -> String {
        words.join(" ")
    }

    #[test]
    fn reads_words_and_codes_back() {
        let words = share().words();
        assert_eq!(words.len(), WORDS);
        assert_eq!(Share::read(&typed(&words)), Ok(share()));
        assert_eq!(Share::read(&share().code()), Ok(share()));
        let numbered: Vec<String> = words
            .iter()
            .enumerate()
            .map(|(at, word)| format!("{}. {}\r\n", at + 1, word.to_uppercase()))
            .collect();
        assert_eq!(Share::read(&numbered.concat()), Ok(share()));
        assert_eq!(
            format!("{:?}", share()),
            "Share(4 of 5, set aabbccdd)",
            "the secret part is never shown"
        );
    }

    /// Fixed bytes, computed independently in Python: a sheet that is printed today must be readable for ever.
    #[test]
    fn the_form_does_not_change() {
        let secret: String = (0..80).map(|i: u8| format!("{i:02X}")).collect();
        let code = share().code();
        assert_eq!(
            *code,
            format!("AZEKURA:SHARE:1:010102030405060708AABBCCDD0305045132{secret}{CHECK}")
        );
        assert_eq!(&typed(&share().words())[..FIRST.len()], FIRST);
    }

    const CHECK: &str = "70489284";
    const FIRST: &str = "absurd amount liar amount expire adjust cargo first";

    #[test]
    fn a_typo_is_caught_and_named() {
        let words = share().words();
        for at in [0, 1, 37, WORDS - 1] {
            let mut wrong = words.clone();
            wrong[at] = if wrong[at] == "zebra" {
                "zero"
            } else {
                "zebra"
            };
            assert_eq!(
                Share::read(&typed(&wrong)),
                Err(EscrowError::Typo {
                    at: at + 1,
                    word: wrong[at].to_owned(),
                    perhaps: words[at].to_owned(),
                })
            );
        }
        let mut exchanged = words.clone();
        exchanged.swap(10, 11);
        let error = Share::read(&typed(&exchanged)).err().unwrap();
        assert_eq!(error, EscrowError::Exchanged { first: 11 });
        let mut two = words.clone();
        (two[3], two[60]) = ("zebra", "zebra");
        assert_eq!(Share::read(&typed(&two)), Err(EscrowError::Checksum));
        assert_eq!(
            Share::read(&typed(&words[1..])),
            Err(EscrowError::WordCount(WORDS - 1))
        );
        assert_eq!(Share::read("12 34 --\n"), Err(EscrowError::NoShare));
    }

    #[test]
    fn a_flipped_byte_of_the_code_is_caught() {
        let code = share().code();
        for at in CODE_PREFIX.len()..code.len() {
            let mut bad = code.as_bytes().to_vec();
            bad[at] = if bad[at] == b'0' { b'1' } else { b'0' };
            let bad = String::from_utf8(bad).unwrap();
            assert_eq!(Share::read(&bad), Err(EscrowError::Code), "{at}");
        }
        let short = &code[..code.len() - 2];
        assert_eq!(Share::read(short), Err(EscrowError::Code));
    }

    #[test]
    fn a_newer_form_is_refused_by_name() {
        let mut bytes = share().encode();
        bytes[0] = 2;
        let body = bytes.len() - CHECK_BYTES;
        let sum = check(&bytes[..body]);
        bytes[body..].copy_from_slice(&sum);
        let code = format!("{CODE_PREFIX}{}", hex::encode_upper(&*bytes));
        assert_eq!(Share::read(&code), Err(EscrowError::Newer(2)));
    }
}
