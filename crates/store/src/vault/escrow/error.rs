//! What can be wrong with shares. Each message says what to do next.

use std::path::PathBuf;

/// Why shares were not made, or do not restore.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EscrowError {
    /// Numbers that protect nothing or restore nothing.
    #[error(
        "{threshold} of {shares} shares: the threshold must be at least 2 and at most the number of \
         shares, and there are at most 32"
    )]
    Quorum {
        /// Shares asked for.
        shares: u8,
        /// Threshold asked for.
        threshold: u8,
    },
    /// Never overwritten.
    #[error("{} exists already and was left untouched: name another directory", .0.display())]
    Exists(PathBuf),
    /// There is a keyring.
    #[error(
        "{} is there: nothing was written. If it opens, seal it anew with `azekura vault \
         reseal-keyring`; if its passphrase is lost or it is damaged, rename it and restore again",
        .0.display()
    )]
    KeyringThere(PathBuf),
    /// Nothing to read.
    #[error(
        "there is no share in it: give a sheet share-N.txt, the text of a QR code, or the words"
    )]
    NoShare,
    /// Words missing or too many.
    #[error("a share has {words} words, and {0} were given", words = super::WORDS)]
    WordCount(usize),
    /// A word that the list does not have.
    #[error("word {at}, {word:?}, is not in the list{}", perhaps(near))]
    UnknownWord {
        /// Which, from 1.
        at: usize,
        /// As typed, in small letters.
        word: String,
        /// Words of the list that are spelt nearly so.
        near: Vec<&'static str>,
    },
    /// A word of the list, but the wrong one.
    #[error(
        "the checksum is wrong: word {at}, {word:?}, should perhaps be {perhaps:?}; look at the sheet"
    )]
    Typo {
        /// Which, from 1.
        at: usize,
        /// As typed.
        word: String,
        /// What would be right.
        perhaps: String,
    },
    /// Two words in the wrong order.
    #[error("the checksum is wrong: words {first} and {} are perhaps exchanged; look at the sheet", first + 1)]
    Exchanged {
        /// The first of them, from 1.
        first: usize,
    },
    /// More than one word is wrong.
    #[error("the checksum is wrong: more than one word differs from the sheet; compare them all")]
    Checksum,
    /// The text of a QR code is not whole.
    #[error("the code of the share is damaged or cut off: scan it again, or type the words")]
    Code,
    /// Of a later release.
    #[error(
        "the share has form {0}, which this release does not know: use the release that made it"
    )]
    Newer(u8),
    /// Of another vault.
    #[error(
        "share {number} is of vault {of}…, and this vault is {vault}: take the sheets of this vault"
    )]
    OtherVault {
        /// Which share.
        number: u8,
        /// Its vault.
        of: String,
        /// This vault.
        vault: String,
    },
    /// Of another split.
    #[error(
        "share {} is of set {} and share {} of set {}: shares of different splits do not fit \
         together; take sheets that name the same set",
        numbers[0], sets[0], numbers[1], sets[1]
    )]
    OtherSplit {
        /// Two that do not fit.
        numbers: [u8; 2],
        /// Their sets.
        sets: [String; 2],
    },
    /// The same number more than once.
    #[error("share {0} was given twice: it counts once")]
    Twice(u8),
    /// Not enough.
    #[error("{}", too_few(numbers, *threshold, *shares))]
    TooFew {
        /// Those given.
        numbers: Vec<u8>,
        /// How many are needed.
        threshold: u8,
        /// How many were made.
        shares: u8,
    },
    /// Sound shares that together give nothing.
    #[error(
        "each share is sound by itself, but together they do not give the keys that were split: at \
         least one was altered. Try others, three at a time where three are needed, to find it"
    )]
    Altered,
    /// The keys are not those of the vault on this disk.
    #[error(
        "the shares fit together, but the vault's journal was not made with their keys: check the directory"
    )]
    OtherKeys,
    /// A bug.
    #[error("the shares could not be made: {0}")]
    Library(String),
}

fn perhaps(near: &[&str]) -> String {
    if near.is_empty() {
        String::new()
    } else {
        format!(": perhaps {}?", near.join(", "))
    }
}

fn too_few(numbers: &[u8], threshold: u8, shares: u8) -> String {
    let given = numbers.len();
    let more = usize::from(threshold).saturating_sub(given);
    let list: Vec<String> = numbers.iter().map(u8::to_string).collect();
    format!(
        "{threshold} of the {shares} shares are needed, and {given} {} given ({}): bring {more} more",
        if given == 1 { "was" } else { "were" },
        list.join(", "),
    )
}
