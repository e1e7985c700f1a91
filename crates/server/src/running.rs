//! A vault that is open and serves.

use std::sync::Arc;

use azekura_admin_api::types::RegionDescription;
use azekura_engine::seam::{Engine, Status};
use azekura_store::clock::{Clock, Skew, Ticker};
use azekura_store::store::Store;

use crate::approvals::{RequestMetrics, Telling};
use crate::auditing::Auditing;
use crate::keeping::Keeping;
use crate::limited_accounts::LimitedAccounts;
use crate::sessions::Sessions;

/// What listeners need of the open vault.
pub(crate) struct Running {
    /// The operations.
    pub(crate) store: Arc<Store>,
    /// What lies under them, for its state.
    pub(crate) engine: Arc<dyn Engine>,
    /// The one door to time.
    pub(crate) clock: Arc<Clock>,
    /// Where the vault stands, as the operator declares it.
    pub(crate) declared: RegionDescription,
    /// Whether the keyring was ever exported.
    pub(crate) keyring_exported: Box<dyn Fn() -> bool + Send + Sync>,
    /// Puts requests on record.
    pub(crate) auditing: Auditing,
    /// Log-ins of people.
    pub(crate) sessions: Arc<Sessions>,
    /// Credits running time to the compliance clock while it lives.
    pub(crate) _ticker: Ticker,
    /// What happened to requests for what needs two people.
    pub(crate) requests: RequestMetrics,
    /// Alarms of accounts for a limited time.
    pub(crate) limited_accounts: Arc<LimitedAccounts>,
    /// Tells of them while it lives.
    pub(crate) _telling: Telling,
    /// Lets the keeper pass while it lives.
    pub(crate) _keeping: Option<Keeping>,
}

impl Running {
    /// State of the engine.
    pub(crate) fn status(&self) -> Status {
        self.engine.status()
    }

    /// What the operator should see to, in plain words.
    pub(crate) fn warnings(&self, status: &Status) -> Vec<String> {
        let mut warnings = Vec::new();
        if !(self.keyring_exported)() {
            warnings.push(
                "the keyring was never exported: without a copy, losing this disk's keyring makes every byte unreadable; run `azekura vault export-keyring FILE`"
                    .to_owned(),
            );
        }
        warnings.extend(self.clock_warning());
        if status.space.refusing {
            warnings.push(format!(
                "{} bytes are free, below the floor of {}: data is refused, reads go on; free space or add a disk",
                status.space.free_bytes, status.space.floor_bytes
            ));
        }
        if !status.damage.is_empty() {
            warnings.push(format!(
                "{} places are damaged; run `azekura vault check --data-dir DIR` on the stopped vault to name what is lost",
                status.damage.len()
            ));
        }
        warnings
    }

    fn clock_warning(&self) -> Option<String> {
        let report = self.clock.report();
        match report.skew() {
            Skew::None => None,
            Skew::WallAhead => report.relative_start.err().map(|why| why.to_string()),
            Skew::WallBehind => Some(format!(
                "the wall clock is {} s behind compliance time, by which locks end: set the host's clock right; see `azekura clock show`",
                report.lead_ms().saturating_neg() / 1000
            )),
        }
    }

    /// Wall time in seconds since 1970-01-01T00:00Z.
    pub(crate) fn unix_seconds(&self) -> i64 {
        self.clock.wall().0.div_euclid(1000)
    }
}
