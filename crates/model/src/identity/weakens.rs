//! Which changes of a directory give administration, or take a second person away. They need two people.

use crate::access::Preset;
use crate::governed::AdministrationChange;

use super::{AccessKey, Group, Identity, NamedPolicy, User};

/// What of two people a change from `before` to `after` touches; `None` = one person may do it. A first
/// setting has no `before`, a removal no `after`.
#[must_use]
pub fn administration(
    before: Option<&Identity>,
    after: Option<&Identity>,
) -> Option<AdministrationChange> {
    match (before, after) {
        (Some(Identity::User(before)), Some(Identity::User(after))) => user(Some(before), after),
        (None, Some(Identity::User(after))) => user(None, after),
        (Some(Identity::User(before)), None) => gone(before),
        (before, Some(Identity::Key(after))) => key(before, after),
        (before, Some(Identity::Policy(after))) => policy(before, after),
        (before, Some(Identity::Group(after))) => group(before, after),
        // A policy or group that is gone can take a Deny away with it.
        (Some(Identity::Policy(_)), None) => Some(AdministrationChange::PutPolicy),
        (Some(Identity::Group(_)), None) => Some(AdministrationChange::ChangeGroup),
        (before, Some(Identity::Settings(after))) => {
            let asked_before = match before {
                Some(Identity::Settings(before)) => before.totp_required,
                _ => true,
            };
            (asked_before && !after.totp_required).then_some(AdministrationChange::AddAdministrator)
        }
        _ => None,
    }
}

fn gone(user: &User) -> Option<AdministrationChange> {
    user.approver
        .then_some(AdministrationChange::RemoveApprover)
}

fn user(before: Option<&User>, after: &User) -> Option<AdministrationChange> {
    let was = |field: fn(&User) -> bool| before.is_some_and(field);
    if was(|user| user.approver) {
        if !after.approver || lost_a_key(before, after) {
            return Some(AdministrationChange::RemoveApprover);
        }
        if after.disabled && !was(|user| user.disabled) {
            return Some(AdministrationChange::DisableApprover);
        }
    }
    if after.approver && (!was(|user| user.approver) || gained_a_key(before, after)) {
        return Some(AdministrationChange::AddApproverKey);
    }
    if was(|user| user.disabled) && !after.disabled {
        // Whoever comes back has everything again, the right to sign as well.
        if after.approver {
            return Some(AdministrationChange::AddApproverKey);
        }
        if stands_out(after) {
            return Some(AdministrationChange::AddAdministrator);
        }
    }
    let administers = after.preset == Some(Preset::Admin);
    if administers && before.is_none_or(|user| user.preset != Some(Preset::Admin)) {
        return Some(AdministrationChange::AddAdministrator);
    }
    let longer = |user: &User| user.time_box.as_ref().map_or(i64::MAX, |time| time.until.0);
    if before.is_some_and(|user| longer(after) > longer(user)) {
        return Some(AdministrationChange::AddAdministrator);
    }
    if before.is_some_and(|user| user.totp.is_some()) && after.totp.is_none() {
        return Some(AdministrationChange::AddAdministrator);
    }
    let same = before.is_some_and(|user| user.policies == after.policies);
    let none = before.is_none() && after.policies.is_empty();
    if !same && !none {
        return Some(AdministrationChange::PutPolicy);
    }
    let same = before.is_some_and(|user| user.groups == after.groups);
    let none = before.is_none() && after.groups.is_empty();
    (!same && !none).then_some(AdministrationChange::ChangeGroup)
}

/// Whether a user has more than presets without power, or signs for others. A key that speaks in this name
/// is given by two people: with it, one would ask and the same one approve.
#[must_use]
pub fn stands_out(user: &User) -> bool {
    let administers = user.preset == Some(Preset::Admin);
    user.approver || administers || !user.policies.is_empty() || !user.groups.is_empty()
}

fn gained_a_key(before: Option<&User>, after: &User) -> bool {
    let had = |public: &[u8]| {
        before.is_some_and(|user| {
            user.signing_keys
                .iter()
                .any(|key| key.public == public && !key.frozen)
        })
    };
    let mut keys = after.signing_keys.iter();
    keys.any(|key| !key.frozen && !had(&key.public))
}

fn lost_a_key(before: Option<&User>, after: &User) -> bool {
    let has = |public: &[u8]| after.signing_keys.iter().any(|key| key.public == public);
    before.is_some_and(|user| user.signing_keys.iter().any(|key| !has(&key.public)))
}

fn key(before: Option<&Identity>, after: &AccessKey) -> Option<AdministrationChange> {
    let before = match before {
        Some(Identity::Key(before)) => Some(before),
        _ => None,
    };
    // A policy beside a preset only takes away.
    let by_policy = after.policy.is_some() && after.preset.is_none();
    let administers = after.preset == Some(Preset::Admin) || by_policy;
    let same = before.is_some_and(|key| key.preset == after.preset && key.policy == after.policy);
    // A key that speaks for its owner, who had to be made an administrator first.
    if !administers || same {
        let bound = before.is_some_and(|key| key.certificate.is_some());
        let unbound = bound && after.certificate.is_none();
        return unbound.then_some(AdministrationChange::AddKey);
    }
    Some(AdministrationChange::AddKey)
}

fn policy(before: Option<&Identity>, after: &NamedPolicy) -> Option<AdministrationChange> {
    let same = matches!(before, Some(Identity::Policy(before)) if before.text == after.text);
    // One that nobody has yet gives nothing; giving it needs two people.
    (before.is_some() && !same).then_some(AdministrationChange::PutPolicy)
}

fn group(before: Option<&Identity>, after: &Group) -> Option<AdministrationChange> {
    let same = matches!(before, Some(Identity::Group(before)) if before == after);
    (before.is_some() && !same).then_some(AdministrationChange::ChangeGroup)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{KeyQuota, SigningKey, UserKind};
    use crate::time::{HybridTime, WallTime};

    fn person(approver: bool) -> User {
        User {
            name: "山田".to_owned(),
            kind: UserKind::Person,
            preset: None,
            groups: Vec::new(),
            policies: Vec::new(),
            approver,
            signing_keys: Vec::new(),
            disabled: false,
            time_box: None,
            totp: None,
        }
    }

    fn signing(public: u8) -> SigningKey {
        SigningKey {
            public: vec![public],
            comment: String::new(),
            registered: HybridTime::default(),
            frozen: false,
        }
    }

    fn of(before: Option<User>, after: Option<User>) -> Option<AdministrationChange> {
        let (before, after) = (before.map(Identity::User), after.map(Identity::User));
        administration(before.as_ref(), after.as_ref())
    }

    #[test]
    fn who_gains_power_or_loses_a_second_person_is_seen() {
        let plain = person(false);
        assert_eq!(of(None, Some(plain.clone())), None);
        let admin = User {
            preset: Some(Preset::Admin),
            ..plain.clone()
        };
        let added = Some(AdministrationChange::AddAdministrator);
        assert_eq!(of(None, Some(admin.clone())), added);
        assert_eq!(of(Some(plain.clone()), Some(admin.clone())), added);
        assert_eq!(of(Some(admin.clone()), Some(plain.clone())), None);
        let with_policy = User {
            policies: vec!["p".to_owned()],
            ..plain.clone()
        };
        let put = Some(AdministrationChange::PutPolicy);
        assert_eq!(of(None, Some(with_policy.clone())), put);
        assert_eq!(of(Some(with_policy), Some(plain.clone())), put);
        let approver = person(true);
        let key = Some(AdministrationChange::AddApproverKey);
        assert_eq!(of(Some(plain.clone()), Some(approver.clone())), key);
        let keyed = User {
            signing_keys: vec![signing(1)],
            ..approver.clone()
        };
        assert_eq!(of(Some(approver.clone()), Some(keyed.clone())), key);
        let removed = Some(AdministrationChange::RemoveApprover);
        assert_eq!(of(Some(keyed.clone()), Some(approver.clone())), removed);
        assert_eq!(of(Some(approver.clone()), Some(plain.clone())), removed);
        assert_eq!(of(Some(approver.clone()), None), removed);
        let disabled = |user: &User| User {
            disabled: true,
            ..user.clone()
        };
        let disable = Some(AdministrationChange::DisableApprover);
        let gone = disabled(&approver);
        assert_eq!(of(Some(approver.clone()), Some(gone.clone())), disable);
        assert_eq!(of(Some(gone), Some(approver)), key);
        assert_eq!(of(Some(disabled(&admin)), Some(admin)), added);
        assert_eq!(of(Some(disabled(&plain)), Some(plain.clone())), None);
    }

    #[test]
    fn keys_that_administer_are_seen() {
        let key = |preset, policy: Option<&str>| {
            Identity::Key(AccessKey {
                id: "AZK1".to_owned(),
                label: String::new(),
                user: "山田".to_owned(),
                preset,
                policy: policy.map(str::to_owned),
                secret: Vec::new(),
                created: WallTime(0),
                expires: None,
                disabled: false,
                unused_days: None,
                source_cidrs: Vec::new(),
                certificate: None,
                limits: KeyQuota::default(),
            })
        };
        let add = Some(AdministrationChange::AddKey);
        let ingest = key(Some(Preset::IngestOnly), None);
        assert_eq!(administration(None, Some(&ingest)), None);
        let admin = key(Some(Preset::Admin), None);
        assert_eq!(administration(None, Some(&admin)), add);
        assert_eq!(administration(Some(&ingest), Some(&admin)), add);
        let policy = key(None, Some("{}"));
        assert_eq!(administration(Some(&ingest), Some(&policy)), add);
        assert_eq!(administration(Some(&policy), None), None);
        let narrowed = key(Some(Preset::IngestOnly), Some("{}"));
        assert_eq!(administration(None, Some(&narrowed)), None);
        let narrowed = key(Some(Preset::Admin), Some("{}"));
        assert_eq!(administration(None, Some(&narrowed)), add);
    }
}
