//! Nobody is meant: every number lies where nothing real can be.

use std::collections::BTreeSet;

use azekura_hospital::{Change, Class, Hospital, INSTITUTION, PATIENT_ID_PREFIX, Scale, parse_day};

#[test]
fn ids_lie_in_the_synthetic_range_and_are_unique() {
    let hospital = Hospital::new(3, Scale::new(1, 10).unwrap());
    let patients: Vec<_> = hospital.patients().collect();
    assert_eq!(patients.len(), 6_000);
    let ids: BTreeSet<_> = patients.iter().map(|patient| &patient.id).collect();
    assert_eq!(ids.len(), patients.len());
    let today = parse_day("2026-07-01").unwrap();
    for patient in &patients {
        assert!(patient.id.starts_with(PATIENT_ID_PREFIX) && patient.id.len() == 10);
        assert!(patient.insured.starts_with("99") && patient.insured.len() == 8);
        assert!(patient.address.starts_with("架空県"));
        assert!((0..=96).contains(&patient.age(today)));
    }
    assert!(INSTITUTION.starts_with("99"));
}

#[test]
fn every_patient_named_by_a_key_is_one_of_them() {
    let day = parse_day("2026-07-01").unwrap();
    let hospital = Hospital::new(1, Scale::new(1, 200).unwrap());
    let ids: BTreeSet<String> = hospital.patients().map(|patient| patient.id).collect();
    let mut seen = 0;
    for item in hospital.items(day, &[Class::SsMix2, Class::Document]) {
        let patient = item.key().split('/').nth(4).unwrap().to_owned();
        assert!(ids.contains(&patient), "{}", item.key());
        seen += 1;
    }
    assert_eq!(seen, hospital.count(day, &[Class::SsMix2, Class::Document]));
}

#[test]
fn a_hundredth_of_a_day_has_the_numbers_of_the_model() {
    let day = parse_day("2026-07-01").unwrap();
    let hospital = Hospital::new(1, Scale::new(1, 100).unwrap());
    let count = |class| hospital.count(day, &[class]);
    assert_eq!(count(Class::SsMix2), 250);
    assert_eq!(count(Class::Document), 25);
    assert_eq!(count(Class::Ct) + count(Class::Mr), 295);
    let second = parse_day("2026-07-02").unwrap();
    assert_eq!(hospital.count(second, &[Class::Uke]), 0);
}

#[test]
fn keys_are_unique_and_file_names_have_seven_parts() {
    let day = parse_day("2026-07-01").unwrap();
    let hospital = Hospital::new(9, Scale::new(1, 20).unwrap());
    let mut keys = BTreeSet::new();
    for item in hospital.items(day, &[Class::SsMix2]) {
        let name = item.key().rsplit('/').next().unwrap();
        assert_eq!(name.split('_').count(), 7, "{name}");
        assert!(keys.insert(item.key().to_owned()), "{} twice", item.key());
    }
    let mut images = BTreeSet::new();
    let small = Hospital::new(9, Scale::new(1, 50).unwrap());
    for item in small.items(day, &[Class::Ct, Class::Mr, Class::Endoscopy]) {
        assert!(images.insert(item.key().to_owned()), "{} twice", item.key());
    }
}

#[test]
fn the_next_day_supersedes_what_the_day_before_brought() {
    let day = parse_day("2026-07-01").unwrap();
    let next = parse_day("2026-07-02").unwrap();
    let classes = [Class::SsMix2, Class::Document];
    let hospital = Hospital::new(1, Scale::new(1, 100).unwrap());
    let before: BTreeSet<String> = hospital
        .items(day, &classes)
        .map(|item| item.key().to_owned())
        .collect();
    let (mut deleted, mut superseded, mut overwritten) = (0, 0, 0);
    for change in hospital.changes(next, &classes) {
        match change {
            Change::Delete(key) => {
                assert!(before.contains(&key), "{key}");
                deleted += 1;
            }
            Change::Put(item) if item.key().ends_with("_2") => {
                let valid = format!("{}1", item.key().strip_suffix('2').unwrap());
                assert!(before.contains(&valid), "{valid}");
                superseded += 1;
            }
            Change::Put(item) => overwritten += usize::from(before.contains(item.key())),
        }
    }
    assert_eq!((deleted, superseded), (3, 3));
    assert_eq!(overwritten, 1);
}
