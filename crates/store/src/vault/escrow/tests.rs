use super::*;
use crate::entropy::SeededEntropy;
use azekura_model::position::{Incarnation, RegionName};
use std::os::unix::fs::PermissionsExt as _;

const PASSPHRASE: &[u8] = b"correct horse battery staple";

fn passphrase() -> Passphrase {
    Passphrase::new(PASSPHRASE.to_vec()).unwrap()
}

fn format(vault: u8) -> VaultFormat {
    VaultFormat {
        vault: [vault; 16],
        region: RegionName::parse("jp-tokyo").unwrap(),
        incarnation: Incarnation([9; 16]),
        created: WallTime(0),
    }
}

fn shared(seed: u64, vault: u8, shares: u8, threshold: u8) -> (Keyring, Vec<Share>) {
    let entropy = SeededEntropy::new(seed);
    let keyring = Keyring::generate(&entropy).unwrap();
    let quorum = Quorum::new(shares, threshold).unwrap();
    let made = share_out(&entropy, &format(vault), &keyring, quorum, WallTime(DAY_MS)).unwrap();
    (keyring, made)
}

/// Every choice of `k` of the shares.
fn choices(shares: &[Share], k: usize) -> Vec<Vec<Share>> {
    if k == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (at, first) in shares.iter().enumerate() {
        for mut rest in choices(&shares[at + 1..], k - 1) {
            rest.insert(0, first.clone());
            all.push(rest);
        }
    }
    all
}

#[test]
fn every_three_of_five_restore_and_no_two_do() {
    let (keyring, shares) = shared(1, 7, 5, 3);
    assert_eq!(choices(&shares, 3).len(), 10);
    for mut three in choices(&shares, 3) {
        three.reverse();
        let again = rebuild(&format(7), &three).unwrap();
        assert!(again.secret() == keyring.secret());
    }
    for two in choices(&shares, 2) {
        let error = rebuild(&format(7), &two).err().unwrap();
        assert!(matches!(error, EscrowError::TooFew { .. }), "{error}");
        assert!(error.to_string().ends_with("bring 1 more"), "{error}");
    }
    let one = rebuild(&format(7), &shares[..1]).err().unwrap();
    assert_eq!(
        one.to_string(),
        "3 of the 5 shares are needed, and 1 was given (1): bring 2 more"
    );
    assert_eq!(rebuild(&format(7), &[]).err(), Some(EscrowError::NoShare));
}

/// Without the digest these would be keys that open nothing, and nobody would know.
#[test]
fn two_shares_that_claim_to_be_enough_are_found_out() {
    let (_, shares) = shared(2, 7, 5, 3);
    for mut two in choices(&shares, 2) {
        two.iter_mut().for_each(|share| share.threshold = 2);
        assert_eq!(rebuild(&format(7), &two).err(), Some(EscrowError::Altered));
    }
}

#[test]
fn shares_of_other_vaults_and_other_splits_are_refused() {
    let (_, shares) = shared(3, 7, 5, 3);
    let error = rebuild(&format(8), &shares[..3]).err().unwrap();
    assert!(
        matches!(error, EscrowError::OtherVault { number: 1, .. }),
        "{error}"
    );
    // The prefix in the share is right, the rest of the identity is not.
    let mut near = format(7);
    near.vault[15] ^= 1;
    assert_eq!(
        rebuild(&near, &shares[..3]).err(),
        Some(EscrowError::Altered)
    );

    let (_, later) = shared(4, 7, 5, 3);
    let mixed = [shares[0].clone(), shares[1].clone(), later[2].clone()];
    let error = rebuild(&format(7), &mixed).err().unwrap();
    assert!(matches!(error, EscrowError::OtherSplit { .. }), "{error}");
    assert!(
        error.to_string().contains(&hex::encode(later[2].set)),
        "{error}"
    );
    let mut relabelled = mixed.clone();
    relabelled[2].set = shares[0].set;
    assert_eq!(
        rebuild(&format(7), &relabelled).err(),
        Some(EscrowError::Altered)
    );
}

#[test]
fn a_share_counts_once_and_an_altered_one_is_noticed_among_enough() {
    let (_, shares) = shared(5, 7, 5, 3);
    let twice = [shares[0].clone(), shares[1].clone(), shares[0].clone()];
    assert_eq!(
        rebuild(&format(7), &twice).err(),
        Some(EscrowError::Twice(1))
    );
    for bad in 0..5 {
        let mut altered = shares.clone();
        altered[bad].secret[20] ^= 1;
        assert_eq!(
            rebuild(&format(7), &altered).err(),
            Some(EscrowError::Altered),
            "share {bad} of all five"
        );
    }
}

#[test]
fn numbers_that_protect_nothing_are_refused() {
    for (shares, threshold) in [(5, 1), (5, 0), (2, 3), (33, 3), (0, 0)] {
        assert!(
            Quorum::new(shares, threshold).is_err(),
            "{threshold} of {shares}"
        );
    }
    for (shares, threshold) in [(2, 2), (32, 32), (32, 2)] {
        let (keyring, made) = shared(6, 7, shares, threshold);
        let last = &made[usize::from(shares - threshold)..];
        assert!(rebuild(&format(7), last).unwrap().secret() == keyring.secret());
    }
}

/// A library that never draws some values gives part of the secret away to fewer than k holders
/// (docs/decisions/0230): each byte of a share must take every value.
#[test]
fn a_single_share_takes_every_value() {
    let mut seen = [0_u32; 256];
    let (keyring, _) = shared(7, 7, 2, 2);
    let entropy = SeededEntropy::new(70);
    let quorum = Quorum::new(2, 2).unwrap();
    for _ in 0..400 {
        let made = share_out(&entropy, &format(7), &keyring, quorum, WallTime(0)).unwrap();
        seen[usize::from(made[0].secret[0])] += 1;
        for (byte, known) in made[0].secret.iter().zip(&*keyring.secret()) {
            seen[usize::from(byte ^ known)] += 1;
        }
    }
    // About 100 each of 26,000.
    for (value, times) in seen.iter().enumerate() {
        assert!((40..200).contains(times), "{value}: {times}");
    }
}

struct Dry;

impl Entropy for Dry {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyFailed> {
        if bytes.len() == 4 {
            return Err(EntropyFailed);
        }
        bytes.fill(1);
        Ok(())
    }
}

#[test]
fn nothing_is_shared_without_randomness() {
    let (keyring, _) = shared(8, 7, 2, 2);
    let quorum = Quorum::new(3, 2).unwrap();
    let made = share_out(&Dry, &format(7), &keyring, quorum, WallTime(0));
    assert!(matches!(made, Err(VaultError::Entropy(_))));
    let mut source = Source {
        entropy: &Dry,
        failed: false,
    };
    assert!(Gf256::split_bytes(2, 3, b"x", &mut source).is_ok());
    assert!(source.failed, "the library drew words of four bytes");
}

fn vault() -> (tempfile::TempDir, Places) {
    let dir = tempfile::tempdir().unwrap();
    let places = Places::in_dir(dir.path().join("vault"));
    let options = super::super::InitOptions {
        places: places.clone(),
        region: RegionName::parse("jp-osaka").unwrap(),
        passphrase: Some(passphrase()),
    };
    super::super::init(&options).unwrap();
    (dir, places)
}

fn read_all(files: &[PathBuf]) -> Vec<Share> {
    files
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "txt"))
        .map(|path| Share::read(&std::fs::read_to_string(path).unwrap()).unwrap())
        .collect()
}

#[test]
fn sheets_restore_a_deleted_keyring_under_a_new_passphrase() {
    let (dir, places) = vault();
    let out = dir.path().join("sheets");
    let quorum = Quorum::new(5, 3).unwrap();
    assert!(matches!(
        split(&places, None, quorum, &out),
        Err(VaultError::Passphrase(_))
    ));
    let made = split(&places, Some(&passphrase()), quorum, &out).unwrap();
    assert_eq!(made.files.len(), 10);
    for file in &made.files {
        let mode = std::fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
    let again = split(&places, Some(&passphrase()), quorum, &out);
    assert!(matches!(
        again,
        Err(VaultError::Escrow(EscrowError::Exists(_)))
    ));

    let shares = read_all(&made.files);
    let format = format::read(&places).unwrap();
    let before = keyring::open(&places, &format, Some(&passphrase())).unwrap();
    let drilled = drill(&places, &shares[1..5]).unwrap();
    assert_eq!(
        (drilled.numbers, drilled.keyring_present),
        (vec![2, 3, 4, 5], true)
    );

    let new = Passphrase::new(b"another passphrase".to_vec()).unwrap();
    let refused = restore(&places, &shares[..3], NewProtector::Passphrase(&new));
    assert!(matches!(
        refused,
        Err(VaultError::Escrow(EscrowError::KeyringThere(_)))
    ));
    std::fs::remove_file(places.keyring_file()).unwrap();
    let too_few = restore(&places, &shares[..2], NewProtector::Passphrase(&new));
    assert!(matches!(
        too_few,
        Err(VaultError::Escrow(EscrowError::TooFew { .. }))
    ));
    assert!(!places.keyring_file().exists(), "a refusal writes nothing");
    assert!(!drill(&places, &shares[..3]).unwrap().keyring_present);
    assert!(!places.keyring_file().exists(), "a drill writes nothing");
    restore(&places, &shares[2..], NewProtector::Passphrase(&new)).unwrap();
    let after = keyring::open(&places, &format, Some(&new)).unwrap();
    assert!(after.secret() == before.secret());
    assert!(keyring::open(&places, &format, Some(&passphrase())).is_err());

    std::fs::remove_file(places.keyring_file()).unwrap();
    restore(&places, &shares[..3], NewProtector::SecretFile).unwrap();
    assert!(keyring::open(&places, &format, None).unwrap().secret() == before.secret());
}

#[test]
fn the_journal_tells_whether_the_keys_are_its_own() {
    let (dir, places) = vault();
    let format = format::read(&places).unwrap();
    let entropy = SeededEntropy::new(9);
    let foreign = Keyring::generate(&entropy).unwrap();
    let quorum = Quorum::new(2, 2).unwrap();
    let shares = share_out(&entropy, &format, &foreign, quorum, WallTime(0)).unwrap();
    let error = drill(&places, &shares).err().unwrap();
    assert_eq!(error, VaultError::Escrow(EscrowError::OtherKeys));
    drop(dir);
}

#[test]
fn the_sheet_says_what_it_is_in_two_languages_and_reads_back() {
    let (_, shares) = shared(10, 7, 5, 3);
    let sheet = sheet::text(&format(7), &shares[1]).unwrap();
    for part in [
        &format(7).vault_id(),
        &hex::encode(shares[1].set),
        "share      2 / 5",
        "threshold  3",
        "1970-01-02",
        "[日本語]",
        "[English]",
        "▀",
    ] {
        assert!(sheet.contains(part), "{part} in\n{}", *sheet);
    }
    assert_eq!(Share::read(&sheet), Ok(shares[1].clone()));
    let bad = sheet.replacen(shares[1].words()[40], "zebra", 1);
    assert!(Share::read(&bad).is_err());
    let svg = sheet::svg(&shares[1]).unwrap();
    assert!(svg.contains("<svg") && !svg.contains("AZEKURA"));
    let error = Share::read("nothing here").err().unwrap();
    assert!(
        error
            .to_string()
            .starts_with("word 2, \"here\", is not in the list"),
        "{error}"
    );
}
