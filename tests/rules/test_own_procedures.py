"""A council's own code brings its procedure, or names one of the five's, or says plainly that nobody wrote one; and a wrong
file says every mistake at once, with its file, its line and what to do."""

from pathlib import Path

import pytest

from fieldvisit.breaches import own_procedures
from fieldvisit.breaches.ladders import ladders_for
from fieldvisit.breaches.procedure import ProcedureError, procedure_of, procedures, read_procedure
from fieldvisit.codes import own
from fieldvisit.codes.own import OwnCodesError, say_procedure
from tests.own_code import CODE, PROCEDURE, in_use, naming, written


def problems(folder: Path) -> list[str]:
    with pytest.raises(OwnCodesError) as refused:
        own_procedures.use(folder)
    own_procedures.use(None)
    return list(refused.value.problems)


def line(text: str, start: str) -> int:
    return 1 + next(place for place, each in enumerate(text.splitlines()) if each.startswith(start))


def test_a_code_brings_its_own_procedure_from_beside_its_clauses(tmp_path: Path):
    with in_use(written(tmp_path)):
        found = procedure_of("TOR")
        assert found and [ladder.name for ladder in ladders_for(found, ("TOR-1",))] == ["terms"]
        assert [ladder.name for ladder in ladders_for(found, ("TOR-2",))] == ["secrets"]
        assert (found.limits["respond"].working_days, found.limits["respond"].clause) == (7, "TOR-9")
        assert say_procedure("TOR") == "Cases under TOR follow its own procedure, procedures/TOR.toml."
        assert own.clause("TOR-9").section == "9" and own.clause("ME-2d")
    assert procedure_of("TOR") is None
    assert set(procedures()) == {"ME", "MR", "MO", "AL", "HS"}, "our own five are as they were"


@pytest.mark.parametrize("lender", ["ME", "MR", "MO", "AL", "HS"])
def test_a_code_may_name_the_procedure_of_another_but_not_its_rows_for_single_clauses(tmp_path: Path, lender: str):
    with in_use(written(tmp_path, naming(lender), None)):
        found = procedure_of("TOR")
        assert found and found.document == "TOR"
        assert found.limits == procedures()[lender].limits and found.appeals == procedures()[lender].appeals
        assert list(ladders_for(found, ("TOR-1",))) == [one for one in procedures()[lender].ladders if not one.clauses]
        assert found.ladders and not any(ladder.at_once for ladder in found.ladders)
        assert say_procedure("TOR") == f"Cases under TOR follow the procedure of {lender}, as forum.toml says."


def test_where_a_code_brings_none_the_sentence_says_what_to_add(tmp_path: Path):
    with in_use(written(tmp_path, CODE, None)):
        assert procedure_of("TOR") is None
        said = say_procedure("TOR")
        assert said.startswith("No case can be looked at under TOR yet")
        assert "procedures/TOR.toml beside forum.toml" in said and 'procedure = "ME"' in said
        assert own_procedures.say() == [said]
    assert say_procedure("ME") == "" and "Ask the administrator to put it back" in say_procedure("TOR")


def test_every_mistake_is_said_at_once_with_file_line_and_what_to_do(tmp_path: Path):
    bad = (
        PROCEDURE.replace('document = "TOR"', 'document = "ME"')
        .replace("working_days = 7", "working_days = 70")
        .replace('clause = "TOR-9"\nroute', 'clause = "TOR-8"\nroute')
        .replace('order = "free"', 'order = "loose"')
        .replace('code = "end"', 'code = "The end"')
        .replace('rungs = [["talk"], ["end"]]', 'rungs = [["talk"], [["end"]]]')
        .replace("[words.tell]", "[words.shout]")
    )
    said = "\n".join(problems(written(tmp_path, CODE, bad)))
    here, second = "procedures/TOR.toml: ", line(bad, 'name = "secrets"') - 1
    for sentence in (
        f"{here}document (line {line(bad, 'document')}): must be TOR.",
        f"{here}clocks.respond (line {line(bad, '[clocks.respond]')}): working_days is 70, and must be from 1 to 60.",
        f"{here}appeal (line {line(bad, '[appeal]')}): clause 'TOR-8' is in none of the codes: name one, or",
        f"{here}ladders[1] (line {second}): order is 'loose', and must be strict or free.",
        "code is 'The end', and must be 1 to 24 small letters, digits and _.",
        f"{here}ladders[0] (line {line(bad, '[[ladders]]')}): rungs must be lists of sanctions",
        f"{here}words (line",
        "tell is absent: write [words.tell].",
        "words.shout",
    ):
        assert sentence in said, f"{sentence}\n\n{said}"


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"procedures/TOX.toml": PROCEDURE}, "procedures/TOX.toml: no code in this folder is called TOX. Name the file after"),
        ({"procedures/TOR.toml": "[people"}, "procedures/TOR.toml: Expected"),
        ({"forum.toml": naming("ME"), "procedures/TOR.toml": PROCEDURE}, "Take one of them away."),
        ({"forum.toml": naming("TOR")}, "document.procedure (line 9): must be one of ME, MR, MO, AL, HS"),
    ],
)  # fmt: skip
def test_a_file_that_fits_nothing_stops_the_start(tmp_path: Path, files: dict[str, str], sentence: str):
    written(tmp_path, CODE, None)
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert any(sentence in each for each in problems(tmp_path)), problems(tmp_path)


def test_text_that_is_not_utf_8_is_said(tmp_path: Path):
    written(tmp_path, CODE, None)
    (tmp_path / "procedures" / "TOR.toml").write_bytes(PROCEDURE.replace("forum", "fördum").encode("latin-1"))
    assert problems(tmp_path) == ["procedures/TOR.toml is not text in UTF-8: save it as UTF-8 and try again."]


@pytest.mark.parametrize("value", ["1", "true", "[]", '"x"', "[[1]]", "{a = 1}", "[{a = 1}]"])
def test_whatever_stands_in_the_place_of_a_part_is_a_sentence_and_never_a_traceback(value: str):
    for part in ("people", "words", "clocks", "appeal", "sanctions", "ladders", "presets", "title", "document"):
        kept = "\n".join(
            each for each in PROCEDURE.split("\n\n") if not each.strip().startswith((f"[{part}", f"[[{part}"))
        )
        kept = "\n".join(each for each in kept.splitlines() if not each.startswith(f"{part} ="))
        if (part, value) not in (("presets", "[]"), ("title", '"x"')):
            with pytest.raises(ProcedureError) as refused:
                read_procedure("TOR.toml", f"{part} = {value}\n{kept}", frozenset({"TOR-9", "TOR-2"}), own="TOR")
            assert all(each.startswith("TOR.toml: ") for each in refused.value.problems)


def test_days_of_another_codes_clause_are_counted_in_one_place_all_the_same():
    ours = PROCEDURE.replace('"TOR"', '"ME"').replace("TOR-9", "ME-2d").replace("TOR-2", "ME-2d")
    with pytest.raises(ProcedureError, match="is a limit of the code: name its clock"):
        read_procedure("ME.toml", ours, frozenset({"ME-2d"}))
