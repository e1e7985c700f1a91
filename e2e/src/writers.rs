//! Many writers that note what was acknowledged, and the check of it afterwards.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::client::{Client, between};
use crate::random::Seeded;
use crate::{Failure, content};

/// What the server acknowledged: (key, version id) to the seed and length of the content, or
/// `None` for a delete marker.
pub(crate) type Acknowledged = BTreeMap<(String, String), Option<(u64, usize)>>;

/// Shared between writers and whoever stops them.
#[derive(Default)]
pub(crate) struct Ledger {
    acknowledged: Mutex<Acknowledged>,
    count: AtomicU64,
    stop: AtomicBool,
}

impl Ledger {
    /// Number of acknowledgements so far.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }

    /// Tells the writers to end.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
    }

    /// What was acknowledged so far.
    pub(crate) fn snapshot(&self) -> Result<Acknowledged, Failure> {
        Ok(self
            .acknowledged
            .lock()
            .map_err(|_| "a writer panicked")?
            .clone())
    }

    fn note(&self, key: String, version: String, content: Option<(u64, usize)>) {
        if let Ok(mut all) = self.acknowledged.lock() {
            all.insert((key, version), content);
            self.count.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// One writer: puts and now and then a delete on its own 25 keys, until it is told to stop or the
/// server is gone.
pub(crate) fn write_until_stopped(ledger: &Ledger, authority: &str, bucket: &str, writer: u64) {
    let Ok(mut client) = Client::connect(authority) else {
        return;
    };
    let mut random = Seeded::new(writer.wrapping_mul(7919) ^ ledger.count());
    while !ledger.stop.load(Ordering::SeqCst) {
        let key = format!("w{:02}/k{:02}", writer % 100, random.below(25));
        let path = format!("/{bucket}/{key}");
        if random.below(17) == 0 {
            let Ok(answer) = client.send("DELETE", &path, "", &[], b"") else {
                return;
            };
            if answer.status == 204 {
                let version = answer.header("x-amz-version-id").unwrap_or("").to_owned();
                ledger.note(key, version, None);
            }
            continue;
        }
        let length = match random.below(40) {
            0 => 1_200_000 + random.below(900_000),
            1..=4 => 66_000 + random.below(200_000),
            _ => 16 + random.below(8_000),
        };
        let length = usize::try_from(length).unwrap_or(16);
        let seed = random.next();
        let body = content::make(seed, length);
        let Ok(answer) = client.send("PUT", &path, "", &[], &body) else {
            return;
        };
        if answer.status == 200 {
            let version = answer.header("x-amz-version-id").unwrap_or("").to_owned();
            ledger.note(key, version, Some((seed, length)));
        }
    }
}

/// Makes a bucket with versioning enabled.
pub(crate) fn versioned_bucket(authority: &str, bucket: &str) -> Result<(), Failure> {
    let mut client = Client::connect(authority)?;
    let made = client.send("PUT", &format!("/{bucket}"), "", &[], b"")?;
    let enable = b"<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
        <Status>Enabled</Status></VersioningConfiguration>";
    let enabled = client.send("PUT", &format!("/{bucket}"), "versioning=", &[], enable)?;
    if made.status == 200 && enabled.status == 200 {
        return Ok(());
    }
    Err(format!("{} {}: {}", made.status, enabled.status, enabled.text()).into())
}

/// Every version that the bucket lists: (key, version id) to whether it is a delete marker.
pub(crate) fn listed(
    client: &mut Client,
    bucket: &str,
) -> Result<BTreeMap<(String, String), bool>, Failure> {
    let mut found = BTreeMap::new();
    let mut markers = String::new();
    loop {
        let (key_marker, version_marker) = markers
            .split_once('\n')
            .map_or((String::new(), String::new()), |(key, version)| {
                (key.replace('/', "%2F"), version.to_owned())
            });
        let query = if key_marker.is_empty() {
            "versions=".to_owned()
        } else {
            format!("key-marker={key_marker}&version-id-marker={version_marker}&versions=")
        };
        let answer = client.send("GET", &format!("/{bucket}"), &query, &[], b"")?;
        if answer.status != 200 {
            return Err(format!("list versions: {} {}", answer.status, answer.text()).into());
        }
        let text = answer.text();
        for (start, end, marker) in [
            ("<Version>", "</Version>", false),
            ("<DeleteMarker>", "</DeleteMarker>", true),
        ] {
            for piece in text.split(start).skip(1) {
                let inside = piece.split(end).next().unwrap_or("");
                let key = between(inside, "<Key>", "</Key>").ok_or("no key")?;
                let version = between(inside, "<VersionId>", "</VersionId>").ok_or("no id")?;
                found.insert((key, version), marker);
            }
        }
        if between(&text, "<IsTruncated>", "</IsTruncated>").as_deref() != Some("true") {
            return Ok(found);
        }
        let next = |name: &str| {
            between(&text, &format!("<{name}>"), &format!("</{name}>")).unwrap_or_default()
        };
        markers = format!("{}\n{}", next("NextKeyMarker"), next("NextVersionIdMarker"));
    }
}

/// Checks that all of `acknowledged` is there, whole, and that whatever else is listed is whole
/// too. Returns the number of versions listed. `recheck` limits which acknowledged versions are
/// fetched (all are looked for in the listing).
pub(crate) fn verify(
    authority: &str,
    bucket: &str,
    acknowledged: &Acknowledged,
    fetch: impl Fn(&(String, String)) -> bool,
) -> Result<usize, Failure> {
    let mut client = Client::connect(authority)?;
    let listed = listed(&mut client, bucket)?;
    for (name, content) in acknowledged {
        match (listed.get(name), content) {
            (None, _) => return Err(format!("acknowledged and lost: {name:?}").into()),
            (Some(marker), content) if *marker == content.is_some() => {
                return Err(format!("{name:?} changed its kind").into());
            }
            _ => {}
        }
    }
    for (name, marker) in &listed {
        if *marker || !fetch(name) {
            continue;
        }
        let (key, version) = name;
        let query = format!("versionId={version}");
        let answer = client.send("GET", &format!("/{bucket}/{key}"), &query, &[], b"")?;
        if answer.status != 200 {
            return Err(format!("GET {name:?}: {} {}", answer.status, answer.text()).into());
        }
        let same = match acknowledged.get(name) {
            Some(Some((seed, length))) => answer.body == content::make(*seed, *length),
            _ => content::is_whole(&answer.body),
        };
        if !same {
            return Err(format!("{name:?} has other bytes than were stored").into());
        }
    }
    Ok(listed.len())
}
