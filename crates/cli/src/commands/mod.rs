//! One file per command.

pub(crate) mod bucket_create;
pub(crate) mod bucket_delete;
pub(crate) mod bucket_history_days;
pub(crate) mod bucket_list;
pub(crate) mod clock_show;
pub(crate) mod disposal_cancel;
pub(crate) mod disposal_certificate;
pub(crate) mod disposal_list;
pub(crate) mod disposal_request;
pub(crate) mod disposal_show;
pub(crate) mod drill_locks;
pub(crate) mod lifecycle_run;
pub(crate) mod lifecycle_show;
pub(crate) mod object_get;
pub(crate) mod object_history;
pub(crate) mod object_list;
pub(crate) mod testdata;
pub(crate) mod vault_check;
pub(crate) mod vault_dump;
pub(crate) mod vault_export_keyring;
pub(crate) mod vault_info;
pub(crate) mod vault_init;
pub(crate) mod vault_rebuild_index;
pub(crate) mod vault_snapshot;
pub(crate) mod vault_upgrade;
