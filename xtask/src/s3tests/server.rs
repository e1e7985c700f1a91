//! A server of its own, with a vault of its own, for the suite.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::process;

/// A key of the server, and the section of the suite's configuration that holds it.
struct Key {
    section: &'static str,
    name: &'static str,
    id: &'static str,
    secret: &'static str,
    rights: &'static str,
}

/// What an account of the suite may do in its institution.
const ALL: &str = "\"read\", \"write\", \"manage\", \"lock\", \"bypass\"";

/// The suite's accounts: each is a key of an institution of its own.
const KEYS: [Key; 4] = [
    Key {
        section: "s3 main",
        name: "main",
        id: "S3TESTSMAIN000000001",
        secret: "main-secret-of-the-suite-0000001",
        rights: ALL,
    },
    Key {
        section: "s3 alt",
        name: "alt",
        id: "S3TESTSALT0000000001",
        secret: "alt-secret-of-the-suite-00000001",
        rights: ALL,
    },
    Key {
        section: "s3 tenant",
        name: "tenant",
        id: "S3TESTSTENANT0000001",
        secret: "tenant-secret-of-the-suite-00001",
        rights: ALL,
    },
    Key {
        section: "iam",
        name: "iam",
        id: "S3TESTSIAM0000000001",
        secret: "iam-secret-of-the-suite-00000001",
        rights: "\"read\"",
    },
];

/// Says who owns what the key makes: the id of its institution.
const OWNER: &str = "\
import sys, boto3
from botocore.config import Config
port, key, secret = sys.argv[1:]
s3 = boto3.client('s3', endpoint_url=f'http://127.0.0.1:{port}', region_name='local',
    aws_access_key_id=key, aws_secret_access_key=secret,
    config=Config(s3={'addressing_style': 'path'}))
print(s3.list_buckets()['Owner']['ID'])
";

/// Sections that the suite reads and whose keys this server does not know.
const UNKNOWN: [&str; 2] = ["iam root", "iam alt root"];

/// Some tests put rules and look at once from when on they act: the shortest cooling-off there is. One
/// person acts alone. New buckets begin as they did before 2023, as those of Ceph do.
const SETTINGS: &str = "[lifecycle]\ncooling_off_hours = 1\n\n\
                        [approvals]\ndual_control = \"off\"\n\n\
                        [s3]\ni_accept_public_buckets = true\n\n";

/// Longest silence of a starting server.
const START: Duration = Duration::from_secs(120);

/// A running server. Its folder and the process end with it.
pub(super) struct Server {
    child: Child,
    folder: PathBuf,
    port: String,
}

impl Server {
    /// Starts `binary` with a new vault below `folder`, which must not exist.
    pub(super) fn start(binary: &Path, folder: &Path) -> Result<Self, String> {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let config = folder.join("azekura.toml");
        write(&config, &format!("{SETTINGS}{}", keys(folder)?))?;
        let log = folder.join("server.log");
        let log = fs::File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        let mut command = Command::new(binary);
        command.arg("serve").arg("--config").arg(&config);
        command.arg("--data-dir").arg(folder.join("vault"));
        command.args(["--s3-addr", "127.0.0.1:0", "--admin-addr", "127.0.0.1:0"]);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .map_err(|error| format!("{}: {error}", binary.display()))?;
        let lines = lines_of(&mut child);
        let mut server = Self {
            child,
            folder: folder.to_path_buf(),
            port: String::new(),
        };
        while let Ok(line) = lines.recv_timeout(START) {
            if let Some(port) = ready_port(&line) {
                server.port = port;
                return Ok(server);
            }
        }
        Err(format!("the server did not start:\n{}", server.log()))
    }

    /// The id of a key's institution, asked for with the suite's own client.
    fn owner(&self, python: &Path, key: &Key) -> Result<String, String> {
        let mut ask = Command::new(python);
        ask.args(["-c", OWNER, &self.port, key.id, key.secret]);
        Ok(process::output(&mut ask)?.trim().to_owned())
    }

    /// Writes the suite's configuration; returns its path. `python` has the suite's client.
    pub(super) fn suite_config(&self, python: &Path) -> Result<PathBuf, String> {
        let mut text = format!(
            "[DEFAULT]\nhost = 127.0.0.1\nport = {}\nis_secure = False\nssl_verify = False\n\n\
             [fixtures]\nbucket prefix = s3t-{{random}}-\n",
            self.port
        );
        for key in &KEYS {
            let owner = self.owner(python, key)?;
            let Key {
                section,
                name,
                id,
                secret,
                ..
            } = key;
            text.push_str(&format!(
                "\n[{section}]\ndisplay_name = {name}\nuser_id = {owner}\n\
                 email = {name}@example.com\napi_name = local\ntenant = {name}\n\
                 access_key = {id}\nsecret_key = {secret}\n"
            ));
        }
        for section in UNKNOWN {
            text.push_str(&format!(
                "\n[{section}]\nuser_id = none\nemail = none@example.com\n\
                 access_key = S3TESTSNONE000000001\nsecret_key = none\n"
            ));
        }
        let path = self.folder.join("s3tests.conf");
        write(&path, &text)?;
        Ok(path)
    }

    /// Whether it still runs.
    pub(super) fn lives(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The end of what it logged.
    pub(super) fn log(&self) -> String {
        let text = fs::read_to_string(self.folder.join("server.log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let skipped = lines.len().saturating_sub(20);
        lines
            .into_iter()
            .skip(skipped)
            .collect::<Vec<_>>()
            .join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let ended = self.child.kill().and_then(|()| self.child.wait());
        if let Err(error) = ended {
            eprintln!("the server of the suite: {error}");
        }
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            eprintln!("{}: {error}", self.folder.display());
        }
    }
}

/// The server's keys as its configuration, each secret in a file.
fn keys(folder: &Path) -> Result<String, String> {
    let mut text = String::new();
    for key in &KEYS {
        let file = folder.join(format!("{}.secret", key.name));
        write(&file, &format!("{}\n", key.secret))?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600))
            .map_err(|error| format!("{}: {error}", file.display()))?;
        text.push_str(&format!(
            "[[keys]]\nid = \"{}\"\nprincipal = \"{}\"\ntenant = \"{}\"\nsecret_file = {:?}\n\
             rights = [{}]\n",
            key.id, key.name, key.name, file, key.rights
        ));
    }
    Ok(text)
}

fn lines_of(child: &mut Child) -> mpsc::Receiver<String> {
    let (send, receive) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                // Nobody listens once the server is ready; its output is then dropped.
                if send.send(line).is_err() {}
            }
        });
    }
    receive
}

/// The port in the line by which the server says that it is ready.
fn ready_port(line: &str) -> Option<String> {
    let rest = line.strip_prefix("azekura ready ")?;
    let address = rest
        .split_whitespace()
        .find_map(|w| w.strip_prefix("s3="))?;
    let (_, port) = address.rsplit_once(':')?;
    Some(port.to_owned())
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
