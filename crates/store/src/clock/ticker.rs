//! The thread that looks at the clock.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::Clock;

/// How often [`Ticker`] looks at the clock.
const TICK_EVERY: Duration = Duration::from_secs(4);

/// Looks at the clock often enough that running time is credited while nobody asks. Stops when
/// dropped.
pub struct Ticker {
    stop: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Ticker {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(clock: Arc<Clock>) -> std::io::Result<Self> {
        let stop = Arc::new((Mutex::new(false), Condvar::new()));
        let seen = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("azekura-clock".to_owned())
            .spawn(move || {
                let (stopped, signal) = &*seen;
                let mut stopped = stopped.lock();
                while !*stopped {
                    let _time = clock.compliance();
                    signal.wait_for(&mut stopped, TICK_EVERY);
                }
            })?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        *self.stop.0.lock() = true;
        self.stop.1.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panicked ticker only stopped crediting time; nothing is left to do about it here.
            drop(thread.join());
        }
    }
}
