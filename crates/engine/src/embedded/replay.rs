//! From the journal to the index: replay of what it lacks, or a rebuild.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use azekura_model::position::{PartitionId, Sequence};
use bytes::Bytes;

use super::Options;
use super::covered::Covered;
use super::open::{OpenError, Progress};
use super::recent::Recent;
use super::recover::Recovered;
use crate::index::load::Loader;
use crate::index::{DurableCommit, Index, IndexError, Locator, Watermark};
use crate::journal::layout::SegmentFiles;
use crate::journal::scan::{Chains, Depth, Item, JournalEnd, ScannedRecord, Scanner};
use crate::journal::writer::LogWriter;
use crate::journal::{JournalFormat, Place};
use crate::seam::{Entry, Family, Mutations, Part, Project, ProjectError, ReadError, ReadView};

/// Opening reads extents only of what no mark covers; signatures are for `check`.
const OPENING: Depth = Depth {
    extents: false,
    signatures: false,
};

/// An index before a rebuild.
struct EmptyView;

impl ReadView for EmptyView {
    fn entries(&self, _: PartitionId, _: Family) -> Result<Vec<(Bytes, Entry)>, ReadError> {
        Ok(Vec::new())
    }
}

/// Where projected commits go.
enum Sink<'a> {
    Index(&'a Index),
    Loader(Loader),
}

/// What a pass over the journal left.
pub(super) struct Replayed {
    pub(super) end: JournalEnd,
    pub(super) chains: Chains,
    pub(super) recent: Recent,
    pub(super) damage: Damage,
    pub(super) records: u64,
}

/// What could not be read.
#[derive(Default)]
pub(super) struct Damage(Vec<(Option<(PartitionId, Sequence)>, String)>);

impl Damage {
    fn add(&mut self, part: Option<(PartitionId, Sequence)>, what: String) {
        self.0.push((part, what));
    }

    /// Takes back what a later release record covers: parts half zeroed when a release was
    /// interrupted, which is going to be finished.
    fn cover(
        &mut self,
        record: &ScannedRecord,
        project: &dyn Project,
        payload: &dyn Fn() -> Option<Bytes>,
    ) {
        if self.0.iter().all(|(part, _)| part.is_none()) {
            return;
        }
        let Some(listed) = project.erases(&record.record, payload) else {
            return;
        };
        let own = &record.record.position;
        self.0.retain(|(part, _)| {
            part.is_none_or(|(partition, sequence)| {
                let covered = sequence == own.sequence || listed.contains(&sequence);
                partition != own.partition || !covered
            })
        });
    }

    pub(super) fn texts(self) -> Vec<String> {
        self.0.into_iter().map(|(_, what)| what).collect()
    }
}

pub(super) fn open_index(
    options: &Options,
    files: &Arc<SegmentFiles>,
    format: &JournalFormat,
    project: &dyn Project,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Index, Replayed), OpenError> {
    let view = match options.index.open() {
        Ok(view) => view,
        Err(IndexError::Unusable(why)) => {
            tracing::warn!(why, "the index is rebuilt from the journal");
            return rebuild(options, files, format, project, progress);
        }
        Err(error) => return Err(error.into()),
    };
    let watermark = view.watermark()?;
    let last = files.list()?.last().map(|(number, _)| *number);
    if watermark == Watermark::default() {
        if last.is_some() {
            drop(view);
            return rebuild(options, files, format, project, progress);
        }
    } else if last.is_none_or(|last| last < watermark.segment) {
        return Err(OpenError::SegmentsMissing {
            indexed: format!("segment {:08x}", watermark.segment),
            last: last.map_or_else(|| "none".to_owned(), |last| format!("{last:08x}")),
        });
    }
    let index = Index::open(view, options.index_limits)?;
    project.begin(&index).map_err(OpenError::Newer)?;
    let settled = Place {
        segment: watermark.segment,
        offset: watermark.offset,
    };
    // Two segments, so that recent commits are recognised whatever the index already has.
    let from = settled.segment.min(last.unwrap_or(0).saturating_sub(1));
    let chains = Chains::from_heads(&index.heads());
    let scanner = Scanner::start(
        Arc::clone(files),
        format.clone(),
        OPENING,
        from,
        chains,
        settled,
    )?;
    let total = total_bytes(files, from)?;
    let sink = Sink::Index(&index);
    let covered = Covered::new(files, format);
    match replay(scanner, settled, sink, covered, project, total, progress) {
        Ok((replayed, _)) => Ok((index, replayed)),
        Err(OpenError::Index(IndexError::Unusable(why))) => {
            tracing::warn!(why, "the index is rebuilt from the journal");
            index.close()?;
            drop(index);
            rebuild(options, files, format, project, progress)
        }
        Err(error) => Err(error),
    }
}

pub(super) fn rebuild(
    options: &Options,
    files: &Arc<SegmentFiles>,
    format: &JournalFormat,
    project: &dyn Project,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Index, Replayed), OpenError> {
    let loader = options.index.rebuild()?;
    project.begin(&EmptyView).map_err(OpenError::Newer)?;
    let start = Place::default();
    let scanner = Scanner::start(
        Arc::clone(files),
        format.clone(),
        OPENING,
        0,
        Chains::default(),
        start,
    )?;
    let total = total_bytes(files, 0)?;
    let (replayed, sink) = replay(
        scanner,
        start,
        Sink::Loader(loader),
        Covered::new(files, format),
        project,
        total,
        progress,
    )?;
    let Sink::Loader(loader) = sink else {
        return Err(IndexError::Failed("the rebuilt index was lost".to_owned()).into());
    };
    let place = replayed.end.place;
    let view = loader.finish(Watermark {
        segment: place.segment,
        offset: place.offset,
    })?;
    Ok((Index::open(view, options.index_limits)?, replayed))
}

fn total_bytes(files: &SegmentFiles, from: u32) -> io::Result<u64> {
    let segments = files.list()?;
    Ok(segments
        .iter()
        .filter(|(number, _)| *number >= from)
        .map(|(_, bytes)| *bytes)
        .sum())
}

/// Reads the journal to its end; what stands at or after `settled` goes into the sink.
fn replay<'a>(
    mut scanner: Scanner,
    settled: Place,
    mut sink: Sink<'a>,
    mut covered: Covered<'_>,
    project: &dyn Project,
    total_bytes: u64,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Replayed, Sink<'a>), OpenError> {
    let mut recent = Recent::default();
    let mut damage = Damage::default();
    let mut shown = match &sink {
        Sink::Index(index) => index.heads(),
        Sink::Loader(_) => Vec::new(),
    }
    .into_iter()
    .map(|(partition, sequence, _)| (partition, sequence))
    .collect::<BTreeMap<_, _>>();
    let mut state = Progress {
        total_bytes,
        ..Progress::default()
    };
    let mut group: Vec<DurableCommit> = Vec::new();
    let mut group_at = settled;
    while let Some(item) = scanner.next() {
        match item? {
            Item::Group(found) => {
                sink.publish(&mut group, found.place)?;
                group_at = found.place;
                state.bytes = state.bytes.saturating_add(found.bytes);
                progress(state);
            }
            Item::Finding(found) => damage.add(found.part, found.to_string()),
            Item::Record(mut record) => {
                covered.settle(&mut record, project)?;
                let position = &record.record.position;
                recent.remember(position.partition, record.record.commit, position.sequence);
                let place = Place {
                    segment: record.locator.segment,
                    offset: record.locator.offset,
                };
                if place >= settled {
                    sink.knows_what_was_erased(&record)?;
                    state.records = state.records.saturating_add(1);
                    let before = shown.insert(position.partition, position.sequence);
                    let expected = before.map_or(Sequence(1), Sequence::next);
                    let gap = (expected < position.sequence).then_some(expected);
                    group.push(durable(&record, project, &mut damage, gap)?);
                }
                let payload = || scanner.read_payload(&record).ok();
                damage.cover(&record, project, &payload);
            }
        }
    }
    let place = scanner.place().max(group_at);
    sink.publish(&mut group, place)?;
    progress(state);
    let (end, chains) = scanner.into_end();
    group = hidden(&chains, &shown, end.place, project);
    sink.publish(&mut group, place)?;
    Ok((
        Replayed {
            end,
            chains,
            recent,
            damage,
            records: state.records,
        },
        sink,
    ))
}

impl Sink<'_> {
    /// Refuses a view that has not come to an erased record. A release makes the view durable before
    /// it erases, so this one is an older copy: it shows what the release took out of it, and erased
    /// records no longer tell what that was.
    fn knows_what_was_erased(&self, record: &ScannedRecord) -> Result<(), IndexError> {
        if matches!(self, Self::Index(_)) && record.record.particulars == Part::Erased {
            let why = "it is an older copy: records were erased that it still shows".to_owned();
            return Err(IndexError::Unusable(why));
        }
        Ok(())
    }

    /// Hands on the commits that stand before a place.
    fn publish(&mut self, group: &mut Vec<DurableCommit>, end: Place) -> Result<(), OpenError> {
        if group.is_empty() {
            return Ok(());
        }
        let commits = std::mem::take(group);
        match self {
            Self::Index(index) => {
                let watermark = Watermark {
                    segment: end.segment,
                    offset: end.offset,
                };
                index.publish(commits, watermark)?;
            }
            Self::Loader(loader) => {
                for commit in &commits {
                    loader.push(commit)?;
                }
            }
        }
        Ok(())
    }
}

fn durable(
    record: &ScannedRecord,
    project: &dyn Project,
    damage: &mut Damage,
    gap: Option<Sequence>,
) -> Result<DurableCommit, OpenError> {
    let position = &record.record.position;
    // From the first record that is missing before this one, if any is.
    let mut lost = gap.map(|first| (first, Sequence(position.sequence.0.saturating_sub(1))));
    let mut mutations = match project.project(&record.record) {
        Ok(mutations) => mutations,
        Err(ProjectError::Unreadable(why)) => {
            let what = format!(
                "record {} of partition {} cannot be read, what it named is missing from the view: {why}",
                position.sequence, position.partition
            );
            damage.add(Some((position.partition, position.sequence)), what);
            lost = Some((gap.unwrap_or(position.sequence), position.sequence));
            Mutations::default()
        }
        Err(newer) => return Err(OpenError::Newer(newer)),
    };
    if let Some((first, last)) = lost {
        let stands = project.lost(position.partition, first, last);
        mutations.puts.extend(stands.puts);
        mutations.deletes.extend(stands.deletes);
    }
    Ok(DurableCommit {
        partition: position.partition,
        sequence: position.sequence,
        chain: record.working_chain,
        locator: record.locator,
        mutations,
    })
}

/// What stands for the records at the end of partitions that damage hid: reading one answers that it is
/// lost. A head tells that they were there, or nothing tells that they were not.
fn hidden(
    chains: &Chains,
    shown: &BTreeMap<PartitionId, Sequence>,
    end: Place,
    project: &dyn Project,
) -> Vec<DurableCommit> {
    let (heads, _) = chains.heads();
    let mut commits = Vec::new();
    for (partition, sequence, chain) in heads {
        let first = shown
            .get(&partition)
            .map_or(Sequence(1), |last| last.next());
        if first <= sequence {
            commits.push(DurableCommit {
                partition,
                sequence,
                chain,
                locator: Locator {
                    segment: end.segment,
                    offset: end.offset,
                    bytes: 0,
                },
                mutations: project.lost(partition, first, sequence),
            });
        }
    }
    commits
}

/// Shows the records that recovery wrote again.
pub(super) fn republish(
    index: &Index,
    recovered: Recovered,
    log: &LogWriter,
    project: &dyn Project,
    replayed: &mut Replayed,
) -> Result<(), OpenError> {
    let mut commits = Vec::new();
    for record in &recovered.records {
        let position = &record.record.position;
        replayed
            .recent
            .remember(position.partition, record.record.commit, position.sequence);
        commits.push(durable(record, project, &mut replayed.damage, None)?);
    }
    if !commits.is_empty() {
        let place = log.place();
        index.publish(
            commits,
            Watermark {
                segment: place.segment,
                offset: place.offset,
            },
        )?;
    }
    Ok(())
}
