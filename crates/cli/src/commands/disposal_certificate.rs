//! `azekura disposal certificate`

use azekura_admin_api::keeper::{CertificateQuery, KeeperApi as _};

use crate::args::CertificateArgs;
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;

pub(crate) async fn run(args: &CertificateArgs, _json: bool) -> Result<Exit, CommandError> {
    let query = CertificateQuery {
        disposal: args.id.clone(),
        from: args.from.clone(),
        to: args.to.clone(),
    };
    let client = connect::client(&args.online)?;
    let document = client.certificate(&args.bucket, &query).await?;
    // A document to keep: JSON always.
    output::answer(&document, true, |_| String::new())
}
