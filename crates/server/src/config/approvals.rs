//! `[approvals]`: two people for what weakens or cannot be undone.

use std::path::PathBuf;
use std::time::Duration;

use azekura_model::governed::DualControl;
use azekura_store::store::StorePolicy;
use http::Uri;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::ConfigError;
use super::check::read_secret;

/// `[approvals]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApprovalsTable {
    /// Whether the institution with which the vault is made needs two people: `required` or `off`.
    /// Counts when the vault is made, and is fixed then for ever. Default `off`.
    pub dual_control: DualControlName,
    /// Hours by compliance time after which something acts where two people are required and there is no
    /// second one. Default 168, at least the cooling-off of `[lifecycle]`.
    pub alone_cooling_off_hours: Option<u64>,
    /// Hours for which a request can be approved, and then for which it can act. Default 336, at least
    /// 1.
    pub expiry_hours: Option<u64>,
    /// Address that is told of every request as it is asked, approved, vetoed, over or acts: a POST of
    /// JSON. `https://…`, or `http://` on this machine. Default none: the log and the metrics tell it.
    pub webhook: Option<String>,
    /// File with the secret of the webhook; nobody but its owner may read it. Each POST then carries
    /// `X-Azekura-Signature: sha256=` and the HMAC-SHA-256 of the body. Default none.
    pub webhook_secret_file: Option<PathBuf>,
    /// CAs of the webhook's server, PEM. Default: those of the machine.
    pub webhook_ca_file: Option<PathBuf>,
    /// For tests alone: seconds instead of `alone_cooling_off_hours`. Default none.
    pub i_accept_waiting_alone_for_seconds: Option<u64>,
}

/// Values of `approvals.dual_control`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DualControlName {
    /// Two people.
    Required,
    /// One; everything that is done so says so.
    #[default]
    Off,
}

/// Who is told of requests, and how.
#[derive(Clone)]
pub struct Webhook {
    /// Address.
    pub url: Uri,
    /// Secret of the signature.
    pub secret: Option<Zeroizing<String>>,
    /// CAs of the server.
    pub ca_file: Option<PathBuf>,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// `[approvals]`, checked.
#[derive(Clone, Debug)]
pub struct Approvals {
    /// Of the institution with which a vault is made.
    pub dual_control: DualControl,
    /// Who is told.
    pub webhook: Option<Webhook>,
}

impl ApprovalsTable {
    /// Checks the table and adds its waits to the policy.
    pub(super) fn checked(self, policy: &mut StorePolicy) -> Result<Approvals, ConfigError> {
        let hours = |hours: u64| Duration::from_secs(hours.saturating_mul(3600));
        policy.alone_cooling_off = match self.i_accept_waiting_alone_for_seconds {
            Some(seconds) => Duration::from_secs(seconds),
            None => self
                .alone_cooling_off_hours
                .map_or(hours(168).max(policy.cooling_off), hours),
        };
        policy.request_expiry = hours(self.expiry_hours.unwrap_or(336));
        if policy.request_expiry.is_zero() {
            return Err(ConfigError::NoExpiry);
        }
        let shortened = self.i_accept_waiting_alone_for_seconds.is_some();
        if policy.alone_cooling_off < policy.cooling_off && !shortened {
            return Err(ConfigError::AloneTooShort);
        }
        let dual_control = match self.dual_control {
            DualControlName::Required => DualControl::Required,
            DualControlName::Off => DualControl::Off,
        };
        let (secret, ca_file) = (self.webhook_secret_file, self.webhook_ca_file);
        let webhook = self.webhook.map(|url| webhook(url, secret, ca_file));
        Ok(Approvals {
            dual_control,
            webhook: webhook.transpose()?,
        })
    }
}

/// Names of this machine: plain HTTP leaves it otherwise.
fn is_local(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host
            .parse()
            .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

fn webhook(
    url: String,
    secret: Option<PathBuf>,
    ca_file: Option<PathBuf>,
) -> Result<Webhook, ConfigError> {
    let good = url.parse::<Uri>().ok().filter(|uri| {
        let host = uri.host().unwrap_or_default();
        match uri.scheme_str() {
            Some("https") => !host.is_empty(),
            Some("http") => is_local(host),
            _ => false,
        }
    });
    Ok(Webhook {
        url: good.ok_or(ConfigError::Webhook(url))?,
        secret: secret
            .map(|path| read_secret(&path).map(Zeroizing::new))
            .transpose()?,
        ca_file,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<(Approvals, StorePolicy), ConfigError> {
        let table: ApprovalsTable = toml::from_str(text).unwrap();
        let mut policy = StorePolicy::default();
        table.checked(&mut policy).map(|checked| (checked, policy))
    }

    #[test]
    fn the_defaults_are_those_of_the_document() {
        let (approvals, policy) = checked("").unwrap();
        assert_eq!(approvals.dual_control, DualControl::Off);
        assert!(approvals.webhook.is_none());
        assert_eq!(policy.alone_cooling_off, Duration::from_hours(168));
        assert_eq!(policy.request_expiry, Duration::from_hours(336));
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        for good in [
            "https://hooks.example.jp/azekura",
            "http://127.0.0.1:8080/",
            "http://[::1]:8080/",
            "http://localhost/x",
        ] {
            checked(&format!("webhook = {good:?}")).unwrap();
        }
        for bad in ["http://hooks.example.jp/", "ftp://127.0.0.1/", "hooks", ""] {
            let refused = checked(&format!("webhook = {bad:?}"));
            assert!(matches!(refused, Err(ConfigError::Webhook(_))), "{bad}");
        }
    }

    #[test]
    fn nobody_alone_is_faster_than_two() {
        let refused = checked("alone_cooling_off_hours = 71");
        assert!(matches!(refused, Err(ConfigError::AloneTooShort)));
        assert!(matches!(
            checked("expiry_hours = 0"),
            Err(ConfigError::NoExpiry)
        ));
        let (approvals, _) = checked("dual_control = \"required\"").unwrap();
        assert_eq!(approvals.dual_control, DualControl::Required);
    }
}
