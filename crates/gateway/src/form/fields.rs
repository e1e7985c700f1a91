//! The fields of a form that stand before its file.

use crate::guard::Refusal;

/// Fields that keep `${filename}` as it is.
const VERBATIM: [&str; 2] = ["policy", "x-amz-signature"];

/// Names in lower case and values, in the order in which they came, each name once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Adds a field.
    ///
    /// # Errors
    /// `InvalidArgument` when there is one of this name: it would be open which of them counts.
    pub(super) fn push(&mut self, name: &str, value: String) -> Result<(), Refusal> {
        let name = name.to_ascii_lowercase();
        if self.get(&name).is_some() {
            return Err(Refusal::invalid_argument(format!(
                "the field '{name}' of the form must appear once"
            )));
        }
        self.0.push((name, value));
        Ok(())
    }

    /// The value of a field, by its name in lower case.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(known, _)| known == name)?;
        Some(value)
    }

    /// All fields.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }

    /// Writes the name of the file, without the folders that some browsers send, for `${filename}`.
    /// This comes before the policy is judged (AWS: "the variable is replaced before the policy is
    /// validated").
    pub(super) fn expand(&mut self, filename: &str) {
        let name = filename.rsplit(['/', '\\']).next().unwrap_or_default();
        for (field, value) in &mut self.0 {
            if !VERBATIM.contains(&field.as_str()) && value.contains("${filename}") {
                *value = value.replace("${filename}", name);
            }
        }
    }

    /// A field that must be there.
    ///
    /// # Errors
    /// `InvalidArgument` in the words of AWS.
    pub(super) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| {
            Refusal::invalid_argument(format!(
                "Bucket POST must contain a field named '{name}'.  If it is specified, please \
                 check the order of the fields."
            ))
        })
    }
}
