//! Passphrases that people type: no echo, asked twice where a new one is set.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::Path;

use azekura_store::vault::passphrase::Passphrase;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::exit::{CommandError, Exit};

/// The terminal echoes again when this is dropped.
struct Silent(Termios);

impl Silent {
    fn new() -> Result<Self, CommandError> {
        let refused = |error: rustix::io::Errno| CommandError::new(Exit::Io, error.to_string());
        let input = std::io::stdin();
        let before = tcgetattr(&input).map_err(refused)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&input, OptionalActions::Flush, &silent).map_err(refused)?;
        Ok(Self(before))
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        let restored = tcsetattr(std::io::stdin(), OptionalActions::Flush, &self.0);
        if let Err(error) = restored {
            eprint!("the terminal does not echo again ({error}): type `stty echo`");
        }
        eprintln!();
    }
}

fn ask(prompt: &str) -> Result<Zeroizing<String>, CommandError> {
    eprint!("{prompt}: ");
    let _silent = Silent::new()?;
    let mut line = Zeroizing::new(String::new());
    std::io::stdin().lock().read_line(&mut line)?;
    while line.ends_with(['\n', '\r']) {
        line.pop();
    }
    Ok(line)
}

/// A passphrase out of a file, or typed; twice if it is a new one.
pub(crate) fn passphrase(
    file: Option<&Path>,
    prompt: &str,
    new: bool,
) -> Result<Zeroizing<String>, CommandError> {
    if let Some(file) = file {
        let name = file.display();
        let text = std::fs::read_to_string(file)
            .map_err(|error| CommandError::new(Exit::Io, format!("{name}: {error}")))?;
        let mut text = Zeroizing::new(text);
        while text.ends_with(['\n', '\r']) {
            text.pop();
        }
        return Ok(text);
    }
    if !std::io::stdin().is_terminal() {
        return Err(CommandError::new(
            Exit::Usage,
            "there is no terminal to type a passphrase into",
        )
        .hint("Give a file that only you can read with --passphrase-file FILE."));
    }
    let first = ask(prompt)?;
    // Refused before it is typed a second time.
    Passphrase::new(first.as_bytes().to_vec())?;
    if new && *ask("The same again")? != *first {
        return Err(CommandError::new(Exit::Usage, "the two are not the same"));
    }
    Ok(first)
}
