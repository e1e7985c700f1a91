//! The servers, and who is known to them.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;
use crate::http::Secure;
use crate::process::{self, Process, Programs};
use crate::tls;

/// Access key of the configuration.
pub(crate) const ACCESS: &str = "AZBENCHROOTKEY000001";
/// Its secret.
pub(crate) const SECRET: &str = "bench-secret-that-guards-synthetic-data";
/// Bucket that everything goes into.
pub(crate) const BUCKET: &str = "bench";
/// Policies; each is that of a group.
const POLICIES: usize = 200;
/// Groups that each have several of the policies.
const DEPARTMENTS: usize = 20;

/// A server in one setting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) tls: bool,
    pub(crate) users: bool,
    pub(crate) strict: bool,
}

/// All of them; the first is what the others are held against.
pub(crate) const KINDS: [Kind; 5] = [
    Kind {
        name: "plain",
        tls: false,
        users: false,
        strict: false,
    },
    Kind {
        name: "tls-users",
        tls: true,
        users: true,
        strict: false,
    },
    Kind {
        name: "tls",
        tls: true,
        users: false,
        strict: false,
    },
    Kind {
        name: "users",
        tls: false,
        users: true,
        strict: false,
    },
    Kind {
        name: "strict",
        tls: false,
        users: false,
        strict: true,
    },
];

/// A server that runs, and the keys that are used.
pub(crate) struct Running {
    pub(crate) kind: Kind,
    process: Process,
    pub(crate) secure: Secure,
    pub(crate) s3: SocketAddr,
    pub(crate) keys: Vec<(String, String)>,
    /// Objects that are stored, by number.
    pub(crate) stored: u64,
}

impl Running {
    /// Starts one on a fresh store.
    pub(crate) fn start(
        kind: Kind,
        programs: &Programs,
        secure: &Secure,
        dir: &Path,
        users: usize,
    ) -> Result<Self, Failure> {
        let home = dir.join(kind.name);
        std::fs::create_dir_all(&home)?;
        let mode = if kind.strict { "strict" } else { "batched" };
        let mut config = format!("[audit]\nmode = \"{mode}\"\n");
        if kind.tls {
            config += &tls::table(dir);
        }
        let path = home.join("azekura.toml");
        std::fs::write(&path, config)?;
        let azekura = programs.find("azekura")?;
        let mut command = Command::new(&azekura);
        command
            .args([
                "serve",
                "--s3-addr",
                "127.0.0.1:0",
                "--admin-addr",
                "127.0.0.1:0",
            ])
            .arg("--data-dir")
            .arg(home.join("vault"))
            .arg("--config")
            .arg(&path)
            .env("AZEKURA_ROOT_ACCESS_KEY_ID", ACCESS)
            .env("AZEKURA_ROOT_SECRET_ACCESS_KEY", SECRET);
        let mut process = Process::start(&command, &home)?;
        let (s3, admin) = process.wait_for(|log| {
            let mut lines = log.lines();
            let line = lines.find_map(|line| line.strip_prefix("azekura ready "))?;
            let field = |name| {
                line.split_whitespace()
                    .find_map(|word| word.strip_prefix(name))
            };
            let s3 = field("s3=")?.rsplit('/').next()?.parse().ok()?;
            Some((s3, field("admin=")?.to_owned()))
        })?;
        let keys = if kind.users {
            known(
                &Cli {
                    azekura,
                    admin,
                    home,
                },
                users,
            )?
        } else {
            vec![(ACCESS.to_owned(), SECRET.to_owned())]
        };
        Ok(Self {
            kind,
            process,
            secure: secure.clone(),
            s3,
            keys,
            stored: 0,
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.pid()
    }

    pub(crate) fn stop(self) -> Result<(), Failure> {
        self.process.stop()
    }
}

struct Cli {
    azekura: PathBuf,
    admin: String,
    home: PathBuf,
}

impl Cli {
    fn run(&self, words: &[&str]) -> Result<String, Failure> {
        let mut command = Command::new(&self.azekura);
        command
            .args(words)
            .args(["--endpoint", &self.admin, "--access-key-id", ACCESS])
            .env("AZEKURA_SECRET_ACCESS_KEY", SECRET);
        process::output(&mut command, "")
    }
}

/// What a group may do in the bucket: allowed by one statement, narrowed by two with conditions.
fn policy(number: usize) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[
        {{"Sid":"Own{number}","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::{BUCKET}/*"}},
        {{"Sid":"Network","Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{{"NotIpAddress":{{"aws:SourceIp":["127.0.0.0/8","10.{octet}.0.0/16"]}}}}}},
        {{"Sid":"Locks","Effect":"Deny","Action":["s3:PutObject","s3:PutObjectRetention"],"Resource":"arn:aws:s3:::{BUCKET}/*","Condition":{{"NumericLessThan":{{"s3:object-lock-remaining-retention-days":"{days}"}}}}}}]}}"#,
        octet = number % 256,
        days = number + 1,
    )
}

/// Makes policies, groups, users and a key for each user: every user has the policy of one group of 200
/// and the three of one department of 20.
fn known(cli: &Cli, users: usize) -> Result<Vec<(String, String)>, Failure> {
    for number in 0..POLICIES {
        let file = cli.home.join("policy.json");
        std::fs::write(&file, policy(number))?;
        let name = format!("p{number}");
        cli.run(&["policy", "set", &name, &file.display().to_string()])?;
        cli.run(&["group", "set", &format!("g{number}"), "--policy", &name])?;
    }
    for number in 0..DEPARTMENTS {
        let [a, b, c] = [0, 1, 2].map(|more| format!("p{}", number * 3 + more));
        let words = ["--policy", &a, "--policy", &b, "--policy", &c];
        cli.run(&[&["group", "set", &format!("d{number}")][..], &words].concat())?;
    }
    let mut text = "name,kind,preset,groups\n".to_owned();
    for number in 0..users {
        let (group, department) = (number % POLICIES, number % DEPARTMENTS);
        writeln!(text, "u{number},system,,g{group} d{department}")?;
    }
    let file = cli.home.join("users.csv");
    std::fs::write(&file, text)?;
    cli.run(&["user", "import", &file.display().to_string()])?;
    let mut keys = Vec::new();
    for number in 0..users {
        let user = format!("u{number}");
        let made = cli.run(&["key", "create", "--json", "--label", &user, "--user", &user])?;
        let made: serde_json::Value = serde_json::from_str(&made)?;
        let field = |name: &str| made[name].as_str().map(str::to_owned).ok_or("no key");
        keys.push((field("access_key_id")?, field("secret_access_key")?));
    }
    Ok(keys)
}
