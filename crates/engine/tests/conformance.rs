//! One suite over every engine: the contract of `azekura_engine::seam`, clause by clause.

#[cfg(test)]
mod conformance {
    pub(crate) mod blobs;
    pub(crate) mod commits;
    pub(crate) mod guards;
    pub(crate) mod harness;
    pub(crate) mod journal;
    pub(crate) mod limits;
    pub(crate) mod model;
    pub(crate) mod release;
    pub(crate) mod release_model;
    pub(crate) mod reopening;
    pub(crate) mod scans;
}

/// Runs every test of the suite against one engine, each with a new vault.
macro_rules! suite {
    ($engine:ident, $make:expr; $($area:ident: $($test:ident),+;)+) => {
        mod $engine {
            use crate::conformance::harness;

            $($(
                #[test]
                fn $test() {
                    crate::conformance::$area::$test($make);
                }
            )+)+
        }
    };
}

macro_rules! conformance {
    ($engine:ident, $make:expr) => {
        suite! { $engine, $make;
            commits:
                a_commit_is_read_as_soon_as_it_is_acknowledged,
                sequences_have_no_gaps_and_each_partition_its_own,
                the_chain_is_the_hash_of_all_envelopes,
                a_deleted_key_is_gone_at_once,
                a_value_names_the_record_that_put_it,
                the_same_commit_again_gives_the_first_position_and_changes_nothing,
                the_same_id_in_another_partition_is_another_commit,
                a_recognised_commit_is_not_judged_again,
                sixty_four_writers_lose_and_share_nothing,
                a_closed_engine_takes_nothing_and_closes_again;
            guards:
                absent_holds_only_without_a_value,
                equals_holds_only_for_this_very_value,
                the_first_guard_that_fails_is_named,
                a_refused_commit_leaves_no_trace,
                of_many_racing_creations_exactly_one_wins_and_explains_itself,
                racing_increments_lose_none,
                a_guard_sees_other_partitions_as_apart;
            limits:
                a_nul_byte_in_a_key_is_refused,
                empty_keys_and_values_are_refused,
                oversize_parts_are_refused,
                a_family_that_does_not_exist_is_refused,
                a_key_named_twice_is_refused;
            scans:
                pages_join_to_the_whole_range_without_gap_or_repetition,
                bounds_are_inclusive_and_exclusive,
                an_empty_or_reversed_range_is_empty,
                families_and_partitions_do_not_leak,
                keys_are_ordered_bytewise,
                a_limit_outside_the_contract_is_clamped,
                a_page_is_one_cut_while_writers_write;
            journal:
                records_come_back_as_written,
                pages_of_the_journal_join,
                an_unknown_partition_or_a_sequence_past_the_end_is_an_empty_page,
                payload_ranges_are_cut_at_its_end,
                an_inline_payload_comes_back_whatever_its_size,
                empty_particulars_and_payload_are_present_and_empty,
                an_unknown_record_has_no_payload;
            blobs:
                a_finished_blob_is_read_by_range,
                a_blob_is_created_once,
                an_empty_blob_is_a_blob,
                an_unfinished_blob_is_listed,
                only_a_proof_with_a_durable_fence_sweeps,
                sweeping_what_is_gone_is_done,
                blobs_outlive_reopening;
            release:
                a_release_erases_what_its_record_lists_and_nothing_else,
                a_release_done_again_changes_nothing,
                only_a_durable_release_record_of_this_engine_releases,
                a_release_removes_blobs_that_were_named,
                a_closed_engine_releases_nothing,
                readers_get_a_part_whole_or_erased,
                releases_at_the_same_time_each_get_their_own_answer;
        }
    };
}

/// What needs segments of full size.
macro_rules! full_size {
    ($engine:ident, $make:expr) => {
        suite! { $engine, $make;
            limits:
                full_size_parts_are_taken;
        }
    };
}

/// What a vault is after it was closed.
macro_rules! reopening {
    ($engine:ident, $make:expr) => {
        suite! { $engine, $make;
            reopening:
                everything_is_as_before_after_reopening,
                reopening_twice_changes_nothing,
                the_chain_goes_on_after_reopening,
                a_commit_is_recognised_after_reopening;
            release:
                what_was_released_stays_so_after_reopening;
            model:
                random_histories_read_as_a_sorted_map_does;
            release_model:
                random_releases_erase_what_they_list_and_nothing_else;
        }
    };
}

conformance!(memory, harness::memory);
full_size!(memory_full_size, harness::memory);
reopening!(memory_reopened, harness::memory);

conformance!(embedded, harness::embedded);
full_size!(embedded_full_size, harness::embedded);
reopening!(embedded_reopened, harness::embedded);
reopening!(embedded_without_its_index, harness::forgetful);

conformance!(embedded_on_a_faultless_disk_in_memory, harness::faultless);
reopening!(
    embedded_on_a_faultless_disk_in_memory_reopened,
    harness::faultless
);
