//! What a start prints on standard output: at the first one what to paste, at each the `ready` line.

use std::path::Path;

use crate::credentials::CREDENTIALS_FILE;
use crate::keys::Root;

/// The line that says that requests are accepted.
#[must_use]
pub(crate) fn ready_line(s3: &str, admin: &str) -> String {
    format!("azekura ready s3={s3} admin={admin}")
}

/// Commands for the shell, quoted so that they work as pasted, in this order and in any directory.
#[must_use]
pub(crate) fn first_start(data_dir: &Path, s3: &str, region: &str, root: &Root) -> String {
    let (secret, title) = if root.made {
        (
            root.secret.as_str(),
            "A new vault was made. Its root access key, shown this once:",
        )
    } else {
        (
            "\"$AZEKURA_ROOT_SECRET_ACCESS_KEY\"",
            "A new vault was made. Its root access key is the one that you set:",
        )
    };
    let aws = format!("aws --endpoint-url {s3} s3");
    let restic = format!("restic -r s3:{s3}/backup");
    let (trust, restic) = if s3.starts_with("https:") {
        // Every client brings a list of public CAs; a private one is in none of them.
        let export = "  export AWS_CA_BUNDLE=ca.pem    # the CA of the server's certificate\n";
        (export, format!("{restic} --cacert ca.pem"))
    } else {
        ("", restic)
    };
    let mut text = format!(
        "\n{title}\n\n  \
         export AWS_ACCESS_KEY_ID={}\n  \
         export AWS_SECRET_ACCESS_KEY={secret}\n  \
         export AWS_DEFAULT_REGION={region}\n{trust}\n\
         Store, list and read with the AWS command line:\n\n  \
         {aws} mb s3://first\n  \
         {aws} cp /etc/hostname s3://first/hello.txt\n  \
         {aws} ls s3://first\n  \
         {aws} cp s3://first/hello.txt -\n\n\
         Back up and list with restic:\n\n  \
         export RESTIC_PASSWORD=choose-your-own\n  \
         {restic} init\n  \
         {restic} backup /etc/hostname\n  \
         {restic} snapshots\n\n",
        root.id
    );
    if root.made {
        let kept = data_dir.join(CREDENTIALS_FILE);
        text.push_str(&format!(
            "The key is kept in {} (readable by you only).\n",
            kept.display()
        ));
    }
    text.push_str(&copy_keyring(data_dir));
    text
}

/// Reminder while the keyring was never exported.
#[must_use]
pub(crate) fn copy_keyring(data_dir: &Path) -> String {
    format!(
        "Copy the keyring now: without it every byte here is unreadable for ever. Run\n\n  \
         azekura vault export-keyring --data-dir {} azekura-keyring.copy\n\nand keep the copy somewhere else.\n\n",
        quote(&data_dir.display().to_string())
    )
}

/// Quotes for a POSIX shell when needed.
fn quote(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/._-".contains(&b);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_can_be_pasted() {
        let root = Root {
            id: "AZKROOT".to_owned(),
            secret: "secret".to_owned(),
            made: true,
        };
        let s3 = "http://127.0.0.1:9000";
        let text = first_start(Path::new("./it's here"), s3, "local", &root);
        for line in [
            "  export AWS_ACCESS_KEY_ID=AZKROOT\n",
            "  export AWS_DEFAULT_REGION=local\n",
            "  aws --endpoint-url http://127.0.0.1:9000 s3 mb s3://first\n",
            "  restic -r s3:http://127.0.0.1:9000/backup init\n",
            r"--data-dir './it'\''s here' azekura-keyring.copy",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        assert_eq!(
            ready_line(s3, "http://[::1]:9001"),
            "azekura ready s3=http://127.0.0.1:9000 admin=http://[::1]:9001"
        );
    }
}
