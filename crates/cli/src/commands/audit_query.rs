//! `azekura audit query`

use std::fs::File;
use std::io::{self, BufWriter, Write};

use azekura_admin_api::audit::{AuditApi as _, AuditAsk, AuditLine};
use azekura_admin_api::client::Client;
use futures::StreamExt as _;

use crate::args::{AuditFormat, AuditQueryArgs, AuditResultArg};
use crate::audit::{ocsf, s3};
use crate::exit::{CommandError, Exit};
use crate::{connect, progress};

pub(crate) async fn run(args: &AuditQueryArgs) -> Result<Exit, CommandError> {
    let client = connect::client(&args.online)?;
    let result = args.result.map(|result| match result {
        AuditResultArg::Done => "done".to_owned(),
        AuditResultArg::Refused => "refused".to_owned(),
    });
    let ask = AuditAsk {
        patient: args.patient.clone(),
        bucket: args.bucket.clone(),
        prefix: args.prefix.clone(),
        principal: args.principal.clone(),
        from: args.from.clone(),
        to: args.to.clone(),
        result,
    };
    let mut out = open(args)?;
    each_row(&client, &ask, |line| {
        listening(print(&mut out, line, args.format))
    })
    .await?;
    listening(out.flush())?;
    Ok(Exit::Ok)
}

/// Hands over each row as it comes, one JSON object, until `row` wants no more.
///
/// # Errors
/// That of the server or of `row`, and an answer that breaks off.
pub(crate) async fn each_row(
    client: &Client,
    ask: &AuditAsk,
    mut row: impl FnMut(&[u8]) -> Result<bool, CommandError>,
) -> Result<(), CommandError> {
    let mut answer = client.audit(ask).await?;
    let bar = progress::count("rows");
    let mut rest: Vec<u8> = Vec::new();
    while let Some(chunk) = answer.next().await {
        rest.extend_from_slice(&chunk?);
        let Some(end) = rest.iter().rposition(|byte| *byte == b'\n') else {
            continue;
        };
        let kept = rest.split_off(end.saturating_add(1));
        for line in rest
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            if !row(line)? {
                return Ok(());
            }
            bar.inc(1);
        }
        rest = kept;
    }
    if !rest.is_empty() {
        return Err(CommandError::new(
            Exit::Unavailable,
            "the answer broke off: it is not whole",
        ));
    }
    bar.finish_and_clear();
    Ok(())
}

fn open(args: &AuditQueryArgs) -> Result<Box<dyn Write + Send>, CommandError> {
    let Some(path) = &args.out else {
        return Ok(Box::new(BufWriter::new(io::stdout())));
    };
    let file = File::create_new(path).map_err(|error| {
        CommandError::new(Exit::Io, format!("cannot make {}: {error}", path.display()))
            .hint("An existing file is never overwritten: name another.")
    })?;
    Ok(Box::new(BufWriter::new(file)))
}

fn print(out: &mut dyn Write, line: &[u8], format: AuditFormat) -> io::Result<()> {
    if format == AuditFormat::Jsonl {
        out.write_all(line)?;
        return out.write_all(b"\n");
    }
    let row: AuditLine = serde_json::from_slice(line)?;
    match format {
        AuditFormat::S3 => writeln!(out, "{}", s3::line(&row)),
        _ => writeln!(out, "{}", ocsf::event(&row)),
    }
}

/// Whether the reader is still there: one that has gone away (`| head`) is not an error.
fn listening(written: io::Result<()>) -> Result<bool, CommandError> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error.into()),
    }
}
