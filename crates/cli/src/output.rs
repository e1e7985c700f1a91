//! What is printed: answers on standard output, errors and progress on standard error.

use std::io::Write as _;

use serde::Serialize;

use crate::exit::{CommandError, Exit};

/// Prints a value as JSON, or as the text made of it.
pub(crate) fn answer<T: Serialize>(
    value: &T,
    json: bool,
    text: impl FnOnce(&T) -> String,
) -> Result<Exit, CommandError> {
    let mut printed = if json {
        serde_json::to_string_pretty(value)
            .map_err(|error| CommandError::new(Exit::Failure, error.to_string()))?
    } else {
        text(value)
    };
    if !printed.is_empty() && !printed.ends_with('\n') {
        printed.push('\n');
    }
    print(&printed)?;
    Ok(Exit::Ok)
}

/// Prints text on standard output. A reader that has gone away (`| head`) is not an error.
pub(crate) fn print(text: &str) -> Result<(), CommandError> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Prints an error on standard error.
pub(crate) fn error(error: &CommandError, json: bool) {
    #[derive(Serialize)]
    struct Printed<'a> {
        exit_code: u8,
        message: &'a str,
        hint: &'a str,
    }
    let printed = Printed {
        exit_code: error.exit.code(),
        message: &error.message,
        hint: &error.hint,
    };
    let text = match serde_json::to_string(&printed) {
        Ok(text) if json => text + "\n",
        _ => error.text(),
    };
    // Nobody is left to be told when this fails.
    drop(std::io::stderr().write_all(text.as_bytes()));
}

/// Columns, left-aligned but for those of numbers, separated by two spaces.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .chain(header.get(column).map(|cell| cell.chars().count()))
            .max()
            .unwrap_or(0)
    };
    let line = |cells: Vec<&str>| {
        let padded: Vec<String> = cells
            .iter()
            .enumerate()
            .map(|(column, cell)| {
                let fill = width(column).saturating_sub(cell.chars().count());
                format!("{cell}{}", " ".repeat(fill))
            })
            .collect();
        padded.join("  ").trim_end().to_owned() + "\n"
    };
    let mut text = line(header.to_vec());
    for row in rows {
        text.push_str(&line(row.iter().map(String::as_str).collect()));
    }
    text
}
