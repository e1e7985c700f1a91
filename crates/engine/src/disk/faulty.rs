//! A disk in memory that fails on purpose: errors at a chosen operation, a limit of space, and loss
//! of power with a page cache that reaches the platter in any order.
//!
//! The model of a power cut: of each 512-byte sector, what survives is the durable content or the
//! content after any one of the unsynced writes to it, chosen by seed, apart for each sector.
//! Names created or removed since the last sync of their directory may or may not have changed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::{Access, BLOCK_BYTES, DirEntry, Disk, DiskFile, DiskLock, DiskSpace};

mod dice;

use dice::Dice;

const SECTOR: usize = 512;
/// [`BLOCK_BYTES`] as a length in memory.
const BLOCK: usize = 4096;

/// Which operations fail. Operations are counted from 1.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// This write reports an error after writing half of its bytes.
    pub fail_write: Option<u64>,
    /// This sync (of a file or a directory) reports an error; what it covered is then unknown.
    pub fail_sync: Option<u64>,
    /// From this operation (write, sync, truncate, create, remove) on, power is off: it and all
    /// later ones fail; a write at this point may have reached the cache.
    pub power_off: Option<u64>,
    /// Bytes that all files together may hold.
    pub capacity: Option<u64>,
}

/// A disk in memory, shared by its clones.
#[derive(Clone)]
pub struct FaultyDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    faults: Faults,
    operations: u64,
    writes: u64,
    syncs: u64,
    nodes: BTreeMap<u64, Node>,
    next_node: u64,
    names: BTreeMap<PathBuf, u64>,
    durable_names: BTreeMap<PathBuf, u64>,
    dirs: BTreeSet<PathBuf>,
    locks: BTreeSet<PathBuf>,
}

#[derive(Default, Clone)]
struct Node {
    durable: Vec<u8>,
    cache: Vec<u8>,
    unsynced: Vec<(usize, Vec<u8>)>,
}

impl Default for FaultyDisk {
    fn default() -> Self {
        Self::new(Faults::default())
    }
}

impl FaultyDisk {
    /// An empty disk.
    #[must_use]
    pub fn new(faults: Faults) -> Self {
        Self {
            state: Arc::new(Mutex::new(State {
                faults,
                ..State::default()
            })),
        }
    }

    /// Replaces the faults; counts go on.
    pub fn set_faults(&self, faults: Faults) {
        self.state.lock().faults = faults;
    }

    /// Operations, writes and syncs so far.
    #[must_use]
    pub fn counts(&self) -> (u64, u64, u64) {
        let state = self.state.lock();
        (state.operations, state.writes, state.syncs)
    }

    /// The disk as found after a loss of power; this one is left as it is.
    #[must_use]
    pub fn crash(&self, seed: u64) -> Self {
        let state = self.state.lock();
        let mut dice = Dice(seed ^ 0x9e37_79b9_7f4a_7c15);
        let mut names = state.durable_names.clone();
        for (path, node) in &state.names {
            if state.durable_names.get(path) != Some(node) && dice.coin() {
                names.insert(path.clone(), *node);
            }
        }
        for path in state.durable_names.keys() {
            if !state.names.contains_key(path) && dice.coin() {
                names.remove(path);
            }
        }
        let mut nodes = BTreeMap::new();
        for (id, node) in &state.nodes {
            let survived = node.survive(&mut dice);
            let fresh = Node {
                durable: survived.clone(),
                cache: survived,
                unsynced: Vec::new(),
            };
            nodes.insert(*id, fresh);
        }
        let after = State {
            nodes,
            next_node: state.next_node,
            durable_names: names.clone(),
            names,
            dirs: state.dirs.clone(),
            ..State::default()
        };
        Self {
            state: Arc::new(Mutex::new(after)),
        }
    }

    /// Changes stored bytes behind everybody's back, as decay does; returns whether it could.
    pub fn corrupt(&self, path: &Path, offset: usize, change: impl FnOnce(&mut [u8])) -> bool {
        let mut state = self.state.lock();
        let Some(id) = state.names.get(path).copied() else {
            return false;
        };
        let Some(node) = state.nodes.get_mut(&id) else {
            return false;
        };
        match node.cache.get_mut(offset..) {
            Some(bytes) if !bytes.is_empty() => {
                change(bytes);
                node.durable.clone_from(&node.cache);
                node.unsynced.clear();
                true
            }
            _ => false,
        }
    }

    /// The whole content of a file as its readers see it.
    #[must_use]
    pub fn content(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.state.lock();
        let id = state.names.get(path)?;
        Some(state.nodes.get(id)?.cache.clone())
    }
}

impl Node {
    /// Bytes of the blocks that are not zeros.
    fn taken(&self) -> u64 {
        let blocks = self.cache.chunks(BLOCK);
        let taken = blocks.filter(|block| block.iter().any(|byte| *byte != 0));
        (taken.count() as u64).saturating_mul(BLOCK_BYTES)
    }

    /// Content after a power cut.
    fn survive(&self, dice: &mut Dice) -> Vec<u8> {
        let mut versions: HashMap<usize, Vec<Vec<u8>>> = HashMap::default();
        let mut image = self.durable.clone();
        for (offset, bytes) in &self.unsynced {
            let end = offset.saturating_add(bytes.len());
            if image.len() < end {
                image.resize(end, 0);
            }
            if let Some(slot) = image.get_mut(*offset..end) {
                slot.copy_from_slice(bytes);
            }
            for sector in offset / SECTOR..end.div_ceil(SECTOR) {
                let start = sector * SECTOR;
                let stop = image.len().min(start + SECTOR);
                let content = image.get(start..stop).unwrap_or_default().to_vec();
                versions.entry(sector).or_default().push(content);
            }
        }
        let mut result = self.durable.clone();
        let mut sectors: Vec<_> = versions.into_iter().collect();
        sectors.sort_by_key(|(sector, _)| *sector);
        // Most cuts are mixed; some lose everything and some nothing.
        let mood = dice.below(6);
        for (sector, contents) in sectors {
            let pick = match mood {
                0 => 0,
                1 => contents.len(),
                _ => dice.below(contents.len() + 1),
            };
            let Some(content) = pick.checked_sub(1).and_then(|index| contents.get(index)) else {
                continue;
            };
            let start = sector * SECTOR;
            let end = start + content.len();
            if result.len() < end {
                result.resize(end, 0);
            }
            if let Some(slot) = result.get_mut(start..end) {
                slot.copy_from_slice(content);
            }
        }
        result
    }
}

impl State {
    /// Counts an operation; an error when power is off.
    fn operate(&mut self) -> io::Result<()> {
        self.operations += 1;
        match self.faults.power_off {
            Some(at) if self.operations >= at => Err(io::Error::other("power is off")),
            _ => Ok(()),
        }
    }

    fn sync_counted(&mut self) -> io::Result<bool> {
        self.operate()?;
        self.syncs += 1;
        Ok(self.faults.fail_sync == Some(self.syncs))
    }

    fn used(&self) -> u64 {
        self.nodes
            .values()
            .map(|node| node.cache.len() as u64)
            .sum()
    }

    fn node(&mut self, id: u64) -> io::Result<&mut Node> {
        self.nodes
            .get_mut(&id)
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }
}

impl Disk for FaultyDisk {
    fn create(&self, path: &Path, _access: Access) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.state.lock();
        state.operate()?;
        if state.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let node = state.next_node;
        state.next_node += 1;
        state.nodes.insert(node, Node::default());
        state.names.insert(path.to_path_buf(), node);
        Ok(Arc::new(FaultyFile {
            state: Arc::clone(&self.state),
            node,
        }))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let state = self.state.lock();
        let node = *state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(Arc::new(FaultyFile {
            state: Arc::clone(&self.state),
            node,
        }))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<DirEntry>> {
        let state = self.state.lock();
        let name_of = |path: &Path| {
            (path.parent() == Some(dir))
                .then(|| {
                    path.file_name()
                        .and_then(|name| name.to_str())
                        .map(str::to_owned)
                })
                .flatten()
        };
        let mut entries = Vec::new();
        for (path, node) in &state.names {
            if let Some(name) = name_of(path) {
                let node = state.nodes.get(node);
                entries.push(DirEntry {
                    name,
                    is_dir: false,
                    bytes: node.map_or(0, |node| node.cache.len() as u64),
                    taken: node.map_or(0, Node::taken),
                });
            }
        }
        for path in &state.dirs {
            if let Some(name) = name_of(path) {
                entries.push(DirEntry {
                    name,
                    is_dir: true,
                    bytes: 0,
                    taken: 0,
                });
            }
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn create_dir(&self, path: &Path) -> io::Result<bool> {
        let mut state = self.state.lock();
        Ok(state.dirs.insert(path.to_path_buf()))
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.state.lock();
        if state.sync_counted()? {
            return Err(io::Error::other("injected: directory sync failed"));
        }
        let inside = |path: &Path| path.parent() == Some(dir);
        state.durable_names.retain(|path, _| !inside(path));
        let current: Vec<_> = state
            .names
            .iter()
            .filter(|(path, _)| inside(path))
            .map(|(path, node)| (path.clone(), *node))
            .collect();
        state.durable_names.extend(current);
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state.lock();
        state.operate()?;
        let node = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(to.to_path_buf(), node);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state.lock();
        state.operate()?;
        state
            .names
            .remove(path)
            .map(|_| ())
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn space(&self, _dir: &Path) -> io::Result<DiskSpace> {
        let state = self.state.lock();
        let total = state.faults.capacity.unwrap_or(1 << 50);
        Ok(DiskSpace {
            free: total.saturating_sub(state.used()),
            total,
        })
    }

    fn lock(&self, path: &Path) -> io::Result<Option<DiskLock>> {
        let fresh = self.state.lock().locks.insert(path.to_path_buf());
        Ok(fresh.then(|| {
            DiskLock::new(Box::new(Held {
                state: Arc::clone(&self.state),
                path: path.to_path_buf(),
            }))
        }))
    }
}

struct Held {
    state: Arc<Mutex<State>>,
    path: PathBuf,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.state.lock().locks.remove(&self.path);
    }
}

struct FaultyFile {
    state: Arc<Mutex<State>>,
    node: u64,
}

impl FaultyFile {
    fn apply(node: &mut Node, bytes: &[u8], offset: u64) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let end = start.saturating_add(bytes.len());
        if node.cache.len() < end {
            node.cache.resize(end, 0);
        }
        if let Some(slot) = node.cache.get_mut(start..end) {
            slot.copy_from_slice(bytes);
        }
        node.unsynced.push((start, bytes.to_vec()));
        Ok(())
    }
}

impl DiskFile for FaultyFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut state = self.state.lock();
        let node = state.node(self.node)?;
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let available = node.cache.get(start..).unwrap_or_default();
        let count = available.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), available.get(..count)) {
            to.copy_from_slice(from);
        }
        Ok(count)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.state.lock();
        let was_on = state
            .faults
            .power_off
            .is_none_or(|at| state.operations < at);
        let half = bytes.get(..bytes.len() / 2).unwrap_or_default();
        if let Err(error) = state.operate() {
            if was_on {
                Self::apply(state.node(self.node)?, bytes, offset)?;
            }
            return Err(error);
        }
        state.writes += 1;
        if state.faults.fail_write == Some(state.writes) {
            Self::apply(state.node(self.node)?, half, offset)?;
            return Err(io::Error::other("injected: write failed"));
        }
        if let Some(capacity) = state.faults.capacity {
            let used = state.used();
            let length = state.node(self.node)?.cache.len() as u64;
            let growth = (offset + bytes.len() as u64).saturating_sub(length);
            if used.saturating_add(growth) > capacity {
                Self::apply(state.node(self.node)?, half, offset)?;
                return Err(io::ErrorKind::StorageFull.into());
            }
        }
        Self::apply(state.node(self.node)?, bytes, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.state.lock();
        let fails = state.sync_counted()?;
        let seed = state.operations;
        let node = state.node(self.node)?;
        if fails {
            // As Linux does: some pages reached the disk, all are marked clean.
            node.durable = node.survive(&mut Dice(seed));
            node.unsynced.clear();
            return Err(io::Error::other("injected: sync failed"));
        }
        node.durable.clone_from(&node.cache);
        node.unsynced.clear();
        Ok(())
    }

    fn truncate(&self, bytes: u64) -> io::Result<()> {
        let mut state = self.state.lock();
        state.operate()?;
        let length = usize::try_from(bytes).map_err(io::Error::other)?;
        let node = state.node(self.node)?;
        node.cache.resize(length, 0);
        for (start, bytes) in &mut node.unsynced {
            bytes.truncate(length.saturating_sub(*start));
        }
        Ok(())
    }

    fn punch(&self, offset: u64, bytes: u64) -> io::Result<()> {
        let mut state = self.state.lock();
        state.operate()?;
        let node = state.node(self.node)?;
        let end = offset.saturating_add(bytes).min(node.cache.len() as u64);
        let hole = vec![0; usize::try_from(end.saturating_sub(offset)).unwrap_or(0)];
        Self::apply(node, &hole, offset)
    }

    fn allocated(&self) -> io::Result<u64> {
        let mut state = self.state.lock();
        Ok(state.node(self.node)?.taken())
    }

    fn length(&self) -> io::Result<u64> {
        let mut state = self.state.lock();
        Ok(state.node(self.node)?.cache.len() as u64)
    }
}
