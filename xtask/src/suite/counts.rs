//! Numbers of tests, read from what the runners print or write.

use serde_json::Value;

/// One end-to-end scenario.
#[derive(Clone, Debug)]
pub(super) struct Scenario {
    pub(super) name: String,
    /// `ok`, `failed` or `skipped`.
    pub(super) outcome: String,
    pub(super) seconds: f64,
    /// What was measured, or why it failed or was skipped; may be empty.
    pub(super) detail: String,
}

/// Numbers of one step.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    pub(super) passed: u64,
    pub(super) failed: u64,
    pub(super) skipped: u64,
    /// What failed, one line each.
    pub(super) failures: Vec<String>,
    /// What was skipped, one line each.
    pub(super) skips: Vec<String>,
    /// Scenarios, where the step has them.
    pub(super) scenarios: Vec<Scenario>,
}

impl Counts {
    /// A step that passes as one.
    pub(super) fn success() -> Self {
        Self {
            passed: 1,
            ..Self::default()
        }
    }

    /// A step that fails as one.
    pub(super) fn failure(message: String) -> Self {
        println!("    failed: {message}");
        Self {
            failed: 1,
            failures: vec![message],
            ..Self::default()
        }
    }

    /// A step that cannot run here, and why.
    pub(super) fn skip(reason: String) -> Self {
        Self {
            skipped: 1,
            skips: vec![reason],
            ..Self::default()
        }
    }

    /// Counts one more failure.
    pub(super) fn fail(&mut self, message: String) {
        self.failed += 1;
        self.failures.push(message);
    }

    /// Reads a line of `cargo test`.
    pub(super) fn add_test_line(&mut self, line: &str) {
        if let Some(numbers) = line.strip_prefix("test result: ") {
            self.passed += number_before(numbers, " passed");
            self.failed += number_before(numbers, " failed");
            self.skipped += number_before(numbers, " ignored");
        } else if let Some(test) = line.strip_prefix("test ") {
            if test.ends_with("FAILED") {
                self.failures.push(test.to_owned());
            } else if test.contains("... ignored") {
                self.skips.push(test.to_owned());
            }
        }
    }

    /// Reads what `python3 -m unittest -v` writes.
    pub(super) fn from_unittest(text: &str) -> Self {
        let mut counts = Self::default();
        let verdicts = text.lines().filter_map(|line| line.rsplit_once(" ... "));
        for (test, verdict) in verdicts {
            match verdict {
                "ok" => counts.passed += 1,
                _ if verdict.starts_with("skipped") => {
                    counts.skipped += 1;
                    counts.skips.push(format!("{test}: {verdict}"));
                }
                _ => counts.fail(format!("{test}: {verdict}")),
            }
        }
        if counts.passed + counts.failed + counts.skipped == 0 {
            counts.fail("no Python test ran".to_owned());
        }
        counts
    }

    /// Reads the report of the end-to-end tests:
    /// `{"scenarios": [{"name", "outcome": "ok" | "failed" | "skipped", "seconds", "reason",
    /// "figures": {…}}]}`.
    pub(super) fn from_report(text: &str) -> Result<Self, String> {
        let report: Value = serde_json::from_str(text)
            .map_err(|error| format!("report of the end-to-end tests: {error}"))?;
        let scenarios = report.get("scenarios").and_then(Value::as_array);
        let scenarios = scenarios.ok_or_else(|| "the report has no \"scenarios\"".to_owned())?;
        let mut counts = Self::default();
        for scenario in scenarios {
            let field = |name: &str| {
                scenario
                    .get(name)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            };
            let (name, outcome) = (field("name"), field("outcome"));
            let mut details = vec![field("reason")];
            details.extend(figures(scenario));
            details.retain(|detail| !detail.is_empty());
            let detail = details.join("; ");
            match outcome.as_str() {
                "ok" => counts.passed += 1,
                "skipped" => {
                    counts.skipped += 1;
                    counts.skips.push(format!("{name}: {detail}"));
                }
                // An outcome that nobody knows is not a success.
                _ => counts.fail(format!("{name}: {outcome} {detail}")),
            }
            let seconds = scenario
                .get("seconds")
                .and_then(Value::as_f64)
                .unwrap_or_default();
            counts.scenarios.push(Scenario {
                name,
                outcome,
                seconds,
                detail,
            });
        }
        if counts.scenarios.is_empty() {
            counts.fail("no end-to-end scenario ran".to_owned());
        }
        Ok(counts)
    }
}

/// What a scenario measured, as `name value`.
fn figures(scenario: &Value) -> Vec<String> {
    let figures = scenario
        .get("figures")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    figures
        .map(|(name, value)| match value.as_str() {
            Some(text) => format!("{name} {text}"),
            None => format!("{name} {value}"),
        })
        .collect()
}

/// The number in front of a word: `3 passed`.
fn number_before(text: &str, word: &str) -> u64 {
    let head = text
        .split(word)
        .next()
        .filter(|head| head.len() < text.len())
        .unwrap_or_default();
    head.rsplit(' ')
        .next()
        .and_then(|number| number.parse().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn lines_of_cargo_test() {
        let mut counts = Counts::default();
        for line in [
            "running 5 tests",
            "test a::b ... ok",
            "test a::slow ... ignored, needs root",
            "test a::c ... FAILED",
            "test result: FAILED. 3 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: ok. 20 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        ] {
            counts.add_test_line(line);
        }
        assert_eq!((counts.passed, counts.failed, counts.skipped), (23, 1, 1));
        assert_eq!(counts.skips, ["a::slow ... ignored, needs root"]);
        assert_eq!(counts.failures.len(), 1);
    }

    #[test]
    fn lines_of_unittest() {
        let text = "test_a (test_reader.Paths.test_a) ... ok\n\
                    test_b (test_reader.Paths.test_b) ... FAIL\n\
                    test_c (test_reader.Paths.test_c) ... skipped 'no disk'\n\n\
                    Ran 3 tests in 0.01s\n";
        let counts = Counts::from_unittest(text);
        assert_eq!((counts.passed, counts.failed, counts.skipped), (1, 1, 1));
        assert_eq!(Counts::from_unittest("").failed, 1);
    }

    #[test]
    fn reports_of_scenarios() {
        let text = r#"{"scenarios":[{"name":"a","outcome":"ok","seconds":1.5,"reason":"","figures":{"files":20,"disk":"ext4"}},{"name":"b","outcome":"skipped","reason":"no root"},{"name":"c","outcome":"maybe"}]}"#;
        let counts = Counts::from_report(text).unwrap();
        assert_eq!((counts.passed, counts.failed, counts.skipped), (1, 1, 1));
        assert_eq!(counts.skips, ["b: no root"]);
        assert_eq!(counts.scenarios[0].detail, "disk ext4; files 20");
        assert_eq!(
            Counts::from_report(r#"{"scenarios":[]}"#).unwrap().failed,
            1
        );
        assert!(Counts::from_report("{}").is_err());
    }
}
