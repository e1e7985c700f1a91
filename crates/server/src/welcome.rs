//! What a start prints for people, on standard error. Standard output gets the `ready` line alone.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use crate::credentials::{CREDENTIALS_FILE, StoredCredentials};

/// The line that says that requests are accepted.
#[must_use]
pub(crate) fn ready_line(s3: SocketAddr, admin: SocketAddr) -> String {
    format!("azekura ready s3=http://{s3} admin=http://{admin}")
}

/// Commands for the shell, quoted so that they work as pasted.
#[must_use]
pub(crate) fn first_start(
    data_dir: &Path,
    s3: SocketAddr,
    root: &StoredCredentials,
    kept: bool,
) -> String {
    let mut text = String::from("\nA new vault was made. Its root access key, shown this once:\n\n");
    let lines = [
        format!("  export AWS_ACCESS_KEY_ID={}", root.access_key_id),
        format!("  export AWS_SECRET_ACCESS_KEY={}", root.secret_access_key),
        format!("  export AWS_DEFAULT_REGION={}", root.region),
        String::new(),
        "Store and read with the AWS command line:".to_owned(),
        String::new(),
        format!("  aws --endpoint-url http://{s3} s3 mb s3://first"),
        format!("  echo 'kept in the azekura' | aws --endpoint-url http://{s3} s3 cp - s3://first/hello.txt"),
        format!("  aws --endpoint-url http://{s3} s3 cp s3://first/hello.txt -"),
        String::new(),
        "Back up with restic:".to_owned(),
        String::new(),
        "  export RESTIC_PASSWORD=choose-your-own".to_owned(),
        format!("  restic -r s3:http://{s3}/restic init"),
        format!("  restic -r s3:http://{s3}/restic backup ."),
        String::new(),
    ];
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    if kept {
        append(&mut text, &format!(
            "The key is kept in {} (readable by you only).",
            data_dir.join(CREDENTIALS_FILE).display()
        ));
    }
    append(&mut text, &copy_keyring(data_dir));
    text
}

/// Reminder while the keyring was never exported.
#[must_use]
pub(crate) fn copy_keyring(data_dir: &Path) -> String {
    format!(
        "Copy the keyring now: without it every byte here is unreadable for ever. Run\n\n  \
         azekura vault export-keyring --data-dir {} azekura-keyring.copy\n\nand keep the copy somewhere else.",
        quote(&data_dir.display().to_string())
    )
}

fn append(text: &mut String, paragraph: &str) {
    // Writing to a string cannot fail.
    if writeln!(text, "{paragraph}\n").is_err() {
        text.push_str(paragraph);
    }
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
        let root = StoredCredentials {
            access_key_id: "AZKROOT".to_owned(),
            secret_access_key: "secret".to_owned(),
            region: "local".to_owned(),
        };
        let s3 = "127.0.0.1:9000".parse().unwrap();
        let text = first_start(Path::new("./it's here"), s3, &root, true);
        for line in [
            "  export AWS_ACCESS_KEY_ID=AZKROOT\n",
            "  export AWS_DEFAULT_REGION=local\n",
            "  aws --endpoint-url http://127.0.0.1:9000 s3 mb s3://first\n",
            "  restic -r s3:http://127.0.0.1:9000/restic init\n",
            r"--data-dir './it'\''s here' azekura-keyring.copy",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        assert_eq!(
            ready_line(s3, "[::1]:9001".parse().unwrap()),
            "azekura ready s3=http://127.0.0.1:9000 admin=http://[::1]:9001"
        );
    }
}
