//! Bare grouped appends: one thread joins all buffers that wait, appends them with one `pwrite`,
//! calls `fdatasync` and wakes the writers. No numbers, no hashes, no index, no limits.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use azekura_bench::clock::now;
use azekura_engine::seam::NewRecord;
use bytes::Bytes;
use parking_lot::{Condvar, Mutex};
use tokio::sync::oneshot;

use crate::load;

struct Append {
    record: NewRecord,
    waiter: oneshot::Sender<()>,
}

#[derive(Default)]
struct Appender {
    waiting: Mutex<Vec<Append>>,
    arrived: Condvar,
    stop: AtomicBool,
}

impl Appender {
    /// Appends until told to stop; every append takes `bytes` bytes of the file.
    fn run(&self, file: &File, bytes: usize) {
        let mut offset = file.metadata().unwrap().len();
        let mut buffer = Vec::new();
        loop {
            let waiting = {
                let mut waiting = self.waiting.lock();
                while waiting.is_empty() {
                    if self.stop.load(Ordering::Relaxed) {
                        return;
                    }
                    self.arrived
                        .wait_for(&mut waiting, Duration::from_millis(50));
                }
                std::mem::take(&mut *waiting)
            };
            buffer.clear();
            for (append, end) in waiting.iter().zip((bytes..).step_by(bytes)) {
                buffer.extend_from_slice(&append.record.core);
                buffer.extend_from_slice(&append.record.particulars);
                buffer.extend_from_slice(&append.record.payload);
                buffer.resize(end, 0);
            }
            file.write_all_at(&buffer, offset).unwrap();
            file.sync_data().unwrap();
            offset += buffer.len() as u64;
            for append in waiting {
                append.waiter.send(()).unwrap();
            }
        }
    }

    async fn append(&self, record: NewRecord) {
        let (waiter, outcome) = oneshot::channel();
        let was_empty = {
            let mut waiting = self.waiting.lock();
            waiting.push(Append { record, waiter });
            waiting.len() == 1
        };
        if was_empty {
            self.arrived.notify_one();
        }
        outcome.await.unwrap();
    }
}

/// Appends to a file, new or begun before, by `writers` tasks until a moment; returns how many were
/// made.
pub(crate) async fn run(path: &Path, writers: usize, until: Instant, bytes: usize) -> u64 {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .unwrap();
    let appender = Arc::<Appender>::default();
    let thread = std::thread::spawn({
        let appender = appender.clone();
        move || appender.run(&file, bytes)
    });
    let counter = Arc::new(AtomicU64::new(0));
    let payload = Bytes::from(vec![9; load::PAYLOAD]);
    let tasks: Vec<_> = (0..writers)
        .map(|_| {
            let (appender, counter, payload) = (appender.clone(), counter.clone(), payload.clone());
            tokio::spawn(async move {
                while now() < until {
                    let number = counter.fetch_add(1, Ordering::Relaxed);
                    appender.append(load::commit(number, &payload).record).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    appender.stop.store(true, Ordering::Relaxed);
    thread.join().unwrap();
    counter.load(Ordering::Relaxed)
}
