//! Changes to an input: bits, bytes, lines, numbers, words of a dictionary, pieces of other inputs.

use crate::random::Random;

/// Longest input in bytes. Limits of sizes have tests of their own.
pub const INPUT_BYTES_MAX: usize = 64 * 1024;

/// Characters that parsers stumble over: quotes, controls, white space, separators of lines, joiners,
/// marks of direction, private use, beyond the basic plane, decomposed and full-width forms.
const CHARACTERS: [&str; 28] = [
    "\0",
    "\u{1}",
    "\t",
    "\r",
    "\n",
    "\r\n",
    " ",
    "\"",
    "'",
    "<",
    ">",
    "&",
    "%",
    "+",
    "/",
    "\\",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "\u{200d}",
    "\u{202e}",
    "\u{fffe}",
    "\u{feff}",
    "\u{1f600}",
    "か\u{3099}",
    "Ａ",
    "\u{10ffff}",
];
const NUMBERS: [&str; 14] = [
    "0",
    "-1",
    "1",
    "00",
    "+1",
    "0x1",
    "1e9",
    "255",
    "65536",
    "2147483648",
    "4294967296",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
];
const BYTES: [u8; 10] = [0, 1, 0x17, 0x18, 0x1b, 0x5f, 0x7f, 0x80, 0xfe, 0xff];

/// Changes `input` at one to eight places.
pub fn mutate(random: &mut Random, input: &mut Vec<u8>, others: &[Vec<u8>], words: &[&str]) {
    let changes = [1, 1, 1, 2, 2, 3, 5, 8];
    for _ in 0..changes
        .get(random.below(changes.len()))
        .copied()
        .unwrap_or(1)
    {
        change(random, input, others, words);
        input.truncate(INPUT_BYTES_MAX);
    }
}

fn change(random: &mut Random, input: &mut Vec<u8>, others: &[Vec<u8>], words: &[&str]) {
    let at = random.below(input.len().saturating_add(1));
    match random.below(15) {
        0 => with_byte(input, at, |byte| byte ^ 1_u8.rotate_left(u32::from(byte))),
        1 => {
            let bit = random.below(8);
            with_byte(input, at, |byte| byte ^ (1_u8 << bit));
        }
        2 => {
            let value = random.byte();
            with_byte(input, at, |_| value);
        }
        3 => {
            let value = BYTES.get(random.below(BYTES.len())).copied().unwrap_or(0);
            replace(input, at, random.below(2), &[value]);
        }
        4 => replace(input, at, random.below(9), b""),
        5 => input.truncate(at),
        6 | 7 => word(random, input, words),
        8 => word(random, input, &CHARACTERS),
        9 => number(random, input),
        10 => {
            let piece = piece(random, input);
            for _ in 0..=random.below(3) {
                replace(input, at, 0, &piece);
            }
        }
        11 => {
            let other = random.pick(others).cloned().unwrap_or_default();
            let piece = piece(random, &other);
            replace(
                input,
                at,
                random.below(piece.len().saturating_add(1)),
                &piece,
            );
        }
        12 | 13 => lines(random, input),
        _ => with_byte(input, at, |byte| byte ^ 0x20),
    }
}

fn with_byte(input: &mut [u8], at: usize, change: impl FnOnce(u8) -> u8) {
    if let Some(byte) = input.get_mut(at) {
        *byte = change(*byte);
    }
}

/// Replaces `length` bytes at `at`, as far as there are so many.
fn replace(input: &mut Vec<u8>, at: usize, length: usize, by: &[u8]) {
    let start = at.min(input.len());
    let end = start.saturating_add(length).min(input.len());
    drop(input.splice(start..end, by.iter().copied()));
}

fn word(random: &mut Random, input: &mut Vec<u8>, words: &[&str]) {
    let word = random.pick(words).copied().unwrap_or_default();
    let at = random.below(input.len().saturating_add(1));
    let length = match random.below(3) {
        0 => 0,
        1 => word.len(),
        _ => random.below(20),
    };
    replace(input, at, length, word.as_bytes());
}

/// Puts another number where one stands.
fn number(random: &mut Random, input: &mut Vec<u8>) {
    let starts: Vec<usize> = (0..input.len())
        .filter(|at| {
            let digit = |at: usize| input.get(at).is_some_and(u8::is_ascii_digit);
            digit(*at) && !at.checked_sub(1).is_some_and(digit)
        })
        .collect();
    let at = random.pick(&starts).copied().unwrap_or(0);
    let digits = input
        .iter()
        .skip(at)
        .take_while(|byte| byte.is_ascii_digit());
    let length = digits.count();
    let by = random.pick(&NUMBERS).copied().unwrap_or_default();
    replace(input, at, length, by.as_bytes());
}

fn piece(random: &mut Random, from: &[u8]) -> Vec<u8> {
    let start = random.below(from.len());
    let length = random.below(64).saturating_add(1);
    from.iter().skip(start).take(length).copied().collect()
}

/// Removes, doubles or swaps lines.
fn lines(random: &mut Random, input: &mut Vec<u8>) {
    let mut all: Vec<Vec<u8>> = input
        .split_inclusive(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    if all.len() < 2 {
        return;
    }
    let (a, b) = (random.below(all.len()), random.below(all.len()));
    match random.below(3) {
        0 => drop(all.remove(a)),
        1 => {
            let copy = all.get(a).cloned().unwrap_or_default();
            all.insert(b, copy);
        }
        _ => all.swap(a, b),
    }
    *input = all.concat();
}
