//! What a person is told: what was made, where it goes, and the lines of clients.

use super::authority::Kind;
use super::{Certificate, Issued};

/// The answer as text.
pub(super) fn of(issued: &Issued) -> String {
    let ca = issued.ca.display();
    let made = if issued.ca_made { "made" } else { "used" };
    let mut text = format!("CA {made}: {ca}, good until {}\n", issued.ca_not_after);
    for one in &issued.certificates {
        text.push_str(&certificate(one));
    }
    if issued.ca_made {
        let key = issued.ca.with_extension("key");
        text.push_str(&format!(
            "\nKeep {} off the server, on a medium of its own: whoever has it can make\n\
             certificates that server and clients trust.\n",
            key.display()
        ));
    }
    for one in &issued.certificates {
        text.push_str(&match one.kind {
            Kind::Server => server(one),
            Kind::Client => client(issued, one),
        });
    }
    text
}

fn certificate(one: &Certificate) -> String {
    format!(
        "{}: {}, key {}, good until {}\n  sha256 {}\n",
        one.names.join(", "),
        one.certificate.display(),
        one.key.display(),
        one.not_after,
        one.sha256
    )
}

fn server(one: &Certificate) -> String {
    format!(
        "\nTo the server, with the user of azekura as owner, and into its configuration:\n\n  \
         [tls]\n  certificate = \"{}\"\n  key = \"{}\"\n\n\
         A running server takes new files within 5 s, or at once on SIGHUP.\n\
         To every client goes ca.pem, and never a key of the server.\n",
        one.certificate.display(),
        one.key.display()
    )
}

fn client(issued: &Issued, one: &Certificate) -> String {
    let ca = issued.ca.display();
    let (certificate, key) = (one.certificate.display(), one.key.display());
    format!(
        "\nClient {}: ca.pem, its certificate and its key go to the client. The server trusts it by\n\n  \
         [tls]\n  client_auth = \"required\"\n  client_cas = [{{ tenant = \"TENANT\", file = \"{ca}\" }}]\n\n  \
         boto3:   boto3.client(\"s3\", verify=\"{ca}\",\n           \
         config=botocore.config.Config(client_cert=(\"{certificate}\", \"{key}\")))\n  \
         aws-cli: export AWS_CA_BUNDLE={ca}   # client certificates: docs/operating/tls.md\n  \
         rclone:  --ca-cert {ca} --client-cert {certificate} --client-key {key}\n  \
         azekura: --ca-file {ca} --client-cert {certificate} --client-key {key}\n",
        one.names.join(", ")
    )
}
