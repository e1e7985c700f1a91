//! Retention classes out of their data files: those that come with the release, and the operator's.
//!
//! A file that is wrong in any place is refused whole, with the line: a class that is quietly missing
//! would leave records unlocked.

use std::collections::BTreeMap;

use azekura_model::calendar::CivilDate;
use azekura_model::retention_class::{
    CLASS_YEARS_MAX, ClassCatalog, ClassName, ClassPeriod, ClassStart, PeriodChange, RetentionClass,
};
use serde::Deserialize;
use toml::Spanned;

/// The classes that come with the release.
const SHIPPED: &str = include_str!("../data/retention-classes.toml");

/// What is wrong with a file of classes.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("retention classes, {file}, line {line}: {what}")]
pub struct BadClasses {
    /// Name of the file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub what: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileForm {
    #[serde(default)]
    parameters: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    class: Vec<Spanned<ClassForm>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClassForm {
    name: String,
    title_ja: String,
    title_en: String,
    years: u32,
    event_ja: Option<String>,
    event_en: Option<String>,
    change: Option<ChangeForm>,
    law: String,
    edition: String,
    unverified: bool,
    #[serde(default)]
    note_ja: String,
    #[serde(default)]
    note_en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeForm {
    parameter: String,
    years: u32,
}

/// The catalog of a vault: the shipped classes and those of the operator's file (name and text), which
/// may also set the parameters of shipped ones. It can add classes and never replace one.
///
/// # Errors
/// [`BadClasses`] with the line.
pub fn catalog(own: Option<(&str, &str)>) -> Result<ClassCatalog, BadClasses> {
    let shipped = File::parse("the shipped file", SHIPPED)?;
    let own = own
        .map(|(name, text)| File::parse(name, text))
        .transpose()?;
    let mut parameters = BTreeMap::new();
    for file in [Some(&shipped), own.as_ref()].into_iter().flatten() {
        for (name, date) in &file.form.parameters {
            let day = CivilDate::parse(date.as_ref())
                .map_err(|error| file.bad(date.span().start, format!("{name}: {error}")))?;
            parameters.insert(name.clone(), day);
        }
    }
    if let Some(own) = &own {
        for (name, date) in &own.form.parameters {
            let known = [&shipped, own].iter().any(|file| file.uses(name));
            if !known {
                let what = format!("no class has a parameter {name:?}");
                return Err(own.bad(date.span().start, what));
            }
        }
    }
    let mut catalog = ClassCatalog::default();
    shipped.add_to(&mut catalog, &parameters, true)?;
    if let Some(own) = own {
        own.add_to(&mut catalog, &parameters, false)?;
    }
    Ok(catalog)
}

struct File<'a> {
    name: &'a str,
    text: &'a str,
    form: FileForm,
}

impl<'a> File<'a> {
    fn parse(name: &'a str, text: &'a str) -> Result<Self, BadClasses> {
        let form = toml::from_str(text).map_err(|error: toml::de::Error| BadClasses {
            file: name.to_owned(),
            line: line_of(text, error.span().map_or(0, |span| span.start)),
            what: error.message().to_owned(),
        })?;
        Ok(Self { name, text, form })
    }

    fn bad(&self, at: usize, what: impl Into<String>) -> BadClasses {
        BadClasses {
            file: self.name.to_owned(),
            line: line_of(self.text, at),
            what: what.into(),
        }
    }

    fn uses(&self, parameter: &str) -> bool {
        self.form.class.iter().any(|class| {
            let change = class.as_ref().change.as_ref();
            change.is_some_and(|change| change.parameter == parameter)
        })
    }

    fn add_to(
        &self,
        catalog: &mut ClassCatalog,
        parameters: &BTreeMap<String, CivilDate>,
        shipped: bool,
    ) -> Result<(), BadClasses> {
        for form in &self.form.class {
            let at = form.span().start;
            let class =
                class_of(form.as_ref(), parameters, shipped).map_err(|what| self.bad(at, what))?;
            catalog.add(class).map_err(|taken| {
                let what = format!(
                    "there is a class {} already; give yours another name",
                    taken.name
                );
                self.bad(at, what)
            })?;
        }
        Ok(())
    }
}

fn line_of(text: &str, at: usize) -> usize {
    let before = text.as_bytes().iter().take(at);
    before
        .filter(|byte| **byte == b'\n')
        .count()
        .saturating_add(1)
}

fn class_of(
    form: &ClassForm,
    parameters: &BTreeMap<String, CivilDate>,
    shipped: bool,
) -> Result<RetentionClass, String> {
    let name = ClassName::parse(&form.name).map_err(|error| format!("{:?}: {error}", form.name))?;
    if form.title_ja.is_empty() || form.title_en.is_empty() || form.law.is_empty() {
        return Err(format!(
            "{name}: title_ja, title_en and law must not be empty"
        ));
    }
    let most = [
        Some(form.years),
        form.change.as_ref().map(|change| change.years),
    ];
    if most.into_iter().flatten().max() > Some(CLASS_YEARS_MAX) {
        return Err(format!("{name}: at most {CLASS_YEARS_MAX} years"));
    }
    let period = match form.years {
        0 => ClassPeriod::Indefinite,
        years => ClassPeriod::Years(years),
    };
    let start = match (&form.event_ja, &form.event_en) {
        (None, None) => ClassStart::Upload,
        (Some(ja), Some(en)) if !ja.is_empty() && !en.is_empty() => ClassStart::Event {
            name_ja: ja.clone(),
            name_en: en.clone(),
        },
        _ => {
            return Err(format!(
                "{name}: give both event_ja and event_en, or neither"
            ));
        }
    };
    if form.years == 0 && start != ClassStart::Upload {
        return Err(format!("{name}: an indefinite period has no event"));
    }
    let change = form.change.as_ref().map(|change| PeriodChange {
        from: parameters.get(&change.parameter).copied(),
        years: change.years,
    });
    if change.is_some_and(|change| change.years <= form.years)
        || (change.is_some() && form.years == 0)
    {
        return Err(format!(
            "{name}: a change makes a period longer, never shorter"
        ));
    }
    Ok(RetentionClass {
        name,
        title_ja: form.title_ja.clone(),
        title_en: form.title_en.clone(),
        period,
        change,
        start,
        law: form.law.clone(),
        edition: form.edition.clone(),
        unverified: form.unverified,
        note_ja: form.note_ja.clone(),
        note_en: form.note_en.clone(),
        shipped,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> CivilDate {
        CivilDate::parse(text).unwrap()
    }

    fn class(catalog: &ClassCatalog, name: &str) -> RetentionClass {
        catalog
            .get(&ClassName::parse(name).unwrap())
            .unwrap()
            .clone()
    }

    const OWN: &str = "[[class]]\nname = \"own-7y\"\ntitle_ja = \"自\"\ntitle_en = \"own\"\nyears = 7\n\
                       law = \"自らの方針\"\nedition = \"2026\"\nunverified = false\n";

    #[test]
    fn the_shipped_file_is_whole() {
        let catalog = catalog(None).unwrap();
        assert_eq!(catalog.iter().count(), 39);
        let karte = class(&catalog, "karte-5y");
        assert!(karte.waits_for_event() && !karte.unverified && karte.shipped);
        assert_eq!(
            karte.until(date("2026-03-31")),
            Ok(Some(date("2031-03-31").ends()))
        );
        let verified = [
            "karte-5y",
            "hoken-3y",
            "a207-5y",
            "a207-3y",
            "shohosen-3y",
            "kohi-5y",
        ];
        for class in catalog.iter() {
            assert_eq!(
                class.unverified,
                !verified.contains(&class.name.as_str()),
                "{}",
                class.name
            );
        }
        assert_eq!(
            class(&catalog, "c-kanen").until(date("2026-01-01")),
            Ok(None)
        );
    }

    #[test]
    fn a_parameter_lengthens_from_its_day_on() {
        let own = "[parameters]\nshohosen-5y-from = \"2027-04-01\"\n";
        let catalog = catalog(Some(("own.toml", own))).unwrap();
        let class = class(&catalog, "shohosen-3y");
        assert_eq!(class.years(date("2027-03-31")), Some(3));
        assert_eq!(class.years(date("2027-04-01")), Some(5));
    }

    #[test]
    fn own_classes_are_added_and_shipped_ones_stay() {
        let all = catalog(Some(("own.toml", OWN))).unwrap();
        assert!(!class(&all, "own-7y").shipped);
        let over = OWN.replace("own-7y", "karte-5y");
        let text = format!("\n\n{over}");
        let error = catalog(Some(("own.toml", &text))).unwrap_err();
        assert_eq!((error.file.as_str(), error.line), ("own.toml", 3));
        assert!(error.what.contains("already"), "{error}");
    }

    #[test]
    fn a_wrong_file_is_refused_with_its_line() {
        for (from, to) in [
            ("years = 7", "years = 101"),
            ("years = 7", "years = -1"),
            ("own-7y", "Own 7y"),
            ("title_ja", "titel_ja"),
            ("law = \"自らの方針\"", "law = \"\""),
            ("years = 7", "years = 7\nevent_ja = \"日\""),
            (
                "years = 7",
                "years = 7\nchange = { parameter = \"p\", years = 5 }",
            ),
        ] {
            let text = format!("# own\n{}", OWN.replace(from, to));
            let error = catalog(Some(("own.toml", &text))).unwrap_err();
            assert!(error.line >= 2, "{error}");
        }
        let stray = "[parameters]\nshohosen = \"2027-04-01\"\n";
        let error = catalog(Some(("own.toml", stray))).unwrap_err();
        assert_eq!(error.line, 2);
        let no_date = "[parameters]\nshohosen-5y-from = \"2027-4-1\"\n";
        assert_eq!(catalog(Some(("own.toml", no_date))).unwrap_err().line, 2);
    }
}
