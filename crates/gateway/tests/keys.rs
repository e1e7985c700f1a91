//! Keys of every kind through every operation. The path is exact: nothing is normalised anywhere.

#[cfg(test)]
mod support;

use support::keys::{all, decode, encode, pages, path, traps, unescape};
use support::{Reply, Server, start};

fn sorted() -> Vec<String> {
    let mut keys = traps();
    keys.sort();
    keys
}

async fn filled() -> Server {
    let server = start().await;
    server.put("/bucket", b"").await.ok();
    for key in traps() {
        server.put(&path(&key), key.as_bytes()).await.ok();
    }
    server
}

#[tokio::test]
async fn every_key_names_its_own_object() {
    let server = filled().await;
    for key in traps() {
        let got = server.get(&path(&key)).await.ok();
        assert_eq!(got.body, key.as_bytes(), "{key:?}");
        let head = server.call("HEAD", &path(&key), &[], b"").await.ok();
        assert_eq!(
            head.header("content-length"),
            Some(key.len().to_string().as_str())
        );
    }
    for key in traps() {
        let gone = server.call("DELETE", &path(&key), &[], b"").await;
        assert_eq!(gone.status, 204, "{key:?}");
        server.get(&path(&key)).await.is(404, "NoSuchKey");
    }
    let list = server.get("/bucket").await.ok();
    assert!(all(&list, "Key").is_empty(), "{}", list.text());
}

#[tokio::test]
async fn every_key_is_copied_and_completed() {
    let server = filled().await;
    for key in traps() {
        let source = format!("/bucket/{}", encode(&key, "/"));
        let headers = [("x-amz-copy-source", source.as_str())];
        server.call("PUT", "/bucket/copy", &headers, b"").await.ok();
        assert_eq!(
            server.get("/bucket/copy").await.ok().body,
            key.as_bytes(),
            "{key:?}"
        );
        // And with every slash encoded, as some SDKs do.
        let source = format!("bucket%2F{}", encode(&key, ""));
        let headers = [("x-amz-copy-source", source.as_str())];
        let reply = server.call("PUT", "/bucket/copy", &headers, b"").await;
        assert_eq!(reply.status, 200, "{key:?} {}", reply.text());
        assert_eq!(
            server.get("/bucket/copy").await.ok().body,
            key.as_bytes(),
            "{key:?}"
        );

        let target = path(&key);
        let begun = server
            .call("POST", &format!("{target}?uploads"), &[], b"")
            .await
            .ok();
        assert_eq!(
            begun.element("Key").map(|k| unescape(&k)),
            Some(key.clone())
        );
        let id = begun.element("UploadId").unwrap();
        let part = server
            .put(&format!("{target}?partNumber=1&uploadId={id}"), b"part")
            .await
            .ok();
        let etag = part.header("etag").unwrap();
        let document = format!(
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>\
             </CompleteMultipartUpload>"
        );
        let done = format!("{target}?uploadId={id}");
        let done = server
            .call("POST", &done, &[], document.as_bytes())
            .await
            .ok();
        assert_eq!(done.element("Key").map(|k| unescape(&k)), Some(key.clone()));
        assert_eq!(server.get(&target).await.ok().body, b"part", "{key:?}");
    }
}

#[tokio::test]
async fn listings_show_every_key_once_in_byte_order() {
    let server = filled().await;
    for size in [1, 7, 1000, 5000] {
        for kind in ["", "&list-type=2", "&versions"] {
            assert_eq!(
                pages(&server, kind, "Key", size).await,
                sorted(),
                "{kind} by {size}"
            );
        }
    }
    // Without encoding: references where XML would change or drop a character.
    for kind in ["list-type=2", "versions", ""] {
        let reply = server.get(&format!("/bucket?{kind}")).await.ok();
        let keys: Vec<_> = all(&reply, "Key").iter().map(|k| unescape(k)).collect();
        assert_eq!(keys, sorted(), "{kind}");
        let raw = |c: char| c < ' ' && c != '\n' && c != '\t';
        assert!(
            !reply
                .text()
                .contains(|c| raw(c) || c == '\u{fffe}' || c == '\u{ffff}')
        );
    }
    let none = server.get("/bucket?max-keys=0&list-type=2").await.ok();
    assert_eq!(none.element("IsTruncated").as_deref(), Some("false"));
    assert_eq!(none.element("KeyCount").as_deref(), Some("0"));
    for bad in ["-1", "x", "99999999999"] {
        let reply = server.get(&format!("/bucket?max-keys={bad}")).await;
        reply.is(400, "InvalidArgument");
    }
}

#[tokio::test]
async fn every_key_is_a_prefix_a_marker_and_a_delimiter() {
    let server = filled().await;
    for key in traps() {
        let encoded = encode(&key, "");
        let names = |pick: &dyn Fn(&String) -> bool| {
            sorted().into_iter().filter(|k| pick(k)).collect::<Vec<_>>()
        };
        let of = |reply: &Reply| {
            all(reply, "Key")
                .iter()
                .map(|k| decode(k))
                .collect::<Vec<_>>()
        };
        let base = "/bucket?encoding-type=url&list-type=2";
        let reply = server.get(&format!("{base}&prefix={encoded}")).await.ok();
        assert_eq!(
            of(&reply),
            names(&|k| k.starts_with(&key)),
            "prefix {key:?}"
        );
        let reply = server
            .get(&format!("{base}&start-after={encoded}"))
            .await
            .ok();
        assert_eq!(of(&reply), names(&|k| *k > key), "start-after {key:?}");
        assert_eq!(
            reply.element("StartAfter").map(|k| decode(&k)),
            Some(key.clone())
        );
        let reply = server
            .get(&format!("/bucket?encoding-type=url&marker={encoded}"))
            .await
            .ok();
        assert_eq!(of(&reply), names(&|k| *k > key), "marker {key:?}");
        let reply = server
            .get(&format!("{base}&delimiter={encoded}"))
            .await
            .ok();
        assert_eq!(
            of(&reply),
            names(&|k| !k.contains(&key)),
            "delimiter {key:?}"
        );
        let mut rolled: Vec<_> = sorted()
            .iter()
            .filter_map(|k| k.find(&key).map(|at| k[..at + key.len()].to_owned()))
            .collect();
        rolled.dedup();
        let shown: Vec<_> = all(&reply, "Prefix").iter().map(|k| decode(k)).collect();
        let shown: Vec<_> = shown.into_iter().filter(|k| !k.is_empty()).collect();
        assert_eq!(shown, rolled, "delimiter {key:?}");
    }
}

#[tokio::test]
async fn a_marker_inside_a_common_prefix() {
    let server = start().await;
    server.put("/bucket", b"").await.ok();
    for key in ["a", "b/1", "b/2", "b-", "c::1", "c::2", "d"] {
        server.put(&format!("/bucket/{key}"), b"").await.ok();
    }
    for (query, keys, prefixes) in [
        (
            "delimiter=%2F",
            vec!["a", "b-", "c::1", "c::2", "d"],
            vec!["b/"],
        ),
        (
            "delimiter=%2F&start-after=b%2F",
            vec!["c::1", "c::2", "d"],
            vec![],
        ),
        (
            "delimiter=%2F&start-after=b%2F1",
            vec!["c::1", "c::2", "d"],
            vec!["b/"],
        ),
        (
            "delimiter=%3A%3A",
            vec!["a", "b-", "b/1", "b/2", "d"],
            vec!["c::"],
        ),
        ("delimiter=%3A%3A&prefix=c", vec![], vec!["c::"]),
        ("delimiter=%2F&prefix=b%2F", vec!["b/1", "b/2"], vec![]),
        (
            "delimiter=",
            vec!["a", "b-", "b/1", "b/2", "c::1", "c::2", "d"],
            vec![],
        ),
        ("start-after=zzz", vec![], vec![]),
        ("prefix=b%2F&start-after=a", vec!["b/1", "b/2"], vec![]),
    ] {
        let reply = server
            .get(&format!("/bucket?list-type=2&{query}"))
            .await
            .ok();
        assert_eq!(all(&reply, "Key"), keys, "{query}");
        let text = reply.text();
        let rolled: Vec<_> = text
            .split("<CommonPrefixes><Prefix>")
            .skip(1)
            .map(|rest| rest.split('<').next().unwrap())
            .collect();
        assert_eq!(rolled, prefixes, "{query}");
    }
}

#[tokio::test]
async fn every_key_can_be_deleted_with_others() {
    let server = filled().await;
    let element = |key: &String| {
        let references = key.chars().map(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '\t' | '\n' | '\r' => format!("&#{};", u32::from(c)),
            // XML has no reference to other control characters: SDKs send them as they are.
            c => c.to_string(),
        });
        format!(
            "<Object><Key>{}</Key></Object>",
            references.collect::<String>()
        )
    };
    let headers = [("x-amz-sdk-checksum-algorithm", "CRC32")];
    let keys = traps();
    for group in keys.chunks(9) {
        let named: String = group.iter().map(element).collect();
        let document = format!("<Delete>{named}</Delete>");
        let reply = server
            .checked("POST", "/bucket?delete", &headers, document.as_bytes())
            .await;
        assert_eq!(reply.status, 200, "{group:?} {}", reply.text());
        let deleted: Vec<_> = all(&reply, "Key").iter().map(|k| unescape(k)).collect();
        assert_eq!(deleted, group);
    }
    let left = server.get("/bucket?encoding-type=url").await.ok();
    assert!(all(&left, "Key").is_empty(), "{}", left.text());
}

#[tokio::test]
async fn paths_that_are_no_keys_are_refused() {
    let server = start().await;
    server.put("/bucket", b"").await.ok();
    for (target, code) in [
        ("/bucket/%FF", "InvalidURI"),
        ("/bucket/a%C3", "InvalidURI"),
        ("/bucket/%ED%A0%80", "InvalidURI"),
        ("/bucket/a%zz", "InvalidURI"),
        ("/bucket/a%2", "InvalidURI"),
        ("/bucket/a%", "InvalidURI"),
    ] {
        server.put(target, b"x").await.is(400, code);
        server.get(target).await.is(400, code);
    }
    let long = format!("/bucket/{}", "k".repeat(1025));
    server.put(&long, b"x").await.is(400, "KeyTooLongError");
    let long = path(&"あ".repeat(342));
    server.put(&long, b"x").await.is(400, "KeyTooLongError");
    server
        .get("/bucket?prefix=%FF")
        .await
        .is(400, "InvalidRequest");
    let list = server.get("/bucket").await.ok();
    assert!(all(&list, "Key").is_empty(), "{}", list.text());
}
