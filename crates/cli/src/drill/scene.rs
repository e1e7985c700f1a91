//! The stage of the drill: a bucket of its own with one version in each lock state.

use std::time::Duration;

use azekura_admin_api::api::AdminApi as _;
use azekura_admin_api::client::Client;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, macros::format_description};

use super::subject::{Held, Subject, must};
use super::wire::{Ask, Reply, Wire};
use crate::clock;
use crate::exit::{CommandError, Exit};

/// Beginning of the names of the drill's buckets.
pub(super) const BUCKET_PREFIX: &str = "azekura-drill-";
/// Tag that tells a bucket of the drill from one that is only named so.
pub(super) const BUCKET_TAG: (&str, &str) = ("azekura-drill", "locks");
/// How long the locks last that are to be over, in seconds.
const BRIEF_SECONDS: i64 = 3;
/// How long the drill waits for them to be over, in quarters of a second.
const WAITS_MAX: u32 = 240;
/// Versions whose lock is over, for doors that put one in front of a locked one.
const EXPIRED_SPARES: usize = 8;

/// A version that nothing holds any more.
#[derive(Clone, Debug)]
pub(super) struct Spare {
    /// Its key.
    pub(super) key: String,
    /// Its version id.
    pub(super) version: String,
}

/// What the doors are tried on.
pub(super) struct Scene {
    /// Both listeners.
    pub(super) wire: Wire,
    /// The bucket of this drill.
    pub(super) bucket: String,
    /// The locked versions.
    pub(super) subjects: Vec<Subject>,
    /// Versions whose locks are over.
    pub(super) expired: Vec<Spare>,
    /// The date until which its locks hold.
    pub(super) until: OffsetDateTime,
    /// Compliance time of the server when the drill began.
    pub(super) began: OffsetDateTime,
}

/// A date as S3 writes it in XML and in headers.
pub(super) fn stamp(at: OffsetDateTime) -> String {
    at.format(format_description!(
        "[year]-[month]-[day]T[hour]:[minute]:[second]Z"
    ))
    .unwrap_or_default()
}

/// Body of a request that sets retention.
pub(super) fn retention(mode: &str, until: OffsetDateTime) -> String {
    format!(
        "<Retention xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Mode>{mode}</Mode>\
         <RetainUntilDate>{}</RetainUntilDate></Retention>",
        stamp(until)
    )
}

/// Body of a request that sets or clears a legal hold.
pub(super) fn hold(on: bool) -> String {
    let status = if on { "ON" } else { "OFF" };
    format!(
        "<LegalHold xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>{status}</Status>\
         </LegalHold>"
    )
}

/// What the server says its compliance time is; its locks are judged by it.
pub(super) async fn compliance_time(admin: &Client) -> Result<OffsetDateTime, CommandError> {
    let told = admin.vault_info().await?.compliance_time;
    told.as_deref()
        .and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok())
        .ok_or_else(|| {
            CommandError::new(
                Exit::Failure,
                "the server does not tell its compliance time",
            )
            .hint("Client and server may be of different releases.")
        })
}

impl Scene {
    /// Makes the bucket and the versions, and waits until those are over that must be.
    pub(super) async fn make(
        wire: Wire,
        admin: &Client,
        lock_minutes: u32,
    ) -> Result<Self, CommandError> {
        let began = compliance_time(admin).await?;
        let name = began
            .format(format_description!(
                "[year][month][day][hour][minute][second]"
            ))
            .unwrap_or_default();
        let mut scene = Self {
            wire,
            bucket: format!("{BUCKET_PREFIX}{name}"),
            subjects: Vec::new(),
            expired: Vec::new(),
            until: began + time::Duration::minutes(i64::from(lock_minutes)),
            began,
        };
        scene.make_bucket().await?;
        let brief = began + time::Duration::seconds(BRIEF_SECONDS);
        for number in 0..EXPIRED_SPARES {
            let key = format!("expired-{number}");
            let lock = (Some("GOVERNANCE"), brief, false);
            let reply = scene
                .put(&key, b"a version whose lock is over", lock)
                .await?;
            let version = reply.header("x-amz-version-id").unwrap_or_default();
            scene.expired.push(Spare {
                key,
                version: version.to_owned(),
            });
        }
        for held in Held::ALL {
            let subject = scene.subject(held, brief).await?;
            scene.subjects.push(subject);
        }
        scene.wait_until_over(admin, brief).await?;
        Ok(scene)
    }

    async fn make_bucket(&self) -> Result<(), CommandError> {
        let path = format!("/{}", self.bucket);
        let make = Ask::s3("PUT", &path).header("x-amz-bucket-object-lock-enabled", "true");
        must(self.wire.send(make).await?, "make the bucket of the drill")?;
        let (name, value) = BUCKET_TAG;
        let tags = format!(
            "<Tagging><TagSet><Tag><Key>{name}</Key><Value>{value}</Value></Tag></TagSet></Tagging>"
        );
        let tag = Ask::s3("PUT", format!("{path}?tagging")).body(tags);
        must(self.wire.send(tag).await?, "tag the bucket of the drill")?;
        Ok(())
    }

    /// Stores a version with a lock: mode and date, hold.
    pub(super) async fn put(
        &self,
        key: &str,
        content: &[u8],
        (mode, until, hold): (Option<&str>, OffsetDateTime, bool),
    ) -> Result<Reply, CommandError> {
        let ask = Ask::s3("PUT", format!("/{}/{key}", self.bucket)).body(content.to_vec());
        let ask = locked(ask, mode, until, hold);
        must(self.wire.send(ask).await?, "store a locked version")
    }

    async fn subject(&self, held: Held, brief: OffsetDateTime) -> Result<Subject, CommandError> {
        let key = format!("locked-{}", held.name());
        let content = format!("{} of {}", key, self.bucket)
            .repeat(64)
            .into_bytes();
        let until = match held {
            Held::ExpiredAndHold => brief,
            _ => self.until,
        };
        let reply = if held == Held::ComplianceMultipart {
            self.put_in_parts(&key, &content, until).await?
        } else {
            self.put(&key, &content, (held.mode(), until, held.has_hold()))
                .await?
        };
        let version = reply
            .header("x-amz-version-id")
            .unwrap_or_default()
            .to_owned();
        let mut subject = Subject {
            held,
            bucket: self.bucket.clone(),
            key,
            version,
            content,
            until: String::new(),
        };
        let shown = self.wire.send(Ask::s3("HEAD", subject.target())).await?;
        let date = shown.header("x-amz-object-lock-retain-until-date");
        subject.until = date.unwrap_or_default().to_owned();
        // Without this a server that ignores lock headers would pass for one whose doors are shut.
        if let Some(harm) = subject.harm(&self.wire).await? {
            return Err(CommandError::new(
                Exit::Failure,
                format!("the lock was accepted and is not there: {harm}"),
            ));
        }
        if held.mode().is_some() && subject.until.is_empty() {
            return Err(CommandError::new(
                Exit::Failure,
                "the server shows no retain-until date for a version that was locked",
            ));
        }
        Ok(subject)
    }

    async fn put_in_parts(
        &self,
        key: &str,
        content: &[u8],
        until: OffsetDateTime,
    ) -> Result<Reply, CommandError> {
        let path = format!("/{}/{key}", self.bucket);
        let begin = Ask::s3("POST", format!("{path}?uploads"));
        let begin = locked(begin, Some("COMPLIANCE"), until, false);
        let begun = must(self.wire.send(begin).await?, "begin a multipart upload")?;
        let reply = self.finish_upload(&path, &begun, content).await?;
        must(reply, "complete a multipart upload")
    }

    /// Sends the one part of an upload that was begun, and completes it.
    pub(super) async fn finish_upload(
        &self,
        path: &str,
        begun: &Reply,
        content: &[u8],
    ) -> Result<Reply, CommandError> {
        let id = begun
            .elements("UploadId")
            .into_iter()
            .next()
            .unwrap_or_default();
        let part = Ask::s3("PUT", format!("{path}?partNumber=1&uploadId={id}"))
            .plain_body(content.to_vec());
        let part = must(self.wire.send(part).await?, "store a part")?;
        let etag = part
            .header("etag")
            .unwrap_or_default()
            .replace('"', "&quot;");
        let list = format!(
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>\
             </CompleteMultipartUpload>"
        );
        let complete = Ask::s3("POST", format!("{path}?uploadId={id}")).plain_body(list);
        self.wire.send(complete).await
    }

    async fn wait_until_over(
        &self,
        admin: &Client,
        brief: OffsetDateTime,
    ) -> Result<(), CommandError> {
        for _ in 0..WAITS_MAX {
            if compliance_time(admin).await? > brief + time::Duration::seconds(1) {
                return Ok(());
            }
            clock::pause(Duration::from_millis(250)).await;
        }
        Err(CommandError::new(
            Exit::Failure,
            "the compliance clock did not pass a date that lies three seconds ahead",
        )
        .hint("`azekura clock show` says why it stands still."))
    }
}

/// A request with lock headers.
pub(super) fn locked(ask: Ask, mode: Option<&str>, until: OffsetDateTime, hold: bool) -> Ask {
    let ask = match mode {
        Some(mode) => ask
            .header("x-amz-object-lock-mode", mode)
            .header("x-amz-object-lock-retain-until-date", stamp(until)),
        None => ask,
    };
    if hold {
        return ask.header("x-amz-object-lock-legal-hold", "ON");
    }
    ask
}
