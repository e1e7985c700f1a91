//! Object keys through every door: PUT, GET, copy source, both listings, DeleteObjects. A case holds
//! up to four keys with a byte FF between them.

use std::collections::BTreeSet;

use crate::lab::aws::{decoded, encoded};
use crate::lab::{Answer, Lab};
use crate::target::Target;

/// Stores under any key.
#[derive(Default)]
pub struct ObjectKeys {
    lab: Option<Lab>,
    number: u64,
}

impl Target for ObjectKeys {
    fn seeds(&self) -> Vec<Vec<u8>> {
        [
            "a",
            "患者/検査 1.dcm",
            "か\u{3099}\u{ff}x",
            "a//b/../c/.",
            "+ %2B&=?#",
            "\u{1}\r\n\t\u{7f}",
            "<&>\"']]>",
        ]
        .iter()
        .map(|text| text.replace('\u{ff}', "").into_bytes())
        .chain([
            b"a\xffa/b\xffa b\xffa0".to_vec(),
            "Ａ\u{10ffff}".as_bytes().to_vec(),
        ])
        .collect()
    }

    fn dictionary(&self) -> &'static [&'static str] {
        &[
            "/",
            "//",
            ".",
            "..",
            "../",
            "%",
            "%2F",
            "%00",
            "+",
            " ",
            "\u{0}",
            "\u{1}",
            "\r",
            "\n",
            "\u{fffe}",
            "\u{feff}",
            "\u{1f600}",
            "&amp;",
            "<Key>",
            "]]>",
            "?versionId=null",
            "#",
            "か\u{3099}",
            "が",
            "\\",
            "~",
        ]
    }

    fn run(&mut self, input: &[u8]) -> Result<String, String> {
        let parts = input.split(|byte| *byte == 0xff).take(4);
        let keys: BTreeSet<String> = parts.map(key).filter(|key| !key.is_empty()).collect();
        if keys.is_empty() {
            return Ok("no key".to_owned());
        }
        if self.lab.is_none() {
            self.number = 0;
        }
        let lab = Lab::of(&mut self.lab)?;
        // A bucket of its own for each case: listings are whole and in order.
        self.number = self.number.wrapping_add(1);
        let bucket = format!("/keys-{}", self.number);
        accepted(&lab.call("PUT", &bucket, &[], b"")?, "the bucket")?;
        let mut stored = BTreeSet::new();
        let mut labels = BTreeSet::new();
        for key in &keys {
            let target = format!("{bucket}/{}", encoded(key.as_bytes(), false));
            let answer = lab.call("PUT", &target, &[], key.as_bytes())?;
            labels.insert(answer.label());
            if answer.status == 200 {
                stored.insert(key.clone());
                one(lab, &bucket, &target, key)?;
            } else if key.len() <= 1024 {
                return Err(format!("{key:?} is refused with {}", answer.label()));
            }
        }
        // What the copies left beside them.
        accepted(
            &lab.call("DELETE", &format!("{bucket}/copy"), &[], b"")?,
            "the copy",
        )?;
        let expected: Vec<_> = stored
            .iter()
            .filter(|key| *key != "copy")
            .cloned()
            .collect();
        listings(lab, &bucket, &expected)?;
        delete(lab, &bucket, &expected)?;
        Ok(labels.into_iter().collect::<Vec<_>>().join(", "))
    }
}

/// Text of at most 1,030 bytes: a little more than a key may have.
fn key(bytes: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    let mut end = text.len().min(1030);
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    text.truncate(end);
    text
}

fn accepted(answer: &Answer, what: &str) -> Result<(), String> {
    match answer.status {
        200..300 => Ok(()),
        _ => Err(format!("{what}: {}", answer.text())),
    }
}

/// GET and copy.
fn one(lab: &mut Lab, bucket: &str, target: &str, key: &str) -> Result<(), String> {
    let read = lab.call("GET", target, &[], b"")?;
    if read.status != 200 || read.body != key.as_bytes() {
        return Err(format!(
            "{key:?} is read as {} {}",
            read.status,
            read.text()
        ));
    }
    let copy = lab.call(
        "PUT",
        &format!("{bucket}/copy"),
        &[("x-amz-copy-source", target)],
        b"",
    )?;
    accepted(&copy, "copy")?;
    let read = lab.call("GET", &format!("{bucket}/copy"), &[], b"")?;
    if key != "copy" && read.body != key.as_bytes() {
        return Err(format!("{key:?} is copied as {}", read.text()));
    }
    Ok(())
}

/// Every listing has the keys in the order of their bytes, one a page or all at once.
fn listings(lab: &mut Lab, bucket: &str, expected: &[String]) -> Result<(), String> {
    for query in [
        "?list-type=2&encoding-type=url",
        "?encoding-type=url",
        "?list-type=2",
    ] {
        let answer = lab.call("GET", &format!("{bucket}{query}"), &[], b"")?;
        let url = query.contains("url");
        if keys_of(&answer, url)? != expected {
            return Err(format!("{query} of {expected:?}: {}", answer.text()));
        }
    }
    let mut after = String::new();
    for key in expected {
        let after_encoded = encoded(after.as_bytes(), true);
        let target = format!(
            "{bucket}?encoding-type=url&list-type=2&max-keys=1&start-after={after_encoded}"
        );
        let page = keys_of(&lab.call("GET", &target, &[], b"")?, true)?;
        if page != [key.clone()] {
            return Err(format!("after {after:?} comes {page:?}, not {key:?}"));
        }
        after.clone_from(key);
    }
    Ok(())
}

fn keys_of(answer: &Answer, url: bool) -> Result<Vec<String>, String> {
    let found = answer.elements("Key").into_iter().map(|text| match url {
        true => {
            String::from_utf8(decoded(&text.replace('+', " "))).map_err(|error| error.to_string())
        }
        false => unescaped(&text),
    });
    found.collect()
}

/// Undoes references of XML.
fn unescaped(text: &str) -> Result<String, String> {
    let mut parts = text.split('&');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(';').ok_or("a bare ampersand")?;
        let code = name
            .strip_prefix("#x")
            .and_then(|hex| u32::from_str_radix(hex, 16).ok());
        out.push(match (name, code.and_then(char::from_u32)) {
            (_, Some(c)) => c,
            ("amp", _) => '&',
            ("lt", _) => '<',
            ("gt", _) => '>',
            ("quot", _) => '"',
            ("apos", _) => '\'',
            _ => return Err(format!("the reference &{name};")),
        });
        out.push_str(rest);
    }
    Ok(out)
}

/// Keys that XML can hold are deleted together, the others one by one; nothing is left.
fn delete(lab: &mut Lab, bucket: &str, keys: &[String]) -> Result<(), String> {
    let holds = |c: char| matches!(c, '\t' | '\n' | ' '..='\u{fffd}' | '\u{10000}'..);
    let (together, single): (Vec<_>, Vec<_>) = keys
        .iter()
        // A parser may trim white space around the text of an element.
        .partition(|key| key.chars().all(holds) && key.trim() == key.as_str());
    let objects: String = together
        .iter()
        .map(|key| {
            let key = key
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;");
            format!("<Object><Key>{key}</Key></Object>")
        })
        .collect();
    if !together.is_empty() {
        let document = format!("<Delete>{objects}</Delete>");
        let target = format!("{bucket}?delete=");
        let answer = lab.call_checked("POST", &target, document.as_bytes())?;
        accepted(&answer, "DeleteObjects")?;
    }
    for key in single {
        let target = format!("{bucket}/{}", encoded(key.as_bytes(), false));
        accepted(&lab.call("DELETE", &target, &[], b"")?, "DeleteObject")?;
    }
    let left = lab.call("GET", &format!("{bucket}?list-type=2"), &[], b"")?;
    match left.elements("Key").is_empty() {
        true => Ok(()),
        false => Err(format!("left after deletion of {keys:?}: {}", left.text())),
    }
}
