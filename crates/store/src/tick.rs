//! The compliance clock's own records.

use azekura_model::compliance_clock::CatchUp;

use crate::inner::Inner;

/// Credits the downtime before this start, before anything is judged by the clock.
pub(crate) fn begin(inner: &Inner) {
    let ledger = CatchUp::none(inner.clock.compliance());
    let _caught = inner.clock.begin(ledger);
}
