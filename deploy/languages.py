"""Brings the catalogues up to date: collects the words of the tenant's pages, adds the new ones to each, compiles.

    python deploy/languages.py            all languages that we have
    python deploy/languages.py cy         and begins Welsh

What is not translated yet stays empty, and `tests/census/test_languages.py` names it. See LANGUAGES.md.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from babel.messages.frontend import CommandLineInterface

ROOT = Path(__file__).parents[1]
CATALOGUES = ROOT / "fieldvisit" / "translations"
WHERE = ROOT / "deploy" / "babel.cfg"
KEEP_PLAIN = ["--no-wrap", "--ignore-obsolete", "--no-fuzzy-matching", "--ignore-pot-creation-date"]


def babel(*arguments: str) -> None:
    CommandLineInterface().run(["pybabel", "-q", *arguments])


def collect(into: Path) -> None:
    words = ["-k", "lazy_gettext", "--no-wrap", "--sort-by-file", "--no-location", "--project", "FieldVisit"]
    babel("extract", "-F", str(WHERE), *words, "--copyright-holder", "FieldVisit", "-o", str(into), str(ROOT))


def bring_up_to_date(new: list[str]) -> None:
    CATALOGUES.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        template = Path(folder) / "messages.pot"
        collect(template)
        for code in new:
            babel("init", "-i", str(template), "-d", str(CATALOGUES), "-l", code, "--no-wrap")
        babel("update", "-i", str(template), "-d", str(CATALOGUES), *KEEP_PLAIN)
    babel("compile", "-d", str(CATALOGUES))


if __name__ == "__main__":
    bring_up_to_date(sys.argv[1:])
