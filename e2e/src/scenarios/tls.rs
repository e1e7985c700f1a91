//! TLS with clients that nobody here wrote: client certificates, versions and suites that are refused,
//! files that change under load, sources that are not served, plaintext that is not spoken.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::report::{Figures, Outcome};
use crate::server::{self, ACCESS_KEY, SECRET_KEY, Server};
use crate::{Bench, Failure, tools};

/// What the operator made with `azekura tls issue`.
struct Papers {
    home: PathBuf,
}

impl Papers {
    fn make(bench: &Bench, home: &Path) -> Result<Self, Failure> {
        let papers = Self {
            home: home.to_owned(),
        };
        let names = ["--server", "localhost", "--server", "127.0.0.1"];
        let printed = papers.issue(bench, "ca", &[&names[..], &["--client", "backup"]].concat())?;
        for word in ["ca.key off the server", "[tls]", "rclone", "client_cert="] {
            if !printed.contains(word) {
                return Err(format!("tls issue does not say {word:?}:\n{printed}").into());
            }
        }
        papers.issue(
            bench,
            "ca",
            &["--server", "127.0.0.1", "--server", "localhost"],
        )?;
        papers.issue(bench, "stranger", &["--client", "backup"])?;
        std::fs::create_dir_all(papers.path("live"))?;
        for ending in ["pem", "key"] {
            let made = papers.path(&format!("ca/server-localhost.{ending}"));
            std::fs::copy(made, papers.path(&format!("live/server.{ending}")))?;
        }
        Ok(papers)
    }

    fn issue(&self, bench: &Bench, dir: &str, words: &[&str]) -> Result<String, Failure> {
        let mut command = Command::new(&bench.binary);
        command.args(["tls", "issue", "--dir"]).arg(self.path(dir));
        tools::run(command.args(words))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Starts a server whose `[tls]` table goes on with `rest`.
    fn serve(&self, bench: &Bench, vault: &str, rest: &str) -> Result<Server, Failure> {
        let config = self.path(&format!("{vault}.toml"));
        let table = format!(
            "[tls]\ncertificate = {:?}\nkey = {:?}\n{rest}",
            self.path("live/server.pem"),
            self.path("live/server.key")
        );
        std::fs::write(&config, table)?;
        let vault = self.path(vault);
        let mut command = Command::new(&bench.binary);
        command.args(server::arguments(&vault));
        command.arg("--config").arg(config);
        let server = Server::start_command(command, &vault)?;
        if !server.s3.starts_with("https://") || !server.admin.starts_with("https://") {
            return Err(format!("ready says {} {}", server.s3, server.admin).into());
        }
        Ok(server)
    }

    /// A client with the certificate that was issued for it.
    fn known(&self, mut command: Command, server: &Server) -> Command {
        command
            .env("TLS_CA", self.path("ca/ca.pem"))
            .env("TLS_CERT", self.path("ca/client-backup.pem"))
            .env("TLS_KEY", self.path("ca/client-backup.key"))
            .env("TLS_STRANGER_CERT", self.path("stranger/client-backup.pem"))
            .env("TLS_STRANGER_KEY", self.path("stranger/client-backup.key"))
            .env("TLS_SERVER_PID", server.pid().to_string());
        command
    }

    /// What `openssl s_client` says of a connection over which it asks for `path`.
    fn s_client(&self, url: &str, words: &[&str], path: &str) -> Result<Said, Failure> {
        let authority = authority(url);
        let mut child = Command::new("openssl")
            .args(["s_client", "-brief", "-ign_eof", "-verify_return_error"])
            .args(["-connect", authority, "-CAfile", &self.text("ca/ca.pem")])
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let ask = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        if let Some(mut stdin) = child.stdin.take() {
            // It may have ended already, refused; what it printed is the finding.
            if stdin.write_all(ask.as_bytes()).is_err() {}
        }
        let output = child.wait_with_output()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let all = text(&output.stdout) + &text(&output.stderr);
        Ok(Said(all))
    }

    /// The words that show the client certificate to `openssl`.
    fn shown(&self) -> Vec<String> {
        let (certificate, key) = ("ca/client-backup.pem", "ca/client-backup.key");
        let words = ["-cert", &self.text(certificate), "-key", &self.text(key)];
        words.map(str::to_owned).to_vec()
    }
}

/// All that `openssl s_client` printed.
struct Said(String);

impl Said {
    fn must(&self, what: &str, words: &[&str]) -> Result<(), Failure> {
        match words.iter().find(|word| !self.0.contains(*word)) {
            None => Ok(()),
            Some(word) => Err(format!("{what}: no {word:?} in:\n{}", self.0).into()),
        }
    }

    fn must_be_refused(&self, what: &str, alert: &str) -> Result<(), Failure> {
        if self.0.contains("HTTP/1.1 ") {
            return Err(format!("{what}: was answered:\n{}", self.0).into());
        }
        self.must(what, &[alert])
    }
}

fn authority(url: &str) -> &str {
    url.trim_start_matches("https://")
}

/// Everything over TLS with client certificates required, then what the switches allow.
pub(crate) fn only_what_is_allowed_gets_in(bench: &Bench) -> Result<Outcome, Failure> {
    for client in ["openssl", "python3", "aws", "rclone"] {
        if !bench.tools.has(client) {
            return Ok(Outcome::Skipped(format!("{client} is not installed")));
        }
    }
    let home = bench.directory("tls")?;
    let papers = Papers::make(bench, &home)?;
    let mutual = format!(
        "client_auth = \"required\"\nclient_cas = [{{ tenant = \"default\", file = {:?} }}]\n",
        papers.path("ca/ca.pem")
    );
    let server = papers.serve(bench, "mutual", &mutual)?;
    refused_without_certificate(&papers, &server)?;
    clients(bench, &papers, &server)?;
    commands(bench, &papers, &server)?;
    let live = papers.path("live");
    let mut reload = bench.tools.python("tls_reload.py", &server);
    reload.arg(live).arg(papers.path("ca/server-127.0.0.1"));
    let requests = tools::run(&mut papers.known(reload, &server))?;
    measured(&papers, &server)?;
    if server.stop()? != 0 {
        return Err("the server did not end cleanly".into());
    }
    switches(bench, &papers)?;
    plaintext(bench, &papers)?;
    let requests = requests.trim().parse::<u64>()?;
    Ok(Outcome::Passed(Figures::from([(
        "requests_during_reload",
        requests.into(),
    )])))
}

/// `openssl s_client`: TLS 1.3 alone, and a certificate.
fn refused_without_certificate(papers: &Papers, server: &Server) -> Result<(), Failure> {
    let shown = papers.shown();
    let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
    let with = |words: &[&str]| {
        let words = [&shown[..], words].concat();
        papers.s_client(&server.admin, &words, "/healthz")
    };
    let words = ["TLSv1.3", "Verification: OK", "HTTP/1.1 200"];
    with(&["-tls1_3"])?.must("TLS 1.3", &words)?;
    for version in ["-tls1_2", "-tls1_1", "-tls1"] {
        let said = with(&[version, "-cipher", "ALL:@SECLEVEL=0"])?;
        said.must_be_refused(version, "SSL alert number")?;
    }
    for url in [&server.s3, &server.admin] {
        papers
            .s_client(url, &[], "/healthz")?
            .must_be_refused("no certificate", "alert certificate required")?;
        let (certificate, key) = ("stranger/client-backup.pem", "stranger/client-backup.key");
        let (certificate, key) = (papers.text(certificate), papers.text(key));
        papers
            .s_client(url, &["-cert", &certificate, "-key", &key], "/healthz")?
            .must_be_refused("a stranger's certificate", "alert")?;
    }
    Ok(())
}

/// boto3, aws-cli, rclone with the client certificate.
fn clients(bench: &Bench, papers: &Papers, server: &Server) -> Result<(), Failure> {
    let boto3 = bench.tools.python("tls_boto3.py", server);
    tools::run(&mut papers.known(boto3, server))?;
    let plugins = papers.path("aws.config");
    std::fs::write(
        &plugins,
        "[plugins]\ncertificate = aws_client_certificate\n",
    )?;
    let content = papers.text("live/server.pem");
    let aws = |words: &[&str]| {
        let mut command = bench.tools.client("aws", server);
        command
            .env("AWS_CONFIG_FILE", &plugins)
            .env(
                "PYTHONPATH",
                Path::new(env!("CARGO_MANIFEST_DIR")).join("py"),
            )
            .env("AWS_CA_BUNDLE", papers.path("ca/ca.pem"))
            .env("AWS_CLIENT_CERT", papers.path("ca/client-backup.pem"))
            .env("AWS_CLIENT_KEY", papers.path("ca/client-backup.key"))
            .args(words);
        command
    };
    tools::run(&mut aws(&["s3", "mb", "s3://tls-aws"]))?;
    tools::run(&mut aws(&["s3", "cp", &content, "s3://tls-aws/k"]))?;
    let read = tools::run(&mut aws(&["s3", "cp", "s3://tls-aws/k", "-"]))?;
    if read != std::fs::read_to_string(&content)? {
        return Err("aws-cli read something else than it wrote".into());
    }
    let (certificate, key) = ("ca/client-backup.pem", "ca/client-backup.key");
    let (ca, certificate, key) = (
        papers.text("ca/ca.pem"),
        papers.text(certificate),
        papers.text(key),
    );
    let rclone = |words: &[&str]| {
        let mut command = bench.tools.client("rclone", server);
        command.args(["--ca-cert", &ca, "--client-cert", &certificate]);
        command.args(["--client-key", &key]).args(words);
        command
    };
    let source = papers.text("live");
    tools::run(&mut rclone(&["copy", &source, "az:tls-rclone"]))?;
    tools::run(&mut rclone(&[
        "check",
        "--download",
        &source,
        "az:tls-rclone",
    ]))?;
    let mut nobody = bench.tools.client("rclone", server);
    let nobody = nobody.args([
        "--ca-cert",
        &ca,
        "--retries",
        "1",
        "--low-level-retries",
        "1",
        "lsd",
        "az:",
    ]);
    if tools::output(nobody)?.status.success() {
        return Err("rclone was let in without a certificate".into());
    }
    Ok(())
}

/// The commands of azekura itself.
fn commands(bench: &Bench, papers: &Papers, server: &Server) -> Result<(), Failure> {
    let info = |words: &[&str]| {
        let mut command = Command::new(&bench.binary);
        command
            .env("AZEKURA_ACCESS_KEY_ID", ACCESS_KEY)
            .env("AZEKURA_SECRET_ACCESS_KEY", SECRET_KEY)
            .args(["vault", "info", "--json", "--endpoint", &server.admin])
            .args(words);
        tools::output(&mut command)
    };
    let ca = papers.text("ca/ca.pem");
    let (certificate, key) = ("ca/client-backup.pem", "ca/client-backup.key");
    let (certificate, key) = (papers.text(certificate), papers.text(key));
    let shown = ["--client-cert", &certificate, "--client-key", &key];
    let all = [&["--ca-file", &ca][..], &shown].concat();
    let answer = info(&all)?;
    let printed = String::from_utf8_lossy(&answer.stdout).into_owned();
    if !answer.status.success() || !printed.contains(&server.s3) {
        let said = String::from_utf8_lossy(&answer.stderr).into_owned();
        return Err(format!("vault info over TLS: {printed}{said}").into());
    }
    // Without the certificate, and without the CA.
    for words in [&["--ca-file", ca.as_str()][..], &shown] {
        if info(words)?.status.success() {
            return Err(format!("vault info was answered with {words:?} alone").into());
        }
    }
    Ok(())
}

/// What `/metrics` says of it all.
fn measured(papers: &Papers, server: &Server) -> Result<(), Failure> {
    let shown = papers.shown();
    let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
    let said = papers.s_client(&server.admin, &shown, "/metrics")?;
    let all = [
        "azekura_tls_handshakes_total{listener=\"s3\",version=\"1.3\",client_certificate=\"yes\"}",
        "azekura_tls_handshakes_failed_total{listener=\"s3\",reason=\"no_client_certificate\"}",
        "azekura_tls_handshakes_failed_total{listener=\"s3\",reason=\"bad_client_certificate\"}",
        "azekura_tls_handshakes_failed_total{listener=\"admin\",reason=\"version_or_suite\"}",
        "azekura_tls_reloads_refused_total{listener=\"s3\"} 1",
        "azekura_tls_files_stale{listener=\"s3\"} 0",
        "azekura_tls_certificate_not_after_seconds{listener=\"s3\"}",
    ];
    said.must("/metrics", &all)
}

/// TLS 1.2 switched on: its strong suites and no others; sources that are not listed.
fn switches(bench: &Bench, papers: &Papers) -> Result<(), Failure> {
    let rest = "allow_tls12 = true\n\n[s3]\nsource_cidrs = [\"192.0.2.0/24\"]\n\n\
                [admin]\nsource_cidrs = [\"127.0.0.0/8\", \"::1\"]\n";
    let server = papers.serve(bench, "switches", rest)?;
    let ask = |words: &[&str]| papers.s_client(&server.admin, words, "/metrics");
    for suite in [
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
    ] {
        let said = ask(&["-tls1_2", "-cipher", suite])?;
        said.must(suite, &["TLSv1.2", suite, "HTTP/1.1 200"])?;
    }
    for suite in [
        "ECDHE-ECDSA-AES256-SHA384",
        "ECDHE-ECDSA-AES128-SHA",
        "ECDHE-ECDSA-AES256-CCM",
        "AES256-GCM-SHA384",
        "AES128-SHA",
        "DHE-RSA-AES256-GCM-SHA384",
    ] {
        let suite_at_0 = format!("{suite}:@SECLEVEL=0");
        let said = ask(&["-tls1_2", "-cipher", &suite_at_0])?;
        said.must_be_refused(suite, "alert handshake failure")?;
    }
    for curve in ["P-521", "X448"] {
        let said = ask(&["-tls1_3", "-groups", curve])?;
        said.must_be_refused(curve, "alert handshake failure")?;
    }
    let old = ask(&["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"])?;
    old.must_be_refused("TLS 1.1", "SSL alert number")?;
    let elsewhere = papers.s_client(&server.s3, &[], "/")?;
    elsewhere.must_be_refused("a source that is not listed", "")?;
    if elsewhere.0.contains("TLSv1.3") {
        return Err(format!("an unlisted source got a handshake:\n{}", elsewhere.0).into());
    }
    let refused = "azekura_connections_refused_total{listener=\"s3\",reason=\"source\"} 1";
    ask(&[])?.must("/metrics", &[refused])?;
    server.stop()?;
    Ok(())
}

/// Beyond loopback only with TLS.
fn plaintext(bench: &Bench, papers: &Papers) -> Result<(), Failure> {
    let everywhere = |vault: &Path| {
        let mut command = Command::new(&bench.binary);
        command
            .args(["serve", "--s3-addr", "0.0.0.0:0"])
            .args(["--admin-addr", "127.0.0.1:0", "--data-dir"])
            .arg(vault);
        command
    };
    let vault = papers.path("plaintext");
    let refused = tools::output(&mut everywhere(&vault))?;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    if refused.status.code() != Some(2) || !said.contains("plaintext") {
        return Err(format!("plaintext beyond loopback: {} {said}", refused.status).into());
    }
    if vault.exists() {
        return Err("a vault was made for a server that does not start".into());
    }
    let vault = papers.path("encrypted");
    let mut command = everywhere(&vault);
    command.arg("--config").arg(papers.path("mutual.toml"));
    let server = Server::start_command(command, &vault)?;
    if !server.s3.starts_with("https://0.0.0.0:") {
        return Err(format!("ready says {}", server.s3).into());
    }
    server.stop()?;
    Ok(())
}
