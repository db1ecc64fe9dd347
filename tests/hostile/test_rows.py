"""Where each row of the project's table of bad inputs is tested: a row without a test is told by name."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[1]

SCENARIOS, WEIGHTS, NUMBERS = "hostile/test_scenario_files.py", "model/test_weights.py", "hostile/test_numbers.py"
TRACES, WRITING, PROCESS = "hostile/test_traces.py", "hostile/test_writing.py", "hostile/test_process.py"
MEMORY, NAMES = "hostile/test_memory.py", "hostile/test_file_names.py"
TOKENIZERS, CHECKPOINT_TRACES = "hostile/test_tokenizers.py", "hostile/test_checkpoint_traces.py"
TERMINAL, SCREENS, OPS, FILES = (
    "hostile/test_terminal.py",
    "hostile/test_screens.py",
    "model/test_each_operation.py",
    "model/test_files.py",
)

ROWS: dict[str, tuple[tuple[str, str], ...]] = {
    **{f"A{row}": ((SCENARIOS, f"A{row}"),) for row in (*range(1, 10), *range(11, 15), 17, 20, *range(22, 29), 31, 32)},
    "A10": ((SCENARIOS, "test_a10_numbers_with_an_exponent_are_numbers"),),
    "A15": ((SCENARIOS, "A15-billion-laughs"),),
    "A16": ((SCENARIOS, "A16-merge-keys"),),
    "A18": ((SCENARIOS, "A18-30000-brackets"), ("hostile/test_costs.py", "1 MB of directives")),
    "A19": ((SCENARIOS, "A19-one-byte-too-many"), (SCENARIOS, "test_a19_a_file_of_a_gigabyte_is_refused_by_its_size")),
    "A21": ((SCENARIOS, "test_a21_a_byte_order_mark_and_crlf_leave_the_columns_right"),),
    "A29": ((SCENARIOS, "test_what_is_no_regular_file_is_refused_by_its_kind"),),
    "A30": ((SCENARIOS, "test_a30_a_file_that_cannot_be_read_is_said_to_be_so"), (FILES, "test_a_file_that_shrinks")),
    "B1": ((SCENARIOS, "B1"),),
    "B2": ((SCENARIOS, "B2"),),
    "B3": ((MEMORY, "test_b3_a_huge_model_is_refused_before_anything_is_allocated"),),
    "B4": ((MEMORY, "test_b4_a_product_of_any_magnitude_is_an_exact_figure"),),
    "B5": ((MEMORY, "test_b5_the_limit_is_exact"), (MEMORY, "test_b5_a_run_takes_what_was_estimated")),
    "B6": ((MEMORY, "test_b6_memory_that_runs_out_midway_is_a_clean_refusal_and_leaves_no_file"),),
    "B7": ((SCENARIOS, "B7"), (SCENARIOS, "test_b7_one_token_is_an_input")),
    "B8": ((NUMBERS, "test_b8_a_place_that_there_is_not_is_refused_with_its_index"),),
    "B9": ((NUMBERS, "test_b9_a_mask_of_another_kind_is_refused"),),
    "B10": ((NUMBERS, "test_b10_a_row"), (OPS, "test_only_a_row_without_anything_to_see_is_called_fully_masked")),
    "B11": ((NUMBERS, "test_b11_rows_of_softmax_sum_to_1_whatever_the_scores"),),
    "B12": ((NUMBERS, "test_b12_what"), (OPS, "test_whatever_stands_under_a_mask_does_not_reach_the_weights")),
    "B13": ((NUMBERS, "test_b13_the_first_number_that_is_none_is_told_above_the_run"),),
    "B14": ((NUMBERS, "test_b14_a_scale_of_colours_is_finite_whatever_the_numbers"),),
    "B15": ((SCENARIOS, "B15"), (SCENARIOS, "test_b15_a_tiny_temperature_is_a_temperature")),
    "B16": ((NUMBERS, "test_b16_a_norm_of_a_constant_row_without_eps_is_finite_or_told"),),
    "B17": ((SCENARIOS, "B17"), (SCENARIOS, "test_b17_a_seed_may_be_larger_than_a_machine_word")),
    "B18": ((PROCESS, "test_b18_parameters_are_bit_equal_and_steps_nearly_so_whatever_multiplies"),),
    "B19": ((PROCESS, "test_b19_the_trace_is_the_same_bytes_in_every_environment"),),
    "C1": ((WEIGHTS, "a length of 2**64 - 1"), (WEIGHTS, "only a length"), (WEIGHTS, "a length beyond the end")),
    "C2": ((WEIGHTS, "a header that is not UTF-8"), (WEIGHTS, "a header nested without end")),
    "C3": ((WEIGHTS, "a name that stands twice"),),
    "C4": ((WEIGHTS, "tensors that overlap"), (WEIGHTS, "a gap before the data"), (WEIGHTS, "bytes after the data")),
    "C5": ((WEIGHTS, "a negative size"), (WEIGHTS, "a size of many digits"), (WEIGHTS, "fewer bytes than the shape")),
    "C6": ((NUMBERS, "test_c6_another_type"), (WEIGHTS, "test_bits_are_decoded_to_the_number_that_they_stand_for")),
    "C7": ((WEIGHTS, "test_bits_are_decoded_to_the_number_that_they_stand_for"), (WEIGHTS, "test_minus_zero_keeps")),
    "C8": ((NUMBERS, "test_c8_a_name_of_a_tensor_is_shown_and_never_obeyed"),),
    "C9": ((NUMBERS, "test_c9_a_hundred_axes"),),
    "C10": ((WEIGHTS, "test_everything_in_a_file_that_does_not_fit_is_said_at_once"),),
    "C11": (("hostile/test_costs.py", "c11 100,000 unknown tensors"), (WEIGHTS, "a header of more than is read")),
    "C12": ((NUMBERS, "test_c12_a_file_of_a_terabyte_is_refused_by_its_size"),),
    "C13": ((TRACES, "a pickle"), (TRACES, "a bare pickle")),
    "C14": ((TRACES, "c14 2^70"), (TRACES, "c14 65 axes"), (TRACES, "negative"), (TRACES, "4 TB")),
    "C15": ((TRACES, "evaluated"), (TRACES, "deep"), (TRACES, "version 9")),
    "C16": ((TRACES, "short data"), (TRACES, "trailing bytes")),
    "C17": ((TRACES, "a bomb"), (NUMBERS, "test_c17_a_hundred_thousand_members")),
    "C18": ((TRACES, "c18 damaged lzma"), (TRACES, "an absolute path"), (TRACES, "test_d8_npz_with_two_members")),
    "C19": ((NUMBERS, "test_c19_a_file_of_another_kind_is_no_weights"),),
    "C20": ((FILES, "test_a_file_that_shrinks_while_it_is_read_is_refused"),),
    "C21": ((TRACES, "c21 dates"), (TRACES, "c21 raw bytes")),
    "D1": ((TOKENIZERS, "404 page"), (TOKENIZERS, "test_d1_a_file_of_300_mb_is_refused_by_its_size")),
    "D2": ((TOKENIZERS, "a prefix longer than words"), (TOKENIZERS, "pieces of length 0")),
    "D3": ((TOKENIZERS, "an unknown unknown"), (TOKENIZERS, "an id of four milliards"), (TOKENIZERS, "an id twice")),
    "D4": ((TOKENIZERS, "test_d4_a_pattern_that_goes_on_for_ever_is_ended"),),
    "D5": ((TOKENIZERS, "test_d5_words_without_a_row_are_refused_with_both_figures"),),
    "D6": ((TOKENIZERS, "test_d6_words_that_a_terminal_would_obey_are_shown_in_one_line"),),
    "D7": ((TRACES, "test_d7_json_that_is_not_strict_is_refused_at_its_line_and_column"),),
    "D8": (
        (TRACES, "test_d8_a_trace_that_does_not_fit_itself_is_refused"),
        (CHECKPOINT_TRACES, "test_d8_what_a_trace_says_of_a_checkpoint_and_cannot_be_is_refused_at_its_key"),
    ),
    "D9": (
        (TRACES, "test_d9_weights_that_a_trace_names_are_never_opened"),
        (CHECKPOINT_TRACES, "test_d9_no_file_that_a_trace_names_is_opened"),
    ),
    "E1": ((SCENARIOS, "test_e1_a_path_that_leaves_the_scenarios_folder_is_refused"),),
    "E2": ((SCENARIOS, "test_e2_a_link"), (FILES, "test_a_file_swapped_for_a_link_before_it_is_opened_is_refused")),
    "E3": ((SCENARIOS, "test_e3_a_link_in_the_library"), ("hostile/test_training_files.py", "test_e3_what_a_file")),
    "E4": ((NAMES, "test_e4_a_strange_name_of_a_file_is_made_visible"), (SCREENS, "test_e4_the_library")),
    "F1": (
        (WRITING, "test_f1_a_full_stdout"),
        (WRITING, "test_f1_a_full_disk"),
        (WRITING, "test_f1_a_file_size_limit"),
    ),
    "F2": ((WRITING, "test_f2_a_bad_target_is_refused_before_the_run"), (WRITING, "test_f2_a_read_only_folder")),
    "F3": ((WRITING, "test_f3_killed_at_any_moment"), (WRITING, "test_f3_what_a_killed_export_left")),
    "F4": ((WRITING, "test_f4_an_existing_file_is_replaced_only_by_force"),),
    "F5": ((WRITING, "test_f5_no_file_of_either_run_is_replaced"), (WRITING, "test_f5_a_symbolic_link")),
    "F6": ((WRITING, "test_f6_an_export_with_nan_and_infinities_is_strict_json"),),
    "F7": ((WRITING, "test_f7_a_large_export_says_its_size_and_is_written_only_by_force"),),
    "F8": ((WRITING, "test_f8_of_two_programs_that_write_one_file_the_last_wins_whole"),),
    "F9": ((WRITING, "test_f9_a_file_that_is_replaced_keeps_its_mode"),),
    "F10": ((WRITING, "test_f10_export_import_export_gives_the_same_bytes"),),
    "G1": ((TERMINAL, "test_g1_a_signal_ends_the_explorer_with_the_terminal_restored"),),
    "G2": ((SCREENS, "test_g2_stopped_and_continued_the_terminal_is_given_back_and_drawn_anew"),),
    "G3": ((TERMINAL, "test_g3_a_terminal_that_goes_away_ends_the_program"),),
    "G4": ((PROCESS, "test_g4_a_terminal_that_will_not_do_is_refused_at_once_without_an_escape"),),
    "G5": ((PROCESS, "test_g5_a_reader_that_leaves_early_is_no_error"),),
    "G6": ((TERMINAL, "test_g6_any_size_is_survived_and_the_place_kept"),),
    "G7": ((TERMINAL, "test_g7_two_thousand_random_keys"), (SCREENS, "test_g7_a_held_key")),
    "G8": ((TERMINAL, "test_g8_a_bug_in_the_explorer_is_one_line_and_status_70"),),
    "G9": ((PROCESS, "test_g9_where_there_is_only_ascii_everything_is_readable"),),
    "G10": ((SCREENS, "test_g10_what_a_library_prints_or_warns_of_is_not_on_the_screen"),),
    "G11": ((PROCESS, "test_g11_the_program_works_under_other_flags_of_python"),),
    "G12": ((MEMORY, "test_g12_a_process_with_512_mb_runs_a_lesson"),),
}
"""For each row the files and the tests, or the names of their cases."""

CHECKPOINTS, GGUF, SHARDS, FOLDERS = (
    "hostile/test_checkpoints.py",
    "model/test_gguf.py",
    "model/test_shards.py",
    "model/test_model_files.py",
)

OF_MODELS: dict[str, tuple[tuple[str, str], ...]] = {
    "C1": ((CHECKPOINTS, "c1 a length of 2^64 - 1"), (GGUF, "endless tensors"), (GGUF, "a text of 2^64 - 1")),
    "C2": ((CHECKPOINTS, "c2 a NUL behind"), (SHARDS, "test_an_index_that_is_no_strict_json_is_refused")),
    "C3": ((CHECKPOINTS, "c3 a text twice"), (GGUF, "a tensor twice"), (SHARDS, "test_a_name_that_stands_twice")),
    "C4": ((CHECKPOINTS, "c4 bytes behind"), (GGUF, "tensors that overlap"), (GGUF, "a gap")),
    "C5": ((CHECKPOINTS, "c5 an empty product that overflows"), (GGUF, "a product that overflows")),
    "C6": ((CHECKPOINTS, "c6 F8"), ("model/test_stores.py", "test_every_number_of_bf16"), (GGUF, "an unknown type")),
    "C7": ((CHECKPOINTS, "c7 C64"), ("model/test_stores.py", "test_every_number_of_f16_is_decoded_exactly")),
    "C8": ((CHECKPOINTS, "test_c8_a_tensor_of_any_name_is_read"), (SHARDS, "test_a_file_elsewhere_is_never_opened")),
    "C9": ((CHECKPOINTS, "c9 a hundred axes"), (CHECKPOINTS, "test_c9_no_axis"), (GGUF, "2^32 axes")),
    "C11": ((CHECKPOINTS, "test_c11_a_hundred_thousand_tensors"), (GGUF, "test_a_header_without_end_is_given_up_soon")),
    "C12": ((CHECKPOINTS, "test_c12_a_file_of_a_terabyte"), (CHECKPOINTS, "test_c12_a_tensor_of_half_a_terabyte")),
    "C13": ((FOLDERS, "test_nothing_in_a_pickle_is_run"),),
    "C19": ((CHECKPOINTS, "c19 git-lfs"), (FOLDERS, "test_a_pickle_that_was_renamed_is_refused_all_the_same")),
    "C20": ((CHECKPOINTS, "test_c20_a_file_that_changes_ends_in_a_message"),),
    "C21": ((CHECKPOINTS, "c21 dates"), (CHECKPOINTS, "c21 raw bytes")),
}
"""The same rows for files of real models, as far as they are about these: C14 to C18 are of npy and npz."""

PARTS = {"A": (1, 32), "B": (1, 19), "C": (1, 21), "D": (1, 9), "E": (1, 4), "F": (1, 10), "G": (1, 12)}
"""The first and the last row of each part of the table."""

ALL = [f"{part}{row}" for part, (first, last) in PARTS.items() for row in range(first, last + 1)]


@cache
def _text(file: str) -> str:
    return (TESTS / file).read_text("utf-8")


def test_every_row_of_the_table_has_a_test() -> None:
    assert [row for row in ALL if row not in ROWS] == []
    assert set(ROWS) == set(ALL)


def test_the_tests_of_every_row_are_there() -> None:
    assert OF_MODELS.keys() <= set(ALL)
    named = [(row, *each) for row, tests in (*ROWS.items(), *OF_MODELS.items()) for each in tests]
    assert [each for each in named if not _is_there(*each[1:])] == []


def _is_there(file: str, name: str) -> bool:
    pattern = rf"def {name}" if name.startswith("test_") else rf"""["']{re.escape(name)}"""
    return re.search(pattern, _text(file)) is not None
