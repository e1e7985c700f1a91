//! How many requests of each tenant were answered since the start, by kind.

use std::collections::BTreeMap;
use std::sync::Arc;

use azekura_model::ident::TenantId;
use parking_lot::Mutex;

/// Requests of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) requests: u64,
    pub(crate) refused: u64,
}

/// Counts of all tenants. Has a row for each tenant and kind, no more.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestsCounted(Arc<Mutex<BTreeMap<(TenantId, &'static str), Counted>>>);

impl RequestsCounted {
    pub(crate) fn add(&self, tenant: TenantId, operation: &str, status: u16) {
        let mut all = self.0.lock();
        let counted = all.entry((tenant, kind(operation))).or_default();
        counted.requests = counted.requests.saturating_add(1);
        if status >= 400 {
            counted.refused = counted.refused.saturating_add(1);
        }
    }

    pub(crate) fn of(&self, tenant: TenantId) -> Vec<(&'static str, Counted)> {
        let all = self.0.lock();
        let own = all.iter().filter(|((of, _), _)| *of == tenant);
        own.map(|((_, kind), counted)| (*kind, *counted)).collect()
    }
}

/// The kind of an S3 operation, or of a method and route of the admin API.
fn kind(operation: &str) -> &'static str {
    let begins = |with: &[&str]| with.iter().any(|with| operation.starts_with(with));
    if operation.contains(" /v1") {
        "admin"
    } else if begins(&["List"]) {
        "list"
    } else if begins(&["Get", "Head", "Select"]) {
        "read"
    } else if begins(&["Delete", "Abort"]) {
        "delete"
    } else if begins(&[
        "Put", "Post", "Copy", "Create", "Upload", "Complete", "Restore",
    ]) {
        "write"
    } else {
        "other"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_tenant_and_kind() {
        let (one, other) = (TenantId([1; 16]), TenantId([2; 16]));
        let counted = RequestsCounted::default();
        counted.add(one, "GetObject", 200);
        counted.add(one, "HeadObject", 404);
        counted.add(one, "ListObjectsV2", 200);
        counted.add(one, "GET /v1/usage", 200);
        counted.add(other, "DeleteObjects", 200);
        let read = Counted {
            requests: 2,
            refused: 1,
        };
        assert!(counted.of(one).contains(&("read", read)));
        assert_eq!(counted.of(one).len(), 3);
        let of_other: Vec<_> = counted.of(other).iter().map(|(kind, _)| *kind).collect();
        assert_eq!(of_other, ["delete"]);
    }
}
