//! Rows of the audit in the forms that other tools read.

pub(crate) mod ocsf;
pub(crate) mod s3;
#[cfg(test)]
mod tests;
