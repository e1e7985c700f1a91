//! `azekura bucket history-days`

use azekura_admin_api::keeper::{HistoryDaysQuery, KeeperApi as _};

use crate::args::HistoryDaysArgs;
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;

pub(crate) async fn run(args: &HistoryDaysArgs, json: bool) -> Result<Exit, CommandError> {
    let client = connect::client(&args.online)?;
    let state = match args.days {
        None => client.history_days(&args.bucket).await?,
        Some(days) => {
            let query = HistoryDaysQuery { days };
            client.put_history_days(&args.bucket, &query).await?
        }
    };
    output::answer(&state, json, |state| {
        let mut text = format!("hidden versions stay for {} days\n", state.days);
        if let (Some(days), Some(acts_at)) = (state.pending_days, &state.acts_at) {
            text.push_str(&format!(
                "pending: {days} days from {acts_at} on; ask for {} again to take it back\n",
                state.days
            ));
        }
        text
    })
}
