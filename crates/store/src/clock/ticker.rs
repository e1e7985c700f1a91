//! The thread that looks at the clock.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::Clock;

/// How often [`Ticker`] looks at the clock.
const TICK_EVERY: Duration = Duration::from_secs(4);

/// What a [`Ticker`] does after each look. It must not block: the next look waits for it.
pub type TickerJob = Box<dyn FnMut() + Send>;

#[derive(Default)]
struct Shared {
    stop: Mutex<bool>,
    signal: Condvar,
    job: Mutex<Option<TickerJob>>,
}

/// Looks at the clock often enough that running time is credited while nobody asks. Stops when
/// dropped.
pub struct Ticker {
    shared: Arc<Shared>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Ticker {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(clock: Arc<Clock>) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let seen = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("azekura-clock".to_owned())
            .spawn(move || {
                let mut stopped = seen.stop.lock();
                while !*stopped {
                    let _time = clock.compliance();
                    if let Some(job) = seen.job.lock().as_mut() {
                        job();
                    }
                    seen.signal.wait_for(&mut stopped, TICK_EVERY);
                }
            })?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Does `job` after each look from now on.
    pub fn after_each(&self, job: TickerJob) {
        *self.shared.job.lock() = Some(job);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        *self.shared.stop.lock() = true;
        self.shared.signal.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panicked ticker only stopped crediting time; nothing is left to do about it here.
            drop(thread.join());
        }
    }
}
