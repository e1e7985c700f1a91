//! The keyring is deleted and comes back from three of five shares; two are refused.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::report::{Figures, Outcome};
use crate::server::{self, PASSPHRASE, Server};
use crate::{Bench, Failure, tools, tree};

const NEW_PASSPHRASE: &str = "eleven purple herons drink coffee";
const BUCKET: &str = "s3://escrow";
const FILES: usize = 60;
const SEED: u64 = 5;

struct World<'a> {
    bench: &'a Bench,
    home: PathBuf,
    vault: PathBuf,
}

impl World<'_> {
    fn azekura(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.bench.binary);
        command
            .args(words)
            .env("AZEKURA_DATA_DIR", &self.vault)
            .stdin(Stdio::null());
        command
    }

    fn run(&self, words: &[&str]) -> Result<String, Failure> {
        tools::run(&mut self.azekura(words))
    }

    /// A command that must be refused (exit code 4) with words in its message.
    fn refused(&self, words: &[&str], because: &str) -> Result<(), Failure> {
        let output = tools::output(&mut self.azekura(words))?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.code() == Some(4) && said.contains(because) {
            return Ok(());
        }
        Err(format!("{words:?} should be refused because {because:?}: {output:?}").into())
    }

    fn serve(&self, passphrase: Option<&str>) -> Result<Server, Failure> {
        let mut command = Command::new(&self.bench.binary);
        command.args(server::arguments(&self.vault));
        if let Some(passphrase) = passphrase {
            command.env("AZEKURA_PASSPHRASE", passphrase);
        }
        Server::start_command(command, &self.vault)
    }

    fn aws(&self, server: &Server, words: &[&str]) -> Result<String, Failure> {
        let mut command = self.bench.tools.client("aws", server);
        tools::run(command.args(words))
    }

    fn path(&self, name: &str) -> String {
        self.home.join(name).display().to_string()
    }

    fn share(&self, number: u8) -> String {
        self.path(&format!("shares/share-{number}.txt"))
    }

    fn keyring_is_there(&self) -> bool {
        self.vault.join("keyring").exists()
    }

    fn delete_keyring(&self) -> Result<(), Failure> {
        std::fs::remove_file(self.vault.join("keyring"))?;
        Ok(())
    }

    /// Serves the vault and compares every byte.
    fn read_back(&self, name: &str, passphrase: Option<&str>) -> Result<usize, Failure> {
        let server = self.serve(passphrase)?;
        let restored = self.home.join(name);
        self.aws(
            &server,
            &["s3", "sync", "--only-show-errors", BUCKET, &self.path(name)],
        )?;
        server.stop()?;
        tree::compare(&self.home.join("source"), &restored)
    }
}

/// Fills a vault with aws-cli and splits its keyring while it serves; deletes the keyring; two shares
/// are refused; a sheet, a QR code and a sheet restore it; words that are typed restore it again; it
/// is sealed anew. All is read back each time.
pub(crate) fn a_deleted_keyring_comes_back(bench: &Bench) -> Result<Outcome, Failure> {
    if !bench.tools.has("aws") {
        return Ok(Outcome::Skipped("aws is not installed".to_owned()));
    }
    let home = bench.directory("escrow")?;
    let vault = home.join("vault");
    let world = World { bench, home, vault };
    let (old, new) = (world.path("old"), world.path("new"));
    std::fs::write(&old, PASSPHRASE)?;
    std::fs::write(&new, NEW_PASSPHRASE)?;
    world.run(&["vault", "init", "--passphrase-file", &old])?;
    let server = world.serve(Some(PASSPHRASE))?;
    tree::generate_light(&world.home.join("source"), FILES, SEED)?;
    world.aws(&server, &["s3", "mb", BUCKET])?;
    world.aws(
        &server,
        &[
            "s3",
            "sync",
            "--only-show-errors",
            &world.path("source"),
            BUCKET,
        ],
    )?;
    split_and_drill(&world, &old)?;
    server.stop()?;

    let restore = ["vault", "escrow", "restore", "--new-passphrase-file", &new];
    let (second, fourth) = (world.share(2), world.share(4));
    let two = ["--share", &second, "--share", &fourth];
    world.refused(&[&restore[..], &two].concat(), "bring 1 more")?;
    let twice = ["--share", &second, "--share", &fourth, "--share", &second];
    world.refused(&[&restore[..], &twice].concat(), "given twice")?;
    if world.keyring_is_there() || world.serve(Some(PASSPHRASE)).is_ok() {
        return Err("two shares wrote a keyring, or the vault opens without one".into());
    }
    let scanned = scan(&world, 5)?;
    let third = scanned.clone().unwrap_or_else(|| world.share(5));
    world.run(&[&restore[..], &two, &["--share", &third]].concat())?;
    let files = world.read_back("by-sheets", Some(NEW_PASSPHRASE))?;

    world.delete_keyring()?;
    restore_by_words(&world)?;
    world.read_back("by-words", None)?;
    world.run(&["vault", "reseal-keyring", "--new-passphrase-file", &old])?;
    if world.vault.join("keyring.secret").exists() {
        return Err("the old secret is still there".into());
    }
    world.read_back("sealed-anew", Some(PASSPHRASE))?;
    Ok(Outcome::Passed(Figures::from([
        ("files_read_back", files.into()),
        ("qr_read_by_zbar", scanned.is_some().into()),
    ])))
}

/// Splits twice (the second time is refused), deletes the keyring under the running server, and
/// proves three shares.
fn split_and_drill(world: &World<'_>, passphrase_file: &str) -> Result<(), Failure> {
    let out = world.path("shares");
    let split = [
        "vault",
        "escrow",
        "split",
        "--shares",
        "5",
        "--threshold",
        "3",
        "--passphrase-file",
        passphrase_file,
        &out,
    ];
    world.run(&split)?;
    world.refused(&split, "exists already")?;
    world.delete_keyring()?;
    let (first, second, third) = (world.share(1), world.share(3), world.share(5));
    let drill = [
        "vault", "escrow", "drill", "--share", &first, "--share", &second,
    ];
    world.refused(&drill, "bring 1 more")?;
    let said = world.run(&[&drill[..], &["--share", &third]].concat())?;
    if !said.contains("its root key opened a record") || world.keyring_is_there() {
        return Err(format!("the drill wrote a keyring, or proved too little: {said}").into());
    }
    Ok(())
}

/// The text of a share's QR code as zbar reads it off the drawing, in a file.
fn scan(world: &World<'_>, number: u8) -> Result<Option<String>, Failure> {
    let tools = &world.bench.tools;
    if !tools.has("zbarimg") || !tools.has("rsvg-convert") {
        return Ok(None);
    }
    let drawing = world.path(&format!("shares/share-{number}.svg"));
    let (picture, text) = (world.path("scanned.png"), world.path("scanned.txt"));
    tools::run(
        tools
            .command("rsvg-convert")
            .args(["-b", "white", "-o", &picture, &drawing]),
    )?;
    let read = tools::run(tools.command("zbarimg").args(["--raw", "-q", &picture]))?;
    if !read.starts_with("AZEKURA:SHARE:1:") {
        return Err(format!("zbar reads {read:?}").into());
    }
    std::fs::write(&text, read)?;
    Ok(Some(text))
}

/// Types the words of sheets 1, 3 and 4 into the command; one wrong word is refused first.
fn restore_by_words(world: &World<'_>) -> Result<(), Failure> {
    let mut typed = String::new();
    for number in [1, 3, 4] {
        let sheet = std::fs::read_to_string(world.share(number))?;
        let words = sheet
            .split_once("BEGIN AZEKURA SHARE -----")
            .and_then(|(_, rest)| rest.split_once("----- END"))
            .ok_or("the sheet has no words")?;
        typed.push_str(words.0);
    }
    let restore = [
        "vault",
        "escrow",
        "restore",
        "--share-words",
        "--new-secret-file",
    ];
    let type_in = |text: &str| -> Result<(bool, String), Failure> {
        let mut command = world.azekura(&restore);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        // A refusal may come before everything was typed.
        if let Some(mut input) = child.stdin.take()
            && input.write_all(text.as_bytes()).is_err()
        {}
        let output = child.wait_with_output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok((output.status.success(), said))
    };
    let word = typed.split_whitespace().nth(1).ok_or("no word")?;
    let other = if word == "zebra" { "zoo" } else { "zebra" };
    let (done, said) = type_in(&typed.replacen(word, other, 1))?;
    if done || !said.contains("word 1") || world.keyring_is_there() {
        return Err(format!("a wrong word was not refused: {said}").into());
    }
    match type_in(&typed)? {
        (true, _) => Ok(()),
        (false, said) => Err(format!("words did not restore the keyring: {said}").into()),
    }
}
