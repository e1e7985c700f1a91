//! `xtask/tidy.toml`: the tables that the checks judge by.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use super::Breach;

/// The tables.
#[derive(Debug, Default)]
pub(super) struct Config {
    /// Row of each package; a package uses packages on lower rows only.
    pub(super) rows: BTreeMap<String, i64>,
    /// Packages outside the rows, and the packages of the workspace that each may use.
    pub(super) outside: BTreeMap<String, Vec<String>>,
    /// Packages that must not be reached from a package, however far.
    pub(super) never: BTreeMap<String, Vec<String>>,
    /// Package → (crate → the modules of it that may be imported).
    pub(super) imports: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    allowances: Vec<Allowance>,
}

/// A breach that is passed over, with its reason.
#[derive(Debug)]
struct Allowance {
    check: String,
    file: String,
}

impl Config {
    /// Reads the tables.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let table: Table = text
            .parse()
            .map_err(|error| format!("xtask/tidy.toml: {error}"))?;
        let mut config = Self::default();
        for (package, row) in sub_table(&table, "rows") {
            let row = row
                .as_integer()
                .ok_or_else(|| format!("[rows] {package}: not a number"))?;
            config.rows.insert(package.clone(), row);
        }
        for (package, names) in sub_table(&table, "outside") {
            config.outside.insert(package.clone(), strings(names));
        }
        for (package, names) in sub_table(&table, "never") {
            config.never.insert(package.clone(), strings(names));
        }
        for (package, crates) in sub_table(&table, "imports") {
            let crates = crates.as_table().into_iter().flatten();
            let crates = crates
                .map(|(name, modules)| (name.clone(), strings(modules)))
                .collect();
            config.imports.insert(package.clone(), crates);
        }
        for entry in table
            .get("allow")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let field = |name: &str| {
                let text = entry.get(name).and_then(Value::as_str).unwrap_or_default();
                if text.is_empty() {
                    Err(format!("[[allow]] needs {name:?}"))
                } else {
                    Ok(text.to_owned())
                }
            };
            field("reason")?;
            config.allowances.push(Allowance {
                check: field("check")?,
                file: field("file")?,
            });
        }
        Ok(config)
    }

    /// Takes out what is allowed, and reports each allowance that allowed nothing.
    pub(super) fn apply_allowances(&self, findings: Vec<Breach>) -> Vec<Breach> {
        let mut used = BTreeSet::new();
        let mut kept: Vec<Breach> = Vec::new();
        for finding in findings {
            let file = finding.place.split(':').next().unwrap_or_default();
            let allowed = self
                .allowances
                .iter()
                .position(|a| a.check == finding.check && a.file == file);
            match allowed {
                Some(index) => {
                    used.insert(index);
                }
                None => kept.push(finding),
            }
        }
        for (index, allowance) in self.allowances.iter().enumerate() {
            if !used.contains(&index) {
                kept.push(Breach {
                    check: "allow",
                    place: "xtask/tidy.toml".to_owned(),
                    message: format!(
                        "nothing of {:?} is found in {:?} any more: take the entry out",
                        allowance.check, allowance.file
                    ),
                });
            }
        }
        kept
    }
}

fn sub_table<'a>(table: &'a Table, name: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    table
        .get(name)
        .and_then(Value::as_table)
        .into_iter()
        .flatten()
}

/// The strings of an array.
pub(super) fn strings(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::Config;
    use crate::tidy::Breach;

    #[test]
    fn an_allowance_hides_its_finding_and_a_stale_one_is_reported() {
        let text = "[[allow]]\ncheck = \"glob\"\nfile = \"a.rs\"\nreason = \"r\"\n[[allow]]\ncheck = \"glob\"\nfile = \"b.rs\"\nreason = \"r\"\n";
        let config = Config::parse(text).unwrap();
        let finding = Breach {
            check: "glob",
            place: "a.rs:3".into(),
            message: "m".into(),
        };
        let kept = config.apply_allowances(vec![finding]);
        assert_eq!(kept.len(), 1);
        assert!(kept[0].message.contains("b.rs"));
    }

    #[test]
    fn an_allowance_needs_a_reason() {
        let text = "[[allow]]\ncheck = \"glob\"\nfile = \"a.rs\"\n";
        assert!(Config::parse(text).unwrap_err().contains("reason"));
    }
}
