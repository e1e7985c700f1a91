//! A store on the embedded engine, on real files.

use std::path::Path;
use std::sync::Arc;

use azekura_model::position::RegionName;
use azekura_store::clock::Ticker;
use azekura_store::projector::Projector;
use azekura_store::store::{Parts, Store};
use azekura_store::vault::{InitOptions, OpenOptions, Places, VaultError, init, open};

/// Makes a vault.
pub(crate) fn make(dir: &Path) {
    init(&InitOptions {
        places: Places::in_dir(dir),
        region: RegionName::parse("jp-tokyo").unwrap(),
        passphrase: None,
    })
    .unwrap();
}

/// Opens a vault, or says why it does not open.
pub(crate) async fn try_open(dir: &Path) -> Result<(Store, Ticker), VaultError> {
    let options = OpenOptions::new(Places::in_dir(dir), None);
    let vault = open(
        &options,
        |keys, clock| Box::new(Projector::new(keys, clock)),
        &mut |_| {},
    )?;
    let store = Store::new(Parts {
        engine: vault.engine,
        keys: vault.keys,
        clock: Arc::clone(&vault.clock),
        ids: vault.ids,
        entropy: vault.entropy,
        region: vault.format.region,
        memory: Arc::default(),
    });
    store.bootstrap("試験病院").await.unwrap();
    store.start().await.unwrap();
    Ok((store, vault.ticker))
}

/// Opens a vault that must open.
pub(crate) async fn opened(dir: &Path) -> (Store, Ticker) {
    try_open(dir)
        .await
        .unwrap_or_else(|error| panic!("{error}"))
}
