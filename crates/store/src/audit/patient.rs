//! Whom an object key names: reports a patient are made by it (確報 counts patients). Layouts of keys are
//! pluggable; SS-MIX2 is built in.

use std::sync::Arc;

use azekura_model::audit::AuditEntry;

/// Finds the patient in an object key, or in the prefix of a listing.
pub trait PatientLayout: Send + Sync + 'static {
    /// The patient id, if the key is of this layout and names one.
    fn patient<'a>(&self, bucket: &str, key: &'a str) -> Option<&'a str>;
}

/// SS-MIX2 storage, standard and extended: `…/<1–3>/<4–6>/<patient>/…`, where the first two folders are the
/// first six characters of the patient id.
#[derive(Clone, Copy, Debug, Default)]
pub struct SsMix2Layout;

impl PatientLayout for SsMix2Layout {
    fn patient<'a>(&self, _bucket: &str, key: &'a str) -> Option<&'a str> {
        let mut parts = key.split('/');
        let (mut first, mut second) = (parts.next()?, parts.next()?);
        for third in parts {
            let rest = third
                .strip_prefix(first)
                .and_then(|rest| rest.strip_prefix(second));
            if rest.is_some() && first.chars().count() == 3 && second.chars().count() == 3 {
                return Some(third);
            }
            (first, second) = (second, third);
        }
        None
    }
}

/// A pattern such as `images/{patient}/*`: `{patient}` is the patient id, `*` is anything inside one part of the
/// path; what follows the pattern is ignored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PatternLayout {
    bucket: Option<String>,
    tokens: Vec<Token>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Token {
    Text(String),
    Patient,
    Any,
}

/// A pattern that cannot find a patient.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the pattern {0:?} must name {{patient}} once, and text between {{patient}} and *")]
pub struct BadPatientPattern(String);

impl PatternLayout {
    /// A pattern for the keys of one bucket, or of all.
    ///
    /// # Errors
    /// [`BadPatientPattern`].
    pub fn new(bucket: Option<&str>, pattern: &str) -> Result<Self, BadPatientPattern> {
        let bad = || BadPatientPattern(pattern.to_owned());
        let mut tokens = Vec::new();
        let mut rest = pattern;
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix("{patient}") {
                tokens.push(Token::Patient);
                rest = after;
            } else if let Some(after) = rest.strip_prefix('*') {
                tokens.push(Token::Any);
                rest = after;
            } else {
                let end = rest.find(['*', '{']).unwrap_or(rest.len());
                let (text, after) = rest.split_at_checked(end.max(1)).ok_or_else(bad)?;
                tokens.push(Token::Text(text.to_owned()));
                rest = after;
            }
        }
        let patients = tokens.iter().filter(|token| **token == Token::Patient);
        let wild = |token: Option<&Token>| matches!(token, Some(Token::Patient | Token::Any));
        let touching = tokens
            .windows(2)
            .any(|pair| wild(pair.first()) && wild(pair.last()));
        if patients.count() != 1 || touching {
            return Err(bad());
        }
        Ok(Self {
            bucket: bucket.map(str::to_owned),
            tokens,
        })
    }
}

impl PatientLayout for PatternLayout {
    fn patient<'a>(&self, bucket: &str, key: &'a str) -> Option<&'a str> {
        if self.bucket.as_deref().is_some_and(|only| only != bucket) {
            return None;
        }
        let mut rest = key;
        let mut patient = None;
        let mut tokens = self.tokens.iter().peekable();
        while let Some(token) = tokens.next() {
            if let Token::Text(text) = token {
                rest = rest.strip_prefix(text.as_str())?;
                continue;
            }
            // Up to the text that follows, inside this part of the path.
            let part = rest.split('/').next().unwrap_or_default();
            let end = match tokens.peek() {
                Some(Token::Text(text)) => match text.strip_prefix('/') {
                    Some(_) => part.len(),
                    None => part.find(text.split('/').next().unwrap_or_default())?,
                },
                _ => part.len(),
            };
            let (found, after) = rest.split_at_checked(end)?;
            if *token == Token::Patient {
                patient = Some(found).filter(|found| !found.is_empty());
            }
            rest = after;
        }
        patient
    }
}

/// Layouts in the order in which they are asked.
#[derive(Clone)]
pub struct PatientLayouts(Vec<Arc<dyn PatientLayout>>);

impl Default for PatientLayouts {
    fn default() -> Self {
        Self::with(Vec::new())
    }
}

impl PatientLayouts {
    /// These, then SS-MIX2.
    #[must_use]
    pub fn with(mut layouts: Vec<Arc<dyn PatientLayout>>) -> Self {
        layouts.push(Arc::new(SsMix2Layout));
        Self(layouts)
    }

    /// The patient whom an object key names.
    #[must_use]
    pub fn patient(&self, bucket: &str, key: &str) -> Option<String> {
        let mut found = self.0.iter().filter_map(|l| l.patient(bucket, key));
        found.next().map(str::to_owned)
    }

    /// The patient whom an entry is about.
    #[must_use]
    pub fn of(&self, entry: &AuditEntry) -> Option<String> {
        self.patient(entry.bucket.as_deref()?, entry.key.as_deref()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ss_mix2_names_patients_by_their_folders() {
        let layouts = PatientLayouts::default();
        let of = |key| layouts.patient("b", key);
        let patient = Some("0012345678".to_owned());
        let whole =
            "ssmix2/standard/001/234/0012345678/20260401/ADT-00/0012345678_20260401_ADT-00_1";
        assert_eq!(of(whole), patient);
        assert_eq!(of("001/234/0012345678/-/OMP-01/x"), patient);
        assert_eq!(of("ssmix2/standard/001/234/0012345678/"), patient);
        assert_eq!(
            of("ssmix2/standard/001/234/"),
            None,
            "every patient below it"
        );
        assert_eq!(of("ssmix2/standard/001/235/0012345678/x"), None);
        assert_eq!(of("a/b/ab/x"), None);
        assert_eq!(of("plain"), None);
    }

    #[test]
    fn patterns_name_patients() {
        let pattern = PatternLayout::new(Some("images"), "ct/*/{patient}-").unwrap();
        assert_eq!(pattern.patient("images", "ct/2026/P1-0001.dcm"), Some("P1"));
        assert_eq!(pattern.patient("images", "ct/2026/P1"), None);
        assert_eq!(pattern.patient("other", "ct/2026/P1-0001.dcm"), None);
        assert_eq!(pattern.patient("images", "ct/2026/-0001.dcm"), None);
        let first = PatternLayout::new(None, "{patient}/").unwrap();
        assert_eq!(first.patient("b", "患者7/x/y"), Some("患者7"));
        assert_eq!(first.patient("b", "x"), None);
        let last = PatternLayout::new(None, "a/{patient}").unwrap();
        assert_eq!(last.patient("b", "a/7/c"), Some("7"));
        for bad in [
            "",
            "a/*",
            "{patient}*",
            "{patient}/{patient}/",
            "*{patient}/",
        ] {
            assert!(PatternLayout::new(None, bad).is_err(), "{bad}");
        }
    }
}
