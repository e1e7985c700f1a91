use std::path::Path;

use super::core::{self, CoreTest};
use super::outcome::{Outcome, join};
use super::{RESULTS, failures, report, support};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn test(area: &str, name: &str, marks: &[&str]) -> CoreTest {
    CoreTest {
        area: area.to_owned(),
        name: name.to_owned(),
        marks: marks.iter().map(|mark| (*mark).to_owned()).collect(),
    }
}

#[test]
fn the_list_holds_535_tests_once_each() {
    let mut names: Vec<String> = core::read(root())
        .unwrap()
        .into_iter()
        .map(|t| t.name)
        .collect();
    assert_eq!(names.len(), 535);
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 535);
}

#[test]
fn every_explained_failure_is_a_listed_test_explained_once() {
    let core = core::read(root()).unwrap();
    let groups = failures::read(root()).unwrap().groups;
    let mut names: Vec<&String> = groups.iter().flat_map(|group| &group.tests).collect();
    for name in &names {
        assert!(core.iter().any(|test| &&test.name == name), "{name}");
    }
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[test]
fn the_page_agrees_with_the_list_of_failures() {
    let page = std::fs::read_to_string(root().join(support::PAGE)).unwrap();
    assert!(
        support::renewed(root()).unwrap() == page,
        "run `cargo xtask s3-tests --explain`"
    );
}

#[test]
fn every_failure_of_the_result_file_is_explained() {
    let text = std::fs::read_to_string(root().join(RESULTS)).unwrap();
    let explained = failures::read(root()).unwrap();
    let lines = text.lines().filter(|line| line.contains(" test_"));
    for line in lines.filter(|line| line.starts_with("failed ") || line.starts_with("error ")) {
        let name = line.split_whitespace().nth(2).unwrap();
        assert!(explained.explains(name), "{name}");
    }
}

#[test]
fn results_join_the_list_and_sum_up() {
    let tests = [
        test("copy", "test_a", &[]),
        test("copy", "test_b", &["needs-acl"]),
        test("acl", "test_c", &[]),
        test("cors", "test_d", &[]),
    ];
    let told = "{\"name\":\"test_a\",\"outcome\":\"passed\",\"why\":\"\"}\n\
                {\"name\":\"test_b\",\"outcome\":\"failed\",\"why\":\"w\"}\n\
                {\"name\":\"test_c\",\"outcome\":\"error\",\"why\":\"w\"}\n";
    let results = join(&tests, told).unwrap();
    let outcomes: Vec<Outcome> = results.iter().map(|result| result.outcome).collect();
    assert_eq!(
        outcomes,
        [
            Outcome::Passed,
            Outcome::Failed,
            Outcome::Error,
            Outcome::Missing
        ]
    );
    let sums = report::sums(&results);
    let row = |name: &str| {
        let sum = sums.iter().find(|sum| sum.name == name).unwrap();
        (sum.tests, sum.passed, sum.failed, sum.error, sum.skipped)
    };
    assert_eq!(row("all"), (4, 1, 1, 1, 1));
    assert_eq!(row("in_scope"), (3, 1, 1, 0, 1));
    assert_eq!(row("in_scope_plain"), (2, 1, 0, 0, 1));
    let text = report::text(&report::Head::example(), &sums, &results).unwrap();
    assert!(
        text.contains("failed  copy                 test_b needs-acl\n"),
        "{text}"
    );
}
