use super::*;
use azekura_engine::seam::{
    Commit, CommitClass, CommitId, Mutations, NewRecord, ProjectError, ReadView, StoredRecord,
};
use azekura_model::position::PartitionId;
use std::os::unix::fs::PermissionsExt as _;

struct NoProjection;

impl Project for NoProjection {
    fn begin(&self, _: &dyn ReadView) -> Result<(), ProjectError> {
        Ok(())
    }

    fn project(&self, _: &StoredRecord) -> Result<Mutations, ProjectError> {
        Ok(Mutations::default())
    }
}

fn made(passphrase: Option<&str>) -> (tempfile::TempDir, InitOptions) {
    let dir = tempfile::tempdir().unwrap();
    let options = InitOptions {
        places: Places::in_dir(dir.path().join("vault")),
        region: RegionName::parse("jp-osaka").unwrap(),
        passphrase: passphrase.map(|text| Passphrase::new(text.into()).unwrap()),
    };
    init(&options).unwrap();
    (dir, options)
}

fn opened(options: &InitOptions) -> Result<OpenVault, VaultError> {
    open(
        &OpenOptions::new(options.places.clone(), options.passphrase.clone()),
        |_, _| Box::new(NoProjection),
        &mut |_| {},
    )
}

const PASSPHRASE: &str = "correct horse battery staple";

#[test]
fn the_sheet_tells_where_the_keyring_is() {
    let dir = tempfile::tempdir().unwrap();
    let options = InitOptions {
        places: Places::in_dir(dir.path().join("vault")),
        region: RegionName::parse("jp-osaka").unwrap(),
        passphrase: None,
    };
    let made = init(&options).unwrap();
    assert!(made.sheet.contains(&made.format.vault_id()));
    assert!(made.sheet.contains("vault/keyring"));
    assert!(made.sheet.contains("export-keyring"));
    let decoder = options.places.data_dir.join("decoder");
    assert!(decoder.join("keyring.md").exists());
    assert!(decoder.join("azekura_reader.py").exists());
    for name in ["keyring", "keyring.secret"] {
        let file = options.places.data_dir.join(name);
        let mode = std::fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_vault_is_made_once() {
    let (_dir, options) = made(None);
    assert!(matches!(init(&options), Err(VaultError::Exists(_))));
    std::fs::remove_file(options.places.format_file()).unwrap();
    assert!(matches!(init(&options), Err(VaultError::HalfMade { .. })));
}

#[test]
fn opens_with_the_secret_file_alone_and_only_once_at_a_time() {
    let (_dir, options) = made(None);
    let first = opened(&options).unwrap();
    assert!(matches!(opened(&options), Err(VaultError::Locked(_))));
    first.engine.close().unwrap();
    drop(first);
    drop(opened(&options).unwrap());
    std::fs::remove_file(options.places.secret_file()).unwrap();
    assert!(matches!(opened(&options), Err(VaultError::Io { .. })));
}

#[test]
fn a_passphrase_is_needed_and_must_be_the_right_one() {
    let (_dir, mut options) = made(Some(PASSPHRASE));
    assert!(!options.places.secret_file().exists());
    drop(opened(&options).unwrap());
    options.passphrase = Some(Passphrase::new(b"another passphrase".to_vec()).unwrap());
    let error = opened(&options).err().unwrap();
    assert!(matches!(&error, VaultError::Passphrase(text) if text.contains("does not open")));
    options.passphrase = None;
    let error = opened(&options).err().unwrap();
    assert!(error.to_string().contains("AZEKURA_PASSPHRASE_FILE"));
}

#[test]
fn any_flip_in_the_keyring_is_noticed_before_it_is_used() {
    let (_dir, options) = made(None);
    let path = options.places.keyring_file();
    let good = std::fs::read(&path).unwrap();
    for at in (0..good.len()).step_by(7) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        std::fs::write(&path, &bad).unwrap();
        assert!(
            matches!(
                opened(&options),
                Err(VaultError::Damaged { .. } | VaultError::Newer { .. })
            ),
            "byte {at}"
        );
    }
}

#[test]
fn an_unknown_format_is_refused() {
    let (_dir, options) = made(None);
    let path = options.places.format_file();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("format 1", "format 7")).unwrap();
    let error = opened(&options).err().unwrap();
    assert!(error.to_string().contains("format 7"), "{error}");
}

#[test]
fn the_export_is_noted_and_opens_the_vault() {
    let (dir, options) = made(None);
    let to = dir.path().join("copy");
    assert!(!keyring_exported(&options.places));
    let written = export_keyring(&options.places, &to).unwrap();
    assert_eq!(written.len(), 2);
    assert!(keyring_exported(&options.places));
    assert!(
        export_keyring(&options.places, &to).is_err(),
        "never replaces a file"
    );
    std::fs::copy(&written[0], options.places.keyring_file()).unwrap();
    std::fs::copy(&written[1], options.places.secret_file()).unwrap();
    drop(opened(&options).unwrap());
    std::fs::write(options.places.keyring_file(), "other").unwrap();
    assert!(!keyring_exported(&options.places));
}

#[tokio::test]
async fn the_clock_goes_on_where_the_journal_ends() {
    use azekura_model::ident::TenantId;
    use azekura_model::lock::Lock;
    use azekura_model::time::{HybridTime, WallTime};
    use azekura_record::core::{Core, RecordKind};

    let (_dir, options) = made(None);
    let vault = opened(&options).unwrap();
    let far = vault.format.created.0 + 1_000_000_000;
    let core = Core {
        kind: RecordKind::BlobIntent,
        hybrid: HybridTime::default().advance(WallTime(far)),
        wall: WallTime(far),
        compliance: ComplianceTime(far),
        tenant: TenantId([1; 16]),
        bucket: None,
        version: None,
        content_bytes: 0,
        sealed_bytes: 0,
        lock: Lock::default(),
        epoch: 0,
        commitment: [0; 32],
    };
    let record = NewRecord {
        kind: core.kind.number(),
        core: core.encode().into(),
        particulars: bytes::Bytes::new(),
        payload: bytes::Bytes::new(),
    };
    let commit = Commit {
        id: CommitId([1; 16]),
        class: CommitClass::Essential,
        guards: Vec::new(),
        mutations: Mutations::default(),
        record,
    };
    vault.engine.commit(PartitionId(5), commit).await.unwrap();
    vault.engine.close().unwrap();
    drop(vault);
    let again = opened(&options).unwrap();
    assert!(again.clock.compliance() >= ComplianceTime(far));
    assert!(again.clock.hybrid() > core.hybrid);
}
