//! What the records of requests mean to the index: which are open. What they say is read from the
//! record itself, never from here.

use azekura_engine::seam::Mutations;
use azekura_model::governed::RequestStage;
use azekura_record::core::Core;
use azekura_record::request::RequestChanged;

use crate::entry;
use crate::families;

/// An open request goes on, or ends.
pub(super) fn changed(core: &Core, changed: &RequestChanged, out: &mut Mutations) {
    let request = &changed.0;
    let open = families::open_request(request.id);
    let value = entry::stamp(core.hybrid);
    match request.stage {
        RequestStage::Asked | RequestStage::Approved => out.puts.push((open, value)),
        _ => {
            out.deletes.push(open);
            out.puts.push((families::ended_request(request.id), value));
        }
    }
}
