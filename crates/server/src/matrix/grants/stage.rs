//! A real server with two institutions, one that asks for two people and one that does not, and in each
//! a key for every preset and every place where a policy can stand.

use std::collections::BTreeMap;

use azekura_admin_api::identity::{KeyMade, TenantMade};
use azekura_admin_api::paths;
use azekura_admin_api::sigv4::Credentials;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::super::wire::{Ask, Reply, Signing, Wire};
use super::rule::{NARROW, NONE, PRESETS, Said};
use crate::config::{Checked, File, Overrides};
use crate::open::{self, Opened};
use crate::{keys, serve};

/// Nobody else can sign in these institutions: what waits acts when it is asked for again.
const CONFIG: &str = "[approvals]\ni_accept_waiting_alone_for_seconds = 0\n";
/// Most repetitions of what waits.
const ATTEMPTS: usize = 100;
const SECRET: &str = "secret-of-the-root-that-guards-synthetic-data";

/// An institution.
pub(super) struct Institution {
    /// Asks for two people.
    pub(super) dual: bool,
    pub(super) id: String,
    name: &'static str,
    /// May everything; no policy of a bucket names it.
    stagehand: Credentials,
    keys: BTreeMap<(&'static str, Said), Credentials>,
    /// Version of `shared` in each of its three buckets.
    versions: BTreeMap<String, String>,
}

impl Institution {
    pub(super) fn key(&self, preset: &'static str, said: Said) -> Credentials {
        // The policy of a bucket is said of the key without a policy.
        let said = match said {
            Said::BucketAllows | Said::BucketDenies => Said::Absent,
            other => other,
        };
        self.keys[&(preset, said)].clone()
    }

    /// The bucket that all cells share whose bucket says this.
    pub(super) fn bucket(&self, said: Said) -> String {
        let suffix = match said {
            Said::BucketAllows => "allows",
            Said::BucketDenies => "denies",
            _ => "plain",
        };
        format!("{}-{suffix}", self.name)
    }

    pub(super) fn version(&self, bucket: &str) -> &str {
        self.versions.get(bucket).map_or("", String::as_str)
    }
}

/// The server.
pub(super) struct Stage {
    pub(super) wire: Wire,
    pub(super) institutions: Vec<Institution>,
    pub(super) later: String,
    root: Credentials,
    _opened: Opened,
    _stop: watch::Sender<bool>,
    _dir: tempfile::TempDir,
}

fn policy(effect: &str, actions: &str) -> String {
    let actions: Vec<&str> = actions.split_whitespace().collect();
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": effect, "Action": actions, "Resource": "*"}
    ]})
    .to_string()
}

impl Stage {
    pub(super) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file: File = toml::from_str(CONFIG).unwrap();
        let overrides = Overrides {
            data_dir: Some(dir.path().join("vault")),
            root_key_id: Some("ROOTKEY".to_owned()),
            root_secret: Some(SECRET.to_owned()),
            ..Overrides::default()
        };
        let config = Checked::new(file, overrides).unwrap();
        let (tell, _poisoned) = watch::channel(None);
        let opened = open::open(&config, tell).await.unwrap();
        let root = keys::root(&config, &opened).unwrap();
        let listen = || TcpListener::bind("127.0.0.1:0");
        let listeners = (listen().await.unwrap(), listen().await.unwrap());
        let (stop, stopped) = watch::channel(false);
        let begun = serve::begin(&config, &opened, &root, listeners, stopped).unwrap();
        let now = opened.running.unix_seconds();
        let later = OffsetDateTime::from_unix_timestamp(now + 24 * 3600).unwrap();
        let mut stage = Self {
            wire: Wire::new(
                format!("http://{}", begun.s3_addr),
                format!("http://{}", begun.admin_addr),
                &opened.region,
                now,
            ),
            institutions: Vec::new(),
            later: later.format(&Rfc3339).unwrap(),
            root: Credentials {
                key_id: root.id,
                secret: root.secret,
            },
            _opened: opened,
            _stop: stop,
            _dir: dir,
        };
        for (name, dual) in [("off", false), ("required", true)] {
            let made = stage.institution(name, dual).await;
            stage.institutions.push(made);
        }
        stage
    }

    /// Asks until it is done: what waits for a second person acts when it is asked for again.
    async fn must(&self, ask: Ask, key: &Credentials) -> Reply {
        let mut tick = crate::clock::every(std::time::Duration::from_millis(20));
        let mut last = String::new();
        for _ in 0..ATTEMPTS {
            let reply = self.wire.send(ask.clone(), key, Signing::Header).await;
            if reply.accepted() {
                return reply;
            }
            last = format!("{} {}", reply.status, reply.text());
            tick.tick().await;
        }
        panic!("{ask:?}: {last}")
    }

    async fn institution(&self, name: &'static str, dual: bool) -> Institution {
        let dual_control = if dual { "required" } else { "off" };
        let body = json!({"name": name, "dual_control": dual_control, "admins": [{"name": "sato"}],
            "one_time_passwords": false});
        let ask = Ask::admin("POST", paths::TENANTS.to_owned()).json(body.to_string());
        let made = self.must(ask, &self.root).await.text();
        let made: TenantMade = serde_json::from_str(&made).unwrap();
        let admin = of_key(made.keys.into_iter().next().unwrap());
        for (policy_name, effect) in [("everything", "Allow"), ("nothing", "Deny")] {
            let document = policy(effect, "*");
            let body = json!({"name": policy_name, "document": document}).to_string();
            let ask = Ask::admin("PUT", paths::POLICIES.to_owned()).json(body);
            self.must(ask, &admin).await;
        }
        let mut keys = BTreeMap::new();
        for (preset, _) in PRESETS {
            for said in Said::ALL {
                if !matches!(said, Said::BucketAllows | Said::BucketDenies) {
                    let key = self.key(&admin, preset, said).await;
                    keys.insert((*preset, said), key);
                }
            }
        }
        let user = json!({"name": "stagehand", "kind": "system", "policies": ["everything"]});
        let ask = Ask::admin("PUT", paths::USERS.to_owned()).json(user.to_string());
        self.must(ask, &admin).await;
        let body = json!({"label": "stagehand", "user": "stagehand"});
        let mut made = Institution {
            dual,
            id: made.id,
            name,
            stagehand: self.made(&admin, body).await,
            keys,
            versions: BTreeMap::new(),
        };
        for said in [Said::Absent, Said::BucketAllows, Said::BucketDenies] {
            let bucket = made.bucket(said);
            self.bucket(&made, &bucket, said, false).await;
            let put = Ask::s3("PUT", format!("/{bucket}/shared")).body("shared");
            let version = self.must(put, &made.stagehand).await;
            let version = version.header("x-amz-version-id");
            made.versions.insert(bucket, version);
        }
        made
    }

    async fn made(&self, admin: &Credentials, body: serde_json::Value) -> Credentials {
        let ask = Ask::admin("POST", paths::KEYS.to_owned()).json(body.to_string());
        let made = self.must(ask, admin).await.text();
        of_key(serde_json::from_str(&made).unwrap())
    }

    /// A key of a preset; its owner's name is the preset where no policy stands.
    async fn key(&self, admin: &Credentials, preset: &str, said: Said) -> Credentials {
        let given = (preset != NONE).then_some(preset);
        let name = format!("{preset}-{said:?}");
        let own = match said {
            Said::KeyAllows => Some(policy("Allow", NARROW)),
            Said::KeyDenies => Some(policy("Deny", "*")),
            Said::UserAllows | Said::UserDenies => {
                let policy = match said {
                    Said::UserAllows => "everything",
                    _ => "nothing",
                };
                let user =
                    json!({"name": name, "kind": "system", "preset": given, "policies": [policy]});
                let ask = Ask::admin("PUT", paths::USERS.to_owned()).json(user.to_string());
                self.must(ask, admin).await;
                return self.made(admin, json!({"label": name, "user": name})).await;
            }
            _ => {
                return self
                    .made(admin, json!({"label": preset, "preset": given}))
                    .await;
            }
        };
        let body = json!({"label": name, "preset": given, "policy": own});
        self.made(admin, body).await
    }

    /// A bucket with versions and locks, whose policy says this of the owners of the keys without policy.
    pub(super) async fn bucket(&self, of: &Institution, bucket: &str, said: Said, history: bool) {
        let make = Ask::s3("PUT", format!("/{bucket}"));
        let make = make.header("x-amz-bucket-object-lock-enabled", "true");
        self.must(make, &of.stagehand).await;
        if history {
            let put = Ask::s3("PUT", format!("/{bucket}/gone")).body("gone");
            let version = self.must(put, &of.stagehand).await;
            let version = version.header("x-amz-version-id");
            let gone = Ask::s3("DELETE", format!("/{bucket}/gone?versionId={version}"));
            self.must(gone, &of.stagehand).await;
        }
        let effect = match said {
            Said::BucketAllows => "Allow",
            Said::BucketDenies => "Deny",
            _ => return,
        };
        let names = PRESETS.iter().map(|(name, _)| name);
        let arns: Vec<String> = names
            .map(|name| format!("arn:aws:iam::{}:user/{name}", of.id))
            .collect();
        let resource = format!("arn:aws:s3:::{bucket}");
        let text = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": effect, "Principal": {"AWS": arns}, "Action": "s3:*",
            "Resource": [resource, format!("{resource}/*")],
        }]});
        let put = Ask::s3("PUT", format!("/{bucket}?policy")).body(text.to_string());
        self.must(put, &of.stagehand).await;
    }

    /// A bucket in which the user of [`Said::UserAllows`] without preset may not read one folder.
    pub(super) async fn shut(&self, of: &Institution, bucket: &str, folder: &str) {
        self.bucket(of, bucket, Said::Absent, false).await;
        let who = json!({"AWS": format!("arn:aws:iam::{}:user/{NONE}-UserAllows", of.id)});
        let text = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Deny", "Action": "s3:GetObject*", "Principal": who.clone(),
            "Resource": format!("arn:aws:s3:::{bucket}/{folder}/*"),
        }, {
            "Effect": "Deny", "Action": "s3:GetObject*", "Principal": who,
            "Resource": format!("arn:aws:s3:::{bucket}/tagged/*"),
            "Condition": {"StringEquals": {"s3:ExistingObjectTag/secret": "yes"}},
        }]});
        let put = Ask::s3("PUT", format!("/{bucket}?policy")).body(text.to_string());
        self.must(put, &of.stagehand).await;
    }

    /// An object, `locked` under GOVERNANCE, `held`, or neither; its version.
    pub(super) async fn object(&self, of: &Institution, path: &str, mark: &str) -> String {
        let mut put = Ask::s3("PUT", path.to_owned()).body("bytes");
        if mark == "held" {
            put = put.header("x-amz-object-lock-legal-hold", "ON");
        }
        if mark == "locked" {
            put = put
                .header("x-amz-object-lock-mode", "GOVERNANCE")
                .header("x-amz-object-lock-retain-until-date", self.later.clone());
        }
        let put = self.must(put, &of.stagehand).await;
        put.header("x-amz-version-id")
    }

    /// An upload that was begun; its id.
    pub(super) async fn upload(&self, of: &Institution, path: &str) -> String {
        let begin = Ask::s3("POST", format!("{path}?uploads"));
        let begun = self.must(begin, &of.stagehand).await;
        begun.element("UploadId").unwrap()
    }
}

fn of_key(made: KeyMade) -> Credentials {
    Credentials {
        key_id: made.access_key_id,
        secret: made.secret_access_key,
    }
}
