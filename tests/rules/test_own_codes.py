"""A council adds its own code in the same form; a wrong file says every mistake at once, with file and line."""

from pathlib import Path

import pytest

from fieldvisit.codes import own
from fieldvisit.codes.own import OwnCodesError, known_documents, read_folder
from fieldvisit.codes.versions import document_of

GOOD = """
[document]
code = "TOR"
title = "Terms of reference of the forum"
landlord = "Melton Borough Council"
version = "1"
dated = "1 March 2026"
status = "live"
binds = "Members of the forum"

[[clause]]
id = "TOR-1"
section = "1"
bearer = "Members"
duty = "Come to four meetings a year, or say that you cannot."
how = "displayed"
met = "It is read and signed."
where = ["/codes"]
"""


def problems(folder: Path) -> list[str]:
    with pytest.raises(OwnCodesError) as refused:
        read_folder(folder)
    return list(refused.value.problems)


def test_a_councils_own_code_stands_beside_the_five(tmp_path: Path):
    (tmp_path / "forum.toml").write_text(GOOD)
    [found] = read_folder(tmp_path)
    assert (found.code, found.name, found.clauses[0].duty[:4]) == ("TOR", "forum", "Come")
    own.use(tmp_path)
    try:
        assert [each.code for each in known_documents()][-1] == "TOR"
        assert document_of("TOR") is not None
    finally:
        own.use(None)
    assert document_of("TOR") is None


def test_every_mistake_is_said_at_once_with_its_file_and_line(tmp_path: Path):
    bad = GOOD.replace('code = "TOR"', 'code = "tor"').replace('how = "displayed"', 'how = "somehow"')
    bad = bad.replace('dated = "1 March 2026"', "dated = 2026-03-01").replace('section = "1"', 'chapter = "1"')
    (tmp_path / "bad.toml").write_text(bad)
    (tmp_path / "torn.toml").write_text("[document\n")
    said = problems(tmp_path)
    lines = bad.splitlines()
    assert f"bad.toml: document.dated (line {lines.index('dated = 2026-03-01') + 1}): must be text, in quotes." in said
    assert "bad.toml: document.code (line 3): must be two to four capital letters." in said
    assert any("clause[0].how (line 16): must be one or two of enforced" in each for each in said)
    assert any("clause[0].chapter (line 13): means nothing here." in each for each in said)
    assert any("clause[0].section (line 11): is absent." in each for each in said)
    assert any(each.startswith("torn.toml: ") for each in said)


def test_letters_that_are_taken_are_refused(tmp_path: Path):
    (tmp_path / "mine.toml").write_text(GOOD.replace("TOR", "ME"))
    assert "ME is the code of melton" in problems(tmp_path)[0]
    (tmp_path / "mine.toml").write_text(GOOD)
    (tmp_path / "other.toml").write_text(GOOD)
    assert "TOR is the code of mine.toml" in problems(tmp_path)[0]


def test_a_clause_is_there_once_and_bears_its_codes_letters(tmp_path: Path):
    twice = GOOD + GOOD[GOOD.index("[[clause]]") :]
    (tmp_path / "twice.toml").write_text(twice)
    assert "TOR-1 is there twice" in problems(tmp_path)[0]
    (tmp_path / "twice.toml").write_text(GOOD.replace('id = "TOR-1"', 'id = "ME-1"'))
    assert "must begin with TOR-" in problems(tmp_path)[0]


def test_a_folder_that_is_not_there_says_which_setting_names_it(tmp_path: Path):
    assert "FIELDVISIT_CODES_DIR" in problems(tmp_path / "nowhere")[0]


def test_text_that_is_not_utf_8_is_said(tmp_path: Path):
    (tmp_path / "old.toml").write_bytes(GOOD.replace("year", "yeär").encode("latin-1"))
    assert problems(tmp_path) == ["old.toml is not text in UTF-8: save it as UTF-8 and try again."]


def test_a_clause_may_say_who_can_break_it(tmp_path: Path):
    for said, firm, council in (("firm", True, False), ("council", False, True), ("nobody", False, False)):
        (tmp_path / "forum.toml").write_text(GOOD + f'broken_by = "{said}"\n')
        [clause] = read_folder(tmp_path)[0].clauses
        assert (clause.can_be_broken(of_a_firm=True), clause.can_be_broken(of_a_firm=False)) == (firm, council)
    (tmp_path / "forum.toml").write_text(GOOD + 'broken_by = "tenants"\n')
    assert "broken_by (line 19): must be firm, council, nobody, or be left out." in problems(tmp_path)[0]
