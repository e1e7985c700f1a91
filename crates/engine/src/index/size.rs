//! What published commits take of the overlay's bounds.

use super::DurableCommit;

/// Bytes of keys and values, changed keys, commits.
#[derive(Clone, Copy, Default)]
pub(super) struct Size {
    pub(super) bytes: usize,
    pub(super) entries: usize,
    pub(super) commits: usize,
}

impl Size {
    pub(super) fn of(commits: &[DurableCommit]) -> Self {
        let mut size = Self {
            commits: commits.len(),
            ..Self::default()
        };
        for mutations in commits.iter().map(|commit| &commit.mutations) {
            let puts: usize = mutations
                .puts
                .iter()
                .map(|(key, value)| key.bytes.len() + value.len())
                .sum();
            let deletes: usize = mutations.deletes.iter().map(|key| key.bytes.len()).sum();
            size.bytes += puts + deletes;
            size.entries += mutations.puts.len() + mutations.deletes.len();
        }
        size
    }

    pub(super) fn grow(&mut self, by: Self) {
        self.bytes += by.bytes;
        self.entries += by.entries;
        self.commits += by.commits;
    }

    pub(super) fn shrink(&mut self, by: Self) {
        self.bytes = self.bytes.saturating_sub(by.bytes);
        self.entries = self.entries.saturating_sub(by.entries);
        self.commits = self.commits.saturating_sub(by.commits);
    }
}
