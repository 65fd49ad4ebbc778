"""The ladders of the five codes: where each begins, what comes next, and which step nobody may skip to."""

import pytest

from fieldvisit.breaches.ladders import highest_rung, ladders_for, may_take, sanctions_for, skips, top_rung
from fieldvisit.breaches.procedure import DOCUMENTS, ProcedureError, procedures, read_procedure
from fieldvisit.codes.catalogue import all_clauses

KNOWN = frozenset(clause.id for clause in all_clauses())


def steps(document: str, ladder: str) -> list[tuple[str, ...]]:
    found = procedures()[document].ladder(ladder)
    assert found
    return list(found.rungs)


def may(document: str, ladder: str, sanction: str, before=(), preset: str = "") -> str:
    procedure = procedures()[document]
    on = procedure.ladder(ladder)
    assert on
    return may_take(procedure, on, sanction, list(before), procedure.preset(preset)).code


def test_melton_considers_an_apology_and_training_and_then_the_contract_or_discipline():
    melton = procedures()["ME"]
    assert steps("ME", "conduct") == [("apology", "training"), ("contract_action", "disciplinary")]
    assert {each.code for each in melton.sanctions if each.must_consider} == {"apology", "training"}
    conduct = melton.ladder("conduct")
    assert conduct
    assert "contract_action" in {each.code for each in sanctions_for(melton, conduct, of_a_firm=True)}
    assert "contract_action" not in {each.code for each in sanctions_for(melton, conduct, of_a_firm=False)}
    assert may("ME", "conduct", "disciplinary") == "allowed", "ME-8.2 sets no order"


def test_milton_keynes_begins_with_a_talk_and_for_confidences_with_a_written_warning():
    assert steps("MR", "adhere") == [("verbal", "training"), ("written_warning",), ("suspension",), ("removal",)]
    assert steps("MR", "confidentiality") == [("written_warning", "training"), ("suspension",), ("removal",)]
    assert may("MR", "confidentiality", "written_warning") == "allowed"
    assert may("MR", "confidentiality", "verbal") == "not-on-ladder"


@pytest.mark.parametrize(
    ("before", "allowed", "refused"),
    [
        ((), "verbal", "written_warning"),
        (("verbal",), "written_warning", "suspension"),
        (("verbal", "written_warning"), "suspension", "removal"),
        (("suspension",), "removal", None),
        (("suspension",), "verbal", None),  # a kinder step is always open
        (("no such thing",), "training", "written_warning"),
    ],
)
def test_a_step_is_not_skipped(before, allowed, refused):
    assert may("MR", "adhere", allowed, before) == "allowed"
    if refused:
        assert may("MR", "adhere", refused, before) == "skip-why"


def test_a_step_is_left_out_for_a_reason_where_the_ladder_says_so_and_nowhere_else():
    for name in ("adhere", "confidentiality", "terms"):
        ladder = procedures()["MR"].ladder(name)
        assert ladder and (ladder.skip, ladder.skip_clause) == ("screener", "project default")
        said = may_take(procedures()["MR"], ladder, "removal", [], None)
        assert "confirms: the Resident Engagement Team Leader" in said.message and "very serious" not in said.message
        assert may_take(procedures()["MR"], ladder, "removal", [], None, " ").code == "skip-why"
        assert may_take(procedures()["MR"], ladder, "removal", [], None, "It was racist abuse.")
        assert skips(ladder, "removal", [], None) and not skips(ladder, ladder.rungs[0][0], [], None)
    assert not [
        ladder.name for code in ("ME", "MO", "AL", "HS") for ladder in procedures()[code].ladders if ladder.skip
    ]
    panel = procedures()["AL"].ladder("regular")
    assert panel and may_take(procedures()["AL"], panel, "removal", [], None, "It was loud.").code == "ladder-skipped"


@pytest.mark.parametrize("preset", ["tenant_information", "prejudice", "very_serious"])
def test_the_panel_may_be_left_at_once_only_for_what_its_code_calls_very_serious(preset: str):
    assert may("AL", "regular", "removal") == "ladder-skipped"
    assert may("AL", "regular", "removal", preset=preset) == "allowed"
    assert may("AL", "regular", "aware_warned", preset=preset) == "allowed"


def test_legal_action_has_one_step_and_it_is_at_once():
    for name in ("arrears", "anti_social", "tenancy"):
        ladder = procedures()["MR"].ladder(name)
        assert ladder and ladder.at_once and ladder.rungs == (("suspension", "removal"),)


@pytest.mark.parametrize(
    ("document", "clauses", "leads_to"),
    [
        ("MR", ("MR-4c",), ["confidentiality"]),
        ("MR", ("MR-3.1",), ["adhere"]),
        ("MR", ("MR-3.10",), ["terms"]),
        ("MR", ("MR-4c", "MR-3.1"), ["confidentiality", "adhere"]),
        ("MR", ("MR-7.T4",), ["arrears"]),
        ("AL", ("AL-2.7",), ["regular", "meeting"]),
        ("ME", ("ME-2d", "MO-9b"), ["conduct"]),
    ],
)
def test_the_clause_leads_to_its_ladder(document, clauses, leads_to):
    assert [ladder.name for ladder in ladders_for(procedures()[document], clauses)] == leads_to


def test_the_rung_is_counted_from_what_was_taken_before():
    ladder = procedures()["MR"].ladder("adhere")
    assert ladder
    assert [highest_rung(ladder, before) for before in ([], ["verbal"], ["removal", "verbal"])] == [-1, 0, 3]
    assert top_rung(ladder, ["removal"], None) == 3


# --- the files ----------------------------------------------------------------------------------------------------


def test_every_code_has_its_procedure_and_every_number_its_clause():
    assert tuple(procedures()) == DOCUMENTS
    assert procedures()["MR"].limits["respond"].clock == "mk_breach_response"
    assert {name: limit.clock for name, limit in procedures()["AL"].limits.items()} == {
        "consider": "alliance_consider", "tell": "alliance_communicate", "respond": "",
    }  # fmt: skip
    for document in ("ME", "MR", "MO", "HS"):
        assert (procedures()[document].appeals.levels, procedures()[document].appeals.clause) == (
            (),
            "none in the code",
        )
    assert [level.clause for level in procedures()["AL"].appeals.levels] == [
        "project default",
        "project default",
        "AL-6j",
    ]


WRONG = """document = "MR"
title = "Wrong"
odd = 1

[people.screener]
label = "A screener"
clause = "MR-99"

[words.screen]
label = ""
clause = "MR-7b"

[clocks.respond]
clock = "no_such_clock"
clause = "MR-7d"

[clocks.screen]
working_days = 5
clause = "MR-7b"

[appeal]
window_wd = 0
clause = "none in the code"
route = "None."
[[appeal.levels]]
label = "A level"
clause = "project default"

[[sanctions]]
code = "verbal"
label = "A talk"
clause = "MR-7.T1"
for = "tenants"

[[sanctions]]
code = "verbal"
label = "A talk"
clause = "MR-7.T1"

[[ladders]]
name = "adhere"
label = "Ladder"
clause = "MR-7.T1"
order = "any"
rungs = [["verbal"], ["hanging"]]
skip = "decider"

[[presets]]
code = "serious"
label = "Serious"
clause = "MR-7"
ladder = "adhere"
rung = 7
"""


def test_a_wrong_file_says_everything_at_once_with_its_file_and_line():
    with pytest.raises(ProcedureError) as told:
        read_procedure("MR.toml", WRONG, KNOWN)
    said = "\n".join(told.value.problems)
    for line, words in (
        (3, "odd"), (5, "'MR-99' is in none of the codes"), (9, "label must be words"), (5, "people.decider"),
        (13, "'no_such_clock' is not a clock"), (17, "name its clock"), (21, "window_wd must be from 1 to 60"),
        (29, "for is 'tenants'"), (35, "verbal is there twice"), (40, "order is 'any'"), (40, "'hanging' is not among"),
        (40, "skip is"),
        (48, "rung is 7"), (9, "notify is absent"),
    ):  # fmt: skip
        assert words in said, words
        assert any(words in each and f"(line {line})" in each for each in told.value.problems), (line, words, said)
    assert all(problem.startswith("MR.toml: ") for problem in told.value.problems)


def test_a_file_that_is_no_toml_says_so_in_one_line():
    with pytest.raises(ProcedureError, match="line 1") as told:
        read_procedure("ME.toml", "document = \ntitle = 1\n", KNOWN)
    assert len(told.value.problems) == 1
