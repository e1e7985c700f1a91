//! The locked versions that the drill tries to lose.

use azekura_admin_api::sigv4;

use super::wire::{Ask, Reply, Wire};
use crate::exit::{CommandError, Exit};

/// What holds a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// COMPLIANCE until a date.
    Compliance,
    /// COMPLIANCE, and the version was made by a multipart upload.
    ComplianceMultipart,
    /// GOVERNANCE until a date.
    Governance,
    /// A legal hold.
    Hold,
    /// A legal hold, and a COMPLIANCE date that is over.
    ExpiredAndHold,
}

impl Held {
    /// All, in the order in which they are made.
    pub(super) const ALL: [Self; 5] = [
        Self::ExpiredAndHold,
        Self::Compliance,
        Self::ComplianceMultipart,
        Self::Governance,
        Self::Hold,
    ];

    /// Name in keys and in the answers for programs.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Compliance => "compliance",
            Self::ComplianceMultipart => "compliance-multipart",
            Self::Governance => "governance",
            Self::Hold => "hold",
            Self::ExpiredAndHold => "expired-and-hold",
        }
    }

    /// Mode of its retention, as S3 writes it.
    pub(super) fn mode(self) -> Option<&'static str> {
        match self {
            Self::Compliance | Self::ComplianceMultipart | Self::ExpiredAndHold => {
                Some("COMPLIANCE")
            }
            Self::Governance => Some("GOVERNANCE"),
            Self::Hold => None,
        }
    }

    /// Whether it has a legal hold.
    pub(super) fn has_hold(self) -> bool {
        matches!(self, Self::Hold | Self::ExpiredAndHold)
    }

    /// Whether a key with the bypass right may open it: then that is no attempt but the rule.
    pub(super) fn yields_to_bypass(self) -> bool {
        self == Self::Governance
    }
}

/// One version and what is known of it.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    /// What holds it.
    pub(super) held: Held,
    /// Its bucket.
    pub(super) bucket: String,
    /// Its key.
    pub(super) key: String,
    /// Its version id.
    pub(super) version: String,
    /// Its bytes.
    pub(super) content: Vec<u8>,
    /// Its retain-until date as the server showed it when it was made; empty without.
    pub(super) until: String,
}

/// How a version was found not to be as it must.
pub(super) type Harm = String;

impl Subject {
    /// `/bucket/key`.
    pub(super) fn path(&self) -> String {
        format!("/{}/{}", self.bucket, self.key)
    }

    /// `/bucket/key?versionId=…`.
    pub(super) fn target(&self) -> String {
        format!("{}?versionId={}", self.path(), self.version)
    }

    /// `/bucket/key?sub&versionId=…`.
    pub(super) fn sub(&self, sub: &str) -> String {
        format!("{}?{sub}&versionId={}", self.path(), self.version)
    }

    /// A delete by version id.
    pub(super) fn delete(&self) -> Ask {
        Ask::s3("DELETE", self.target())
    }

    /// The same named in the query of the admin API.
    pub(super) fn admin_query(&self) -> String {
        format!(
            "?key={}&version={}",
            sigv4::encode_component(&self.key),
            self.version
        )
    }

    /// Reads it back: its bytes, its lock, and that listings show it. Says what is wrong.
    pub(super) async fn harm(&self, wire: &Wire) -> Result<Option<Harm>, CommandError> {
        let reply = wire.send(Ask::s3("GET", self.target())).await?;
        if reply.status != 200 {
            return Ok(Some(format!(
                "{} can no longer be read: {}",
                self.held.name(),
                reply.label()
            )));
        }
        if reply.body != self.content {
            return Ok(Some(format!("{} holds other bytes", self.held.name())));
        }
        if let Some(harm) = self.weaker(&reply) {
            return Ok(Some(harm));
        }
        let listed = Ask::s3(
            "GET",
            format!("/{}?prefix={}&versions", self.bucket, self.key),
        );
        let listed = wire.send(listed).await?.elements("VersionId");
        if !listed.contains(&self.version) {
            return Ok(Some(format!("{} is no longer listed", self.held.name())));
        }
        Ok(None)
    }

    /// Whether the lock shown is weaker than the one given.
    fn weaker(&self, reply: &Reply) -> Option<Harm> {
        let shown = |name: &str| reply.header(name).unwrap_or_default().to_owned();
        let name = self.held.name();
        let (mode, until, hold) = (
            shown("x-amz-object-lock-mode"),
            shown("x-amz-object-lock-retain-until-date"),
            shown("x-amz-object-lock-legal-hold"),
        );
        // A date that is over may be changed freely: the hold alone keeps such a version.
        let dated = self.held != Held::ExpiredAndHold;
        if dated && self.held.mode().is_some_and(|kept| kept != mode) {
            return Some(format!("{name}: the mode is now {mode:?}"));
        }
        // Dates of one form and four-digit years: text orders as time does.
        if dated && until < self.until {
            return Some(format!(
                "{name}: the date is now {until:?}, it was {:?}",
                self.until
            ));
        }
        if self.held.has_hold() && hold != "ON" {
            return Some(format!("{name}: the legal hold is now {hold:?}"));
        }
        None
    }
}

/// An answer that must be a success for the drill to go on.
pub(super) fn must(reply: Reply, what: &str) -> Result<Reply, CommandError> {
    if reply.accepted() {
        return Ok(reply);
    }
    let message = reply
        .elements("Message")
        .into_iter()
        .next()
        .unwrap_or_default();
    Err(CommandError::new(
        Exit::Refused,
        format!("cannot {what}: {} {message}", reply.label()),
    )
    .hint("The key of the drill needs the rights read, write, manage, lock and admin."))
}
