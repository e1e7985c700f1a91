//! Where the listeners listen, how, and whom they serve; plaintext beyond loopback is refused.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use super::tls::{files, sources};
use super::{ConfigError, File, Overrides, TlsTable, is_loopback};
use crate::sources::Sources;
use crate::tls::Tls;

/// One listener.
pub(super) struct Listener {
    pub(super) addr: SocketAddr,
    pub(super) tls: Option<Arc<Tls>>,
    pub(super) sources: Sources,
}

/// Both listeners.
pub(super) struct Listeners {
    pub(super) s3: Listener,
    pub(super) admin: Listener,
    /// Both are on loopback.
    pub(super) loopback: bool,
}

/// Judges both.
pub(super) fn check(file: &File, over: &Overrides) -> Result<Listeners, ConfigError> {
    let given = over.s3_addr.as_ref().or(file.s3.addr.as_ref());
    let s3 = Listener {
        addr: address("s3.addr", given, "127.0.0.1:9000")?,
        tls: tls("s3.tls", file.s3.tls.as_ref(), file.tls.as_ref())?,
        sources: sources(&file.s3.source_cidrs, "s3.source_cidrs")?,
    };
    let given = over.admin_addr.as_ref().or(file.admin.addr.as_ref());
    let admin = Listener {
        addr: address("admin.addr", given, "127.0.0.1:9001")?,
        tls: tls("admin.tls", file.admin.tls.as_ref(), file.tls.as_ref())?,
        sources: sources(&file.admin.source_cidrs, "admin.source_cidrs")?,
    };
    let accepted = over.accept_plaintext || file.i_accept_unencrypted_http_beyond_loopback;
    let both = [&s3, &admin];
    let mut open = both.iter().filter(|one| !is_loopback(&one.addr));
    if let Some(plain) = open.find(|one| one.tls.is_none() && !accepted) {
        return Err(ConfigError::Plaintext {
            address: plain.addr,
        });
    }
    let loopback = both.iter().all(|one| is_loopback(&one.addr));
    Ok(Listeners {
        s3,
        admin,
        loopback,
    })
}

/// TLS of a listener: from its own table, else from that of both.
fn tls(
    own_section: &'static str,
    own: Option<&TlsTable>,
    both: Option<&TlsTable>,
) -> Result<Option<Arc<Tls>>, ConfigError> {
    let (section, table) = match (own, both) {
        (Some(own), _) => (own_section, own),
        (None, Some(both)) => ("tls", both),
        (None, None) => return Ok(None),
    };
    let tls = Tls::load(files(table.clone(), section)?);
    let tls = tls.map_err(|fault| ConfigError::Tls { section, fault })?;
    Ok(Some(Arc::new(tls)))
}

fn address(
    key: &'static str,
    given: Option<&String>,
    default: &str,
) -> Result<SocketAddr, ConfigError> {
    let value = given.map_or(default, String::as_str);
    let resolved = value.to_socket_addrs().ok().and_then(|mut all| all.next());
    resolved.ok_or_else(|| ConfigError::Address {
        key,
        value: value.to_owned(),
    })
}
