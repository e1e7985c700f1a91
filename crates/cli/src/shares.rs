//! Shares of a keyring as people hand them in: files, or words that are typed.

use std::io::{BufRead, IsTerminal as _};

use azekura_store::vault::escrow::{EscrowError, Share, WORDS, check_words, typed_words};
use azekura_store::vault::passphrase::Passphrase;

use crate::args::{NewSealing, Shares};
use crate::exit::{CommandError, Exit};

/// Most bytes of a sheet.
const SHEET_BYTES: u64 = 256 * 1024;

/// The passphrase that shall open the keyring; `None` = a secret file.
pub(crate) fn new_passphrase(sealing: &NewSealing) -> Result<Option<Passphrase>, CommandError> {
    let path = sealing.new_passphrase_file.as_deref();
    Ok(path.map(Passphrase::read).transpose()?)
}

/// All shares that were handed in.
pub(crate) fn read(shares: &Shares) -> Result<Vec<Share>, CommandError> {
    if shares.share_words {
        let input = std::io::stdin();
        let ask = input.is_terminal();
        return typed(&mut input.lock(), &mut |text| {
            if ask {
                eprintln!("{text}");
            }
            ask
        });
    }
    let read = shares.files.iter().map(|path| {
        let name = path.display();
        let refused = |why: String| CommandError::new(Exit::Refused, format!("{name}: {why}"));
        let file = std::fs::metadata(path)
            .map_err(|error| CommandError::new(Exit::Io, format!("{name}: {error}")))?;
        if file.len() > SHEET_BYTES {
            return Err(refused("too long for a sheet".to_owned()));
        }
        let text = std::fs::read_to_string(path)
            .map_err(|error| CommandError::new(Exit::Io, format!("{name}: {error}")))?;
        Share::read(&text).map_err(|error| refused(error.to_string()))
    });
    read.collect()
}

/// Reads words line by line until the first share says that there are enough, or the input ends.
/// `tell` shows a text to a person and answers whether there is one, who can then type again.
fn typed(
    input: &mut dyn BufRead,
    tell: &mut dyn FnMut(&str) -> bool,
) -> Result<Vec<Share>, CommandError> {
    let mut shares: Vec<Share> = Vec::new();
    loop {
        let number = shares.len().saturating_add(1);
        let needed = shares.first().map(|share| usize::from(share.threshold));
        if needed.is_some_and(|needed| shares.len() >= needed) {
            return Ok(shares);
        }
        let of = needed.map_or(String::new(), |needed| format!(" of {needed}"));
        tell(&format!(
            "Sheet {number}{of}: type its {WORDS} words, some a line; Ctrl-D stops."
        ));
        let Some(text) = one(input, tell)? else {
            return Ok(shares);
        };
        match Share::read(&text) {
            Ok(share) => {
                tell(&format!("This is share {}, and it is sound.", share.number));
                shares.push(share);
            }
            Err(error) if tell(&format!("{error}. Type this sheet again.")) => {}
            Err(error) => return Err(at(number, &error)),
        }
    }
}

/// The words of one sheet; `None` = there are no more.
fn one(
    input: &mut dyn BufRead,
    tell: &mut dyn FnMut(&str) -> bool,
) -> Result<Option<String>, CommandError> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        let ended = input.read_line(&mut line)? == 0;
        let blank = line.trim().is_empty();
        if ended || (blank && !text.is_empty()) {
            return Ok((!text.is_empty()).then_some(text));
        }
        if blank {
            continue;
        }
        match check_words(&typed_words(&line)) {
            Err(error) if tell(&format!("In this line {error}. Type the line again.")) => {}
            // Where nobody can type again, the whole sheet is judged by the caller.
            _ => text.push_str(&line),
        }
        if typed_words(&text).len() >= WORDS {
            return Ok(Some(text));
        }
    }
}

fn at(number: usize, error: &EscrowError) -> CommandError {
    CommandError::new(Exit::Refused, format!("sheet {number}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three shares of a split of nothing that exists.
    fn sheets() -> Vec<String> {
        include_str!("../testdata/shares.txt")
            .split("\n\n")
            .map(str::to_owned)
            .collect()
    }

    fn type_in(text: &str, person: bool) -> (Result<Vec<Share>, CommandError>, String) {
        let mut told = String::new();
        let shares = typed(&mut text.as_bytes(), &mut |line| {
            told.push_str(line);
            told.push('\n');
            person
        });
        (shares, told)
    }

    #[test]
    fn reads_until_there_are_enough() {
        let all = sheets().join("\n\n") + "\nmore that is not read";
        let (shares, told) = type_in(&all, true);
        let numbers: Vec<u8> = shares.unwrap().iter().map(|share| share.number).collect();
        assert_eq!(numbers, [1, 2, 3]);
        assert!(told.contains("Sheet 3 of 3"), "{told}");
        let (two, _) = type_in(&sheets()[..2].join("\n\n"), false);
        assert_eq!(
            two.unwrap().len(),
            2,
            "the escrow says how many are missing"
        );
        assert!(type_in("", false).0.unwrap().is_empty());
    }

    #[test]
    fn a_person_types_a_wrong_line_again_and_a_program_is_refused() {
        let sheet = sheets().swap_remove(0);
        let (first, rest) = sheet.split_once('\n').unwrap();
        let wrong = format!("{}x{}\n{first}\n{rest}\n", &first[..7], &first[7..]);
        let (shares, told) = type_in(&wrong, true);
        assert_eq!(shares.unwrap().len(), 1, "{told}");
        assert!(told.contains("Type the line again"), "{told}");
        let refused = type_in(&wrong, false).0.err().unwrap();
        assert_eq!(refused.exit, Exit::Refused);
        assert!(
            refused.message.starts_with("sheet 1: word"),
            "{}",
            refused.message
        );
    }
}
