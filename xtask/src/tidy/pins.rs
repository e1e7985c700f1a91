//! Format documents pinned by hash to the source that they describe.
//!
//! A change of the source makes the check fail until somebody has read the document again and
//! blessed it: `cargo xtask tidy --bless`.

use std::collections::BTreeSet;
use std::fmt::Write;

use toml::{Table, Value};

use super::config::strings;
use super::source::SourceFile;
use super::{Breach, TidyReport, Workspace};

const PINS: &str = "docs/formats/pins.toml";
const FOLDER: &str = "docs/formats/";
const HEADER: &str = "# Which source each format document describes, and the SHA-256 of that source (tests, comments and\n# layout apart) when the document was last read against it. Add an entry with an empty hash; renew with `cargo xtask tidy --bless`\n# after reading the document again.\n";

/// A document and what it describes.
#[derive(Debug)]
struct Pin {
    document: String,
    sources: Vec<String>,
    sha256: String,
}

pub(super) fn check(workspace: &Workspace<'_>, report: &mut TidyReport) {
    let pins = match read(workspace) {
        Ok(pins) => pins,
        Err(message) => {
            report.findings.push(finding(PINS, message));
            return;
        }
    };
    for pin in &pins {
        if workspace.read(&pin.document).is_none() {
            report
                .findings
                .push(finding(PINS, format!("{} is missing", pin.document)));
        }
        match digest(workspace, &pin.sources) {
            Ok(sha256) if sha256 == pin.sha256 => {}
            Ok(_) => report.findings.push(finding(
                &pin.document,
                format!("{} changed since this document was blessed: read it again, then `cargo xtask tidy --bless`", pin.sources.join(", ")),
            )),
            Err(message) => report.findings.push(finding(PINS, message)),
        }
    }
    let pinned: BTreeSet<&str> = pins.iter().map(|pin| pin.document.as_str()).collect();
    let documents = workspace.files.iter().filter(|path| {
        path.starts_with(FOLDER)
            && (path.ends_with(".md") || path.ends_with(".cddl"))
            && !path.ends_with("README.md")
    });
    for document in documents.filter(|path| !pinned.contains(path.as_str())) {
        report.findings.push(finding(
            document,
            format!("not pinned to its source: add it to {PINS}"),
        ));
    }
}

/// Writes the present hashes.
pub(super) fn bless(workspace: &Workspace<'_>) -> Result<(), String> {
    let mut text = HEADER.to_owned();
    for pin in read(workspace)? {
        let sources = pin
            .sources
            .iter()
            .map(|s| format!("\n  {s:?},"))
            .collect::<String>();
        let sha256 = digest(workspace, &pin.sources)?;
        write!(
            text,
            "\n[[pin]]\ndocument = {:?}\nsources = [{sources}\n]\nsha256 = {sha256:?}\n",
            pin.document
        )
        .map_err(|error| error.to_string())?;
    }
    std::fs::write(workspace.root.join(PINS), text).map_err(|error| format!("{PINS}: {error}"))
}

fn read(workspace: &Workspace<'_>) -> Result<Vec<Pin>, String> {
    let text = workspace.read(PINS).unwrap_or_default();
    let table: Table = text.parse().map_err(|error| format!("{error}"))?;
    let mut pins = Vec::new();
    for entry in table
        .get("pin")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let field = |name: &str| {
            entry
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let sources = entry.get("sources").map(strings).unwrap_or_default();
        if sources.is_empty() {
            return Err(format!("{:?} names no sources", field("document")));
        }
        pins.push(Pin {
            document: field("document"),
            sources,
            sha256: field("sha256"),
        });
    }
    Ok(pins)
}

/// SHA-256 over the sources, each preceded by its path and length.
fn digest(workspace: &Workspace<'_>, sources: &[String]) -> Result<String, String> {
    let mut all = String::new();
    for path in sources {
        let text = match workspace.sources.iter().find(|source| source.path == *path) {
            Some(source) => substance(source),
            None => workspace
                .read(path)
                .ok_or_else(|| format!("source {path} is missing"))?,
        };
        write!(all, "{path} {}\n{text}", text.len()).map_err(|error| error.to_string())?;
    }
    crate::process::sha256(all.as_bytes())
}

/// What of a Rust file can change a format: no tests, no lines of comment, no layout.
fn substance(source: &SourceFile) -> String {
    let mut text = String::new();
    let mut from = 0;
    for region in &source.test_regions {
        text.push_str(source.text.get(from..region.start).unwrap_or_default());
        from = region.end;
    }
    text.push_str(source.text.get(from..).unwrap_or_default());
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines
        .flat_map(str::chars)
        .filter(|c| !c.is_whitespace() && *c != ',')
        .collect()
}

fn finding(place: &str, message: String) -> Breach {
    Breach {
        check: "pin",
        place: place.to_owned(),
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::substance;
    use crate::tidy::source::source_from;

    #[test]
    fn layout_comments_and_tests_do_not_matter_and_bytes_do() {
        let of = |text: &str| substance(&source_from("a.rs".to_owned(), text.to_owned()));
        let plain = of("const MAGIC: [u8; 2] = [1, 2];");
        let same = "/// The magic.\nconst MAGIC: [u8; 2] = [\n    1,\n    2,\n];\n#[cfg(test)]\nmod t { const X: u8 = 0; }\n";
        assert_eq!(of(same), plain);
        assert_ne!(of("const MAGIC: [u8; 2] = [1, 3];"), plain);
        assert_ne!(
            of("const D: &str = \"a b\";"),
            of("const D: &str = \"a c\";")
        );
    }
}
