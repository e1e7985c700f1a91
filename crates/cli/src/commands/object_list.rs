//! `azekura object list`

use azekura_admin_api::api::AdminApi as _;
use azekura_admin_api::types::{ObjectPage, ObjectsQuery};

use crate::args::ListArgs;
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;

/// Pages are printed as they arrive, so that memory does not grow with the bucket; as JSON, one
/// page a line.
pub(crate) async fn run(list: &ListArgs, json: bool) -> Result<Exit, CommandError> {
    let client = connect::client(&list.online)?;
    let mut query = ObjectsQuery {
        prefix: list.prefix.clone(),
        delimiter: list.delimiter.clone(),
        ..ObjectsQuery::default()
    };
    loop {
        let page = client.list_objects(&list.bucket, &query).await?;
        if json {
            let line = serde_json::to_string(&page)
                .map_err(|error| CommandError::new(Exit::Failure, error.to_string()))?;
            output::print(&(line + "\n"))?;
        } else {
            output::print(&lines(&page))?;
        }
        match page.next {
            Some(next) => query.after = next,
            None => return Ok(Exit::Ok),
        }
    }
}

fn lines(page: &ObjectPage) -> String {
    let prefixes = page
        .prefixes
        .iter()
        .map(|prefix| format!("{:>15}  {:24}  {prefix}\n", "prefix", ""));
    let objects = page.objects.iter().map(|object| {
        format!(
            "{:>15}  {:24}  {}\n",
            object.bytes, object.modified, object.key
        )
    });
    prefixes.chain(objects).collect()
}
