use azekura_model::requester::Requester;

use super::{commit, commit_encoded, disclose};
use crate::bucket::BucketRetired;
use crate::fields;
use crate::particulars::{Event, Particulars};

fn sample(tls: bool) -> Particulars {
    Particulars {
        salt_seed: [7; 32],
        requester: Requester {
            principal: "ward".to_owned(),
            key_id: "AZ1".to_owned(),
            tls_identity: tls.then(|| "CN=gateway".to_owned()),
            ..Requester::default()
        },
        permitted: None,
        event: Event::BucketRetired(BucketRetired {
            name: "images".to_owned(),
        }),
    }
}

#[test]
fn both_ways_to_the_root_agree() {
    for tls in [false, true] {
        let particulars = sample(tls);
        let (bytes, root) = particulars.encode_and_commit();
        assert_eq!(bytes, particulars.encode());
        assert_eq!(commit(&particulars), root);
        assert_eq!(commit_encoded(&bytes), Ok(root));
    }
}

#[test]
fn every_field_but_the_seed_can_be_disclosed_alone() {
    for tls in [false, true] {
        let particulars = sample(tls);
        let (bytes, root) = particulars.encode_and_commit();
        for field in fields::split(&bytes).unwrap() {
            let Some(proof) = disclose(&particulars, field.number) else {
                assert_eq!(field.number, fields::SALT_SEED);
                continue;
            };
            assert_eq!(proof.value, field.value);
            assert!(proof.verify(&root), "field {}", field.number);
        }
        assert_eq!(disclose(&particulars, 99), None);
    }
}

#[test]
fn nothing_else_verifies() {
    let particulars = sample(true);
    let root = commit(&particulars);
    let good = disclose(&particulars, 8).unwrap();
    let mut changed: Vec<super::Disclosure> = Vec::new();
    for i in 0..good.value.len() {
        let mut bad = good.clone();
        bad.value[i] ^= 1;
        changed.push(bad);
    }
    for i in 0..good.path.len() {
        let mut bad = good.clone();
        bad.path[i][31] ^= 1;
        changed.push(bad);
    }
    let mut with = |change: fn(&mut super::Disclosure)| {
        let mut bad = good.clone();
        change(&mut bad);
        changed.push(bad);
    };
    with(|d| d.field = 9);
    with(|d| d.salt[0] ^= 1);
    with(|d| d.leaf = 0);
    with(|d| d.leaf = d.leaves);
    with(|d| d.leaves += 4);
    with(|d| d.path.clear());
    with(|d| d.path.push([0; 32]));
    with(|d| d.path = vec![[0; 32]; 40]);
    for bad in changed {
        assert!(!bad.verify(&root), "{bad:?}");
    }
    let mut other_root = root;
    other_root[0] ^= 1;
    assert!(!good.verify(&other_root));
}
