use super::*;
use crate::entropy::SeededEntropy;

const TENANT: TenantId = TenantId([1; 16]);

fn words(text: &str) -> Passphrase {
    Passphrase::new(text.as_bytes().to_vec()).unwrap()
}

fn sealed(key: &SecretKey, passphrase: &str) -> TenantSealEntry {
    let made = wrap(&SeededEntropy::new(4), TENANT, key, &words(passphrase)).unwrap();
    TenantSealEntry {
        salt: made.salt,
        rounds: made.rounds,
        wrapped_key: made.wrapped_key,
        check: made.check,
    }
}

#[test]
fn three_faults_have_three_messages_and_open_nothing() {
    let key = SecretKey::new([9; 32]);
    let seal = sealed(&key, "four random words here");
    let right = words("four random words here");
    assert_eq!(open(TENANT, &seal, &right).unwrap().expose(), key.expose());
    let wrong = words("four other words here");
    assert_eq!(
        open(TENANT, &seal, &wrong).unwrap_err(),
        SealRefused::WrongPassphrase
    );
    for i in 0..CHECK_BYTES {
        let mut bad = seal.clone();
        bad.check[i] ^= 1;
        assert_eq!(
            open(TENANT, &bad, &right).unwrap_err(),
            SealRefused::Damaged
        );
    }
    for rounds in [0, ROUNDS_MAX + 1] {
        let bad = TenantSealEntry {
            rounds,
            ..seal.clone()
        };
        let refused = open(TENANT, &bad, &right).unwrap_err();
        assert_eq!(refused, SealRefused::Rounds(rounds));
    }
    // Another tenant's seal is not this one's.
    assert!(open(TenantId([2; 16]), &seal, &right).is_err());
}

#[test]
fn another_passphrase_wraps_the_same_key() {
    let key = SecretKey::new([9; 32]);
    let (one, other) = (
        sealed(&key, "the first of the two"),
        sealed(&key, "the second of the two"),
    );
    let second = words("the second of the two");
    assert!(open(TENANT, &one, &second).is_err());
    let opened = open(TENANT, &other, &second).unwrap();
    assert_eq!(opened.expose(), key.expose());
}

#[test]
fn five_tries_a_minute_for_each_tenant() {
    let seals = Seals::default();
    let at = |ms: i64| WallTime(1_000_000 + ms);
    for i in 0..5 {
        seals.try_now(TENANT, at(i)).unwrap();
    }
    let refused = seals.try_now(TENANT, at(59_999));
    assert_eq!(refused, Err(SealRefused::TooManyTries));
    seals.try_now(TenantId([2; 16]), at(6)).unwrap();
    seals.try_now(TENANT, at(60_000)).unwrap();
}

#[test]
fn a_lock_leaves_no_copy_of_the_content_key() {
    let keys = Keys::new(SecretKey::new([3; 32]), Arc::new(SeededEntropy::new(1)));
    keys.new_tenant(TENANT, crate::keys::Contents::Sealed)
        .unwrap();
    let locked = keys.content_seal(TENANT).unwrap_err();
    assert_eq!(locked, KeyError::ContentLocked(TENANT));
    keys.unlock(TENANT, SecretKey::new([9; 32]));
    let streaming = keys.content_seal(TENANT).unwrap();
    assert_eq!(streaming.holders(), 2, "the keys, and who streams");
    keys.lock(TENANT);
    assert_eq!(streaming.holders(), 1, "who streams alone");
    assert!(keys.content_seal(TENANT).is_err());
}
