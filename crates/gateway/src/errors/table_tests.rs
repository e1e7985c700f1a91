//! The table against the sources, and the page that is written from it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::table::{ROWS, SaidBy, row_of};

/// Ways in which the sources of this crate name a code, up to the code itself.
const NAMED_BY: [&str; 8] = [
    "S3ErrorCode::",
    "answer(\"",
    "answer(\n\"",
    "Self::new(\"",
    "Self::new(\n\"",
    "let code = \"",
    "=> (\"",
    "(code: \"",
];

fn crate_path(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Production sources, without what stands behind `#[cfg(test)]`, lines trimmed.
fn sources(folder: &Path, into: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if !path.ends_with("tests.rs") && !path.ends_with("errors/table.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap().to_owned();
            let lines: Vec<_> = text.lines().map(str::trim).collect();
            into.push(lines.join("\n"));
        }
    }
}

/// Codes that the sources name.
fn named() -> BTreeSet<String> {
    let mut texts = Vec::new();
    sources(&crate_path("src"), &mut texts);
    let mut codes = BTreeSet::new();
    for text in &texts {
        for by in NAMED_BY {
            for rest in text.split(by).skip(1) {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric());
                let code = &rest[..end.unwrap_or(rest.len())];
                if code.starts_with(|c: char| c.is_ascii_uppercase()) {
                    codes.insert(code.to_owned());
                }
            }
        }
    }
    codes
}

#[test]
fn every_code_of_the_sources_has_a_row_and_every_row_is_reached() {
    let named = named();
    assert!(named.len() > 30, "{named:?}");
    let missing: Vec<_> = named.iter().filter(|code| row_of(code).is_none()).collect();
    assert!(
        missing.is_empty(),
        "errors/table.rs has no row for {missing:?}"
    );
    let mut wrong = Vec::new();
    for row in ROWS {
        match (row.said_by, named.contains(row.code)) {
            (SaidBy::Gateway, true) | (SaidBy::Library(_) | SaidBy::Nobody(_), false) => {}
            (said_by, _) => wrong.push((row.code, said_by)),
        }
    }
    // Said by the gateway and in none of its sources, or the other way round.
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn rows_are_in_order_and_whole() {
    for pair in ROWS.windows(2) {
        assert!(pair[0].code < pair[1].code, "{}", pair[1].code);
    }
    for row in ROWS {
        assert!((300..600).contains(&row.status), "{}", row.code);
        assert!(
            !row.message.is_empty() && row.hint.ends_with(['.', ')']),
            "{}",
            row.code
        );
        assert_eq!(row_of(row.code), Some(row));
    }
}

fn page() -> String {
    let mut page = String::from(
        "# Errors\n\n\
         Every error that this server can answer, written from `crates/gateway/src/errors/table.rs` \
         by its test\n(`UPDATE=1 cargo test -p azekura-gateway --lib errors`).\n\n\
         Codes, statuses and words are those of AWS. The message of an answer may say more precisely \
         what is wrong.\nThe hint stands in the document as `<Hint>`. The document also has \
         `<Resource>`, `<RequestId>` and `<HostId>`;\nthe log holds the request id. An answer to HEAD \
         has no document: the status alone speaks.\n\n\
         | Code | Status | Words | What to do next |\n|---|---|---|---|\n",
    );
    for row in ROWS
        .iter()
        .filter(|row| !matches!(row.said_by, SaidBy::Nobody(_)))
    {
        page += &format!(
            "| `{}` | {} | {} | {} |\n",
            row.code, row.status, row.message, row.hint
        );
    }
    page +=
        "\n## Never answered\n\nCodes that clients know, and why they do not meet them here.\n\n";
    for row in ROWS {
        if let SaidBy::Nobody(why) = row.said_by {
            page += &format!("- `{}`: {why}.\n", row.code);
        }
    }
    page += "\n## Answered by the S3 library\n\n";
    for row in ROWS {
        if let SaidBy::Library(when) = row.said_by {
            page += &format!("- `{}`: {when}.\n", row.code);
        }
    }
    page
}

#[test]
fn the_page_is_the_table() {
    let path = crate_path("../../docs/reference/errors.md");
    let page = page();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/reference/errors.md differs from the table: renew it with UPDATE=1"
    );
}
