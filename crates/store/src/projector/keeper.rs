//! What the records of the keeper mean to the index: releases, cursors.

use azekura_engine::seam::{Family, Key, Mutations};
use azekura_model::time::HybridTime;
use azekura_record::core::Core;
use azekura_record::lifecycle::LifecycleRan;
use azekura_record::particulars::Event;
use azekura_record::released::{Released, SlotRestated, VersionFreed};
use azekura_record::summary::Summary;
use bytes::Bytes;

use super::request;
use crate::audit::release::Begin;
use crate::entry::{self, Slotted};
use crate::families::{self, Amendment, BlobState};

/// The changes that a record of the keeper means.
pub(super) fn mutations(event: &Event, core: &Core, out: &mut Mutations) {
    match event {
        Event::Released(event) => released(core, event, out),
        Event::Freed(event) => freed(event, out),
        Event::SlotRestated(event) => restated(event, out),
        Event::LifecycleRan(event) => ran(event, out),
        Event::DisposalRequested(job) => out
            .puts
            .push((families::disposal(job.id), Bytes::from(job.encode()))),
        // Of people; here because the match above is long enough.
        Event::RequestChanged(changed) => request::changed(core, changed, out),
        Event::AuditReleased(released) => out
            .puts
            .push((families::audit_begin(), Begin::from(released).encode())),
        Event::TenantDeleted(_) => out
            .puts
            .push((families::tenant_deleted(core.tenant), entry::present())),
        // Not the keeper's: the merge of another region's records belongs to replication, which does
        // not write yet. All other events are matched before.
        _ => {}
    }
}

/// Takes the names out of the index; the release itself is to be finished.
fn released(core: &Core, released: &Released, out: &mut Mutations) {
    if let Some(entries) = &released.entries {
        let key = |(family, bytes): &(u16, Vec<u8>)| {
            // One that no family of this release has stands for nothing.
            let family = u8::try_from(*family).ok().map(Family)?;
            let bytes = Bytes::copy_from_slice(bytes);
            (family.0 < Family::COUNT).then_some(Key { family, bytes })
        };
        out.deletes.extend(entries.iter().filter_map(key));
        return erased_release(core, out);
    }
    let key = &released.key;
    if let Some(version) = released.version {
        out.deletes.push(families::history(key, version));
        let amended = Amendment::ALL.map(|kind| families::amendment(kind, key, version));
        out.deletes.extend(amended);
    }
    if let Some(upload) = released.upload {
        out.deletes.push(families::upload_done(upload));
        let parts = released.parts.iter();
        out.deletes
            .extend(parts.map(|number| families::part(upload, *number)));
        let records = released.upload_records.iter();
        out.deletes
            .extend(records.map(|hybrid| families::upload_record(upload, *hybrid)));
    }
    if released.last {
        out.deletes.push(families::vacated(key));
        out.deletes.push(families::stamp(key));
        out.deletes.push(families::restated(key));
    }
    erased_release(core, out);
}

/// What a release means without its particulars.
pub(super) fn erased_release(core: &Core, out: &mut Mutations) {
    out.puts
        .push((families::due_release(core.hybrid), entry::present()));
    // Lock records name versions by id and are not erased: a rebuild puts the entry again.
    out.deletes.extend(core.version.map(families::lock));
}

/// The release is finished. After a rebuild the blobs' intents stand as open, because the records that
/// named the blobs are erased: they go here, too.
fn freed(freed: &VersionFreed, out: &mut Mutations) {
    out.deletes
        .push(families::due_release(freed.released_hybrid));
    for blob in &freed.blobs {
        for state in [BlobState::Open, BlobState::Part, BlobState::Named] {
            out.deletes.push(families::blob(state, *blob));
        }
    }
}

/// What the key shows, said anew.
fn restated(restated: &SlotRestated, out: &mut Mutations) {
    let key = &restated.key;
    let slot = |(summary, stamp): &(Summary, Option<HybridTime>)| {
        let slotted = Slotted {
            summary: summary.clone(),
            stamp: *stamp,
        };
        slotted.encode()
    };
    if let Some(current) = &restated.current {
        out.puts.push((families::current(key), slot(current)));
    }
    if let Some(vacated) = &restated.vacated {
        out.puts.push((families::vacated(key), slot(vacated)));
    }
    if let Some(stamp) = restated.stamp {
        out.puts.push((families::stamp(key), entry::stamp(stamp)));
    }
    out.puts.push((families::restated(key), entry::present()));
}

/// How far a task came.
fn ran(ran: &LifecycleRan, out: &mut Mutations) {
    out.puts.push((
        families::cursor(ran.task),
        Bytes::copy_from_slice(&ran.cursor.0.to_be_bytes()),
    ));
    let key = |(at, record): &(_, _)| families::again(ran.task, *at, *record);
    let settled = ran.settled.iter().filter(|one| !ran.again.contains(one));
    out.deletes.extend(settled.map(key));
    let puts = ran.again.iter().map(|one| (key(one), entry::present()));
    out.puts.extend(puts);
}
