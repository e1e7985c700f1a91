//! The AWS SDK for JavaScript, version 3, on Node.

use std::path::Path;

use super::{finish, prepare};
use crate::report::Outcome;
use crate::{Bench, Failure, tools, tree};

/// Every check of `e2e/js/sdk.mjs`, then a tree up and down.
pub(crate) fn sdk_v3(bench: &Bench) -> Result<Outcome, Failure> {
    if !bench.tools.has("node") {
        return Ok(Outcome::Skipped("node is not installed".to_owned()));
    }
    let packages = bench.tools.folder("js");
    if !packages.join("node_modules/@aws-sdk/client-s3").is_dir() {
        return Ok(Outcome::Skipped(
            "the JavaScript SDK is not installed".to_owned(),
        ));
    }
    let setting = prepare(bench, "javascript", bench.number(300, 2_000))?;
    let script = |name: &str| {
        let mut command = bench.tools.client("node", &setting.server);
        command
            .env("SDK_FOLDER", &packages)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("js").join(name));
        command
    };
    tools::run(&mut script("sdk.mjs"))?;
    tools::run(
        script("round_trip.mjs")
            .arg(&setting.source)
            .arg(&setting.restored),
    )?;
    let compared = tree::compare(&setting.source, &setting.restored)?;
    finish(setting, compared)
}
