"""A council's policy is data: what is read, and what is refused by name, all at once, with its line."""

from dataclasses import fields
from datetime import date, time
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import pytest

from fieldvisit.ground.policy import (
    SEAM,
    PolicyError,
    Setting,
    councils,
    load_policy,
    no_weaker_than,
    policy_as_kept,
    read_policy,
)
from fieldvisit.ground.policy_types import SECTIONS

MELTON_TEXT = files("fieldvisit").joinpath("councils", "melton.toml").read_text("utf-8")
STATUTE_TEXT = files("fieldvisit").joinpath("ground", "statute.toml").read_text("utf-8")
MELTON = load_policy("melton")


def changed(old: str, new: str, text: str = MELTON_TEXT) -> str:
    assert old in text, f"{old!r} is not in the file that this test changes"
    return text.replace(old, new, 1)


def table_of(name: str, text: str) -> str:
    start = text.index(f"[{name}]")
    return text[start : text.index("\n\n", start)]


def without(table: str) -> str:
    """Melton's file with one table taken out."""
    return MELTON_TEXT.replace(table_of(table, MELTON_TEXT), "")


def setting(table: str, line: str, new: str) -> str:
    """Melton's file with one line of one table changed."""
    start = MELTON_TEXT.index(f"[{table}]")
    return MELTON_TEXT[:start] + changed(line, new, MELTON_TEXT[start:])


def problems(council: str, statute: str = STATUTE_TEXT) -> tuple[str, ...]:
    with pytest.raises(PolicyError) as refused:
        read_policy("melton", council, statute)
    return refused.value.problems


def only_problem(council: str) -> str:
    found = problems(council)
    assert len(found) == 1, found
    return found[0]


def test_the_three_councils_ship_with_us_and_can_be_read() -> None:
    assert councils() == ("alliance", "melton", "milton-keynes")
    assert [load_policy(name).council.short_name for name in councils()] == ["Alliance", "Melton", "Milton Keynes"]


def test_meltons_numbers_come_from_its_code() -> None:
    floor = MELTON.notice.floor_h
    assert (floor.value, floor.unit, floor.clause.where, floor.default) == (24, "hours", "ME-3.1a", False)
    assert (MELTON.notice.target_h.value, MELTON.notice.planned_days.value) == (48, 14)
    assert (MELTON.council.conduct_line.value, str(MELTON.council.conduct_line)) == ("01664 502 502", "01664 502 502")
    assert MELTON.door.reasonable_from.value == time(8)


def test_a_council_whose_code_is_silent_rests_on_our_default_and_says_so() -> None:
    floor = load_policy("alliance").notice.floor_h
    assert (floor.value, floor.source, floor.where, floor.default) == (24, "project default", "Q1", True)
    assert "notice.floor_h" in load_policy("alliance").unconfirmed()
    assert "notice.floor_h" not in MELTON.unconfirmed()


def test_the_hash_is_of_the_words_that_were_read() -> None:
    assert MELTON.source_text == STATUTE_TEXT + SEAM + MELTON_TEXT
    assert MELTON.hash == sha256(MELTON.source_text.encode()).hexdigest()
    assert policy_as_kept("melton", MELTON.source_text) == MELTON
    assert len({load_policy(name).hash for name in councils()}) == 3


def test_a_policy_that_was_kept_before_there_was_a_setting_is_still_read() -> None:
    statute = STATUTE_TEXT.replace(table_of("task.held_wd", STATUTE_TEXT), "")
    old = policy_as_kept("melton", statute + SEAM + without("task.held_wd"))
    assert (old.task.held_wd.value, old.notice.floor_h.value) == (1, 24)
    assert "task.held_wd" in only_problem(without("task.held_wd"))


def test_the_desks_own_days_are_ours_until_a_council_says_otherwise() -> None:
    assert (MELTON.task.concern_wd.value, MELTON.task.hazard_wd.value, MELTON.keep.visit_years.value) == (1, 0, 6)
    assert {name for name in MELTON.unconfirmed() if name.startswith(("task.", "keep."))} == {
        "task.concern_wd", "task.held_wd", "task.hazard_wd", "task.hazard_own_wd", "task.hazard_warn_wd",
        "task.hazard_warn_h", "task.hazard_again_min", "task.child_alone_wd", "task.withdrew_wd",
        "task.notice_failed_wd", "task.scan_alert_wd", "keep.visit_years", "keep.photo_days",
        "keep.signature_years",
    }  # fmt: skip
    assert MELTON.task.held_wd.written_in == "Our default, not this council's code"
    assert MELTON.notice.floor_h.written_in.endswith("ME-3.1a")


def test_entry_without_consent_never_needs_fewer_ways_of_asking_than_two() -> None:
    assert "weaker than the floor of 2" in only_problem(setting("door.entry_contact_methods", "value = 2", "value = 1"))


def test_a_clause_speaks_for_a_rule_where_the_code_has_one() -> None:
    assert MELTON.clause_id("NR-3") == "ME-3.1c"
    assert MELTON.clause_id("NR-13") == "NR-13"
    assert load_policy("milton-keynes").clause_id("NR-3") == "NR-3"


def test_the_numbers_a_worker_needs_in_danger_are_there_for_every_council() -> None:
    for name in councils():
        policy = load_policy(name)
        assert [policy.contact(code).number for code in ("danger", "gas", "power")] == ["999", "0800 111 999", "105"]
        assert policy.contact("safeguarding-adult").number
        assert isinstance(policy.contact("safeguarding-child").checked, date)


def test_the_two_reasons_in_the_code_and_no_id_are_valid_refusals_everywhere() -> None:
    for name in councils():
        policy = load_policy(name)
        assert all(policy.refusal_reason(code).valid for code in ("trusted-adult", "no-suitable-adult", "no-id"))
    assert MELTON.refusal_reason("no-id").clause.where == "ME-3.2b2"
    assert not MELTON.refusal_reason("none-given").valid


@pytest.mark.parametrize("name", ["melton", "milton-keynes", "alliance"])
def test_every_setting_says_where_it_comes_from_and_when_it_was_checked(name: str) -> None:
    listed = dict(load_policy(name).settings())
    assert len(listed) == sum(isinstance(getattr(getattr(MELTON, part), item.name), Setting)
                              for part, kind in SECTIONS.items() for item in fields(kind))  # fmt: skip
    assert all(each.source and each.where and each.checked for each in listed.values())


def test_a_council_file_of_ones_own_is_read_by_its_path(tmp_path: Path) -> None:
    own = tmp_path / "shire.toml"
    own.write_text(changed('"Melton Borough Council"', '"Shire Council"'), "utf-8")
    assert (load_policy(str(own)).name, load_policy(str(own)).council.name) == ("shire", "Shire Council")


# what is refused --------------------------------------------------------------------------------------------------


def test_a_council_weaker_than_the_law_is_refused_with_the_law() -> None:
    said = only_problem(setting("notice.floor_h", "value = 24", "value = 23"))
    assert "notice.floor_h (line " in said
    assert "weaker than the floor of 24 (Landlord and Tenant Act 1985 s.11(6))" in said


@pytest.mark.parametrize("hours", [24, 25, 48])
def test_a_council_may_be_kinder_than_the_law(hours: int) -> None:
    text = setting("notice.floor_h", "value = 24", f"value = {hours}")
    assert read_policy("melton", text, STATUTE_TEXT).notice.floor_h.value == hours


@pytest.mark.parametrize(("days", "allowed"), [(4, True), (5, True), (6, False)])
def test_a_clock_of_the_law_may_be_shortened_and_never_lengthened(days: int, allowed: bool) -> None:
    table = f"""
[deadline.complaint_ack]
value = {days}
unit = "working days"
source = "Our promise"
where = "page 1"
checked = 2026-11-22
"""
    text = MELTON_TEXT + table
    if allowed:
        assert read_policy("melton", text, STATUTE_TEXT).deadline.complaint_ack.value == days
    else:
        assert "deadline.complaint_ack" in only_problem(text)


def test_a_number_with_no_source_is_refused_with_its_line() -> None:
    text = setting("notice.reminder_h", 'source = "project default"\n', "")
    line = text[: text.index("[notice.reminder_h]")].count("\n") + 1
    assert only_problem(text).startswith(f"melton.toml: notice.reminder_h (line {line}): no source")


@pytest.mark.parametrize(
    ("line", "new", "words"),
    [
        ("value = 24", 'value = "24"', "must be a whole number"),
        ("value = 24", "value = true", "must be a whole number"),
        ("value = 24", "value = 24.5", "must be a whole number"),
        ("value = 24\n", "", "has no value"),
        ("value = 24", "value = 9999", "must be from 0 to 336"),
        ('unit = "hours"', 'unit = "days"', "its unit is 'days', and must be 'hours'"),
        ("checked = 2026-11-22", 'checked = "today"', "no date checked"),
        ('where = "ME-3.1a"', 'where = " "', "no where"),
        ("value = 24", "value = 24\nnote = 1", "is not something a setting says"),
    ],
)
def test_a_setting_of_the_wrong_shape_is_refused(line: str, new: str, words: str) -> None:
    assert words in only_problem(setting("notice.floor_h", line, new))


def test_an_absent_setting_is_refused_by_name() -> None:
    assert "door.min_adult_age (line " in only_problem(without("door.min_adult_age"))


def test_an_unknown_setting_and_an_unknown_part_are_refused_by_name() -> None:
    found = problems(MELTON_TEXT + '\n[notice.floor_hours]\nvalue = 24\n\n[tea]\nmilk = true\n')  # fmt: skip
    assert any("notice.floor_hours (line " in each and "no such setting" in each for each in found)
    assert any("tea (line " in each and "no such part" in each for each in found)


def test_everything_wrong_is_said_at_once() -> None:
    text = setting("notice.floor_h", "value = 24", "value = 1")
    text = changed('colour = "#00594c"', 'colour = "green"', text)
    text = changed("[clauses]", '[clauses]\nNR-99 = "ME-1"', text)
    found = problems(text)
    assert [each.split(" (line")[0] for each in found] == [
        "melton.toml: council.colour",
        "melton.toml: notice.floor_h",
        "melton.toml: clauses.NR-99",
    ]
    assert str(PolicyError("melton", found)).count("\n") == 3


def test_a_target_under_the_floor_is_refused() -> None:
    assert "notice.target_h" in only_problem(setting("notice.floor_h", "value = 24", "value = 72"))


def test_hours_that_end_before_they_begin_are_refused() -> None:
    assert "door.reasonable_to" in only_problem(setting("door.reasonable_to", "20:00:00", "07:00:00"))


@pytest.mark.parametrize(("age", "allowed"), [(15, False), (16, True), (18, True), (19, False)])
def test_the_adult_age_is_from_sixteen_to_eighteen(age: int, allowed: bool) -> None:
    text = setting("door.min_adult_age", "value = 18", f"value = {age}")
    if allowed:
        assert read_policy("melton", text, STATUTE_TEXT).door.min_adult_age.value == age
    else:
        assert "door.min_adult_age" in only_problem(text)


def test_a_reason_for_refusal_that_the_code_names_cannot_be_taken_out_or_made_invalid() -> None:
    assert "no-id" in only_problem(changed('code = "no-id"', 'code = "no-card"'))
    start = MELTON_TEXT.index('code = "no-id"')
    text = MELTON_TEXT[:start] + changed("valid = true", "valid = false", MELTON_TEXT[start:])
    assert "no-id must be there with valid = true" in only_problem(text)


def test_a_council_without_a_safeguarding_number_is_refused() -> None:
    assert "safeguarding-child is absent" in only_problem(changed('"safeguarding-child"', '"safeguarding-other"'))


@pytest.mark.parametrize(
    ("row", "words"), [("number = 999", "number must be words"), ('number = ""', "number must be")]
)
def test_a_contact_of_the_wrong_shape_is_refused(row: str, words: str) -> None:
    assert words in only_problem(setting("[contacts]", 'number = "0116 305 0004"', row))


def test_a_web_address_is_printed_as_it_stands_and_needs_its_source() -> None:
    row = 'number = "0116 305 0004"\nweb = "www.council.example"'
    assert "web needs web_source" in only_problem(setting("[contacts]", 'number = "0116 305 0004"', row))


def test_a_row_that_is_there_twice_is_refused() -> None:
    assert "no-id is there twice" in only_problem(changed('"unknown-worker"', '"no-id"'))


def test_a_section_that_is_not_a_table_is_refused() -> None:
    found = problems("notice = 24\n")
    assert any("notice (line 1): must be a table" in each for each in found)


def test_a_file_that_is_not_toml_is_refused_with_the_parsers_one_line() -> None:
    said = only_problem("[notice\n")
    assert "\n" not in said
    assert "line 1" in said


def test_a_council_that_we_do_not_know_is_told_the_ones_we_do() -> None:
    with pytest.raises(PolicyError, match=r"no council called rutland\. Use alliance, melton, milton-keynes"):
        load_policy("rutland")


def test_a_file_that_is_not_there_or_not_text_is_refused_without_a_traceback(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read"):
        load_policy(str(tmp_path / "none.toml"))
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(PolicyError, match="UTF-8"):
        load_policy(str(tmp_path / "bytes.toml"))
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(PolicyError, match="cannot be read"):
        load_policy(str(tmp_path / "folder.toml"))


def test_a_proclaimed_day_alone_does_not_pass_for_a_whole_year() -> None:
    statute = changed("2028-12-26,", "2028-12-26, 2029-05-08,", STATUTE_TEXT)
    assert any("2029 has too few dates" in each for each in problems(MELTON_TEXT, statute))


def test_a_wrong_statute_is_refused_too() -> None:
    found = problems(MELTON_TEXT, changed("in_scope_from = 2025-10-27", 'in_scope_from = "soon"', STATUTE_TEXT))
    assert any(each.startswith("statute.toml: hazards[") for each in found)


@pytest.mark.parametrize(
    ("statute", "council", "kinder", "allowed"),
    [
        (24, 24, "more", True),
        (24, 25, "more", True),
        (24, 23, "more", False),
        (5, 4, "less", True),
        (5, 6, "less", False),
        (False, True, "yes", True),
        (True, False, "yes", False),
        (True, False, "no", True),
        (False, True, "no", False),
        (5, 99, None, True),
    ],
)
def test_kinder_is_allowed_and_meaner_is_not(statute: int, council: int, kinder: str, allowed: bool) -> None:
    assert no_weaker_than(statute, council, kinder) is allowed  # type: ignore[arg-type]
