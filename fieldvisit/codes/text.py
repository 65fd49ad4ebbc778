"""The text that people sign: the council's own document as it was uploaded, HTML or PDF (ruling R21). No web, no database.

What it is, its bytes decide, never its name. Its hash is of those bytes. A page is shown cleaned, as text with headings
in sections, and what would have run or called elsewhere is refused at the door, so that nobody signs what a script
might change; a PDF is only ever handed over as a file.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser

import nh3
from markupsafe import Markup

from fieldvisit.codes.catalogue import Clause

HTML, PDF = "text/html", "application/pdf"
MAX_BYTES = 4 * 1024 * 1024
MAX_TAGS, MAX_DEPTH, FEWEST_WORDS = 20_000, 200, 20
RUNS = frozenset({"script", "iframe", "frame", "object", "embed", "applet", "form", "base", "portal", "svg", "math"})
SHOWN = {
    "h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "ul", "ol", "li", "dl", "dt", "dd", "strong", "b", "em", "i",
    "blockquote", "table", "caption", "thead", "tbody", "tr", "th", "td", "a", "sub", "sup",
}  # fmt: skip
GOES_WITH_CONTENT = {"script", "style", "title", "head", "template", "noscript"}
_RUNS_IN_PDF = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFile|RichMedia|XFA|SubmitForm)\b")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


class TextRefused(ValueError):
    """This upload is no document that people could sign. `sentence` says what to do."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(code)
        self.code, self.sentence = code, sentence


@dataclass(frozen=True, slots=True)
class Upload:
    media_type: str
    content: bytes

    @property
    def sha256(self) -> str:
        return sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Section:
    """title: plain. html: clean, without the section's own heading; markup, because it was cleaned here and nowhere else."""

    title: str
    html: Markup


def read_upload(raw: bytes) -> Upload:
    """Raises TextRefused."""
    if not raw.strip():
        raise TextRefused("empty", "Choose a file first: the code as a page (HTML) or as a PDF.")
    if len(raw) > MAX_BYTES:
        raise TextRefused("too-large", "This file is over 4 MB. Save the code without pictures and try again.")
    if raw.startswith(b"%PDF-"):
        _look_into_pdf(raw)
        return Upload(PDF, raw)
    _look_into_page(raw)
    return Upload(HTML, raw)


def sections_of(content: bytes) -> list[Section]:
    """Of a page that `read_upload` took: cleaned, one section for each heading of the first two ranks."""
    cleaned = nh3.clean(
        content.decode("utf-8-sig"), tags=SHOWN, clean_content_tags=GOES_WITH_CONTENT,
        attributes={"a": {"href"}, "th": {"scope", "colspan", "rowspan"}, "td": {"colspan", "rowspan"}},
        url_schemes={"https", "http", "mailto", "tel"}, link_rel="noopener noreferrer",
    )  # fmt: skip
    splitter = _Splitter()
    splitter.feed(cleaned)
    splitter.close()
    return splitter.made()


def sections_of_clauses(clauses: Sequence[Clause]) -> list[Section]:
    """Our own words for a code, for a version that has no uploaded page: grouped as its sections are."""
    groups: dict[str, list[Markup]] = {}
    for each in clauses:
        groups.setdefault(each.section, []).append(Markup("<li>{}</li>").format(each.duty))
    return [Section(title, Markup("<ul>{}</ul>").format(Markup("").join(lines))) for title, lines in groups.items()]


def _look_into_pdf(raw: bytes) -> None:
    tail = raw.rstrip(b"\r\n\t \x00")
    if not tail.endswith(b"%%EOF") or b"startxref" not in tail[-2048:]:
        raise TextRefused("no-document", "This is not a whole PDF. Make it again, or save the code as a page (HTML).")
    if b"/Encrypt" in raw:
        raise TextRefused("locked", "This PDF is locked with a password. Save it without one.")
    if _RUNS_IN_PDF.search(raw):
        raise TextRefused("runs", "This PDF has a script, a form or another file in it. Print the code to a plain PDF.")


def _look_into_page(raw: bytes) -> None:
    no_page = TextRefused(
        "no-document", "This is no document that we know. Choose the code as a page (HTML) or as a PDF."
    )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise no_page from None
    if not text.lstrip().startswith("<") or text.lstrip().lower().startswith("<?xml") or _CONTROL.search(text):
        raise no_page
    look = _Look()
    look.feed(text)
    look.close()
    if look.runs:
        raise TextRefused("runs", f"This page has {look.runs}. Save the code as plain text with headings, without it.")
    if look.words < FEWEST_WORDS:
        raise no_page


class _Look(HTMLParser):
    """What a page has in it, without believing any of it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.runs, self.words, self._tags, self._depth, self._unseen = "", 0, 0, 0, 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tags, self._depth = self._tags + 1, self._depth + 1
        self._unseen += tag in GOES_WITH_CONTENT
        if tag in RUNS:
            self.runs = self.runs or f"a <{tag}> in it"
        for name, value in attrs:
            plain = re.sub(r"\s|[\x00-\x1f]", "", value or "").lower()
            if name.startswith("on") or plain.startswith(("javascript:", "vbscript:", "data:text")):
                self.runs = self.runs or "a script in it"
            if tag == "meta" and name == "http-equiv" and plain == "refresh":
                self.runs = self.runs or "a way to another page in it"
        if self._tags > MAX_TAGS or self._depth > MAX_DEPTH + self._tags // 2:
            raise TextRefused(
                "too-large", "This page is too deep or too long to be read. Save it as plain text with headings."
            )

    def handle_endtag(self, tag: str) -> None:
        self._depth -= 1
        self._unseen -= tag in GOES_WITH_CONTENT and self._unseen > 0

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.words += len(data.split())


class _Splitter(HTMLParser):
    """Cuts a clean page at its headings of the first two ranks, where nothing is open around them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self._open, self._in_title = 0, False
        self._done: list[Section] = []
        self._title, self._html = "", list[str]()

    def made(self) -> list[Section]:
        self._cut()
        return [section for section in self._done if section.html]  # a heading over nothing is the document's own title

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("h1", "h2") and self._open == 0:
            self._cut()
            self._in_title = True
            return
        if not self._in_title:
            self._html.append(self.get_starttag_text() or "")
            self._open += tag not in ("br", "hr")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("h1", "h2") and self._in_title:
            self._in_title = False
        elif not self._in_title:
            self._html.append(f"</{tag}>")
            self._open -= 1

    def handle_data(self, data: str) -> None:
        self._add(data)

    def handle_entityref(self, name: str) -> None:
        self._add(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._add(f"&#{name};")

    def _add(self, text: str) -> None:
        if self._in_title:
            self._title += text
        else:
            self._html.append(text)

    def _cut(self) -> None:
        html = "".join(self._html).strip()
        title = unescape(" ".join(self._title.split()))
        self._done.append(Section(title, Markup(html)))  # noqa: S704 - what nh3 has cleaned, cut
        self._title, self._html = "", []
