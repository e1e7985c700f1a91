//! Arbitrary audit entries.

use azekura_model::audit::{AuditEntry, AuditInterface, AuthMethod};
use azekura_model::position::Sequence;
use azekura_model::time::{HybridTime, WallTime};
use azekura_record::audit::{AuditBatch, AuditReleased};
use azekura_record::particulars::Event;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{BoxedStrategy, Strategy, any};
use proptest::sample::select;

use super::text;

fn entry() -> impl Strategy<Value = AuditEntry> {
    let interface = select(vec![AuditInterface::S3, AuditInterface::Admin]);
    let auth = select(vec![
        AuthMethod::Unverified,
        AuthMethod::Header,
        AuthMethod::Query,
        AuthMethod::Form,
        AuthMethod::Login,
    ]);
    let texts = vec(text(), 5);
    let options = vec(option::of(text()), 10);
    let numbers = (any::<[u64; 5]>(), any::<u16>(), any::<(i64, Option<i64>)>());
    let source = any::<Option<std::net::IpAddr>>();
    (interface, auth, texts, options, numbers, source).prop_map(
        |(interface, auth, mut texts, mut options, (numbers, status, times), source)| {
            let mut word = || texts.pop().unwrap();
            let mut maybe = || options.pop().unwrap();
            AuditEntry {
                time: WallTime(times.0),
                hybrid: HybridTime::from_packed(numbers[0]),
                request_id: word(),
                interface,
                operation: word(),
                principal: word(),
                key_id: word(),
                auth,
                source,
                tls_identity: maybe(),
                user_agent: maybe(),
                host: maybe(),
                method: word(),
                query: maybe(),
                bucket: maybe(),
                key: maybe(),
                version: maybe(),
                status,
                error_code: maybe(),
                decision: maybe(),
                patient: maybe(),
                bytes_received: numbers[1],
                bytes_sent: numbers[2],
                duration_us: numbers[3],
                count: numbers[4],
                since: times.1.map(WallTime),
            }
        },
    )
}

pub(super) fn event() -> BoxedStrategy<Event> {
    (any::<u64>(), any::<u64>(), vec(entry(), 0..4))
        .prop_map(|(first, bytes_before, entries)| {
            Event::AuditBatch(AuditBatch {
                first,
                bytes_before,
                entries,
            })
        })
        .boxed()
}

pub(super) fn released() -> BoxedStrategy<Event> {
    let numbers = (any::<u64>(), any::<u64>(), any::<u64>(), any::<u64>());
    (numbers, any::<u32>())
        .prop_map(|((from, until, entries, bytes), keep_days)| {
            Event::AuditReleased(AuditReleased {
                from: Sequence(from),
                until: Sequence(until),
                entries,
                bytes,
                keep_days,
            })
        })
        .boxed()
}
