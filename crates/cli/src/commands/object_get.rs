//! `azekura object get`

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use azekura_admin_api::api::{AdminApi as _, Content};
use azekura_admin_api::types::ObjectQuery;
use futures::StreamExt as _;
use serde::Serialize;

use crate::args::GetArgs;
use crate::exit::{CommandError, Exit};
use crate::{connect, output, progress};

#[derive(Serialize)]
struct Written<'a> {
    file: &'a Path,
    bytes: u64,
}

pub(crate) async fn run(get: &GetArgs, json: bool) -> Result<Exit, CommandError> {
    let query = ObjectQuery {
        key: get.object.key.clone(),
        version: get.version_id.clone(),
    };
    let client = connect::client(&get.object.online)?;
    let Some(path) = &get.output else {
        if json {
            let detail = client.object(&get.object.bucket, &query).await?;
            return output::answer(&detail, true, |_| String::new());
        }
        let content = client.content(&get.object.bucket, &query).await?;
        copy(content, &mut io::stdout().lock()).await?;
        return Ok(Exit::Ok);
    };
    let content = client.content(&get.object.bucket, &query).await?;
    let mut file = File::create_new(path).map_err(|error| {
        CommandError::new(Exit::Io, format!("cannot make {}: {error}", path.display()))
            .hint("An existing file is never overwritten: name another.")
    })?;
    let bytes = copy(content, &mut file).await?;
    file.sync_all()?;
    let written = Written { file: path, bytes };
    output::answer(&written, json, |written| {
        format!("{} bytes to {}", written.bytes, written.file.display())
    })
}

async fn copy(mut content: Content, to: &mut dyn Write) -> Result<u64, CommandError> {
    let bar = progress::bytes("reading");
    bar.set_length(content.bytes.unwrap_or(0));
    let mut bytes = 0_u64;
    while let Some(chunk) = content.stream.next().await {
        let chunk = chunk?;
        to.write_all(&chunk)?;
        bytes = bytes.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        bar.set_position(bytes);
    }
    to.flush()?;
    bar.finish_and_clear();
    Ok(bytes)
}
