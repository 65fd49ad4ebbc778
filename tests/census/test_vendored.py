"""Other people's files are as they were published, byte for byte, and none is here that the list does not name."""

import re
from hashlib import sha256
from pathlib import Path

VENDOR = Path(__file__).parents[2] / "static" / "vendor"
LIST = (VENDOR / "VENDORED.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([^`]+)` \|.*?\(`([^`]+)`\) \| `([0-9a-f]{64})` \|$", LIST, re.MULTILINE)


def test_every_file_has_the_hash_that_the_list_says():
    assert ROWS
    assert {name: sha256((VENDOR / name).read_bytes()).hexdigest() for name, _, _ in ROWS} == {
        name: digest for name, _, digest in ROWS
    }


def test_every_file_is_in_the_list_and_has_its_licence_beside_it():
    here = {path.name for path in VENDOR.iterdir()}
    built_from = {"govuk-frontend.scss"}
    assert here == {name for row in ROWS for name in row[:2]} | built_from | {"VENDORED.md"}
