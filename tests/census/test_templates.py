"""No template says anything that the strict policy forbids, or that a block shown alone would lose."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "templates"
TEMPLATES = sorted(ROOT.rglob("*.html"))
LAYOUTS = {"layouts/base.html", "doorway/layout.html"}

# The check of a badge is one response: its one sheet stands in it, and the policy names the sheet by its hash (R13).
ONE_SHEET = {"doorway/layout.html"}

# Two names that the template itself writes, put into its own markup: nothing that anybody typed.
OWN_WORDS = """replace(('name="' ~ id ~ '"')|safe, ('name="' ~ name ~ '"')|safe)"""

FORBIDDEN = {
    "an inline script": r"<script(?![^>]*\bsrc=)",
    "a script that is not ours": r"<script[^>]*\bsrc=[\"'](?!\{\{ ?static_url\()",
    "an inline style": r"\sstyle\s*=",
    "a style sheet in the page": r"<style",
    "an on... attribute": r"\son[a-z]+\s*=",
    "htmx that evaluates": r"hx-on|js:|javascript:|hx-vars|hx-trigger=[\"'][^\"']*\[",
    "text taken as markup": r"\|\s*safe\b|\{%-?\s*autoescape\s+false|Markup\(",
    "an address of somebody else's": r"(?:src|href|action)=[\"'](?:https?:)?//",
    "a frame or a plug-in": r"<(?:iframe|object|embed|base)\b",
}


def plain(text: str) -> str:
    return re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)


def faults(name: str, text: str) -> set[str]:
    markup = re.sub(r"\{%-?\s*(?:set|with)\b.*?%\}", "", plain(text), flags=re.DOTALL)  # `set one = ` is no attribute
    markup = markup.replace(OWN_WORDS, "")
    found = {fault for fault, pattern in FORBIDDEN.items() if re.search(pattern, markup, re.IGNORECASE)}
    return found - ({"a style sheet in the page"} if name in ONE_SHEET else set())


def names(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", TEMPLATES, ids=names)
def test_a_template_has_nothing_inline(path: Path):
    assert faults(names(path), path.read_text()) == set()


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("an inline script", "<script>alert(1)</script>"),
        ("a script that is not ours", '<script src="//elsewhere.example/x.js"></script>'),
        ("an inline style", '<p style="color:red">'),
        ("a style sheet in the page", "<style>p{}</style>"),
        ("an on... attribute", '<button onclick="x()">'),
        ("htmx that evaluates", '<a hx-on:click="x()">'),
        ("htmx that evaluates", "<a hx-vals='js:{a: 1}'>"),
        ("htmx that evaluates", '<a hx-trigger="click[ctrlKey]">'),
        ("text taken as markup", "{{ words|safe }}"),
        ("text taken as markup", "{% autoescape false %}"),
        ("an address of somebody else's", '<img src="https://elsewhere.example/pixel">'),
        ("a frame or a plug-in", "<iframe>"),
    ],
)
def test_each_of_these_would_be_caught(fault: str, text: str):
    assert fault in faults("visits/any.html", text)


def top_level(text: str) -> str:
    """What stands outside every block: a block that is shown alone never sees it."""
    depth, outside = 0, []
    for part in re.split(r"(\{%-?\s*(?:end)?block\b.*?%\})", plain(text), flags=re.DOTALL):
        if re.match(r"\{%-?\s*block\b", part):
            depth += 1
        elif re.match(r"\{%-?\s*endblock\b", part):
            depth -= 1
        elif depth == 0:
            outside.append(part)
    return "".join(outside)


def is_child(text: str) -> bool:
    return bool(re.search(r"\{%-?\s*extends\b", plain(text)))


def sets_at_the_top(text: str) -> bool:
    return is_child(text) and bool(re.search(r"\{%-?\s*(?:set|import|from)\b", top_level(text)))


@pytest.mark.parametrize("path", [p for p in TEMPLATES if is_child(p.read_text())], ids=names)
def test_a_page_sets_and_imports_nothing_outside_its_blocks(path: Path):
    assert not sets_at_the_top(path.read_text())


def test_a_page_that_did_would_be_caught():
    assert sets_at_the_top('{% extends "a.html" %}{% set x = 1 %}{% block main %}{{ x }}{% endblock %}')
    assert sets_at_the_top('{% extends "a.html" %}{% import "b.html" as b %}')
    assert not sets_at_the_top('{% extends "a.html" %}{% block main %}{% set x = 1 %}{% endblock %}')


def has_title(text: str) -> bool:
    """Its own; or, where somebody checks a badge, the heading, which that layout makes the title."""
    title = "(?:title|heading)" if '"doorway/layout.html"' in text else "title"
    return bool(re.search(rf"\{{%-?\s*block {title}\s*-?%\}}(?!\s*\{{%-?\s*endblock)\s*\S", plain(text)))


def page_templates() -> list[Path]:
    return [p for p in TEMPLATES if is_child(p.read_text()) and not names(p).startswith("layouts/")]


@pytest.mark.parametrize("path", page_templates(), ids=names)
def test_every_page_has_a_title(path: Path):
    assert has_title(path.read_text())


def test_a_page_without_a_title_would_be_caught():
    assert not has_title('{% extends "layouts/public.html" %}{% block title %}{% endblock %}')


def test_undefined_names_are_errors_and_everything_is_escaped(app):
    from jinja2 import StrictUndefined

    assert app.jinja_env.undefined is StrictUndefined
    for template in TEMPLATES:
        assert app.select_jinja_autoescape(names(template))


def test_only_our_own_drawings_and_sheets_are_markup_in_python():
    """`Markup` in Python is `|safe` by another name: each stands here with its reason."""
    package = ROOT.parent / "fieldvisit"
    known = {
        "badges/routes.py",  # the QR, drawn by us from our own address
        "codes/text.py",  # what nh3 has cleaned of a council's page, and our own clauses, escaped
        "doorway/verify_page.py",  # the one sheet, our own file
    }
    found = {p.relative_to(package).as_posix() for p in package.rglob("*.py") if "Markup(" in p.read_text()}
    assert found <= known
