//! What conditions of policies may ask of a request (AWS service authorization reference, "Actions,
//! resources, and condition keys for Amazon S3"; AWS global condition context keys).

use std::cell::RefCell;

use azekura_model::access::Grant;
use azekura_model::lock::{Retention, RetentionMode};
use azekura_model::name::{BucketName, ObjectKey};
use azekura_model::policy::Facts;
use azekura_model::time::WallTime;
use azekura_store::error::StoreError;
use azekura_store::store::Store;
use http::HeaderMap;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use super::Peer;
use super::gate::Place;
use crate::convert::{locks, names};
use crate::guard::request::parse_query;

/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 3600 * 1000;

/// Where the signature of a request stood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SignedBy {
    /// There was none.
    Nobody,
    /// In the `Authorization` header.
    Header,
    /// In the query: a presigned URL.
    Query,
    /// In the fields of a form.
    Form,
}

/// What the body of a request says that conditions ask for.
#[derive(Clone, Debug, Default)]
pub(crate) enum BodyFacts {
    /// Nothing.
    #[default]
    None,
    /// Tags.
    Tags(Vec<(String, String)>),
    /// A retention; `None` = it is taken away.
    Retention(Option<Retention>),
    /// A legal hold.
    Hold(bool),
}

/// What a request says.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) headers: HeaderMap,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) peer: Peer,
    pub(crate) signed: SignedBy,
    pub(crate) now: WallTime,
    pub(crate) body: BodyFacts,
}

impl Asked {
    fn header(&self, name: &str) -> Option<&str> {
        let value = self.headers.get(name)?;
        std::str::from_utf8(value.as_bytes()).ok()
    }

    fn param(&self, name: &str) -> Option<&str> {
        let mut all = self.query.iter();
        all.find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    fn tags(&self) -> Vec<(String, String)> {
        match &self.body {
            BodyFacts::Tags(tags) => tags.clone(),
            _ => self
                .header("x-amz-tagging")
                .and_then(parse_query)
                .unwrap_or_default(),
        }
    }

    /// The retention that is asked for. What is malformed is refused by the operation.
    fn retention(&self) -> Option<Retention> {
        match &self.body {
            BodyFacts::Retention(retention) => *retention,
            _ => locks::asked(&self.headers).ok()?.retention,
        }
    }

    fn hold(&self) -> Option<bool> {
        match &self.body {
            BodyFacts::Hold(on) => Some(*on),
            _ => locks::asked(&self.headers).ok()?.hold,
        }
    }

    /// Milliseconds since the request was signed.
    fn signature_age(&self) -> Option<i64> {
        let text = match self.signed {
            SignedBy::Header => self.header("x-amz-date")?,
            SignedBy::Query => self.param("X-Amz-Date")?,
            SignedBy::Nobody | SignedBy::Form => return None,
        };
        let format = format_description!("[year][month][day]T[hour][minute][second]Z");
        let at = PrimitiveDateTime::parse(text, format).ok()?;
        let signed = at.assume_utc().unix_timestamp().saturating_mul(1000);
        Some(self.now.0.saturating_sub(signed).max(0))
    }

    fn of_lock(&self, key: &str) -> Option<String> {
        Some(match key {
            "mode" => match self.retention()?.mode {
                RetentionMode::Governance => "GOVERNANCE".to_owned(),
                RetentionMode::Compliance => "COMPLIANCE".to_owned(),
            },
            "retain-until-date" => moment(WallTime(self.retention()?.until.0)),
            // A started day counts: ten days from now are ten, however long the request took.
            "remaining-retention-days" => {
                let ms = self.retention()?.until.0.saturating_sub(self.now.0);
                let days = ms.saturating_add(DAY_MS - 1).div_euclid(DAY_MS);
                days.to_string()
            }
            "legal-hold" => if self.hold()? { "ON" } else { "OFF" }.to_owned(),
            _ => return None,
        })
    }

    /// Keys with one value, or none.
    fn one(&self, key: &str) -> Option<String> {
        if let Some(key) = key.strip_prefix("s3:object-lock-") {
            return self.of_lock(key);
        }
        if key == "s3:x-amz-copy-source" {
            return self.copy_source();
        }
        if let Some(name) = key
            .strip_prefix("s3:")
            .filter(|name| name.starts_with("x-amz-"))
        {
            return self.header(name).map(str::to_owned);
        }
        Some(match key {
            "aws:sourceip" => self.peer.address?.to_canonical().to_string(),
            "aws:securetransport" => self.peer.secure.to_string(),
            "aws:useragent" => self.header("user-agent")?.to_owned(),
            "aws:referer" => self.header("referer")?.to_owned(),
            "aws:currenttime" => moment(self.now),
            "aws:epochtime" => self.now.0.div_euclid(1000).to_string(),
            "s3:delimiter" => self.param("delimiter")?.to_owned(),
            "s3:max-keys" => self.param("max-keys")?.to_owned(),
            "s3:if-match" => self.header("if-match")?.to_owned(),
            "s3:if-none-match" => self.header("if-none-match")?.to_owned(),
            "s3:signatureversion" if self.signed != SignedBy::Nobody => {
                crate::guard::ALGORITHM.to_owned()
            }
            "s3:authtype" => match self.signed {
                SignedBy::Nobody => return None,
                SignedBy::Header => "REST-HEADER".to_owned(),
                SignedBy::Query => "REST-QUERY-STRING".to_owned(),
                SignedBy::Form => "POST".to_owned(),
            },
            "s3:signatureage" => self.signature_age()?.to_string(),
            _ => return None,
        })
    }

    /// `BUCKET/KEY`, decoded: without the slash that some clients put before it, and without a version.
    fn copy_source(&self) -> Option<String> {
        let text = self.header("x-amz-copy-source")?;
        let path = text
            .split_once("?versionId=")
            .map_or(text, |(path, _)| path);
        let path = path.strip_prefix('/').unwrap_or(path);
        // A plus sign is itself in a path.
        let path = path.replace('+', "%2B");
        let mut decoded = parse_query(&path)?;
        decoded.pop().map(|(name, _)| name)
    }
}

fn moment(at: WallTime) -> String {
    let seconds = at.0.div_euclid(1000);
    let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    at.format(&Rfc3339).unwrap_or_default()
}

/// The facts of one question.
pub(super) struct AskFacts<'a> {
    pub(super) asked: &'a Asked,
    pub(super) store: &'a Store,
    pub(super) grant: &'a Grant,
    pub(super) place: &'a Place,
    /// Why tags could not be read: no answer counts then.
    pub(super) failed: RefCell<Option<StoreError>>,
}

impl AskFacts<'_> {
    fn existing_tags(&self, name: &str) -> Option<Vec<String>> {
        let (bucket, key) = self.place.object()?;
        let bucket = BucketName::parse(bucket).ok()?;
        let key = ObjectKey::parse(key).ok()?;
        let which = names::which(self.place.version.as_deref()).ok()?;
        match self.store.existing_tags(&bucket, &key, which) {
            Ok(tags) => named(&tags?, name),
            Err(error) => {
                *self.failed.borrow_mut() = Some(error);
                None
            }
        }
    }
}

/// Values of the tags of a name. Case does not count in the name of a condition key.
fn named(tags: &[(String, String)], name: &str) -> Option<Vec<String>> {
    let same = |(key, _): &&(String, String)| key.to_lowercase() == name;
    let values: Vec<_> = tags.iter().filter(same).map(|(_, v)| v.clone()).collect();
    (!values.is_empty()).then_some(values)
}

impl Facts for AskFacts<'_> {
    fn values(&self, key: &str) -> Option<Vec<String>> {
        if let Some(name) = key.strip_prefix("s3:existingobjecttag/") {
            return self.existing_tags(name);
        }
        let of_request = key
            .strip_prefix("s3:requestobjecttag/")
            .or_else(|| key.strip_prefix("aws:requesttag/"));
        if let Some(name) = of_request {
            return named(&self.asked.tags(), name);
        }
        match key {
            "s3:requestobjecttagkeys" | "aws:tagkeys" => {
                let tags = self.asked.tags();
                let keys: Vec<_> = tags.into_iter().map(|(key, _)| key).collect();
                (!keys.is_empty()).then_some(keys)
            }
            "s3:versionid" => self.place.version.clone().map(|version| vec![version]),
            "s3:prefix" => {
                let prefix = self.place.prefix.as_deref();
                let prefix = prefix.or_else(|| self.asked.param("prefix"));
                prefix.map(|prefix| vec![prefix.to_owned()])
            }
            "aws:userid" => {
                let tenant = self.grant.tenant?.to_string();
                Some(vec![self.grant.user.clone().unwrap_or(tenant)])
            }
            _ => self.asked.one(key).map(|value| vec![value]),
        }
    }
}
