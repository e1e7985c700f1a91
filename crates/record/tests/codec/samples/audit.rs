//! A batch of audit entries.

use azekura_model::audit::{AuditEntry, AuditInterface, AuthMethod};
use azekura_model::position::Sequence;
use azekura_model::time::{HybridTime, WallTime};
use azekura_record::audit::{AuditBatch, AuditReleased};
use azekura_record::particulars::Event;

use super::KEY;

pub(super) fn event() -> (&'static str, Event) {
    let read = AuditEntry {
        time: WallTime(1_798_000_000_123),
        hybrid: HybridTime::from_packed(1_798_000_000_123 << 16 | 7),
        request_id: "0123456789ABCDEF".to_owned(),
        interface: AuditInterface::S3,
        operation: "GetObject".to_owned(),
        principal: "山田 (PACS)".to_owned(),
        key_id: "AZKEXAMPLE".to_owned(),
        auth: AuthMethod::Header,
        source: Some([192, 0, 2, 7].into()),
        tls_identity: Some("CN=pacs".to_owned()),
        user_agent: Some("aws-cli/2".to_owned()),
        host: Some("s3.hospital.example".to_owned()),
        method: "GET".to_owned(),
        query: Some("versionId=3".to_owned()),
        bucket: Some("images".to_owned()),
        key: Some(KEY.to_owned()),
        version: Some("3".to_owned()),
        status: 200,
        error_code: None,
        decision: Some("Statement1".to_owned()),
        patient: Some("P000123".to_owned()),
        bytes_received: 0,
        bytes_sent: 4096,
        duration_us: 1234,
        count: 1,
        since: None,
    };
    let refused = AuditEntry {
        time: WallTime(1_798_000_100_000),
        hybrid: HybridTime::from_packed(1_798_000_100_000 << 16),
        interface: AuditInterface::Admin,
        source: Some([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0].into()),
        method: "GET".to_owned(),
        status: 403,
        error_code: Some("AccessDenied".to_owned()),
        count: 5_000_000_000,
        since: Some(WallTime(1_798_000_000_000)),
        ..AuditEntry::default()
    };
    let batch = AuditBatch {
        first: 41,
        bytes_before: 70_000,
        entries: vec![read, refused],
    };
    ("audit-batch", Event::AuditBatch(batch))
}

pub(super) fn released() -> (&'static str, Event) {
    let released = AuditReleased {
        from: Sequence(1),
        until: Sequence(1000),
        entries: 512_000,
        bytes: 70_000_000,
        keep_days: 1827,
    };
    ("audit-released", Event::AuditReleased(released))
}
