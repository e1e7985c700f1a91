//! Progress on a terminal; nothing where nobody watches.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over a known number of bytes; hidden by itself when standard error is no terminal.
pub(crate) fn bytes(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style =
        ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar
}

/// A bar over the doors of a drill; hidden by itself when standard error is no terminal.
pub(crate) fn doors(count: usize) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(count).unwrap_or(u64::MAX));
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    bar
}

/// A bar over a known number of files; hidden by itself when standard error is no terminal.
pub(crate) fn files(what: &'static str, count: u64) -> ProgressBar {
    let bar = ProgressBar::new(count);
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} files {eta}") {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar
}

/// A count that grows without a known end; hidden by itself when standard error is no terminal.
pub(crate) fn count(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} {msg} {per_sec} {elapsed}") {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar
}
