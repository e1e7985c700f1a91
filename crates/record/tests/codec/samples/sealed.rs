//! What a sealed tenant's records hold.

use azekura_model::ident::UploadId;
use azekura_record::particulars::Event;
use azekura_record::stored_key::StoredKey;
use azekura_record::tenant::{TenantCreated, TenantResealed};
use azekura_record::upload::UploadStarted;
use azekura_record::version::Payload;

fn key() -> StoredKey {
    StoredKey::Sealed {
        text: [0x5e; 32],
        tag: [0x7a; 16],
    }
}

pub(super) fn events() -> Vec<(&'static str, Event)> {
    let inline = Payload::Inline { data_key: key() };
    vec![
        (
            "tenant-created-sealed",
            Event::TenantCreated(TenantCreated {
                name: "校倉病院".to_owned(),
                wrapped_key: vec![1; 81],
                dual_control: true,
                sealed: true,
            }),
        ),
        (
            "tenant-resealed",
            Event::TenantResealed(TenantResealed {
                salt: [0x5a; 32],
                rounds: 600_000,
                wrapped_key: [0x3c; 48],
                check: [0xc4; 16],
            }),
        ),
        (
            "version-inline-sealed",
            Event::Version(Box::new(super::version(inline))),
        ),
        (
            "upload-started-sealed",
            Event::UploadStarted(Box::new(UploadStarted {
                upload: UploadId([0x0f; 16]),
                key: super::KEY.to_owned(),
                upload_key: key(),
                headers: vec![],
                metadata: vec![],
                tags: vec![],
                checksum: None,
                retention: None,
                hold: None,
            })),
        ),
    ]
}
