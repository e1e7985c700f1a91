//! Whether bytes are a well-formed XML 1.0 document without DTD, as a check of its own on what the
//! gateway takes and sends.

/// Judges a document.
///
/// # Errors
/// What is not well-formed.
pub fn well_formed(document: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(document).map_err(|error| error.to_string())?;
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut open: Vec<&str> = Vec::new();
    let mut roots = 0_usize;
    if rest.starts_with("<?xml") {
        rest = rest.split_once("?>").ok_or("an open declaration")?.1;
    }
    while !rest.is_empty() {
        let (before, markup) = match rest.find('<') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        characters(before)?;
        if open.is_empty() && !before.bytes().all(white) {
            return Err("text outside the root".to_owned());
        }
        if markup.is_empty() {
            break;
        }
        rest = if let Some(comment) = markup.strip_prefix("<!--") {
            comment.split_once("-->").ok_or("an open comment")?.1
        } else if let Some(data) = markup.strip_prefix("<![CDATA[") {
            data.split_once("]]>").ok_or("open data")?.1
        } else if let Some(instruction) = markup.strip_prefix("<?") {
            instruction.split_once("?>").ok_or("an open instruction")?.1
        } else if let Some(end) = markup.strip_prefix("</") {
            let (name, after) = end.split_once('>').ok_or("an open end tag")?;
            let expected = open.pop().ok_or("an end tag too many")?;
            if name.trim_ascii_end() != expected {
                return Err(format!("</{name}> ends <{expected}>"));
            }
            after
        } else {
            let (name, closed, after) = start_tag(markup)?;
            if open.is_empty() {
                roots = roots.saturating_add(1);
            }
            if !closed {
                open.push(name);
            }
            after
        };
    }
    match (open.is_empty(), roots) {
        (true, 1) => Ok(()),
        (false, _) => Err("an element is open at the end".to_owned()),
        (true, _) => Err(format!("{roots} roots")),
    }
}

fn white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Name, whether it is empty, and what follows.
fn start_tag(markup: &str) -> Result<(&str, bool, &str), String> {
    let inner = markup.get(1..).unwrap_or_default();
    let end = inner
        .find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'))
        .ok_or("an open tag")?;
    let (name, mut rest) = inner.split_at(end);
    let starts = name
        .chars()
        .next()
        .is_some_and(|c| c.is_alphabetic() || c == '_' || c == ':');
    if !starts || name.contains(['<', '&', '"', '\'', '=']) {
        return Err(format!("<{name} is no tag"));
    }
    loop {
        let trimmed = rest.trim_ascii_start();
        if let Some(after) = trimmed.strip_prefix("/>") {
            return Ok((name, true, after));
        }
        if let Some(after) = trimmed.strip_prefix('>') {
            return Ok((name, false, after));
        }
        if trimmed.len() == rest.len() {
            return Err(format!("no space before an attribute of <{name}>"));
        }
        let (_, value) = trimmed
            .split_once('=')
            .ok_or("an attribute without value")?;
        let value = value.trim_ascii_start();
        let quote = value
            .chars()
            .next()
            .filter(|c| matches!(c, '"' | '\''))
            .ok_or("an attribute without quotes")?;
        let (text, after) = value
            .get(1..)
            .unwrap_or_default()
            .split_once(quote)
            .ok_or("an open attribute")?;
        characters(text)?;
        rest = after;
    }
}

/// Characters and references.
fn characters(text: &str) -> Result<(), String> {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    if let Some(c) = text.chars().find(|c| !allowed(*c)) {
        return Err(format!("the character {c:?}"));
    }
    for part in text.split('&').skip(1) {
        let (name, _) = part.split_once(';').ok_or("a bare ampersand")?;
        let code = name
            .strip_prefix('#')
            .map(|digits| match digits.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => digits.parse(),
            });
        let known = match code {
            None => matches!(name, "amp" | "lt" | "gt" | "quot" | "apos"),
            // Control characters stand as references in answers, as AWS sends them.
            Some(code) => code.is_ok_and(|code| char::from_u32(code).is_some()),
        };
        if !known {
            return Err(format!("the reference &{name};"));
        }
    }
    Ok(())
}
