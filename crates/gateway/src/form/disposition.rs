//! `Content-Disposition` of one part of a form (RFC 7578 §4.2).

/// Name and file name of a part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Disposition {
    /// The field.
    pub(super) name: String,
    /// Name of the file, if one is given.
    pub(super) filename: Option<String>,
}

/// Reads the header lines of a part; `None` when they name no field.
pub(super) fn of_part(headers: &str) -> Option<Disposition> {
    let mut found = headers.split("\r\n").filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim()
            .eq_ignore_ascii_case("content-disposition")
            .then(|| parse(value))
    });
    let disposition = found.next()??;
    found.next().is_none().then_some(disposition)
}

fn parse(value: &str) -> Option<Disposition> {
    let (kind, mut rest) = value.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("form-data") {
        return None;
    }
    let (mut name, mut plain, mut extended) = (None, None, None);
    loop {
        rest = rest.trim_start_matches([' ', '\t', ';']);
        if rest.is_empty() {
            break;
        }
        let (parameter, after) = rest.split_once('=')?;
        let (value, after) = value_of(after.trim_start())?;
        rest = after;
        let slot = match parameter.trim().to_ascii_lowercase().as_str() {
            "name" => &mut name,
            "filename" => &mut plain,
            "filename*" => &mut extended,
            _ => continue,
        };
        if slot.replace(value).is_some() {
            return None;
        }
    }
    let extended = extended.map(|text| decode_extended(&text));
    let filename = match extended {
        Some(decoded) => Some(decoded?),
        None => plain,
    };
    Some(Disposition {
        name: name?,
        filename,
    })
}

/// A token or a quoted string, and what follows it. Only `\"` is an escape: a path of Windows has
/// backslashes that browsers send as they are.
fn value_of(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        let (value, rest) = text.split_at_checked(end)?;
        return Some((value.trim().to_owned(), rest));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, quoted.get(at + 1..)?)),
            '\\' if chars.next_if(|(_, next)| *next == '"').is_some() => value.push('"'),
            other => value.push(other),
        }
    }
    None
}

/// `UTF-8''percent-encoded` (RFC 5987), as older clients send names that are not ASCII.
fn decode_extended(text: &str) -> Option<String> {
    let (charset, rest) = text.split_once('\'')?;
    let (_, encoded) = rest.split_once('\'')?;
    if !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<(String, Option<String>)> {
        of_part(line).map(|d| (d.name, d.filename))
    }

    #[test]
    fn names_as_browsers_and_libraries_send_them() {
        let some =
            |name: &str, file: Option<&str>| Some((name.to_owned(), file.map(str::to_owned)));
        for (line, expected) in [
            (
                "Content-Disposition: form-data; name=\"key\"",
                some("key", None),
            ),
            (
                "content-disposition:form-data;name=key;filename=a.txt",
                some("key", Some("a.txt")),
            ),
            (
                "X: y\r\nContent-Disposition: form-data; name=\"file\"; filename=\"C:\\data\\x;y.dcm\"",
                some("file", Some("C:\\data\\x;y.dcm")),
            ),
            (
                "Content-Disposition: form-data; name=\"file\"; filename=\"a\\\"b\"",
                some("file", Some("a\"b")),
            ),
            (
                "Content-Disposition: form-data; name=\"file\"; filename*=utf-8''%E5%80%89",
                some("file", Some("倉")),
            ),
            (
                "Content-Disposition: form-data; name=\"倉\"",
                some("倉", None),
            ),
            ("Content-Disposition: form-data; filename=\"a\"", None),
            ("Content-Disposition: attachment; name=\"a\"", None),
            ("Content-Disposition: form-data; name=\"a", None),
            (
                "Content-Disposition: form-data; name=\"a\"; name=\"b\"",
                None,
            ),
            (
                "Content-Disposition: form-data; name=\"a\"; filename*=utf-8''%zz",
                None,
            ),
            ("Content-Type: text/plain", None),
        ] {
            assert_eq!(read(line), expected, "{line}");
        }
    }
}
