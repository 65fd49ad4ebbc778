"""Reads the page at the door as the phone's script does: puts it together first, then finds steps, forms, buttons."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from flask.testing import FlaskClient

SLOT = re.compile(r'<template data-slot="([^"]+)">(.*?)</template>', re.DOTALL)
PUT = re.compile(r'<div data-put="([^"]+)"></div>')
STEP = re.compile(r'<section class="step" data-step="([^"]+)".*?</section>', re.DOTALL)


def put_together(client: FlaskClient, page: str) -> str:
    """What static/js/steps.js makes of the server's page and of GET /steps: the steps that the page names, no other."""
    wanted = re.search(r'data-opens="([^"]+)" data-steps="([^"]*)" data-steps-version="([^"]+)"', page)
    if not wanted:
        return page
    opens, names, version = wanted.groups()
    answer = client.get(f"/steps?v={version}")
    assert answer.status_code == 200 and "immutable" in answer.headers["Cache-Control"]
    shared = {found[1]: found[0] for found in STEP.finditer(answer.text)}
    own, slots = {found[1] for found in STEP.finditer(page)}, dict(SLOT.findall(page))
    steps = "".join(_shown(shared[name], name == opens) for name in names.split() if name not in own)
    page = SLOT.sub("", page).replace("<div data-steps-here></div>", steps)
    return PUT.sub(lambda place: slots.get(place[1], ""), page)


def _shown(step: str, is_open: bool) -> str:
    assert step.split(">", 1)[0].endswith(" hidden")
    return step.replace(" hidden>", ">", 1) if is_open else step


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
        elif given.get("name") not in (None, "photo-what", "photo-asked") and tag != "meta":  # saved with no form
            assert self._form, f"{given['name']} stands outside a form"
            self._note(tag, given)
        elif tag == "button" and "data-show" in given:
            self.outside_forms.setdefault(self.steps[-1], []).append(given["data-show"])

    def _note(self, tag, given):
        if given.get("data-type") == "none":
            return  # asked for, and no part of the event
        self._form.names.add(given["name"])
        if given.get("type") in ("radio", "submit", "hidden"):
            self._form.values.setdefault(given["name"], set()).add(given.get("value", ""))

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
