//! Retention beyond S3: classes, limits, trials of defaults, answers, changes in bulk, and the way
//! back from a deletion.

pub mod answer;
pub mod bulk;
pub mod count;
pub(crate) mod governed;
pub(crate) mod initial;
pub(crate) mod ledger;
pub mod trial;
pub mod undelete;
