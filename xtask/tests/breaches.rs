//! Every check of tidy against a small workspace that breaks its rule: a check that finds nothing
//! there would find nothing anywhere.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use xtask::tidy;

const TIDY: &str = "\
[rows]
low = 0
high = 1
[never]
low = [\"high\"]
[imports.low]
high = [\"open\"]
[[allow]]
check = \"glob\"
file = \"nowhere.rs\"
reason = \"stale\"
";

const DENY: &str = "\
[licenses]
allow = [\"MIT\"]
[bans]
deny = [{ crate = \"high\", wrappers = [\"other\"] }]
";

fn write(root: &Path, path: &str, text: &str) -> io::Result<()> {
    let file = root.join(path);
    fs::create_dir_all(file.parent().unwrap_or(root))?;
    fs::write(file, text)
}

/// A package with a licence that is not allowed and without the shared lints.
fn manifest(name: &str, dependencies: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\nlicense = \"WTFPL\"\n[dependencies]\n{dependencies}\n"
    )
}

fn broken_workspace(root: &Path) -> io::Result<()> {
    write(
        root,
        "Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"crates/low\", \"crates/high\"]\n",
    )?;
    write(
        root,
        "crates/low/Cargo.toml",
        &manifest("low", "high = { path = \"../high\" }"),
    )?;
    write(root, "crates/high/Cargo.toml", &manifest("high", ""))?;
    let marker = concat!("TO", "DO");
    let long = "fn f() {}\n".repeat(901);
    let inline = "    // a line\n".repeat(151);
    write(
        root,
        "crates/low/src/lib.rs",
        &format!(
            "use high::closed::*;\n// {marker}\nstatic N: u8 = 1;\npub struct Twice;\nfn now() {{ std::time::Instant::now(); }}\n{long}#[cfg(test)]\nmod tests {{\n{inline}    #[test]\n    fn idle() {{ super::f(); }}\n}}\n"
        ),
    )?;
    write(
        root,
        "crates/high/src/lib.rs",
        "pub mod closed {}\npub struct Twice;\n",
    )?;
    write(root, "crates/model/src/noun.rs", "pub struct Noun;\n")?;
    write(root, "xtask/tidy.toml", TIDY)?;
    write(root, "deny.toml", DENY)?;
    write(
        root,
        "docs/glossary.md",
        "| Noun | Type | File | Meaning |\n|---|---|---|---|\n| gone | `Gone` | `x.rs` | m |\n",
    )?;
    write(root, "docs/formats/journal.md", "bytes\n")?;
    write(root, "changelog/unreleased/1.md", "no kind\n")?;
    write(root, "docs/operating/clients/a.md", "# A\n\nIt works.\n")?;
    write(root, ".git/info/refused-words", "closed\n")
}

#[test]
fn every_check_finds_its_breach() {
    let folder = tempfile::tempdir().unwrap();
    broken_workspace(folder.path()).unwrap();
    let report = tidy::run(folder.path(), false).unwrap();
    let found: BTreeSet<&str> = report.findings.iter().map(|breach| breach.check).collect();
    let expected = BTreeSet::from([
        "allow",
        "arrow",
        "assertless",
        "document",
        "door",
        "glob",
        "global",
        "glossary",
        "inline-tests",
        "licence",
        "lints",
        "marker",
        "name",
        "pin",
        "recipe",
        "size",
        "word",
        "wrapper",
    ]);
    assert_eq!(found, expected, "{:#?}", report.findings);
}

#[test]
fn a_pinned_document_falls_stale_with_its_source_until_it_is_blessed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    broken_workspace(root).unwrap();
    write(
        root,
        "docs/formats/pins.toml",
        "[[pin]]\ndocument = \"docs/formats/journal.md\"\nsources = [\"crates/high/src/lib.rs\"]\nsha256 = \"\"\n",
    ).unwrap();
    let pins = |bless| {
        let report = tidy::run(root, bless).unwrap();
        report
            .findings
            .into_iter()
            .filter(|breach| breach.check == "pin")
            .count()
    };
    assert_eq!(pins(false), 1);
    assert_eq!(pins(true), 0);
    assert_eq!(pins(false), 0);
    write(
        root,
        "crates/high/src/lib.rs",
        "pub mod closed {}\npub struct Other;\n",
    )
    .unwrap();
    assert_eq!(pins(false), 1);
}
