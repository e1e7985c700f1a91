//! Which addresses a listener serves.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

/// The networks that a listener serves; none = every address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources(Arc<[IpNet]>);

impl Sources {
    /// These networks.
    #[must_use]
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks.into())
    }

    /// Whether an address is served. An IPv4 address that came in IPv6 form counts as IPv4.
    #[must_use]
    pub fn admit(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.is_empty() || self.0.iter().any(|network| network.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_networks_are_served() {
        let networks = ["10.1.0.0/16", "2001:db8::/32", "192.0.2.7/32"];
        let sources = Sources::new(networks.map(|text| text.parse().unwrap()).to_vec());
        let admit = |text: &str| sources.admit(text.parse().unwrap());
        for inside in ["10.1.2.3", "::ffff:10.1.2.3", "2001:db8:1::1", "192.0.2.7"] {
            assert!(admit(inside), "{inside}");
        }
        for outside in ["10.2.0.1", "127.0.0.1", "::1", "2001:db9::1", "192.0.2.8"] {
            assert!(!admit(outside), "{outside}");
        }
        assert!(Sources::default().admit("192.0.2.8".parse().unwrap()));
    }
}
