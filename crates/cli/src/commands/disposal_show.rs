//! `azekura disposal show`

use azekura_admin_api::keeper::{DisposalDetail, KeeperApi as _};

use crate::args::OneDisposal;
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;

pub(crate) async fn run(one: &OneDisposal, json: bool) -> Result<Exit, CommandError> {
    let list = connect::client(&one.online)?.disposals(&one.bucket).await?;
    let job = list.disposals.into_iter().find(|job| job.id == one.id);
    let job = job.ok_or_else(|| {
        CommandError::new(
            Exit::NotFound,
            format!("bucket {} has no such disposal", one.bucket),
        )
    })?;
    output::answer(&job, json, text)
}

/// One line a fact.
pub(super) fn text(job: &DisposalDetail) -> String {
    let mut text = format!(
        "disposal   {}\nstage      {}\nasked      {} by {}\nacts at    {}\nreason     {}\nprefix     {:?}\nbefore     {}\n",
        job.id,
        job.stage,
        job.asked_at,
        job.asked_by,
        job.acts_at,
        job.reason,
        job.prefix,
        job.before
    );
    if let Some(class) = &job.class {
        text.push_str(&format!("class      {class}\n"));
    }
    if let (Some(versions), Some(bytes), Some(locked)) =
        (job.hidden_versions, job.hidden_bytes, job.locked_versions)
    {
        text.push_str(&format!(
            "hidden     {versions} versions, {bytes} bytes; {locked} kept by a lock\n"
        ));
    }
    text
}
