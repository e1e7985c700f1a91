//! `azekura tenant export`: everything of a tenant as files, with a manifest. Keys never become paths: a
//! file is named by a hash of the ids of bucket and version.

mod files;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use azekura_admin_api::client::Client;
use azekura_admin_api::error::Code;
use azekura_admin_api::tenancy::{
    ExportBucket, ExportContentQuery, ExportQuery, ExportVersion, TenancyApi as _,
};
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};

use crate::args::tenancy::TenantExportArgs;
use crate::exit::{CommandError, Exit};
use crate::{connect, output, progress};
use files::{Place, Stored};

/// One line of the manifest.
#[derive(Serialize, Deserialize)]
struct Line {
    bucket: String,
    bucket_id: String,
    bucket_deleted: bool,
    #[serde(flatten)]
    version: ExportVersion,
    /// Below the directory; none for a marker and for what is damaged.
    file: Option<String>,
    /// SHA-256 of the file, computed while it was written.
    file_sha256: Option<String>,
}

/// What was done.
#[derive(Serialize, Default)]
struct Report {
    tenant: String,
    buckets: u64,
    versions: u64,
    markers: u64,
    bytes: u64,
    fetched: u64,
    damaged: u64,
    verified: u64,
    manifest_sha256: String,
}

struct Export<'a> {
    client: Client,
    place: Place<'a>,
    known: BTreeMap<String, Stored>,
    report: Report,
    bar: ProgressBar,
}

pub(crate) async fn run(args: &TenantExportArgs, json: bool) -> Result<Exit, CommandError> {
    let client = connect::client(&args.online)?;
    let buckets = client.export_buckets().await?;
    let place = Place::make(&args.out)?;
    let known = place.known()?;
    let mut export = Export {
        client,
        place,
        known,
        report: Report {
            tenant: buckets.tenant,
            ..Report::default()
        },
        bar: progress::count("versions"),
    };
    let part = export.place.manifest_part();
    let mut manifest = BufWriter::new(File::create(&part)?);
    for bucket in &buckets.buckets {
        // Of a deleted bucket S3 shows nothing.
        if args.history || !bucket.retired {
            export.bucket(bucket, args.history, &mut manifest).await?;
        }
    }
    let manifest = manifest
        .into_inner()
        .map_err(|error| CommandError::new(Exit::Io, error.to_string()))?;
    manifest.sync_all()?;
    export.bar.finish_and_clear();
    export.verify(&part)?;
    export.report.manifest_sha256 = export.place.finish(&part)?;
    let damaged = export.report.damaged;
    output::answer(&export.report, json, text)?;
    Ok(if damaged > 0 { Exit::Damage } else { Exit::Ok })
}

fn text(report: &Report) -> String {
    let mut text = format!(
        "{} buckets, {} versions, {} delete markers, {} bytes; {} fetched now, {} files verified\nmanifest.jsonl {}\n",
        report.buckets,
        report.versions,
        report.markers,
        report.bytes,
        report.fetched,
        report.verified,
        report.manifest_sha256
    );
    if report.damaged > 0 {
        text.push_str(&format!(
            "{} versions are damaged: the manifest says which and why\n",
            report.damaged
        ));
    }
    text
}

impl Export<'_> {
    async fn bucket(
        &mut self,
        bucket: &ExportBucket,
        history: bool,
        manifest: &mut BufWriter<File>,
    ) -> Result<(), CommandError> {
        self.report.buckets = self.report.buckets.saturating_add(1);
        let mut query = ExportQuery {
            bucket: bucket.id.clone(),
            history,
            ..ExportQuery::default()
        };
        loop {
            let page = self.client.export_page(&query).await?;
            for version in page.versions {
                let line = self.version(bucket, version).await?;
                let mut text = serde_json::to_vec(&line)
                    .map_err(|error| CommandError::new(Exit::Failure, error.to_string()))?;
                text.push(b'\n');
                manifest.write_all(&text)?;
                self.bar.inc(1);
            }
            match page.next_key {
                Some(key) => {
                    query.after_key = key;
                    query.after_version = page.next_version.unwrap_or_default();
                }
                None => return Ok(()),
            }
        }
    }

    async fn version(
        &mut self,
        bucket: &ExportBucket,
        mut version: ExportVersion,
    ) -> Result<Line, CommandError> {
        let mut stored = None;
        if version.marker {
            self.report.markers = self.report.markers.saturating_add(1);
        } else {
            self.report.versions = self.report.versions.saturating_add(1);
            match self.content(bucket, &version).await {
                Ok(found) => stored = Some(found),
                Err(error) if error.exit == Exit::Damage => {
                    version.damaged = Some(error.message);
                }
                Err(error) => return Err(error),
            }
        }
        if version.damaged.is_some() {
            self.report.damaged = self.report.damaged.saturating_add(1);
        }
        if let Some((_, stored)) = &stored {
            self.report.bytes = self.report.bytes.saturating_add(stored.bytes);
        }
        let (file, hash) = stored.map(|(file, stored)| (file, stored.sha256)).unzip();
        Ok(Line {
            bucket: bucket.name.clone(),
            bucket_id: bucket.id.clone(),
            bucket_deleted: bucket.retired,
            version,
            file,
            file_sha256: hash,
        })
    }

    /// The file of a version: the one that is there, or fetched now.
    async fn content(
        &mut self,
        bucket: &ExportBucket,
        version: &ExportVersion,
    ) -> Result<(String, Stored), CommandError> {
        let file = files::name(&bucket.id, &version.version);
        if let Some(known) = self.known.get(&file)
            && known.bytes == version.bytes
            && self.place.bytes(&file) == Some(known.bytes)
        {
            return Ok((file, known.clone()));
        }
        let query = ExportContentQuery {
            bucket: bucket.id.clone(),
            key: version.key.clone(),
            version: version.version.clone(),
        };
        let content = self.client.export_content(&query).await.map_err(damage)?;
        let stored = self.place.write(&file, content).await?;
        if stored.bytes != version.bytes {
            return Err(CommandError::new(
                Exit::Damage,
                format!("{} bytes came, not {}", stored.bytes, version.bytes),
            ));
        }
        if version
            .sha256
            .as_ref()
            .is_some_and(|hash| *hash != stored.sha256)
        {
            return Err(CommandError::new(
                Exit::Damage,
                "the SHA-256 is not the one on record",
            ));
        }
        self.place.note(&file, &stored)?;
        self.report.fetched = self.report.fetched.saturating_add(1);
        Ok((file, stored))
    }

    /// Reads the manifest and every file that it names, and hashes them again.
    fn verify(&mut self, manifest: &Path) -> Result<(), CommandError> {
        let bar = progress::count("files verified");
        let mut wrong = Vec::new();
        files::each_line(manifest, |line: Line| {
            let (Some(file), Some(hash)) = (line.file, line.file_sha256) else {
                return Ok(());
            };
            // Not the name that stands there, but the one that it must be.
            let name = files::name(&line.bucket_id, &line.version.version);
            if name != file || self.place.hash(&name)? != hash {
                self.place.forget(&name);
                wrong.push(name);
            }
            self.report.verified = self.report.verified.saturating_add(1);
            bar.inc(1);
            Ok(())
        })?;
        bar.finish_and_clear();
        match wrong.first() {
            None => Ok(()),
            Some(first) => Err(CommandError::new(
                Exit::Damage,
                format!(
                    "{} files are not what was written; the first is {first}",
                    wrong.len()
                ),
            )
            .hint("They were taken away: run the same command again, and look at the disk.")),
        }
    }
}

/// What is damaged in the vault is listed; everything else stops the export, which can go on later.
fn damage(error: azekura_admin_api::error::ApiError) -> CommandError {
    let damaged = matches!(error.code, Code::Damaged | Code::Gone);
    let mut error = CommandError::from(error);
    if damaged {
        error.exit = Exit::Damage;
    }
    error
}
