//! What a second person reads of a change of the directory, and signs. The same call is the same text:
//! nothing that is drawn or told by a clock stands in it, and no secret.

use azekura_model::access::Preset;
use azekura_model::governed::{escaped, moment};
use azekura_model::identity::{AccessKey, Group, Identity, NamedPolicy, User, UserKind};
use azekura_model::time::ComplianceTime;
use azekura_record::sshsig::public_key_to_text;

/// Whom a change concerns, and what they shall be, one line a fact.
/// An end that is given in hours or days from the call stands so; one that was there already as it is.
pub(super) fn of(
    before: Option<&Identity>,
    identity: &Identity,
    now: ComplianceTime,
) -> (String, String) {
    match identity {
        Identity::User(user) => {
            let known = match before {
                Some(Identity::User(known)) => known.time_box.as_ref().map(|known| known.until),
                _ => None,
            };
            let until = user.time_box.as_ref().map(|time_box| time_box.until);
            let mut out = user_lines(user);
            out.push_str(&end("until", until, known, now));
            (format!("user {}", user.name), out)
        }
        Identity::Group(group) => (format!("group {}", group.name), group_lines(group)),
        Identity::Policy(NamedPolicy { name, text }) => {
            (format!("policy {name}"), line("document", text))
        }
        Identity::Key(key) => {
            let (known, id) = match before {
                Some(Identity::Key(known)) => (known.expires, format!(" {}", known.id)),
                _ => (None, String::new()),
            };
            let mut out = key_lines(key);
            out.push_str(&end("expires", key.expires, known, now));
            (format!("key{id} {} of {}", key.label, key.user), out)
        }
        Identity::Settings(settings) => (
            "settings of the tenant".to_owned(),
            line("one-time passwords", &settings.totp_required.to_string()),
        ),
        Identity::LastUses(_) => ("last uses".to_owned(), String::new()),
        // Weakened under an operation of its own, whose text has all of it.
        Identity::Audit(_) => ("audit of the tenant".to_owned(), String::new()),
    }
}

/// Milliseconds of an hour.
const HOUR_MS: i64 = 3_600_000;

fn end(
    name: &str,
    end: Option<ComplianceTime>,
    known: Option<ComplianceTime>,
    now: ComplianceTime,
) -> String {
    match end {
        None => line(name, "never"),
        Some(_) if end == known => line(name, &end.map_or_else(String::new, moment)),
        Some(at) => {
            let ms = at.0.saturating_sub(now.0).saturating_add(HOUR_MS / 2);
            line(name, &format!("{} hours from the call", ms / HOUR_MS))
        }
    }
}

fn line(name: &str, value: &str) -> String {
    format!("{name}: {}\n", escaped(value))
}

fn preset(preset: Option<Preset>) -> String {
    line("preset", preset.map_or("none", Preset::as_str))
}

fn lines(name: &str, values: &[String]) -> String {
    values.iter().map(|value| line(name, value)).collect()
}

fn user_lines(user: &User) -> String {
    let kind = match user.kind {
        UserKind::Person => "person",
        UserKind::System => "system",
    };
    let mut out = line("kind", kind);
    out.push_str(&preset(user.preset));
    out.push_str(&lines("group", &user.groups));
    out.push_str(&lines("policy", &user.policies));
    out.push_str(&line("approver", &user.approver.to_string()));
    out.push_str(&line("disabled", &user.disabled.to_string()));
    for key in &user.signing_keys {
        let frozen = if key.frozen { " (frozen)" } else { "" };
        let text = format!("{}{frozen}", public_key_to_text(&key.public));
        out.push_str(&line("signing key", &text));
    }
    if let Some(time_box) = &user.time_box {
        out.push_str(&line("ticket", &time_box.ticket));
        out.push_str(&line("plan", &time_box.plan));
    }
    let totp = user.totp.is_some().to_string();
    out.push_str(&line("one-time password", &totp));
    out
}

fn group_lines(group: &Group) -> String {
    preset(group.preset) + &lines("policy", &group.policies)
}

fn key_lines(key: &AccessKey) -> String {
    let mut out = preset(key.preset);
    out.push_str(&line("policy", key.policy.as_deref().unwrap_or("none")));
    out.push_str(&lines("network", &key.source_cidrs));
    let certificate = key
        .certificate
        .map_or_else(|| "any".to_owned(), hex::encode);
    out.push_str(&line("certificate", &certificate));
    out.push_str(&line("disabled", &key.disabled.to_string()));
    let limits = &key.limits;
    for (name, number) in [
        ("unused days", key.unused_days.map(u64::from)),
        ("requests a second", limits.requests_per_second),
        ("bytes a second", limits.bytes_per_second),
        ("lock days", limits.lock_days_max.map(u64::from)),
        ("locked bytes a day", limits.locked_bytes_per_day),
    ] {
        let number = number.map_or_else(|| "none".to_owned(), |number| number.to_string());
        out.push_str(&line(name, &number));
    }
    out
}
