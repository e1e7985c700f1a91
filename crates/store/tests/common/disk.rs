//! A store on the embedded engine, on real files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use azekura_engine::seam::Project;
use azekura_model::position::RegionName;
use azekura_model::time::{ComplianceTime, WallTime};
use azekura_store::clock::{Clock, ManualTimeSource, Ticker};
use azekura_store::ids::Ids;
use azekura_store::keys::Keys;
use azekura_store::projector::Projector;
use azekura_store::store::{Parts, Store};
use azekura_store::vault::{InitOptions, OpenOptions, Places, VaultError, init, open};

use super::ending::{Ending, Ends};

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

/// A store on files whose clocks a test runs, and whose process may end at a place.
pub(crate) struct Disk {
    pub(crate) store: Store,
    pub(crate) ending: Arc<Ending>,
    pub(crate) keys: Arc<Keys>,
    time: Arc<ManualTimeSource>,
}

impl Disk {
    /// `at` = what the wall clock shows.
    pub(crate) async fn open(dir: &Path, at: WallTime, ends: Ends) -> Self {
        Self::open_at(dir, at, ComplianceTime(super::BEGIN_MS), ends).await
    }

    /// `least` = compliance time, if the journal says nothing later.
    pub(crate) async fn open_at(
        dir: &Path,
        at: WallTime,
        least: ComplianceTime,
        ends: Ends,
    ) -> Self {
        let time = Arc::new(ManualTimeSource::at(at));
        let clock = Arc::new(Clock::new(time.clone(), least));
        let own = Arc::clone(&clock);
        let options = OpenOptions::new(Places::in_dir(dir), None);
        let make = |keys: Arc<Keys>, _: Arc<Clock>| -> Box<dyn Project> {
            Box::new(Projector::new(keys, own))
        };
        let vault = open(&options, make, &mut |_| {}).unwrap();
        let ending = Ending::new(vault.engine, ends);
        let keys = vault.keys;
        let format = vault.format;
        let ids = Ids::new(
            &format.region,
            format.incarnation,
            Arc::clone(&clock),
            Arc::clone(&vault.entropy),
        );
        let store = Store::new(Parts {
            engine: ending.clone(),
            keys: Arc::clone(&keys),
            clock,
            ids: Arc::new(ids.unwrap()),
            entropy: vault.entropy,
            region: format.region,
            memory: Arc::default(),
        });
        store.bootstrap("試験病院").await.unwrap();
        store.start().await.unwrap();
        Self {
            store,
            ending,
            keys,
            time,
        }
    }

    /// Lets all clocks run, in steps that count as running.
    pub(crate) fn run(&self, mut ms: i64) {
        while ms > 0 {
            let step = ms.min(9_000);
            self.time.run(step);
            std::hint::black_box(self.store.clock_report());
            ms -= step;
        }
    }

    /// What the wall clock shows.
    pub(crate) fn wall(&self) -> WallTime {
        self.store.wall()
    }
}

/// Copies a vault that nobody has open.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Places of `bytes` in the files below a directory.
pub(crate) fn places(dir: &Path, bytes: &[u8]) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(places(&path, bytes));
            continue;
        }
        let content = std::fs::read(&path).unwrap();
        let (mut rest, mut at) = (content.as_slice(), 0_u64);
        while let Some(next) = rest.iter().position(|byte| bytes.first() == Some(byte)) {
            rest = rest.get(next..).unwrap_or_default();
            at += next as u64;
            if rest.starts_with(bytes) {
                found.push((path.clone(), at));
            }
            rest = rest.get(1..).unwrap_or_default();
            at += 1;
        }
    }
    found
}
