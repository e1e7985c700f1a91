//! Log lines that a stranger can cause: few of them, so that he cannot fill the disk.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Stopwatch;

/// Time between two lines.
const EVERY: Duration = Duration::from_secs(10);

/// Lets one line through in each time, and counts those it held back.
#[derive(Debug, Default)]
pub(crate) struct Seldom(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: Option<Stopwatch>,
    held_back: u64,
}

impl Seldom {
    /// Whether a line may be written now; if so, how many were held back before it.
    pub(crate) fn admit(&self) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.last.is_some_and(|last| last.elapsed() < EVERY) {
            state.held_back = state.held_back.saturating_add(1);
            return None;
        }
        state.last = Some(Stopwatch::start());
        Some(std::mem::take(&mut state.held_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_in_each_time() {
        let seldom = Seldom::default();
        assert_eq!(seldom.admit(), Some(0));
        assert_eq!(seldom.admit(), None);
        assert_eq!(seldom.admit(), None);
        seldom.0.lock().unwrap().last = None;
        assert_eq!(seldom.admit(), Some(2));
    }
}
