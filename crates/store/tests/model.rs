//! Random histories against a naive model of what S3 shows.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::collections::BTreeMap;

use azekura_model::bucket::Versioning;
use azekura_model::condition::Conditions;
use azekura_model::ident::VersionId;
use azekura_model::tag::{TagSet, Tagged};
use azekura_store::listing::{ListRequest, ListVersionsRequest};
use azekura_store::object::{Attributes, Which};
use azekura_store::upload::{CompleteUpload, CompletedPart, CreateUpload, PutPart};
use common::{Vault, assert_rebuild_equals, body, bucket_name, key, writer};
use proptest::prelude::{Just, ProptestConfig, Strategy, prop_oneof, proptest};

const BUCKET: &str = "model-bucket";
const KEYS: [&str; 8] = [
    "a",
    "a/b",
    "a/c",
    "a/c/d",
    "b",
    "b\u{1}x",
    "b\u{0}",
    "診療/記録",
];

#[derive(Clone, Debug)]
enum Op {
    Put { key: usize, content: u8 },
    Multipart { key: usize, content: u8 },
    Delete { key: usize },
    DeleteNull { key: usize },
    DeleteVersion { key: usize, which: usize },
    Tag { key: usize, which: usize, tag: u8 },
    Versioning(Versioning),
    Restart,
}

fn op() -> impl Strategy<Value = Op> {
    let key = 0..KEYS.len();
    prop_oneof![
        6 => (key.clone(), 0..9_u8).prop_map(|(key, content)| Op::Put { key, content }),
        1 => (key.clone(), 0..9_u8).prop_map(|(key, content)| Op::Multipart { key, content }),
        3 => key.clone().prop_map(|key| Op::Delete { key }),
        1 => key.clone().prop_map(|key| Op::DeleteNull { key }),
        2 => (key.clone(), 0..4_usize, 0..4_u8)
            .prop_map(|(key, which, tag)| Op::Tag { key, which, tag }),
        3 => (key, 0..4_usize).prop_map(|(key, which)| Op::DeleteVersion { key, which }),
        1 => Just(Op::Versioning(Versioning::Enabled)),
        1 => Just(Op::Versioning(Versioning::Suspended)),
        1 => Just(Op::Restart),
    ]
}

#[derive(Clone, PartialEq, Debug)]
struct Shown {
    id: VersionId,
    null: bool,
    /// `None` = a delete marker.
    content: Option<String>,
    /// Its one tag; 0 = it has none.
    tag: u8,
}

/// What S3 shows: versions of each key, newest first. Nothing hidden is remembered.
#[derive(Default)]
struct Model {
    versioning: Versioning,
    keys: BTreeMap<&'static str, Vec<Shown>>,
}

impl Model {
    fn push(&mut self, key: &'static str, shown: Shown) {
        let versions = self.keys.entry(key).or_default();
        if shown.null {
            versions.retain(|version| !version.null);
        }
        versions.insert(0, shown);
    }

    fn current(&self, key: &str) -> Option<String> {
        self.keys.get(key)?.first()?.content.clone()
    }

    /// Objects and common prefixes.
    fn list(&self, prefix: &str, delimiter: &str) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for key in self.keys.keys().filter(|key| key.starts_with(prefix)) {
            if self.current(key).is_none() {
                continue;
            }
            let rest = &key[prefix.len()..];
            let name = match rest.find(delimiter).filter(|_| !delimiter.is_empty()) {
                Some(at) => format!("{prefix}{}{delimiter}", &rest[..at]),
                None => (*key).to_owned(),
            };
            if out.last() != Some(&name) {
                out.push(name);
            }
        }
        out
    }
}

async fn multipart(vault: &Vault, object: &'static str, content: &str) -> VersionId {
    let (store, bucket) = (&vault.store, bucket_name(BUCKET));
    let create = CreateUpload {
        lock: azekura_model::lock::LockAsked::default(),
        key: key(object),
        attributes: Attributes::default(),
        checksum: None,
    };
    let upload = store
        .create_upload(&writer(), &bucket, create)
        .await
        .unwrap();
    let part = PutPart {
        key: key(object),
        upload: upload.id,
        number: 3,
        claims: azekura_store::body::Claims::default(),
        body: body(content.to_owned()),
    };
    let part = store.put_part(&writer(), &bucket, part).await.unwrap();
    let complete = CompleteUpload {
        key: key(object),
        upload: upload.id,
        parts: vec![CompletedPart {
            number: 3,
            etag: hex::encode(part.md5),
            checksum: None,
        }],
        checksum: None,
        bytes: None,
        conditions: Conditions::default(),
    };
    let outcome = store
        .complete_upload(&writer(), &bucket, complete)
        .await
        .unwrap();
    outcome.version
}

async fn delete_version(vault: &Vault, model: &mut Model, object: &'static str, which: usize) {
    let versions = model.keys.entry(object).or_default();
    let Some(target) = versions.get(which).cloned().filter(|v| !v.null) else {
        return;
    };
    let outcome = vault
        .store
        .delete(
            &writer(),
            &bucket_name(BUCKET),
            &key(object),
            Which::Version(target.id),
        )
        .await
        .unwrap();
    assert_eq!(outcome.marker, target.content.is_none());
    versions.remove(which);
}

fn tags(tag: u8) -> Vec<(String, String)> {
    let tag = (tag > 0).then(|| ("診療科".to_owned(), tag.to_string()));
    tag.into_iter().collect()
}

/// Tags what is current, or one version by its id. Nothing but the tags changes.
async fn tag_version(
    vault: &Vault,
    model: &mut Model,
    object: &'static str,
    (place, tag): (usize, u8),
) {
    let set = TagSet::parse(Tagged::Object, tags(tag)).unwrap();
    let versions = model.keys.entry(object).or_default();
    let which = match versions.get(place) {
        Some(version) if place > 0 && !version.null => Which::Version(version.id),
        Some(version) if place > 0 && version.null => Which::Null,
        Some(_) => Which::Current,
        None => return,
    };
    let bucket = bucket_name(BUCKET);
    let before = vault
        .store
        .head(&writer(), &bucket, &key(object), which)
        .await;
    let tagged = vault
        .store
        .put_tags(&writer(), &bucket, &key(object), which, set)
        .await;
    let version = &mut versions[place];
    if version.content.is_none() {
        assert!(tagged.is_err(), "a marker has no tags");
        return;
    }
    assert_eq!(tagged.unwrap().version, version.id);
    version.tag = tag;
    let mut expected = before.unwrap();
    expected.attributes.tags = tags(tag);
    let after = vault
        .store
        .head(&writer(), &bucket, &key(object), which)
        .await;
    assert_eq!(after, Ok(expected));
}

async fn delete_current(vault: &Vault, model: &mut Model, object: &'static str) {
    let outcome = vault.delete(BUCKET, object, Which::Current).await.unwrap();
    if model.versioning == Versioning::Unversioned {
        assert_eq!(outcome.version, None);
        model.keys.remove(object);
        return;
    }
    assert!(outcome.marker);
    let marker = Shown {
        id: outcome.version.unwrap(),
        null: model.versioning.makes_null(),
        content: None,
        tag: 0,
    };
    model.push(object, marker);
}

async fn delete_null(vault: &Vault, model: &mut Model, object: &'static str) {
    vault.delete(BUCKET, object, Which::Null).await.unwrap();
    let versions = model.keys.entry(object).or_default();
    versions.retain(|version| !version.null);
}

async fn apply(vault: &mut Vault, model: &mut Model, op: Op) {
    let bucket = bucket_name(BUCKET);
    let null = model.versioning.makes_null();
    match op {
        Op::Put { key, content } => {
            let (object, content) = (KEYS[key], content.to_string());
            let outcome = vault.put(BUCKET, object, &content).await;
            assert_eq!(outcome.null, null);
            let id = outcome.version;
            let content = Some(content);
            model.push(
                object,
                Shown {
                    id,
                    null,
                    content,
                    tag: 0,
                },
            );
        }
        Op::Multipart { key, content } => {
            let (object, content) = (KEYS[key], content.to_string());
            let id = multipart(vault, object, &content).await;
            let content = Some(content);
            model.push(
                object,
                Shown {
                    id,
                    null,
                    content,
                    tag: 0,
                },
            );
        }
        Op::Delete { key } => delete_current(vault, model, KEYS[key]).await,
        Op::DeleteNull { key } => delete_null(vault, model, KEYS[key]).await,
        Op::DeleteVersion { key: object, which } => {
            let object = KEYS[object];
            delete_version(vault, model, object, which).await;
        }
        Op::Tag {
            key: object,
            which,
            tag,
        } => {
            tag_version(vault, model, KEYS[object], (which, tag)).await;
        }
        Op::Versioning(versioning) => {
            vault
                .store
                .put_versioning(&writer(), &bucket, versioning)
                .await
                .unwrap();
            model.versioning = versioning;
        }
        Op::Restart => *vault = vault.restarted().await,
    }
}

fn listed(vault: &Vault, prefix: &str, delimiter: &str, max: usize) -> Vec<String> {
    let mut out = Vec::new();
    let mut after = String::new();
    loop {
        let request = ListRequest {
            prefix: prefix.to_owned(),
            delimiter: delimiter.to_owned(),
            after,
            max,
        };
        let page = vault.store.list(&bucket_name(BUCKET), &request).unwrap();
        let count = page.objects.len() + page.prefixes.len();
        assert!(count <= max && (count == max || page.next.is_none()));
        let mut names: Vec<String> = page.objects.into_iter().map(|(key, _)| key).collect();
        names.extend(page.prefixes);
        names.sort();
        out.extend(names);
        match page.next {
            Some(next) => after = next,
            None => return out,
        }
    }
}

fn versions(vault: &Vault, max: usize, with_hidden: bool) -> Vec<(String, VersionId, bool, bool)> {
    let mut out = Vec::new();
    let mut request = ListVersionsRequest {
        max,
        with_hidden,
        ..ListVersionsRequest::default()
    };
    loop {
        let page = vault
            .store
            .list_versions(&bucket_name(BUCKET), &request)
            .unwrap();
        assert!(page.versions.len() <= max);
        out.extend(page.versions.into_iter().map(|listed| {
            let summary = listed.summary;
            (listed.key, summary.version, summary.marker, listed.latest)
        }));
        match page.next {
            Some((key, version)) => (request.after_key, request.after_version) = (key, version),
            None => return out,
        }
    }
}

async fn compare(vault: &Vault, model: &Model) {
    for object in KEYS {
        assert_eq!(vault.get_text(BUCKET, object).await, model.current(object));
        for version in model.keys.get(object).into_iter().flatten() {
            let which = match version.null {
                true => Which::Null,
                false => Which::Version(version.id),
            };
            let got = vault.get(BUCKET, object, which).await.ok();
            assert_eq!(got, version.content.clone().map(String::into_bytes));
            let bucket = bucket_name(BUCKET);
            let info = vault
                .store
                .head(&writer(), &bucket, &key(object), which)
                .await;
            let kept = info.ok().map(|info| info.attributes.tags);
            assert_eq!(kept, version.content.as_ref().map(|_| tags(version.tag)));
        }
    }
    for (prefix, delimiter) in [("", ""), ("", "/"), ("a/", "/"), ("b", "\u{1}"), ("a", "c")] {
        for max in [1, 2, 1000] {
            let expected = model.list(prefix, delimiter);
            assert_eq!(
                listed(vault, prefix, delimiter, max),
                expected,
                "{prefix:?}"
            );
        }
    }
    let expected: Vec<_> = model
        .keys
        .iter()
        .flat_map(|(key, versions)| {
            versions.iter().enumerate().map(|(i, version)| {
                let marker = version.content.is_none();
                ((*key).to_owned(), version.id, marker, i == 0)
            })
        })
        .collect();
    for max in [1, 3, 1000] {
        assert_eq!(versions(vault, max, false), expected);
    }
    assert!(versions(vault, 5, true).len() >= expected.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_random_history_shows_what_s3_would(ops in proptest::collection::vec(op(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut vault = Vault::with_bucket(BUCKET, Versioning::Unversioned).await;
            let mut model = Model::default();
            for op in ops {
                apply(&mut vault, &mut model, op).await;
            }
            compare(&vault, &model).await;
            assert_rebuild_equals(&vault.engine);
        });
    }
}
