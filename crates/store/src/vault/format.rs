//! The `FORMAT` file of a vault: what the directory is, for life. Its presence means that the
//! vault was made completely.

use azekura_model::position::{Incarnation, RegionName};
use azekura_model::time::WallTime;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::text::{BadText, Text};
use super::{Places, VaultError, files};

/// Name of the file in the vault directory.
pub const FILE_NAME: &str = "FORMAT";
const TITLE: &str = "azekura vault";
const BYTES_MAX: u64 = 16 * 1024;

/// What a vault is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultFormat {
    /// Identity of the vault, the same in every life.
    pub vault: [u8; 16],
    /// Its region.
    pub region: RegionName,
    /// Its life.
    pub incarnation: Incarnation,
    /// When it was made, by the wall clock.
    pub created: WallTime,
}

impl VaultFormat {
    /// The vault's identity as 32 hexadecimal digits.
    #[must_use]
    pub fn vault_id(&self) -> String {
        hex::encode(self.vault)
    }

    pub(super) fn encode(&self) -> String {
        Text::new(TITLE)
            .line("vault", self.vault_id())
            .line("region", &self.region)
            .line("incarnation", self.incarnation)
            .line("created-ms", self.created.0)
            .line("created", rfc3339(self.created))
            .finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self, BadText> {
        let text = Text::parse(TITLE, bytes)?;
        let damaged = |what: &str| BadText::Damaged(what.to_owned());
        let created = text.get("created-ms")?.parse();
        Ok(Self {
            vault: text.get_hex("vault")?,
            region: RegionName::parse(text.get("region")?)
                .map_err(|error| BadText::Damaged(error.to_string()))?,
            incarnation: Incarnation(text.get_hex("incarnation")?),
            created: WallTime(
                created.map_err(|_| damaged("its line \"created-ms\" is no number"))?,
            ),
        })
    }
}

/// A wall time as text (RFC 3339, UTC, whole milliseconds); a number where no calendar has it.
pub(super) fn rfc3339(at: WallTime) -> String {
    let nanoseconds = i128::from(at.0).saturating_mul(1_000_000);
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds)
        .ok()
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_else(|| format!("{} ms", at.0))
}

/// Reads what the vault is.
///
/// # Errors
/// [`VaultError::NotAVault`], [`VaultError::Newer`], [`VaultError::Damaged`], [`VaultError::Io`].
pub fn read(places: &Places) -> Result<VaultFormat, VaultError> {
    let path = places.format_file();
    if !path.exists() {
        return Err(VaultError::NotAVault(places.data_dir.clone()));
    }
    let bytes = files::read(&path, BYTES_MAX)?;
    VaultFormat::decode(&bytes).map_err(|bad| VaultError::bad_text(path, bad))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format() -> VaultFormat {
        VaultFormat {
            vault: [7; 16],
            region: RegionName::parse("jp-tokyo").unwrap(),
            incarnation: Incarnation([9; 16]),
            created: WallTime(1_790_000_000_123),
        }
    }

    #[test]
    fn round_trips_and_notices_any_flip() {
        let text = format().encode();
        assert_eq!(VaultFormat::decode(text.as_bytes()), Ok(format()));
        assert!(text.contains("created 2026-09-21T"), "{text}");
        for i in 0..text.len() {
            let mut bad = text.clone().into_bytes();
            bad[i] ^= 1;
            assert!(VaultFormat::decode(&bad).is_err(), "byte {i}");
        }
    }

    #[test]
    fn another_version_is_refused_by_name() {
        let text = format().encode().replace("format 1", "format 2");
        assert_eq!(
            VaultFormat::decode(text.as_bytes()),
            Err(BadText::Newer("2".to_owned()))
        );
    }
}
