//! Record kind 33: a user, group, policy or access key of a tenant, or what holds for the tenant, is set
//! whole or taken away.

use azekura_model::access::Preset;
use azekura_model::audit::{AuditMode, AuditPolicy};
use azekura_model::identity::{
    AccessKey, Group, Identity, IdentityName, KeyQuota, NamedPolicy, SigningKey, TenantSettings,
    TimeBox, User, UserKind,
};

use crate::cbor::{Reader, Value, Writer};
use crate::error::DecodeError;
use crate::fields::{FieldsReader, FieldsWriter};
use crate::particulars::EventFields;

/// What was set, or what was taken away.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum IdentityChanged {
    /// It is so from now on.
    Set(Box<Identity>),
    /// It is gone.
    Removed(IdentityName),
}

impl EventFields for IdentityChanged {
    fn write(&self, out: &mut FieldsWriter) {
        match self {
            Self::Set(identity) => out.put(8, &**identity),
            Self::Removed(name) => out.put(9, name),
        };
    }

    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        match (input.take_some(8)?, input.take_some(9)?) {
            (Some(identity), None) => Ok(Self::Set(Box::new(identity))),
            (None, Some(name)) => Ok(Self::Removed(name)),
            _ => Err(DecodeError::malformed(
                "an identity is set or removed, one of both",
            )),
        }
    }
}

/// Deterministic CBOR of one identity, as the index keeps it.
#[must_use]
pub fn encode(identity: &Identity) -> Vec<u8> {
    let mut out = Writer::new();
    out.put(identity);
    out.into_bytes()
}

/// Reads what [`encode`] wrote.
///
/// # Errors
/// [`DecodeError`].
pub fn decode(bytes: &[u8]) -> Result<Identity, DecodeError> {
    let mut input = Reader::over_item(bytes)?;
    let identity = input.get()?;
    input.end()?;
    Ok(identity)
}

/// `[1, user]`, `[2, group]`, `[3, policy]`, `[4, key]`, `[5, settings]`, `[6, last uses]`,
/// `[7, audit]`.
impl Value for Identity {
    fn write(&self, out: &mut Writer) {
        out.array(2);
        match self {
            Self::User(user) => out.put(&1_u16).put(user),
            Self::Group(group) => out.put(&2_u16).put(group),
            Self::Policy(policy) => out.put(&3_u16).put(policy),
            Self::Key(key) => out.put(&4_u16).put(key),
            Self::Settings(settings) => out.put(&5_u16).put(settings),
            Self::LastUses(uses) => out.put(&6_u16).put(uses),
            Self::Audit(policy) => out.put(&7_u16).put(policy),
        };
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(2, "an identity")?;
        match input.get::<u16>()? {
            1 => input.get().map(Self::User),
            2 => input.get().map(Self::Group),
            3 => input.get().map(Self::Policy),
            4 => input.get().map(Self::Key),
            5 => input.get().map(Self::Settings),
            6 => input.get().map(Self::LastUses),
            7 => input.get().map(Self::Audit),
            other => Err(DecodeError::Newer(format!("identity {other}"))),
        }
    }
}

/// `[1, name]` user, `[2, name]` group, `[3, name]` policy, `[4, id]` key, `[5, ""]` settings, `[6, ""]`
/// last uses, `[7, ""]` audit.
impl Value for IdentityName {
    fn write(&self, out: &mut Writer) {
        let (code, name) = match self {
            Self::User(name) => (1_u16, name.as_str()),
            Self::Group(name) => (2, name.as_str()),
            Self::Policy(name) => (3, name.as_str()),
            Self::Key(id) => (4, id.as_str()),
            Self::Settings => (5, ""),
            Self::LastUses => (6, ""),
            Self::Audit => (7, ""),
        };
        out.array(2).put(&code).put(&name.to_owned());
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(2, "the name of an identity")?;
        let (code, name) = (input.get::<u16>()?, input.get::<String>()?);
        match code {
            1 => Ok(Self::User(name)),
            2 => Ok(Self::Group(name)),
            3 => Ok(Self::Policy(name)),
            4 => Ok(Self::Key(name)),
            5..=7 if !name.is_empty() => Err(DecodeError::malformed("a name where there is none")),
            5 => Ok(Self::Settings),
            6 => Ok(Self::LastUses),
            7 => Ok(Self::Audit),
            other => Err(DecodeError::Newer(format!("identity {other}"))),
        }
    }
}

impl Value for Preset {
    fn write(&self, out: &mut Writer) {
        let code: u16 = match self {
            Self::IngestOnly => 1,
            Self::Backup => 2,
            Self::RestoreOnly => 3,
            Self::Auditor => 4,
            Self::Admin => 5,
        };
        out.put(&code);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match input.get::<u16>()? {
            1 => Ok(Self::IngestOnly),
            2 => Ok(Self::Backup),
            3 => Ok(Self::RestoreOnly),
            4 => Ok(Self::Auditor),
            5 => Ok(Self::Admin),
            other => Err(DecodeError::Newer(format!("preset {other}"))),
        }
    }
}

impl Value for UserKind {
    fn write(&self, out: &mut Writer) {
        let code: u16 = match self {
            Self::Person => 1,
            Self::System => 2,
        };
        out.put(&code);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match input.get::<u16>()? {
            1 => Ok(Self::Person),
            2 => Ok(Self::System),
            other => Err(DecodeError::Newer(format!("kind of user {other}"))),
        }
    }
}

/// `[public key, comment, registered, frozen]`.
impl Value for SigningKey {
    fn write(&self, out: &mut Writer) {
        out.array(4)
            .put(&self.public)
            .put(&self.comment)
            .put(&self.registered)
            .put(&self.frozen);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(4, "a signing key")?;
        Ok(Self {
            public: input.get()?,
            comment: input.get()?,
            registered: input.get()?,
            frozen: input.get()?,
        })
    }
}

/// `[until, ticket, plan]`.
impl Value for TimeBox {
    fn write(&self, out: &mut Writer) {
        out.array(3)
            .put(&self.until)
            .put(&self.ticket)
            .put(&self.plan);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(3, "a time box")?;
        Ok(Self {
            until: input.get()?,
            ticket: input.get()?,
            plan: input.get()?,
        })
    }
}

/// `[name, kind, preset, groups, policies, approver, signing keys, disabled, time box, one-time password]`.
impl Value for User {
    fn write(&self, out: &mut Writer) {
        out.array(10)
            .put(&self.name)
            .put(&self.kind)
            .put(&self.preset)
            .put(&self.groups)
            .put(&self.policies)
            .put(&self.approver)
            .put(&self.signing_keys)
            .put(&self.disabled)
            .put(&self.time_box)
            .put(&self.totp);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(10, "a user")?;
        Ok(Self {
            name: input.get()?,
            kind: input.get()?,
            preset: input.get()?,
            groups: input.get()?,
            policies: input.get()?,
            approver: input.get()?,
            signing_keys: input.get()?,
            disabled: input.get()?,
            time_box: input.get()?,
            totp: input.get()?,
        })
    }
}

/// `[name, preset, policies]`.
impl Value for Group {
    fn write(&self, out: &mut Writer) {
        out.array(3)
            .put(&self.name)
            .put(&self.preset)
            .put(&self.policies);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(3, "a group")?;
        Ok(Self {
            name: input.get()?,
            preset: input.get()?,
            policies: input.get()?,
        })
    }
}

/// `[name, text]`.
impl Value for NamedPolicy {
    fn write(&self, out: &mut Writer) {
        out.array(2).put(&self.name).put(&self.text);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(2, "a policy")?;
        Ok(Self {
            name: input.get()?,
            text: input.get()?,
        })
    }
}

/// `[requests a second, bytes a second, most days of a lock, locked bytes a day]`.
impl Value for KeyQuota {
    fn write(&self, out: &mut Writer) {
        out.array(4)
            .put(&self.requests_per_second)
            .put(&self.bytes_per_second)
            .put(&self.lock_days_max)
            .put(&self.locked_bytes_per_day);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(4, "limits of a key")?;
        Ok(Self {
            requests_per_second: input.get()?,
            bytes_per_second: input.get()?,
            lock_days_max: input.get()?,
            locked_bytes_per_day: input.get()?,
        })
    }
}

/// `[id, label, user, preset, policy, secret, created, expires, disabled, unused days, networks,
/// certificate, limits]`.
impl Value for AccessKey {
    fn write(&self, out: &mut Writer) {
        out.array(13)
            .put(&self.id)
            .put(&self.label)
            .put(&self.user)
            .put(&self.preset)
            .put(&self.policy)
            .put(&self.secret)
            .put(&self.created)
            .put(&self.expires)
            .put(&self.disabled)
            .put(&self.unused_days)
            .put(&self.source_cidrs)
            .put(&self.certificate)
            .put(&self.limits);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(13, "an access key")?;
        Ok(Self {
            id: input.get()?,
            label: input.get()?,
            user: input.get()?,
            preset: input.get()?,
            policy: input.get()?,
            secret: input.get()?,
            created: input.get()?,
            expires: input.get()?,
            disabled: input.get()?,
            unused_days: input.get()?,
            source_cidrs: input.get()?,
            certificate: input.get()?,
            limits: input.get()?,
        })
    }
}

/// `[most bytes, most versions, one-time passwords, unused days]`.
impl Value for TenantSettings {
    fn write(&self, out: &mut Writer) {
        out.array(4)
            .put(&self.quota_bytes)
            .put(&self.quota_versions)
            .put(&self.totp_required)
            .put(&self.unused_days);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(4, "settings of a tenant")?;
        Ok(Self {
            quota_bytes: input.get()?,
            quota_versions: input.get()?,
            totp_required: input.get()?,
            unused_days: input.get()?,
        })
    }
}

/// `[mode, days, most bytes]`.
impl Value for AuditPolicy {
    fn write(&self, out: &mut Writer) {
        out.array(3)
            .put(&self.mode)
            .put(&self.keep_days)
            .put(&self.budget_bytes);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.array_of(3, "how an audit is kept")?;
        Ok(Self {
            mode: input.get()?,
            keep_days: input.get()?,
            budget_bytes: input.get()?,
        })
    }
}

impl Value for AuditMode {
    fn write(&self, out: &mut Writer) {
        let code: u16 = match self {
            Self::Strict => 1,
            Self::Batched => 2,
        };
        out.put(&code);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match input.get::<u16>()? {
            1 => Ok(Self::Strict),
            2 => Ok(Self::Batched),
            other => Err(DecodeError::Newer(format!("mode of audit {other}"))),
        }
    }
}
