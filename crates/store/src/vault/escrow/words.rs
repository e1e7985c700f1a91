//! A share as words of the English BIP-39 list: eleven bits a word, most significant first.

use bip39::Language;
use zeroize::Zeroizing;

use super::EscrowError;

const BITS: u32 = 11;
const MASK: u32 = 0x7ff;
/// Words whose spelling is this near (insertions, deletions, replacements) are proposed.
const NEAR: usize = 2;
/// Most words that are proposed for one that the list does not have.
const PROPOSED: usize = 3;

/// How many words hold `bytes` bytes.
pub(super) const fn count(bytes: usize) -> usize {
    (bytes * 8).div_ceil(BITS as usize)
}

/// The words of `bytes`; what is over in the last word is zero.
pub(super) fn encode(bytes: &[u8]) -> Vec<&'static str> {
    let list = Language::English.word_list();
    let mut words = Vec::with_capacity(count(bytes.len()));
    let (mut held, mut bits) = (0_u32, 0_u32);
    let mut put = |index: u32| {
        let index = usize::try_from(index & MASK).unwrap_or(0);
        words.extend(list.get(index).copied());
    };
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        if bits >= BITS {
            bits -= BITS;
            put(held >> bits);
            held &= (1 << bits) - 1;
        }
    }
    if bits > 0 {
        put(held << (BITS - bits));
    }
    words
}

/// Numbers of the words in the list, 0 to 2047.
pub(super) fn indices(words: &[&str]) -> Result<Zeroizing<Vec<u16>>, EscrowError> {
    let mut found = Zeroizing::new(Vec::with_capacity(words.len()));
    for (at, word) in words.iter().enumerate() {
        let word = word.to_lowercase();
        let index = index(&word).ok_or_else(|| EscrowError::UnknownWord {
            at: at.saturating_add(1),
            near: near(&word),
            word,
        })?;
        found.push(index);
    }
    Ok(found)
}

/// A word's number: the whole word, or its first four letters, which no other word of the list has.
fn index(word: &str) -> Option<u16> {
    let list = Language::English;
    list.find_word(word).or_else(|| {
        let mut words = list.words_by_prefix_iter(word);
        let only = words.next().filter(|_| word.len() >= 4)?;
        words.next().is_none().then(|| list.find_word(only))?
    })
}

/// The first `length` bytes that words stand for; `None` when what is over is not zero.
pub(super) fn decode(indices: &[u16], length: usize) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(length));
    let (mut held, mut bits) = (0_u32, 0_u32);
    for index in indices {
        held = (held << BITS) | u32::from(*index);
        bits += BITS;
        while bits >= 8 && bytes.len() < length {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits).ok()?);
            held &= (1 << bits) - 1;
        }
    }
    (bytes.len() == length && held == 0).then_some(bytes)
}

/// The word with this number.
pub(super) fn word(index: u16) -> &'static str {
    let list = Language::English.word_list();
    list.get(usize::from(index)).copied().unwrap_or_default()
}

/// Words of the list that are spelt nearly so, the nearest first.
fn near(word: &str) -> Vec<&'static str> {
    let list = Language::English.word_list();
    let mut all: Vec<_> = list
        .iter()
        .map(|known| (distance(word, known), *known))
        .filter(|(distance, _)| *distance <= NEAR)
        .collect();
    all.sort_unstable();
    all.into_iter().map(|(_, w)| w).take(PROPOSED).collect()
}

/// How many letters must be put in, taken out or replaced to make `b` of `a`.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i.saturating_add(1);
        let (first, rest) = match row.split_first_mut() {
            Some(split) => split,
            None => return 0,
        };
        *first = left;
        for (cell, y) in rest.iter_mut().zip(b.chars()) {
            let replaced = diagonal.saturating_add(usize::from(x != y));
            diagonal = *cell;
            left = replaced.min(left.min(*cell).saturating_add(1));
            *cell = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_hold_bytes_of_any_length() {
        for length in 0..40_usize {
            let bytes: Vec<u8> = (0..length)
                .map(|i| u8::try_from(i * 37 % 256).unwrap())
                .collect();
            let words = encode(&bytes);
            assert_eq!(words.len(), count(length));
            let back = decode(&indices(&words).unwrap(), length).unwrap();
            assert_eq!(**back, *bytes);
        }
    }

    /// The first test vector of BIP-39 has the same eleven bits a word: zeros are "abandon".
    #[test]
    fn the_list_is_that_of_bip_39() {
        assert_eq!(encode(&[0; 11]), ["abandon"; 8]);
        assert_eq!(encode(&[0xff; 11]), ["zoo"; 8]);
        assert_eq!(word(2047), "zoo");
    }

    #[test]
    fn four_letters_are_enough_and_case_does_not_matter() {
        assert_eq!(*indices(&["ABAN", "zoo"]).unwrap(), [0, 2047]);
        assert_eq!(*indices(&["abandon", "Zoo"]).unwrap(), [0, 2047]);
        assert!(indices(&["aba"]).is_err());
    }

    #[test]
    fn an_unknown_word_is_named_with_its_place_and_neighbours() {
        let error = indices(&["abandon", "abilty"]).err().unwrap();
        assert_eq!(
            error,
            EscrowError::UnknownWord {
                at: 2,
                word: "abilty".to_owned(),
                near: vec!["ability"],
            }
        );
        assert!(error.to_string().contains("ability"), "{error}");
    }

    #[test]
    fn what_is_over_must_be_zero() {
        let mut found = indices(&encode(&[7])).unwrap();
        assert!(decode(&found, 1).is_some());
        found[0] |= 1;
        assert!(decode(&found, 1).is_none());
        assert_eq!(distance("abc", "abc"), 0);
        assert_eq!(distance("abc", "axcd"), 2);
    }
}
