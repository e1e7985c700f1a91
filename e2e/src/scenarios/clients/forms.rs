//! Uploads by forms that an SDK signed.

use serde_json::json;

use crate::report::{Figures, Outcome};
use crate::server::Server;
use crate::{Bench, Failure, tools};

/// Signed by boto3, posted by urllib3 and curl: see `e2e/py/forms.py`.
pub(crate) fn signed_forms_are_taken_and_others_refused(bench: &Bench) -> Result<Outcome, Failure> {
    if let Some(missing) = ["python3", "curl"]
        .iter()
        .find(|name| !bench.tools.has(name))
    {
        return Ok(Outcome::Skipped(format!("{missing} is not installed")));
    }
    let home = bench.directory("forms")?;
    let server = Server::start(&bench.binary, &home.join("vault"))?;
    let mut script = bench.tools.python("forms.py", &server);
    let printed = tools::run(script.arg(&home))?;
    server.stop()?;
    Ok(Outcome::Passed(Figures::from([(
        "shown",
        json!(printed.trim()),
    )])))
}
