//! What conditions of policies may ask of a request to the admin API.

use std::cell::RefCell;

use azekura_model::policy::Facts;
use azekura_model::time::WallTime;

use super::rfc3339;

/// The facts of one question, and what it asked for in vain.
pub(super) struct AdminFacts {
    now: WallTime,
    unanswered: RefCell<Option<String>>,
}

impl AdminFacts {
    pub(super) fn new(now: WallTime) -> Self {
        Self {
            now,
            unanswered: RefCell::default(),
        }
    }

    /// The last condition key that has no answer here.
    pub(super) fn unanswered(&self) -> Option<String> {
        self.unanswered.borrow().clone()
    }
}

impl Facts for AdminFacts {
    fn values(&self, key: &str) -> Option<Vec<String>> {
        let value = match key {
            "aws:currenttime" => rfc3339(self.now.0),
            "aws:epochtime" => self.now.0.div_euclid(1000).to_string(),
            _ => {
                *self.unanswered.borrow_mut() = Some(key.to_owned());
                return None;
            }
        };
        Some(vec![value])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_answered_is_remembered() {
        let facts = AdminFacts::new(WallTime(1_000));
        assert_eq!(facts.values("aws:epochtime"), Some(vec!["1".to_owned()]));
        assert_eq!(facts.unanswered(), None);
        assert_eq!(facts.values("s3:existingobjecttag/secret"), None);
        let asked = facts.unanswered();
        assert_eq!(asked.as_deref(), Some("s3:existingobjecttag/secret"));
    }
}
