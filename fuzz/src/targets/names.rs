//! Names as ordered bytes: the keys of the index, ids, and the limits of object and bucket names.

use azekura_model::ident::{UploadId, VersionId, from_text, to_text};
use azekura_model::name::{BucketName, ObjectKey};
use azekura_store::families::{
    Amendment, END, after_prefix, amendment, escape, history, split_amendment, split_blob,
    split_history, split_upload, unescape, upload,
};

use crate::target::Target;

/// Encodes two names, one on each side of the first byte FF.
#[derive(Clone, Copy, Debug, Default)]
pub struct Names;

impl Target for Names {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let pairs: [(&str, &str); 5] = [
            ("a", "a/b"),
            ("患者/検査.dcm", "患者/検査"),
            ("\u{0}\u{1}\u{2}", "\u{2}\u{2}"),
            ("か\u{3099}", "が"),
            ("", "\u{10ffff}"),
        ];
        pairs
            .iter()
            .map(|(a, b)| [a.as_bytes(), &[0xff], b.as_bytes()].concat())
            .collect()
    }

    fn dictionary(&self) -> &'static [&'static str] {
        &[
            "\u{0}",
            "\u{1}",
            "\u{2}",
            "\u{3}",
            "/",
            "..",
            "\u{10ffff}",
            "01a2049f9f060000",
        ]
    }

    fn run(&mut self, input: &[u8]) -> Result<String, String> {
        let mut halves = input.splitn(2, |byte| *byte == 0xff);
        let (a, b) = (
            halves.next().unwrap_or_default(),
            halves.next().unwrap_or_default(),
        );
        let (ea, eb) = (escape(a), escape(b));
        if unescape(&ea).as_deref() != Some(a) || ea.iter().any(|byte| *byte <= END) {
            return Err("escaping is not undone".to_owned());
        }
        if a.cmp(b) != ea.cmp(&eb) || a.starts_with(b) != ea.starts_with(&eb) {
            return Err("escaping changes order or prefixes".to_owned());
        }
        if unescape(a).is_some_and(|text| escape(&text) != a) {
            return Err("two escapings of one name".to_owned());
        }
        if after_prefix(a).is_some_and(|after| b >= a && (b < &after[..]) != b.starts_with(a)) {
            return Err("the end of a prefix is not its end".to_owned());
        }
        foreign(a)?;
        let (Ok(key), Ok(other)) = (std::str::from_utf8(a), std::str::from_utf8(b)) else {
            return Ok("not UTF-8".to_owned());
        };
        let mut id = [0; 16];
        id.iter_mut().zip(b).for_each(|(to, from)| *to = *from);
        own(key, other, id)?;
        let parsed = ObjectKey::parse(key);
        if parsed.is_ok() != (1..=1024).contains(&key.len()) {
            return Err(format!("a key of {} bytes: {parsed:?}", key.len()));
        }
        match BucketName::parse(key) {
            Ok(name) if name.as_str() != key => Err("a bucket is named otherwise".to_owned()),
            Ok(_) => Ok("a bucket name".to_owned()),
            Err(error) => Ok(format!("{error}")
                .chars()
                .take(40)
                .filter(char::is_ascii_alphabetic)
                .collect()),
        }
    }
}

/// Keys that an index returns after damage.
fn foreign(bytes: &[u8]) -> Result<(), String> {
    if let Some((object, version)) = split_history(bytes)
        && history(&object, version).bytes != bytes
    {
        return Err("two history keys of one version".to_owned());
    }
    if let Some((object, id)) = split_upload(bytes)
        && upload(&object, id).bytes != bytes
    {
        return Err("two keys of one upload".to_owned());
    }
    drop((split_amendment(bytes), split_blob(bytes)));
    if let Some(id) = std::str::from_utf8(bytes).ok().and_then(from_text)
        && to_text(&id).as_bytes() != bytes
    {
        return Err("two texts of one id".to_owned());
    }
    Ok(())
}

fn own(key: &str, other: &str, id: [u8; 16]) -> Result<(), String> {
    let (version, upload_id) = (VersionId(id), UploadId(id));
    let older = history(other, version);
    let newer = history(key, version);
    if split_history(&newer.bytes) != Some((key.to_owned(), version))
        || split_upload(&upload(key, upload_id).bytes) != Some((key.to_owned(), upload_id))
        || split_amendment(&amendment(Amendment::Tags, key, version).bytes)
            != Some((key.to_owned(), version))
    {
        return Err("a key of the index does not name its object".to_owned());
    }
    if newer.bytes.cmp(&older.bytes) != key.as_bytes().cmp(other.as_bytes()) {
        return Err("history is not in the order of keys".to_owned());
    }
    Ok(())
}
