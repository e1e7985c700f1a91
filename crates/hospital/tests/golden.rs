//! The same seed gives the same bytes: on every machine and on every run.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly")]

use azekura_hospital::{Class, Hospital, HospitalItem, Scale, parse_day};
use md5::{Digest as _, Md5};

fn digest(items: impl Iterator<Item = HospitalItem>) -> String {
    let mut context = Md5::new();
    for item in items {
        let mut bytes = Vec::new();
        item.write(&mut bytes).unwrap();
        assert_eq!(u64::try_from(bytes.len()).unwrap(), item.size());
        context.update(item.key().as_bytes());
        context.update(item.size().to_be_bytes());
        context.update(&bytes);
    }
    hex::encode(context.finalize())
}

/// A change of these is a change of every hospital: say so in the changelog.
#[test]
fn bytes_of_each_class() {
    let day = parse_day("2026-07-01").unwrap();
    let hospital =
        Hospital::new(1, Scale::new(1, 1000).unwrap()).with_image_scale(Scale::new(1, 16).unwrap());
    let mut text = String::new();
    for class in Class::ALL {
        let digest = digest(hospital.items(day, &[class]));
        text.push_str(&format!("{class} {digest}\n"));
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/golden.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(path).unwrap_or_default(),
        text,
        "golden.txt is stale: run UPDATE=1 cargo test -p azekura-hospital"
    );
}
