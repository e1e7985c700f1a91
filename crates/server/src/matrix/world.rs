//! A real server in this process, its keys, and versions in every lock state.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use azekura_admin_api::identity::{KeyMade, TenantMade};
use azekura_admin_api::paths;
use azekura_admin_api::sigv4::{self, Credentials};
use azekura_engine::seam::{Commit, CommitClass, CommitId, Mutations, NewRecord};
use azekura_model::access::Preset;
use azekura_model::ident::VersionId;
use azekura_model::position::PartitionId;
use azekura_store::families;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::paths::State;
use super::wire::{Ask, Reply, Signing, Wire};
use crate::config::{Checked, File, Overrides};
use crate::open::{self, Opened};
use crate::{keys, serve};

/// Bytes of every version.
pub(super) const CONTENT: &str = "the bytes of a version";
/// Seconds until the dates are over that must be. Everything is stored within it.
const BRIEF_SECONDS: i64 = 45;

/// Keys that begin so are given a class that waits for an event.
const EVENT_PREFIX: &str = "karte-";
/// That class: five years from the day on which the care was completed.
const EVENT_CLASS: &str = "karte-5y";

/// Rights of the keys; the root key has all.
pub(super) const KEYS: &[(&str, &str)] = &[
    ("READKEY", "'read'"),
    ("WRITEKEY", "'read', 'write'"),
    ("MANAGEKEY", "'manage'"),
    ("LOCKKEY", "'lock'"),
    ("BYPASSKEY", "'read', 'write', 'manage', 'lock', 'bypass'"),
    ("ADMINKEY", "'admin'"),
    ("AWAYKEY", "'read', 'write', 'manage', 'lock', 'bypass'"),
];

/// What names of keys begin with that are made through the admin API, of presets.
pub(super) const PRESET: &str = "preset ";
/// The administrator of another institution.
pub(super) const FOREIGN: &str = "foreign administrator";

/// The bucket whose policy allows everything to everybody.
const PUBLIC: &str = "matrix-public";

/// One version that requests are aimed at.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) id: String,
    pub(super) state: State,
    pub(super) until: OffsetDateTime,
}

impl Target {
    pub(super) fn key(&self) -> String {
        format!("/{}/{}", self.bucket, self.key)
    }

    pub(super) fn version(&self) -> String {
        format!("{}?versionId={}", self.key(), self.id)
    }

    pub(super) fn sub(&self, name: &str) -> String {
        format!("{}?{name}&versionId={}", self.key(), self.id)
    }

    pub(super) fn bucket(&self, query: &str) -> String {
        format!("/{}{query}", self.bucket)
    }

    pub(super) fn admin(&self, rest: &str) -> String {
        format!("/v1/buckets/{}{rest}", self.bucket)
    }

    pub(super) fn source(&self) -> String {
        format!("/{}/source", self.bucket)
    }

    pub(super) fn batch(&self, named: bool) -> String {
        let version = if named {
            format!("<VersionId>{}</VersionId>", self.id)
        } else {
            String::new()
        };
        format!(
            "<Delete><Object><Key>{}</Key>{version}</Object></Delete>",
            self.key
        )
    }

    /// A minute sooner than its date.
    pub(super) fn sooner(&self) -> String {
        stamp(self.until - time::Duration::minutes(1))
    }

    /// Retention in the mode that it has, until a minute sooner.
    pub(super) fn earlier(&self) -> String {
        let mode = match self.state {
            State::Compliance => "COMPLIANCE",
            _ => "GOVERNANCE",
        };
        retention(mode, self.until - time::Duration::minutes(1))
    }

    /// GOVERNANCE until a minute later.
    pub(super) fn governance(&self) -> String {
        retention("GOVERNANCE", self.until + time::Duration::minutes(1))
    }
}

fn stamp(at: OffsetDateTime) -> String {
    at.replace_nanosecond(0).unwrap().format(&Rfc3339).unwrap()
}

fn retention(mode: &str, until: OffsetDateTime) -> String {
    format!(
        "<Retention><Mode>{mode}</Mode><RetainUntilDate>{}</RetainUntilDate></Retention>",
        stamp(until)
    )
}

/// The server and what is in it.
pub(super) struct World {
    pub(super) wire: Wire,
    pub(super) bucket: String,
    pub(super) root: Credentials,
    /// Keys of the directory, by the names that the credentials have for them.
    made: BTreeMap<String, Credentials>,
    opened: Opened,
    brief: OffsetDateTime,
    until: OffsetDateTime,
    /// Of the one bucket and of the public one.
    partitions: [PartitionId; 2],
    _stop: watch::Sender<bool>,
    _dir: tempfile::TempDir,
}

pub(super) fn secret(id: &str) -> String {
    format!("secret-of-{id}-that-guards-synthetic-data")
}

/// A configuration with the keys of the test.
fn configured(dir: &std::path::Path) -> Checked {
    let mut text = String::new();
    for (id, rights) in KEYS {
        let file = dir.join(id);
        std::fs::write(&file, secret(id)).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        text += &format!(
            "[[keys]]\nid = '{id}'\nprincipal = '{id}'\nsecret_file = {file:?}\nrights = [{rights}]\n"
        );
        if *id == "AWAYKEY" {
            text += "tenant = 'away'\n";
        }
    }
    let file: File = toml::from_str(&text).unwrap();
    let overrides = Overrides {
        data_dir: Some(dir.join("vault")),
        root_key_id: Some("ROOTKEY".to_owned()),
        root_secret: Some(secret("ROOTKEY")),
        ..Overrides::default()
    };
    Checked::new(file, overrides).unwrap()
}

impl World {
    pub(super) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = configured(dir.path());
        let (tell, _poisoned) = watch::channel(None);
        let opened = open::open(&config, tell).await.unwrap();
        let root = keys::root(&config, &opened).unwrap();
        let listen = || TcpListener::bind("127.0.0.1:0");
        let listeners = (listen().await.unwrap(), listen().await.unwrap());
        let (stop, stopped) = watch::channel(false);
        let begun = serve::begin(&config, &opened, &root, listeners, stopped).unwrap();
        let wire = Wire::new(
            format!("http://{}", begun.s3_addr),
            format!("http://{}", begun.admin_addr),
            &opened.region,
            opened.running.unix_seconds(),
        );
        let now = opened.running.clock.compliance().0;
        let now = OffsetDateTime::from_unix_timestamp(now.div_euclid(1000)).unwrap();
        let mut world = Self {
            wire,
            bucket: "matrix".to_owned(),
            root: Credentials {
                key_id: root.id,
                secret: root.secret,
            },
            made: BTreeMap::new(),
            opened,
            brief: now + time::Duration::seconds(BRIEF_SECONDS),
            until: now + time::Duration::hours(1),
            partitions: [PartitionId(0); 2],
            _stop: stop,
            _dir: dir,
        };
        for bucket in [world.bucket.clone(), PUBLIC.to_owned()] {
            world.make(&bucket).await;
        }
        world.open_to_everybody().await;
        let both = [world.bucket.clone(), PUBLIC.to_owned()];
        for (at, bucket) in both.iter().enumerate() {
            world.partitions[at] = world.find_partition(bucket).await;
        }
        world.make_keys().await;
        world
    }

    /// A key of each preset, and another tenant with an administrator.
    async fn make_keys(&mut self) {
        for preset in Preset::ALL {
            let preset = preset.as_str();
            let body = format!("{{\"label\":\"{preset}\",\"preset\":\"{preset}\"}}");
            let made = self
                .must(Ask::admin("POST", paths::KEYS.to_owned()).json(body))
                .await;
            let key: KeyMade = serde_json::from_str(&made.text()).unwrap();
            self.keep(format!("{PRESET}{preset}"), key);
        }
        let body = "{\"name\":\"elsewhere\",\"dual_control\":\"off\",\"admins\":[{\"name\":\"sato\"}],\
                    \"one_time_passwords\":false}";
        let made = self
            .must(Ask::admin("POST", paths::TENANTS.to_owned()).json(body))
            .await;
        let tenant: TenantMade = serde_json::from_str(&made.text()).unwrap();
        for key in tenant.keys {
            self.keep(FOREIGN.to_owned(), key);
        }
    }

    fn keep(&mut self, name: String, key: KeyMade) {
        let credentials = Credentials {
            key_id: key.access_key_id,
            secret: key.secret_access_key,
        };
        self.made.insert(name, credentials);
    }

    /// The key that a credential names.
    pub(super) fn key(&self, name: &str) -> Credentials {
        self.made.get(name).cloned().unwrap_or_else(|| Credentials {
            key_id: name.to_owned(),
            secret: secret(name),
        })
    }

    async fn must(&self, ask: Ask) -> Reply {
        let said = format!("{ask:?}");
        let reply = self.wire.send(ask, &self.root, Signing::Header).await;
        assert!(
            reply.accepted(),
            "{said}: {} {}",
            reply.status,
            reply.text()
        );
        reply
    }

    /// A bucket with object lock, something to copy, and a class that waits for an event.
    async fn make(&self, bucket: &str) {
        let make = Ask::s3("PUT", format!("/{bucket}"));
        self.must(make.header("x-amz-bucket-object-lock-enabled", "true"))
            .await;
        self.must(Ask::s3("PUT", format!("/{bucket}/source")).body("source"))
            .await;
        let rule = format!(
            "/v1/buckets/{bucket}/retention-classes?class={EVENT_CLASS}&prefix={EVENT_PREFIX}&mode=compliance"
        );
        self.must(Ask::admin("POST", rule)).await;
    }

    /// The widest policy that can be written, and nothing that blocks it.
    async fn open_to_everybody(&self) {
        let block = Ask::s3("DELETE", format!("/{PUBLIC}?publicAccessBlock"));
        self.must(block).await;
        let policy = format!(
            "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Principal\":\"*\",\
             \"Action\":\"*\",\"Resource\":[\"arn:aws:s3:::{PUBLIC}\",\"arn:aws:s3:::{PUBLIC}/*\"]}}]}}"
        );
        self.must(Ask::s3("PUT", format!("/{PUBLIC}?policy")).body(policy))
            .await;
    }

    async fn find_partition(&self, bucket: &str) -> PartitionId {
        let cut = self
            .must(Ask::admin("POST", "/v1/vault/snapshot".to_owned()))
            .await;
        let cut: serde_json::Value = serde_json::from_slice(&cut.body).unwrap();
        let heads = cut["heads"].as_array().unwrap();
        let head = heads.iter().find(|head| head["bucket"] == bucket);
        let hex = head.unwrap()["partition"].as_str().unwrap();
        PartitionId(u64::from_str_radix(hex, 16).unwrap())
    }

    /// Stores a version in a state.
    pub(super) async fn target(&self, public: bool, key: String, state: State) -> Target {
        let bucket = if public { PUBLIC } else { &self.bucket };
        let partition = self.partitions[usize::from(public)];
        let key = match state {
            State::Event => format!("{EVENT_PREFIX}{key}"),
            _ => key,
        };
        let path = format!("/{bucket}/{key}");
        let mut ask = Ask::s3("PUT", path).body(CONTENT);
        let dated = match state {
            State::Governance | State::Unknown => Some(("GOVERNANCE", self.until)),
            State::Compliance => Some(("COMPLIANCE", self.until)),
            State::Expired | State::ExpiredAndHold => Some(("COMPLIANCE", self.brief)),
            State::Free | State::Hold | State::Event => None,
        };
        if let Some((mode, until)) = dated {
            ask = ask
                .header("x-amz-object-lock-mode", mode)
                .header("x-amz-object-lock-retain-until-date", stamp(until));
        }
        if matches!(state, State::Hold | State::ExpiredAndHold) {
            ask = ask.header("x-amz-object-lock-legal-hold", "ON");
        }
        let id = self.must(ask).await.header("x-amz-version-id");
        if state == State::Unknown {
            self.damage(partition, &id).await;
        }
        Target {
            bucket: bucket.to_owned(),
            key,
            id,
            state,
            until: self.until,
        }
    }

    /// Puts bytes that mean nothing in the place of the index's lock of a version.
    async fn damage(&self, partition: PartitionId, id: &str) {
        let version = VersionId::parse(id).unwrap();
        let mut commit_id = [0x5a; 16];
        let bytes = sigv4::sha256_hex(id.as_bytes()).into_bytes();
        commit_id.copy_from_slice(&bytes[..16]);
        let commit = Commit {
            id: CommitId(commit_id),
            class: CommitClass::Essential,
            guards: Vec::new(),
            mutations: Mutations {
                puts: vec![(families::lock(version), "no lock".into())],
                deletes: Vec::new(),
            },
            record: NewRecord {
                kind: u16::MAX,
                core: "damage".into(),
                particulars: bytes::Bytes::new(),
                payload: bytes::Bytes::new(),
            },
        };
        let engine = Arc::clone(&self.opened.running.engine);
        engine.commit(partition, commit).await.unwrap();
    }

    /// Waits until the dates are over that must be.
    pub(super) async fn wait(&self) {
        let over = self.brief.unix_timestamp() * 1000;
        let mut tick = crate::clock::every(std::time::Duration::from_millis(200));
        while self.opened.running.clock.compliance().0 <= over {
            tick.tick().await;
        }
    }

    /// The lock that S3 shows, or why it shows none.
    pub(super) async fn shown(&self, target: &Target) -> Reply {
        let ask = Ask::s3("GET", target.version());
        self.wire.send(ask, &self.root, Signing::Header).await
    }

    /// Whether S3 lists the version.
    pub(super) async fn listed(&self, target: &Target) -> bool {
        let list = format!("/{}?prefix={}&versions", target.bucket, target.key);
        let listed = self.must(Ask::s3("GET", list)).await;
        listed
            .text()
            .contains(&format!("<VersionId>{}</VersionId>", target.id))
    }
}
