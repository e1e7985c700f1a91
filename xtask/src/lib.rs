//! Habits of the workspace: [`tidy`] checks what compiler and clippy cannot see, [`suite`] runs
//! everything that must pass, [`bench`] measures, [`s3tests`] holds the server against somebody
//! else's tests, [`tools`] installs what the tests drive.

pub mod bench;
pub mod clock;
pub mod fuzz;
pub mod process;
pub mod s3tests;
pub mod suite;
pub mod tidy;
pub mod tools;
