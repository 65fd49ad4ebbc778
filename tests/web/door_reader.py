"""Reads the page at the door as the phone's script does."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    kind: str
    next: str
    names: set[str] = field(default_factory=set)
    values: dict[str, set[str]] = field(default_factory=dict)


class Door(HTMLParser):
    """The page as the phone's script reads it: steps, forms, and where each button leads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.steps: list[str] = []
        self.shown: list[str] = []
        self.leads_to: set[str] = set()
        self.forms: list[Form] = []
        self.ids: list[str] = []
        self.outside_forms: dict[str, list[str]] = {}
        self._form: Form | None = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if "id" in given:
            self.ids.append(given["id"])
        if "data-step" in given:
            self.steps.append(given["data-step"])
            if "hidden" not in given:
                self.shown.append(given["data-step"])
        self.leads_to |= {given[key] for key in ("data-next", "data-show") if given.get(key)} - {"stay"}
        if tag == "form":
            self._form = Form(given["data-event"], given["data-next"])
            self.forms.append(self._form)
            assert given.get("method") == "dialog", "without the script this form would put its answers in an address"
        elif given.get("name") and tag != "meta":
            assert self._form, f"{given['name']} stands outside a form"
            self._note(tag, given)
        elif tag == "button" and "data-show" in given:
            self.outside_forms.setdefault(self.steps[-1], []).append(given["data-show"])

    def _note(self, tag, given):
        self._form.names.add(given["name"])
        if given.get("type") in ("radio", "submit", "hidden"):
            self._form.values.setdefault(given["name"], set()).add(given.get("value", ""))

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
