//! `azekura explain`

use azekura_admin_api::retention::{ExplainQuery, RetentionApi as _};

use crate::args::{ExplainArgs, Language};
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;

pub(crate) async fn run(args: &ExplainArgs, json: bool) -> Result<Exit, CommandError> {
    let (bucket, key) = address(&args.address)?;
    let query = ExplainQuery {
        key: key.to_owned(),
        version: args.version_id.clone(),
        lang: Some(
            match args.lang {
                Language::Ja => "ja",
                Language::En => "en",
            }
            .to_owned(),
        ),
    };
    let report = connect::client(&args.online)?
        .explain(bucket, &query)
        .await?;
    output::answer(&report, json, |report| {
        let mut text = format!("{} {}\n", report.address, report.version);
        for sentence in &report.sentences {
            text.push_str(&format!("  {sentence}\n"));
        }
        text
    })
}

/// Bucket and key of `s3://BUCKET/KEY`.
pub(crate) fn address(address: &str) -> Result<(&str, &str), CommandError> {
    address
        .strip_prefix("s3://")
        .and_then(|rest| rest.split_once('/'))
        .filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
        .ok_or_else(|| {
            CommandError::new(Exit::Usage, format!("{address:?} is not s3://BUCKET/KEY"))
        })
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn an_address_has_bucket_and_key() {
        assert_eq!(address("s3://b/a/c").unwrap(), ("b", "a/c"));
        for bad in ["b/k", "s3://b", "s3://b/", "s3:///k"] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }
}
