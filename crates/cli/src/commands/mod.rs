//! One file per command.

pub(crate) mod bucket_create;
pub(crate) mod bucket_delete;
pub(crate) mod bucket_list;
pub(crate) mod capacity;
pub(crate) mod class;
pub(crate) mod clock_show;
pub(crate) mod drill_locks;
pub(crate) mod explain;
pub(crate) mod lock_bulk;
pub(crate) mod lock_default;
pub(crate) mod lock_limits;
pub(crate) mod lock_report;
pub(crate) mod object_get;
pub(crate) mod object_history;
pub(crate) mod object_list;
pub(crate) mod object_undelete;
pub(crate) mod testdata;
pub(crate) mod vault_check;
pub(crate) mod vault_dump;
pub(crate) mod vault_export_keyring;
pub(crate) mod vault_info;
pub(crate) mod vault_init;
pub(crate) mod vault_rebuild_index;
pub(crate) mod vault_snapshot;
pub(crate) mod vault_upgrade;
