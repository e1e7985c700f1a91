//! The scenarios, in the order in which they run.

mod audit;
mod bad_input;
mod clients;
mod crash;
mod damage;
mod disposal;
mod drain;
mod drill;
mod escrow;
mod false_time;
mod frozen;
mod identity;
mod lock_clients;
mod object_lock;
mod operator;
mod poison;
mod power_cut;
mod quick_start;
mod reader;
mod refusals;
mod retention;
mod retention_bomb;
mod sealed;
mod space;
mod storm;
mod sync_order;
mod tenancy;
mod tls;
mod two_people;

use crate::report::Outcome;
use crate::{Bench, Failure};

/// A scenario.
pub(crate) type Scenario = fn(&Bench) -> Result<Outcome, Failure>;

/// All of them by name.
pub(crate) const ALL: &[(&str, Scenario)] = &[
    ("quick_start", quick_start::printed_lines_work_as_pasted),
    ("operator", operator::a_vault_under_a_passphrase),
    ("escrow", escrow::a_deleted_keyring_comes_back),
    ("frozen", frozen::a_vault_of_format_v1_is_read),
    ("boto3", clients::boto3_round_trip),
    (
        "forms",
        clients::forms::signed_forms_are_taken_and_others_refused,
    ),
    ("aws_cli", clients::aws_cli_round_trip),
    ("s5cmd", clients::s5cmd_round_trip),
    ("rclone", clients::rclone_round_trip),
    ("restic", clients::restic_round_trip),
    ("hospital", clients::hospital::a_day_through_five_clients),
    ("s3cmd", clients::s3cmd::s3cmd_round_trip),
    ("s3fs", clients::s3fs::a_mounted_bucket),
    ("duplicity", clients::duplicity::two_points_in_time),
    ("pgbackrest", clients::pgbackrest::a_database_restored),
    ("javascript", clients::javascript::sdk_v3),
    (
        "unicode_keys",
        clients::unicode_keys::every_client_names_keys_alike,
    ),
    ("object_lock", object_lock::what_the_suite_leaves_out),
    (
        "refusals",
        refusals::wrong_content_is_refused_and_nothing_stored,
    ),
    ("bad_input", bad_input::refused_and_nothing_stored),
    ("drill", drill::no_door_opens),
    ("lock_boto3", lock_clients::boto3),
    ("lock_restic", lock_clients::restic),
    ("lock_rclone", lock_clients::rclone),
    ("lock_veeam_like", lock_clients::veeam_like),
    ("retention", retention::a_day_of_the_it_desk),
    ("retention_bomb", retention_bomb::its_ceiling_stops_it),
    (
        "disposal",
        disposal::what_is_due_is_erased_and_what_is_locked_stays,
    ),
    ("storm", storm::others_hardly_notice),
    ("audit", audit::nothing_read_goes_unseen),
    ("identity", identity::each_key_does_its_work_alone),
    ("intruder", identity::a_stolen_key_destroys_nothing),
    ("sealed", sealed::nobody_reads_without_the_passphrase),
    ("tenancy", tenancy::kept_counted_and_handed_back),
    ("tls", tls::only_what_is_allowed_gets_in),
    ("two_people", two_people::nothing_acts_that_one_person_wants),
    ("sync_order", sync_order::no_answer_before_its_sync),
    ("drain", drain::requests_under_way_end),
    ("poison", poison::a_failed_sync_ends_the_server),
    ("space", space::data_is_refused_below_the_floor),
    ("clock", false_time::no_wall_clock_ends_a_lock),
    ("crash", crash::acknowledged_survives_kill),
    ("power_cut", power_cut::acknowledged_survives_power_cuts),
    ("damage", damage::every_flip_is_named),
    ("reader", reader::the_independent_reader_agrees),
];
