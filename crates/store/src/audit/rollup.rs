//! Counts instead of entries: what would let a client fill the audit. Of each source and hour the first
//! refusals stand word for word, the rest as one entry with a count. The table of sources is
//! bounded too; beyond it all others share one count.
//!
//! Counts are in memory until their hour is over: a crash loses those of the hour, never an entry.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};

use azekura_model::audit::AuditEntry;
use azekura_model::ident::TenantId;

/// Entries of one source and hour that stand word for word.
pub const VERBATIM_PER_SOURCE: u64 = 100;
/// Entries of all sources and one hour that stand word for word.
pub const VERBATIM_PER_HOUR: u64 = 10_000;
/// Sources that are counted apart in one hour.
pub const SOURCES_MAX: usize = 1024;

const HOUR_MS: i64 = 3_600_000;

/// What counts as one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Who {
    /// An address of IPv4, or a /64 of IPv6.
    Network(IpAddr),
    /// A key, and what it did.
    Key(String, String, bool),
    /// Everybody else.
    Others,
}

#[derive(Default)]
struct Row {
    verbatim: u64,
    rolled: Option<AuditEntry>,
}

/// How much may stand word for word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The budget is spent: nothing, and all sources share one count.
    pub(super) spent: bool,
}

/// The counts of an hour.
#[derive(Default)]
pub(super) struct RollUps {
    hour: i64,
    rows: BTreeMap<(TenantId, Who), Row>,
    verbatim: u64,
    over: Vec<(TenantId, AuditEntry)>,
}

/// The hour of a time.
pub(super) fn hour_of(time: azekura_model::time::WallTime) -> i64 {
    time.0.div_euclid(HOUR_MS)
}

impl RollUps {
    /// Whether an entry may stand word for word; if not it was counted.
    pub(super) fn is_verbatim(
        &mut self,
        tenant: TenantId,
        entry: &AuditEntry,
        limits: Limits,
    ) -> bool {
        self.turn(hour_of(entry.time));
        let who = if limits.spent {
            Who::Others
        } else {
            self.known(tenant, who(entry))
        };
        let full = self.verbatim >= VERBATIM_PER_HOUR || who == Who::Others;
        let row = self.rows.entry((tenant, who)).or_default();
        if !full && row.verbatim < VERBATIM_PER_SOURCE {
            row.verbatim = row.verbatim.saturating_add(1);
            self.verbatim = self.verbatim.saturating_add(1);
            return true;
        }
        add(&mut row.rolled, entry);
        false
    }

    /// Counts an entry that has no room.
    pub(super) fn roll_up(&mut self, tenant: TenantId, entry: &AuditEntry) {
        self.turn(hour_of(entry.time));
        let who = self.known(tenant, who(entry));
        let row = self.rows.entry((tenant, who)).or_default();
        add(&mut row.rolled, entry);
    }

    fn known(&self, tenant: TenantId, who: Who) -> Who {
        let at = (tenant, who);
        if self.rows.len() < SOURCES_MAX || self.rows.contains_key(&at) {
            at.1
        } else {
            Who::Others
        }
    }

    fn turn(&mut self, hour: i64) {
        if hour == self.hour {
            return;
        }
        self.hour = hour;
        self.verbatim = 0;
        let rows = std::mem::take(&mut self.rows);
        let rolled = rows
            .into_iter()
            .filter_map(|((tenant, _), row)| Some((tenant, row.rolled?)));
        self.over.extend(rolled);
    }

    /// Counts of hours that are over; or all.
    pub(super) fn take(&mut self, hour: i64, all: bool) -> Vec<(TenantId, AuditEntry)> {
        if all {
            self.turn(hour.saturating_add(1));
        } else if hour > self.hour {
            self.turn(hour);
        }
        std::mem::take(&mut self.over)
    }
}

fn who(entry: &AuditEntry) -> Who {
    if entry.is_verified() {
        let key = entry.key_id.clone();
        return Who::Key(key, entry.operation.clone(), entry.is_refused());
    }
    entry
        .source
        .map_or(Who::Others, |source| Who::Network(network(source)))
}

/// One household or server: an address of IPv4, the first 64 bits of IPv6.
fn network(source: IpAddr) -> IpAddr {
    match source {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => IpAddr::V4(mapped),
            None => {
                let bits = address.to_bits() & !u128::from(u64::MAX);
                IpAddr::V6(Ipv6Addr::from_bits(bits))
            }
        },
    }
}

/// Adds an entry to a count; what they do not share is left out of it.
fn add(rolled: &mut Option<AuditEntry>, entry: &AuditEntry) {
    let Some(sum) = rolled else {
        let mut first = entry.clone();
        first.since = Some(entry.time);
        first.request_id.clear();
        first.source = entry.source.map(network);
        // They differ from request to request.
        (first.query, first.key, first.version, first.patient) = (None, None, None, None);
        *rolled = Some(first);
        return;
    };
    sum.time = entry.time;
    sum.hybrid = entry.hybrid;
    sum.count = sum.count.saturating_add(entry.count.max(1));
    sum.bytes_received = sum.bytes_received.saturating_add(entry.bytes_received);
    sum.bytes_sent = sum.bytes_sent.saturating_add(entry.bytes_sent);
    sum.duration_us = sum.duration_us.saturating_add(entry.duration_us);
    if sum.source != entry.source.map(network) {
        sum.source = None;
    }
    for (sum, one) in [
        (&mut sum.operation, &entry.operation),
        (&mut sum.principal, &entry.principal),
        (&mut sum.key_id, &entry.key_id),
        (&mut sum.method, &entry.method),
    ] {
        if sum != one {
            sum.clear();
        }
    }
    for (sum, one) in [
        (&mut sum.bucket, &entry.bucket),
        (&mut sum.error_code, &entry.error_code),
        (&mut sum.user_agent, &entry.user_agent),
        (&mut sum.host, &entry.host),
        (&mut sum.tls_identity, &entry.tls_identity),
        (&mut sum.decision, &entry.decision),
    ] {
        if sum != one {
            *sum = None;
        }
    }
    if sum.status != entry.status {
        sum.status = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::VAULT_AUDIT;
    use azekura_model::time::WallTime;

    fn refusal(source: IpAddr, time: i64) -> AuditEntry {
        AuditEntry {
            source: Some(source),
            time: WallTime(time),
            status: 403,
            count: 1,
            ..AuditEntry::default()
        }
    }

    const NOBODY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
    const OPEN: Limits = Limits { spent: false };

    #[test]
    fn a_source_stands_word_for_word_a_hundred_times_an_hour() {
        let mut rollups = RollUps::default();
        let mut verbatim = 0;
        for n in 0..250 {
            let entry = refusal(NOBODY, n);
            verbatim += u64::from(rollups.is_verbatim(VAULT_AUDIT, &entry, OPEN));
        }
        assert_eq!(verbatim, VERBATIM_PER_SOURCE);
        assert!(rollups.take(0, false).is_empty(), "the hour is not over");
        let over = rollups.take(1, false);
        assert_eq!(over.len(), 1);
        let (_, sum) = &over[0];
        assert_eq!((sum.count, sum.since), (150, Some(WallTime(100))));
        assert_eq!((sum.time, sum.status), (WallTime(249), 403));
        let again = refusal(NOBODY, HOUR_MS);
        assert!(rollups.is_verbatim(VAULT_AUDIT, &again, OPEN), "a new hour");
    }

    #[test]
    fn the_table_of_sources_is_bounded() {
        let mut rollups = RollUps::default();
        let (mut verbatim, total) = (0, 40_000_u32);
        for n in 0..total {
            let source = IpAddr::V6(Ipv6Addr::from_bits(u128::from(n) << 64 | 1));
            let entry = refusal(source, 5);
            verbatim += u64::from(rollups.is_verbatim(VAULT_AUDIT, &entry, OPEN));
        }
        assert!(rollups.rows.len() <= SOURCES_MAX + 1);
        let over = rollups.take(1, false);
        assert!(over.len() <= SOURCES_MAX + 1);
        let counted: u64 = over.iter().map(|(_, sum)| sum.count).sum();
        assert_eq!(verbatim + counted, u64::from(total), "nothing is lost");
    }

    #[test]
    fn addresses_of_one_network_are_one_source() {
        let at = |text: &str| network(text.parse().unwrap());
        assert_eq!(at("2001:db8::1"), at("2001:db8::ffff:1"));
        assert_ne!(at("2001:db8::1"), at("2001:db8:0:1::1"));
        assert_eq!(at("::ffff:192.0.2.7"), at("192.0.2.7"));
        assert_ne!(at("192.0.2.8"), at("192.0.2.7"));
    }
}
