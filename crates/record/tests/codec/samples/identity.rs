//! One of each that a directory holds.

use azekura_model::access::Preset;
use azekura_model::audit::{AuditMode, AuditPolicy};
use azekura_model::identity::{
    AccessKey, Group, Identity, IdentityName, KeyQuota, NamedPolicy, SigningKey, TenantSettings,
    TimeBox, User, UserKind,
};
use azekura_model::time::{ComplianceTime, HybridTime, WallTime};
use azekura_record::identity::IdentityChanged;
use azekura_record::particulars::Event;

pub(crate) fn identities() -> Vec<(&'static str, Identity)> {
    let user = User {
        name: "山田".to_owned(),
        kind: UserKind::Person,
        preset: Some(Preset::Admin),
        groups: vec!["情報管理室".to_owned()],
        policies: vec!["read-images".to_owned()],
        approver: true,
        signing_keys: vec![SigningKey {
            public: vec![1, 2, 3],
            comment: "yamada@hospital".to_owned(),
            registered: HybridTime::from_packed(7),
            frozen: false,
        }],
        disabled: false,
        time_box: Some(TimeBox {
            until: ComplianceTime(1_798_000_000_000),
            ticket: "T-1".to_owned(),
            plan: "replace a disk".to_owned(),
        }),
        totp: Some(vec![9; 68]),
    };
    let key = AccessKey {
        id: "AZKEXAMPLE".to_owned(),
        label: "nightly".to_owned(),
        user: "backup".to_owned(),
        preset: Some(Preset::IngestOnly),
        policy: Some("{}".to_owned()),
        secret: vec![8; 88],
        created: WallTime(1_797_000_000_000),
        expires: Some(ComplianceTime(1_799_000_000_000)),
        disabled: true,
        unused_days: Some(90),
        source_cidrs: vec!["192.0.2.0/24".to_owned()],
        certificate: Some([4; 32]),
        limits: KeyQuota {
            requests_per_second: Some(10),
            bytes_per_second: None,
            lock_days_max: Some(365),
            locked_bytes_per_day: Some(1 << 30),
        },
    };
    let group = Group {
        name: "情報管理室".to_owned(),
        preset: Some(Preset::Auditor),
        policies: vec!["read-images".to_owned()],
    };
    let policy = NamedPolicy {
        name: "read-images".to_owned(),
        text: "{\"Version\":\"2012-10-17\",\"Statement\":[]}".to_owned(),
    };
    vec![
        ("identity-user", Identity::User(user)),
        ("identity-group", Identity::Group(group)),
        ("identity-policy", Identity::Policy(policy)),
        ("identity-key", Identity::Key(key)),
        (
            "identity-settings",
            Identity::Settings(TenantSettings {
                quota_bytes: Some(1 << 40),
                ..TenantSettings::default()
            }),
        ),
        (
            "identity-last-uses",
            Identity::LastUses(vec![("AZKEXAMPLE".to_owned(), 20_786)]),
        ),
        ("identity-audit", audit()),
    ]
}

pub(super) fn events() -> Vec<(&'static str, Event)> {
    let mut events: Vec<_> = identities()
        .into_iter()
        .map(|(name, identity)| (name, IdentityChanged::Set(Box::new(identity))))
        .collect();
    let removed = IdentityChanged::Removed(IdentityName::User("山田".to_owned()));
    events.push(("identity-removed", removed));
    events
        .into_iter()
        .map(|(name, changed)| (name, Event::IdentityChanged(Box::new(changed))))
        .collect()
}

fn audit() -> Identity {
    Identity::Audit(AuditPolicy {
        mode: AuditMode::Strict,
        keep_days: 3653,
        budget_bytes: Some(1 << 38),
    })
}
