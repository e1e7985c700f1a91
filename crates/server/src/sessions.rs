//! Log-ins of people: keys that work for some hours, and what happens to whoever guesses.

use std::collections::BTreeMap;

use azekura_gateway::auth::Credential;
use azekura_model::ident::TenantId;
use parking_lot::Mutex;

/// How long a session works.
pub(crate) const SESSION_SECONDS: i64 = 8 * 3600;
/// Wrong codes in a row after which nobody logs in as this person for a while.
const WRONG_MAX: u32 = 5;
/// That while.
const LOCK_SECONDS: i64 = 15 * 60;

/// A person.
type Person = (TenantId, String);

#[derive(Default)]
struct Tries {
    wrong: u32,
    locked_until: i64,
    /// Newest step whose code was used: a code works once.
    last_step: i64,
}

#[derive(Default)]
struct Inner {
    /// By key id, with the end in seconds and the long-lived key that logged in.
    open: BTreeMap<String, (Credential, i64, String)>,
    tries: BTreeMap<Person, Tries>,
}

/// Sessions and tries of this start.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<Inner>);

/// Why nobody was logged in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NotLoggedIn {
    /// The code is wrong, or was used already.
    Wrong,
    /// Too many wrong ones.
    Locked {
        /// Seconds until it can be tried again.
        seconds: i64,
    },
}

impl Sessions {
    /// Judges a code: `step` is the one in which it is right, if any.
    pub(crate) fn judge(
        &self,
        person: &Person,
        step: Option<i64>,
        now: i64,
    ) -> Result<(), NotLoggedIn> {
        let mut inner = self.0.lock();
        let tries = inner.tries.entry(person.clone()).or_default();
        if tries.locked_until > now {
            return Err(NotLoggedIn::Locked {
                seconds: tries.locked_until - now,
            });
        }
        match step.filter(|step| *step > tries.last_step) {
            Some(step) => {
                (tries.wrong, tries.last_step) = (0, step);
                Ok(())
            }
            None => {
                tries.wrong += 1;
                if tries.wrong >= WRONG_MAX {
                    (tries.wrong, tries.locked_until) = (0, now + LOCK_SECONDS);
                    tracing::warn!(person = person.1, "log-in locked after wrong codes");
                }
                Err(NotLoggedIn::Wrong)
            }
        }
    }

    /// Opens a session with a key of its own.
    pub(crate) fn open(&self, credential: Credential, by_key: String, now: i64) {
        let mut inner = self.0.lock();
        inner.open.retain(|_, (_, ends, _)| *ends > now);
        let id = credential.grant.requester.key_id.clone();
        inner
            .open
            .insert(id, (credential, now + SESSION_SECONDS, by_key));
    }

    /// The credential of a session that works, and the key with which it was opened.
    pub(crate) fn credential(&self, key_id: &str, now: i64) -> Option<(Credential, String)> {
        let inner = self.0.lock();
        let (credential, ends, by_key) = inner.open.get(key_id)?;
        (*ends > now).then(|| (credential.clone(), by_key.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_works_once_and_guessing_locks() {
        let sessions = Sessions::default();
        let person = (TenantId([1; 16]), "山田".to_owned());
        assert_eq!(sessions.judge(&person, Some(10), 300), Ok(()));
        assert_eq!(
            sessions.judge(&person, Some(10), 301),
            Err(NotLoggedIn::Wrong)
        );
        for _ in 1..WRONG_MAX {
            assert_eq!(sessions.judge(&person, None, 302), Err(NotLoggedIn::Wrong));
        }
        let locked = sessions.judge(&person, Some(11), 303);
        assert!(matches!(locked, Err(NotLoggedIn::Locked { .. })));
        let later = 302 + LOCK_SECONDS;
        assert_eq!(sessions.judge(&person, Some(40), later), Ok(()));
        let other = (TenantId([2; 16]), "山田".to_owned());
        assert_eq!(sessions.judge(&other, Some(11), 303), Ok(()));
    }
}
