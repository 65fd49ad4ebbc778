"""Every clause of the five codes is here once and says how it is met; what says 'enforced' is proved by a test."""

import ast
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from fieldvisit.codes.catalogue import (
    MET,
    UNMET,
    Clause,
    all_clauses,
    all_documents,
    as_rows,
    as_table,
    clause,
    missing_proofs,
    read_document,
    unknown_addresses,
)
from fieldvisit.visits import wire

ROOT = Path(__file__).parents[2]
NORMATIVE = (Path(__file__).parent / "clause_ids.txt").read_text(encoding="utf-8").split()
RECORDS = {"access record", "acknowledgement", "code documents", "register", "task"}
CITED = re.compile(r"\b(?:ME|MR|MO|AL|HS)-(?:[0-9]|Ack)[\w.-]*")
MOST_WORDS = 25  # in one duty: longer than this, a reader of nine loses the thread
CONSENT = clause("ME-3.1d")
MEETING = clause("MR-3.4")
LATER = replace(clause("ME-8.2b"), how="planned", met="", where=(), tests=())


def written_tests(folder: Path) -> set[str]:
    return {
        f"{path.relative_to(ROOT).as_posix()}::{name}"
        for path in folder.rglob("test_*.py")
        for name in names_of_tests(path.read_text(encoding="utf-8"))
    }


def names_of_tests(source: str) -> Iterable[str]:
    body = ast.parse(source).body
    yield from functions(body)
    for node in body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from (f"{node.name}::{name}" for name in functions(node.body))


def functions(body: list[ast.stmt]) -> list[str]:
    defined = [node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [name for name in defined if name.startswith("test_")]


def faults_of_ids(clauses: Iterable[Clause], normative: list[str] = NORMATIVE) -> list[str]:
    times = Counter(each.id for each in clauses)
    absent = [f"{wanted} is in none of the five codes" for wanted in normative if not times[wanted]]
    strange = [f"{found} is no clause that we know" for found in times if found not in normative]
    return absent + strange + [f"{found} is here {count} times" for found, count in times.items() if count > 1]


def faults_of_form(each: Clause) -> list[str]:
    alone = each.how in UNMET
    legal = alone or (len(set(each.ways)) == len(each.ways) <= 2 and set(each.ways) <= set(MET))
    says_more = each.where or each.tests or each.met
    rules = {
        f"{each.how!r} is no way to meet a clause": legal,
        f"says more than {each.how!r}": not (alone and says_more) and not (each.why and each.how != "out"),
        "is out, and does not say why": each.how != "out" or bool(each.why),
        "does not say where it is met": alone or bool(each.where),
        "does not say what of it is met": alone or bool(each.met),
        "does not begin with the name of its document": each.id.startswith(f"{each.document}-"),
        "has no section, bearer or duty": all((each.section, each.bearer, each.duty)),
        "is too long to read": len(each.duty.split()) <= MOST_WORDS,
    }
    return [f"{each.id} {fault}" for fault, kept in rules.items() if not kept]


def test_every_clause_of_the_five_codes_is_here_once_and_no_other() -> None:
    assert faults_of_ids(all_clauses()) == []
    assert len(NORMATIVE) == len(set(NORMATIVE)) == 287


def test_a_clause_lost_added_or_written_twice_is_seen() -> None:
    clauses = all_clauses()
    assert faults_of_ids(clauses[1:]) == ["ME-0 is in none of the five codes"]
    assert faults_of_ids([*clauses, replace(CONSENT, id="ME-99")]) == ["ME-99 is no clause that we know"]
    assert faults_of_ids([*clauses, CONSENT]) == ["ME-3.1d is here 2 times"]


def test_every_clause_says_how_it_is_met_and_no_more_than_it_may() -> None:
    assert [fault for each in all_clauses() for fault in faults_of_form(each)] == []


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        (replace(CONSENT, how="hoped"), "ME-3.1d 'hoped' is no way to meet a clause"),
        (replace(CONSENT, how="enforced+planned"), "ME-3.1d 'enforced+planned' is no way to meet a clause"),
        (replace(CONSENT, how="enforced+enforced"), "ME-3.1d 'enforced+enforced' is no way to meet a clause"),
        (
            replace(CONSENT, how="enforced+prompted+recorded"),
            "ME-3.1d 'enforced+prompted+recorded' is no way to meet a clause",
        ),
        (replace(LATER, where=("/office",)), "ME-8.2b says more than 'planned'"),
        (replace(LATER, tests=("tests/a.py::test_b",)), "ME-8.2b says more than 'planned'"),
        (replace(LATER, met="Half of it."), "ME-8.2b says more than 'planned'"),
        (replace(CONSENT, why="Hard."), "ME-3.1d says more than 'enforced'"),
        (replace(MEETING, why=""), "MR-3.4 is out, and does not say why"),
        (replace(CONSENT, where=()), "ME-3.1d does not say where it is met"),
        (replace(CONSENT, met=""), "ME-3.1d does not say what of it is met"),
        (replace(CONSENT, document="AL"), "ME-3.1d does not begin with the name of its document"),
        (replace(CONSENT, duty=""), "ME-3.1d has no section, bearer or duty"),
        (replace(CONSENT, duty="word " * 26), "ME-3.1d is too long to read"),
    ],
)
def test_a_clause_that_is_badly_written_is_seen(broken: Clause, fault: str) -> None:
    assert fault in faults_of_form(broken)


def test_every_clause_that_says_enforced_has_a_test_and_every_named_test_is_written() -> None:
    assert missing_proofs(written_tests(ROOT / "tests")) == []


def test_an_enforced_clause_without_a_test_is_seen() -> None:
    assert missing_proofs(set(), [replace(CONSENT, tests=())]) == ["ME-3.1d says 'enforced' and names no test"]


def test_a_clause_that_names_a_test_nobody_wrote_is_seen() -> None:
    named = replace(CONSENT, tests=("tests/rules/test_consent.py::test_gone",))
    assert missing_proofs({"tests/rules/test_consent.py::test_here"}, [named]) == [
        "ME-3.1d names tests/rules/test_consent.py::test_gone, which is not there"
    ]


def test_tests_are_found_in_functions_and_in_classes_and_nothing_else_is_taken_for_one() -> None:
    source = "def test_a(): ...\nasync def test_b(): ...\nclass TestC:\n    def test_d(self): ...\ndef helped(): ...\n"
    assert set(names_of_tests(source)) == {"test_a", "test_b", "TestC::test_d"}


@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
def test_every_address_that_a_clause_points_at_is_served(app: Flask) -> None:
    assert unknown_addresses(rule.rule for rule in app.url_map.iter_rules()) == []


def test_an_address_that_no_route_serves_is_seen_whatever_its_placeholder_is_called() -> None:
    clauses = [replace(CONSENT, where=("/visits/<id>", "/nowhere", "access record"))]
    assert unknown_addresses(["/visits/<uuid:visit_id>"], clauses) == [
        "ME-3.1d points at /nowhere, which no route serves"
    ]


def strange_records(clauses: Iterable[Clause]) -> list[str]:
    known = RECORDS | {f"visit log: {kind}" for kind, _version in wire.known()}
    return [
        f"{each.id} points at {place}" for each in clauses for place in set(each.where) - known - set(each.addresses)
    ]


def test_every_record_that_a_clause_points_at_is_one_that_we_keep() -> None:
    assert strange_records(all_clauses()) == []


def test_a_record_that_nobody_keeps_is_seen() -> None:
    pointing = replace(CONSENT, where=("/visits/<id>", "visit log: consent.given", "visit log: consent.guessed"))
    assert strange_records([pointing]) == ["ME-3.1d points at visit log: consent.guessed"]


def strange_citations(sources: Iterable[tuple[str, str]], known: set[str]) -> list[str]:
    cited = ((name, each.rstrip(".-")) for name, text in sources for each in CITED.findall(text))
    return sorted({f"{name} cites {each}, which is no clause" for name, each in cited if each not in known})


def test_every_clause_that_the_code_cites_is_one_of_the_five_codes() -> None:
    paths = [path for path in (ROOT / "fieldvisit").rglob("*") if path.suffix in (".py", ".toml")]
    sources = [(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in paths]
    assert strange_citations(sources, set(NORMATIVE)) == []


def test_a_citation_of_a_clause_that_is_not_there_is_seen() -> None:
    sources = [("rules.py", "# ME-3.1d, ME-3.9z and MR-7.T1.")]
    assert strange_citations(sources, set(NORMATIVE)) == ["rules.py cites ME-3.9z, which is no clause"]


def test_every_document_says_its_version_and_standing_and_whom_it_binds() -> None:
    standing = {each.code: each.status for each in all_documents()}
    assert standing == {"ME": "live", "MR": "draft", "MO": "live", "AL": "live", "HS": "draft"}
    assert all(each.title and each.version and each.binds for each in all_documents())


def test_the_draft_for_housing_staff_keeps_who_approves_it_and_leaves_open_what_is_open() -> None:
    draft = next(each for each in all_documents() if each.code == "HS")
    assert (draft.approved_by, draft.approved_on, draft.review_due) == ("Cabinet", "", "")
    assert draft.owner


def test_rows_carry_the_keys_that_other_programs_read() -> None:
    keys = ["id", "document", "section", "duty", "how", "where", "tests"]
    rows = {row["id"]: row for row in as_rows()}
    assert all(list(row)[:7] == keys for row in rows.values())
    assert set(rows["ME-8.2b"]) == {*keys, "met"}
    assert set(rows["MR-3.4"]) == {*keys, "why"}
    assert len(rows) == 287


def test_the_table_fits_a_terminal_and_counts_every_clause() -> None:
    table = as_table(as_rows()).splitlines()
    assert all(any(line.startswith(f"{wanted} ") for line in table) for wanted in NORMATIVE)
    assert table[-1].startswith("287 clauses: ")
    assert max(len(line) for line in table if "::" not in line) <= 120


def test_a_clause_that_is_not_there_is_named() -> None:
    with pytest.raises(LookupError, match="there is no clause 'ME-99'"):
        clause("ME-99")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('colour = "red"', "sample: clause ME-1 has colour, which means nothing here"),
        ("", "sample: clause ME-1 has no how"),
    ],
)
def test_a_document_with_a_wrong_or_missing_line_is_refused_by_the_name_of_its_clause(
    line: str, complaint: str
) -> None:
    facts = 'code = "ME"\ntitle = "T"\nlandlord = "L"\nversion = "1"\ndated = ""\nstatus = "live"\nbinds = "all"\n'
    how = 'how = "planned"\n' if line else ""
    row = f'[[clause]]\nid = "ME-1"\nsection = "1"\nbearer = "all"\nduty = "Be kind."\n{how}{line}\n'
    with pytest.raises(ValueError, match=re.escape(complaint)):
        read_document("sample", f"[document]\n{facts}{row}")
