"""The council's document: what is taken, what is refused, and what of it is shown (ruling R21)."""

import hashlib
import time

import pytest

from fieldvisit.codes.text import HTML, MAX_BYTES, PDF, TextRefused, read_upload, sections_of

WORDS = "Treat people and their homes with care and be kind to them at all times. " * 3
PAGE = (
    f"<!doctype html><html><head><title>Code</title><style>p {{ color: red }}</style></head><body>"
    f"<h1>Code of conduct</h1><h2>At the door</h2><p>{WORDS}</p><h2>In the home &amp; after</h2>"
    f"<ul><li>Cover your shoes</li></ul></body></html>"
).encode()
A_PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\nstartxref\n9\n%%EOF\n"


def why(raw: bytes) -> str:
    with pytest.raises(TextRefused) as refused:
        read_upload(raw)
    assert refused.value.sentence.endswith(".")
    return refused.value.code


def test_a_page_and_a_pdf_are_taken_and_the_hash_is_of_the_bytes():
    for raw, media_type in ((PAGE, HTML), (A_PDF, PDF)):
        taken = read_upload(raw)
        assert (taken.media_type, taken.content) == (media_type, raw)
        assert taken.sha256 == hashlib.sha256(raw).hexdigest()


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "empty"),
        (b" \r\n ", "empty"),
        (b"GIF89a" + b"\x01" * 50, "no-document"),
        (b"\x89PNG\r\n\x1a\n" + b"0" * 100, "no-document"),
        (b"PK\x03\x04" + b"0" * 100, "no-document"),  # a word processor's file
        (b"MZ" + b"\x00" * 100, "no-document"),
        (b"just some words " * 30, "no-document"),
        (b"<p>Too short</p>", "no-document"),
        (b"<?xml version='1.0'?><svg>" + b"word " * 50, "no-document"),
        (b"<p>" + b"word " * 50 + b"\x00</p>", "no-document"),
        ("<p>Straße</p>".encode("latin-1") * 20, "no-document"),
        (PAGE.decode().encode("utf-16"), "no-document"),
        (b"<style>" + b"word " * 50 + b"</style><p>none</p>", "no-document"),
        (b"%PDF-1.7 and then nothing", "no-document"),
        (A_PDF + b"PK\x03\x04 something behind it", "no-document"),
        (A_PDF.replace(b"/Catalog", b"/Catalog /OpenAction << /S /JavaScript >>"), "runs"),
        (A_PDF.replace(b"/Catalog", b"/Catalog /EmbeddedFile"), "runs"),
        (A_PDF.replace(b"/Catalog", b"/Catalog /Encrypt 5 0 R"), "locked"),
        (b"<p>" + b"w" * (MAX_BYTES + 1), "too-large"),
        (b"<div>" * 30_000 + b"word " * 50, "too-large"),
    ],
)
def test_an_upload_that_is_no_document_is_refused_with_a_sentence(raw, code):
    assert why(raw) == code


@pytest.mark.parametrize(
    "active",
    [
        "<script>alert(1)</script>",
        '<p onclick="x()">a</p>',
        '<img src=x onerror="x()">',
        '<a href="java\tscript:x()">a</a>',
        '<a href=" JavaScript:x()">a</a>',
        '<iframe src="https://example.org"></iframe>',
        "<object data=x></object>",
        "<embed src=x>",
        '<form action="https://example.org"><input name=password></form>',
        '<meta http-equiv="refresh" content="0;url=https://example.org">',
        '<base href="https://example.org">',
        "<svg><animate onbegin=x()></svg>",
        "<math><mtext></mtext></math>",
        '<a href="data:text/html,x">a</a>',
    ],
)
def test_a_page_that_runs_or_calls_elsewhere_is_refused_and_is_not_signed_cleaned(active):
    assert why(PAGE.replace(b"<h2>", active.encode() + b"<h2>", 1)) == "runs"


def test_it_is_shown_in_sections_as_text_without_its_own_looks():
    first, second = sections_of(PAGE)
    assert (first.title, second.title) == ("At the door", "In the home & after")
    assert first.html == f"<p>{WORDS}</p>"
    assert "style" not in first.html + second.html
    assert second.html == "<ul><li>Cover your shoes</li></ul>"


def test_what_gets_past_the_door_is_still_cleaned():
    """The sister: the cleaning by itself, were the look before it ever mistaken."""
    [only] = sections_of(b"<p onclick=x()>a<script>b</script><a href='javascript:c'>d</a><img src=x></p>")
    assert only.html == '<p>a<a rel="noopener noreferrer">d</a></p>'


def test_a_heading_inside_a_table_or_a_quotation_does_not_cut_it_in_two():
    [only] = sections_of(b"<h1>One</h1><blockquote><h2>Two</h2><p>three</p></blockquote><p>four</p>")
    assert only.html.count("<blockquote>") == only.html.count("</blockquote>") == 1
    assert "four" in only.html


def test_a_long_page_is_read_in_a_moment():
    long = b"<h1>A</h1>" + b"<h2>B</h2><p>" + b"word " * 50 + b"</p>" * 1 + b"<p>x</p>" * 8_000
    started = time.monotonic()
    assert read_upload(long)
    assert sections_of(long)
    assert time.monotonic() - started < 5
