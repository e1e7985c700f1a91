//! Blobs on disk that no version names.

use super::Checker;
use super::payload::{self, Stored};
use crate::seal::frames;

impl Checker {
    pub(super) fn blobs_left(&mut self) {
        if !self.report.with_keys {
            return self.blobs_without_keys();
        }
        for (blob, _) in self.on_disk.iter().filter(|(b, _)| !self.named.contains(b)) {
            if self.announced.contains(&blob.intent) {
                self.report.unfinished_blobs = self.report.unfinished_blobs.saturating_add(1);
            } else {
                self.report.unknown_blobs.push(blob.to_string());
            }
        }
    }

    /// Without keys nobody knows what a blob is named by; its frames can still be checked.
    fn blobs_without_keys(&mut self) {
        for (blob, stored_bytes) in &self.on_disk {
            self.progress.bytes = self.progress.bytes.saturating_add(*stored_bytes);
            let checked = frames::content_bytes(*stored_bytes)
                .ok_or_else(|| "its length is not that of whole frames".to_owned())
                .and_then(|bytes| {
                    payload::verify_without_keys(&Stored::Blob(&self.blobs, *blob), bytes)
                });
            if let Err(what) = checked {
                let text = format!("blob {blob} (perhaps of an unfinished upload): {what}");
                self.report.findings.push(text);
            }
        }
    }
}
