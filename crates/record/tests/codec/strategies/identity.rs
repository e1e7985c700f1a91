//! Any change of a directory: the samples, with names and numbers of every kind.

use azekura_model::audit::AuditPolicy;
use azekura_model::identity::{Identity, IdentityName, KeyQuota, TenantSettings};
use azekura_record::identity::IdentityChanged;
use azekura_record::particulars::Event;
use proptest::option;
use proptest::prelude::{BoxedStrategy, Strategy, any, prop_oneof};
use proptest::sample::select;

use super::{bytes, text};
use crate::samples::identity::identities;

fn name() -> impl Strategy<Value = IdentityName> {
    prop_oneof![
        text().prop_map(IdentityName::User),
        text().prop_map(IdentityName::Group),
        text().prop_map(IdentityName::Policy),
        text().prop_map(IdentityName::Key),
    ]
}

pub(super) fn event() -> BoxedStrategy<Event> {
    let samples: Vec<Identity> = identities().into_iter().map(|(_, one)| one).collect();
    let numbers = (
        option::of(any::<u64>()),
        option::of(any::<u32>()),
        any::<bool>(),
    );
    let set = (select(samples), text(), bytes(), numbers).prop_map(
        |(identity, text, bytes, (wide, narrow, flag))| match identity {
            Identity::User(mut user) => {
                (user.name, user.disabled) = (text.clone(), flag);
                user.totp = flag.then_some(bytes);
                user.preset = user.preset.filter(|_| flag);
                Identity::User(user)
            }
            Identity::Group(mut group) => {
                group.policies = vec![text];
                Identity::Group(group)
            }
            Identity::Policy(mut policy) => {
                policy.text = text;
                Identity::Policy(policy)
            }
            Identity::Key(mut key) => {
                (key.secret, key.unused_days, key.disabled) = (bytes, narrow, flag);
                key.limits = KeyQuota {
                    bytes_per_second: wide,
                    lock_days_max: narrow,
                    ..KeyQuota::default()
                };
                Identity::Key(key)
            }
            Identity::Settings(_) => Identity::Settings(TenantSettings {
                quota_bytes: wide,
                quota_versions: wide,
                totp_required: flag,
                unused_days: narrow,
            }),
            Identity::LastUses(_) => Identity::LastUses(vec![(text, narrow.unwrap_or(0))]),
            Identity::Audit(policy) => Identity::Audit(AuditPolicy {
                keep_days: narrow.unwrap_or(policy.keep_days),
                budget_bytes: wide,
                ..policy
            }),
        },
    );
    prop_oneof![
        set.prop_map(|identity| IdentityChanged::Set(Box::new(identity))),
        name().prop_map(IdentityChanged::Removed),
    ]
    .prop_map(|changed| Event::IdentityChanged(Box::new(changed)))
    .boxed()
}
