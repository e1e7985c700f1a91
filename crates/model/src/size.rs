//! Sizes as people write them: `200GiB`.

/// Units and their bytes. Powers of 1024 carry an `i`, powers of 1000 do not.
const UNITS: [(&str, u64); 9] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("b", 1),
];

/// The number of bytes of a whole number with or without a unit; `None` when it is none, or too large.
#[must_use]
pub fn parse_size(text: &str) -> Option<u64> {
    let lower = text.trim().to_ascii_lowercase();
    let unit = UNITS
        .iter()
        .find_map(|(name, bytes)| Some((lower.strip_suffix(name)?, *bytes)));
    let (number, bytes) = unit.unwrap_or((lower.as_str(), 1));
    number.trim_end().parse::<u64>().ok()?.checked_mul(bytes)
}
