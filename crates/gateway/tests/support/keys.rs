//! Keys that are hard to carry, and how they are written in paths, queries and XML.

use super::{Reply, Server};

/// Keys that something between a client and the disk might change, lose or confuse.
#[expect(clippy::too_many_lines, reason = "a table, one key a trap")]
pub(crate) fn traps() -> Vec<String> {
    let mut keys: Vec<String> = [
        " ",
        "  two  ",
        "+",
        "a+b",
        "%",
        "%2F",
        "a%2Fb",
        "%00",
        "%zz",
        "?",
        "a?b=c#d",
        "#",
        "&amp;",
        "a&b=c;d",
        "<key>",
        "]]>",
        "\"'",
        "\\",
        "*{}|^`~[]",
        "=",
        ":",
        "@",
        "!$,",
        "/",
        "//",
        "/lead",
        "a//b",
        "trail/",
        "trail//",
        ".",
        "..",
        "./a",
        "../a",
        "a/../b",
        "a/./b",
        "a/..",
        "...",
        "\0",
        "a\0b",
        "\u{1}",
        "\u{1f}",
        "\t",
        "\n",
        "\r",
        "a\r\nb",
        "\u{7f}",
        "\u{85}",
        "\u{a0}",
        "\u{2028}",
        "\u{fdd0}",
        "\u{fffe}",
        "\u{ffff}",
        "\u{fffd}",
        "\u{feff}bom",
        "\u{202e}rtl",
        "\u{200d}",
        "\u{e9}",
        "e\u{301}",
        "が",
        "か\u{3099}",
        "ｶﾞ",
        "～",
        "〜",
        "①㈱髙﨑",
        "ＡＢＣ",
        "患者/山田　太郎.dcm",
        "𠮷野家",
        "葛\u{e0100}",
        "👩‍⚕️",
        "🏥/🩻",
        "ΑΣ",
        "ı",
        "İ",
        "ß",
        "\u{10ffff}",
        "_WAL",
        "null",
        "-",
        "~",
    ]
    .map(str::to_owned)
    .to_vec();
    keys.push("k".repeat(1024));
    keys.push("あ".repeat(341) + "a");
    keys.push("\u{1}".repeat(300));
    keys
}

/// Percent-encodes all but unreserved characters and those of `keep`.
pub(crate) fn encode(text: &str, keep: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || "-_.~".contains(c) || keep.contains(c) {
            out.push(c);
        } else {
            out += &format!("%{byte:02X}");
        }
    }
    out
}

pub(crate) fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            let digits = std::str::from_utf8(&digits).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// What an XML reader makes of the content of an element.
pub(crate) fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut parts = text.split('&');
    out += parts.next().unwrap();
    for part in parts {
        let (name, rest) = part.split_once(';').unwrap();
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            hex => {
                let hex = hex.strip_prefix("#x").unwrap();
                char::from_u32(u32::from_str_radix(hex, 16).unwrap()).unwrap()
            }
        });
        out += rest;
    }
    out
}

pub(crate) fn path(key: &str) -> String {
    format!("/bucket/{}", encode(key, "/"))
}

/// Contents of all elements of a name.
pub(crate) fn all(reply: &Reply, name: &str) -> Vec<String> {
    let text = reply.text();
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let found = text.split(&open).skip(1);
    found
        .map(|rest| rest.split(&close).next().unwrap().to_owned())
        .collect()
}

/// All keys of a listing in pages, with what goes on from page to page.
pub(crate) async fn pages(server: &Server, kind: &str, key_of: &str, size: usize) -> Vec<String> {
    let mut keys = Vec::new();
    let mut next = String::new();
    for _ in 0..1000 {
        let target = format!("/bucket?encoding-type=url&max-keys={size}{kind}{next}");
        let reply = server.get(&target).await.ok();
        keys.extend(all(&reply, key_of).iter().map(|k| decode(k)));
        if reply.element("IsTruncated").as_deref() == Some("false") {
            return keys;
        }
        let after = |name: &str| reply.element(name).map(|v| encode(&decode(&v), ""));
        next = match kind {
            "&list-type=2" => format!(
                "&continuation-token={}",
                after("NextContinuationToken").unwrap()
            ),
            "&versions" => format!(
                "&key-marker={}&version-id-marker={}",
                after("NextKeyMarker").unwrap(),
                after("NextVersionIdMarker").unwrap()
            ),
            _ => format!("&marker={}", after("NextMarker").unwrap()),
        };
    }
    panic!("the listing does not end");
}
