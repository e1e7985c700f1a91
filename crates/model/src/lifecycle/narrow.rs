//! Whether new rules hide more, or sooner, than old ones.

use super::{Expiration, LifecycleFilter, LifecycleRule, LifecycleRules, NoncurrentExpiration};
use crate::cooling::Governed;

impl Governed for LifecycleRules {
    /// Every action of `new` is one that a rule of `self` takes already, at the same time or sooner, on
    /// as much or more. Sound and not complete: a rewriting in other words may wait for nothing.
    fn keeps_at_least(&self, new: &Self) -> bool {
        new.enabled().all(|rule| covered(rule, self))
    }

    fn stricter(&self, new: &Self) -> Self {
        let of_new = new.enabled().filter(|rule| covered(rule, self));
        let of_old = self
            .enabled()
            .filter(|rule| covered(rule, new) && !new.rules.contains(rule));
        Self {
            rules: of_new.chain(of_old).cloned().collect(),
        }
    }
}

/// Each action of `rule` is taken by some rule of `rules`.
fn covered(rule: &LifecycleRule, rules: &LifecycleRules) -> bool {
    let some = |acts: &dyn Fn(&LifecycleRule) -> bool| {
        rules
            .enabled()
            .any(|other| wider(&other.filter, &rule.filter) && acts(other))
    };
    let expiration = rule.expiration.is_none_or(|new| {
        some(&|old| old.expiration.is_some_and(|old| expires_no_later(old, new)))
    });
    let noncurrent = rule
        .noncurrent
        .is_none_or(|new| some(&|old| old.noncurrent.is_some_and(|old| removes_no_less(old, new))));
    let abort = rule
        .abort_multipart_days
        .is_none_or(|new| some(&|old| old.abort_multipart_days.is_some_and(|old| old <= new)));
    expiration && noncurrent && abort
}

/// Whatever `narrow` concerns, `wide` concerns too.
fn wider(wide: &LifecycleFilter, narrow: &LifecycleFilter) -> bool {
    let larger = match (wide.larger_than, narrow.larger_than) {
        (None, _) => true,
        (Some(wide), Some(narrow)) => wide <= narrow,
        (Some(_), None) => false,
    };
    let smaller = match (wide.smaller_than, narrow.smaller_than) {
        (None, _) => true,
        (Some(wide), Some(narrow)) => wide >= narrow,
        (Some(_), None) => false,
    };
    larger
        && smaller
        && narrow.prefix().starts_with(wide.prefix())
        && wide.tags.iter().all(|tag| narrow.tags.contains(tag))
        // A filter by tags or length never concerns a marker; one without may.
        && (narrow.by_tags() || narrow.by_size() || !(wide.by_tags() || wide.by_size()))
}

fn expires_no_later(old: Expiration, new: Expiration) -> bool {
    match (old, new) {
        (Expiration::Days(old), Expiration::Days(new)) => old <= new,
        (Expiration::Date(old), Expiration::Date(new)) => old <= new,
        (_, Expiration::ExpiredObjectDeleteMarker(false)) => true,
        (Expiration::ExpiredObjectDeleteMarker(old), Expiration::ExpiredObjectDeleteMarker(_)) => {
            old
        }
        _ => false,
    }
}

fn removes_no_less(old: NoncurrentExpiration, new: NoncurrentExpiration) -> bool {
    old.days <= new.days && old.newer_versions.unwrap_or(0) <= new.newer_versions.unwrap_or(0)
}
