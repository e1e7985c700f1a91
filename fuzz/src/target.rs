//! What is fuzzed.

/// Something that reads hostile input.
///
/// A case is wholly in its input, so that a finding saved as a file can be run again. What depends on
/// the time of day stands in the input as a placeholder.
pub trait Target {
    /// Inputs to start from beside those in the folder `corpus`.
    fn seeds(&self) -> Vec<Vec<u8>> {
        Vec::new()
    }

    /// Words that mean something to the reader.
    fn dictionary(&self) -> &'static [&'static str];

    /// Runs one case. The result names the kind of answer, such as `403 AccessDenied`: an input that
    /// makes a new kind of answer is kept and changed further.
    ///
    /// # Errors
    /// What is wrong: a finding.
    fn run(&mut self, input: &[u8]) -> Result<String, String>;
}
