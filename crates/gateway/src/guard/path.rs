//! The path is percent-encoded UTF-8, and says one thing. `s3s` takes `%zz` for itself, so that two
//! spellings would name one key and the signature would cover neither.

use super::refusal::Refusal;

/// Checks the path of a request.
pub(crate) fn check(path: &str) -> Result<(), Refusal> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        match (digit(rest.next()), digit(rest.next())) {
            (Some(high), Some(low)) => bytes.push(u8::try_from(high * 16 + low).unwrap_or(0)),
            _ => return Err(Refusal::invalid_uri("a '%' is not followed by two digits")),
        }
    }
    match String::from_utf8(bytes) {
        Ok(_) => Ok(()),
        Err(_) => Err(Refusal::invalid_uri("it is not UTF-8")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_encoded_utf_8_passes() {
        for path in ["/", "/a/%E5%80%89", "/%00%25%2f", "/倉", "/a+b"] {
            assert_eq!(check(path), Ok(()), "{path}");
        }
        for path in ["/%", "/%f", "/%0g", "/%FF", "/%ED%A0%80", "/%C0%80"] {
            assert_eq!(check(path).unwrap_err().code, "InvalidURI", "{path}");
        }
    }
}
