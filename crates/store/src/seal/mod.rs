//! Sealing: what turns particulars and payloads into bytes that only key holders read, and that
//! nobody changes unnoticed. The bytes are described in `docs/formats/records.md`.

pub mod cipher;
pub mod data_key;
pub mod frames;
pub mod record;
