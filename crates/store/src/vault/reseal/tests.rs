use super::*;
use azekura_model::position::RegionName;

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.into()).unwrap()
}

fn vault(passphrase: Option<Passphrase>) -> (tempfile::TempDir, Places) {
    let dir = tempfile::tempdir().unwrap();
    let places = Places::in_dir(dir.path().join("vault"));
    let options = super::super::InitOptions {
        places: places.clone(),
        region: RegionName::parse("jp-osaka").unwrap(),
        passphrase,
    };
    super::super::init(&options).unwrap();
    (dir, places)
}

fn keys(places: &Places, passphrase: Option<&Passphrase>) -> Result<Vec<u8>, VaultError> {
    let format = format::read(places)?;
    keyring::open(places, &format, passphrase).map(|keyring| keyring.secret().to_vec())
}

#[test]
fn passphrase_to_passphrase_to_secret_file_and_back() {
    let (one, two) = (
        passphrase("the first passphrase"),
        passphrase("the second one"),
    );
    let (_dir, places) = vault(Some(one.clone()));
    let kept = keys(&places, Some(&one)).unwrap();

    let wrong = reseal(&places, Some(&two), NewProtector::SecretFile);
    assert!(matches!(wrong, Err(VaultError::Passphrase(_))));
    assert!(
        !places.secret_file().exists(),
        "nothing is written before the keyring opens"
    );

    reseal(&places, Some(&one), NewProtector::Passphrase(&two)).unwrap();
    assert_eq!(keys(&places, Some(&two)).unwrap(), kept);
    assert!(matches!(
        keys(&places, Some(&one)),
        Err(VaultError::Passphrase(_))
    ));

    reseal(&places, Some(&two), NewProtector::SecretFile).unwrap();
    assert_eq!(keys(&places, None).unwrap(), kept);
    assert!(places.secret_file().exists());
    assert!(matches!(
        reseal(&places, None, NewProtector::SecretFile),
        Err(VaultError::Keyring(why)) if why.contains("already")
    ));

    reseal(&places, None, NewProtector::Passphrase(&one)).unwrap();
    assert_eq!(keys(&places, Some(&one)).unwrap(), kept);
    assert!(!places.secret_file().exists(), "the old secret is gone");
    assert!(
        !super::super::keyring_exported(&places),
        "it must be exported anew"
    );
}

/// Whatever step the machine stops at, the keyring opens by the old or by the new secret, and a
/// second try goes through.
#[test]
fn a_crash_at_every_step_leaves_a_keyring_that_opens() {
    let new = passphrase("the second passphrase");
    let old = passphrase("the first passphrase");
    for to_secret in [false, true] {
        for stop in [Step::Secret, Step::Staged, Step::Renamed, Step::Cleared] {
            let (before, sealing) = if to_secret {
                (Some(old.clone()), NewProtector::SecretFile)
            } else {
                (None, NewProtector::Passphrase(&new))
            };
            let after = (!to_secret).then_some(&new);
            let (_dir, places) = vault(before.clone());
            let kept = keys(&places, before.as_ref()).unwrap();
            let format = format::read(&places).unwrap();
            let keyring = keyring::open(&places, &format, before.as_ref()).unwrap();
            let mut stopped = false;
            let broken = write_until(
                &places,
                &format,
                &keyring,
                sealing,
                &SystemEntropy,
                &mut |step| {
                    if step == stop {
                        stopped = true;
                        return Err(VaultError::Engine("the machine stops".to_owned()));
                    }
                    Ok(())
                },
            );
            assert_eq!(broken.is_err(), stopped);
            let by_old = keys(&places, before.as_ref());
            let by_new = keys(&places, after);
            let opened = [by_old.as_ref(), by_new.as_ref()];
            assert!(
                opened
                    .iter()
                    .any(|keys| keys.is_ok_and(|keys| *keys == kept)),
                "{stop:?}, to secret {to_secret}: {by_old:?} {by_new:?}"
            );
            if by_old.is_ok() && by_new.is_err() {
                reseal(&places, before.as_ref(), sealing).unwrap();
            }
            assert_eq!(keys(&places, after).unwrap(), kept, "{stop:?}");
        }
    }
}

#[test]
fn two_commands_at_once_are_refused() {
    let one = passphrase("the first passphrase");
    let (_dir, places) = vault(Some(one.clone()));
    let held = files::hold(&places.data_dir).unwrap();
    let second = reseal(&places, Some(&one), NewProtector::SecretFile);
    assert!(matches!(second, Err(VaultError::Locked(_))));
    drop(held);
    reseal(&places, Some(&one), NewProtector::SecretFile).unwrap();
}
