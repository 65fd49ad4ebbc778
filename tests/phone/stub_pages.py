"""The pages that the stub serves: a door written by hand, and a visit made of the product's own pieces."""

import functools
from pathlib import Path
from types import SimpleNamespace

from jinja2 import Environment, FileSystemLoader

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


@functools.cache
def visit_page() -> str:
    """The pieces of the real templates that take photos, signatures and the reason for no photo, on one page."""
    env = Environment(loader=FileSystemLoader(TEMPLATES), trim_blocks=True, lstrip_blocks=True, autoescape=True)
    env.filters.update(phone=str)
    ui = SimpleNamespace()
    ui.door = env.get_template("ui/door.html").make_module({"ui": ui})
    known = {"ui": ui, "door": SimpleNamespace(opens="work"), "council": SimpleNamespace(office_line="01632 960123")}
    known["parts"] = env.get_template("visits/steps/_parts.html").make_module(known)
    return env.from_string(VISIT).render(known)


VISIT = """<!doctype html>
<html lang="en-GB" data-face="field" data-person="PERSON">
<head>
<meta charset="utf-8"><title>A visit</title><meta name="viewport" content="width=device-width">
<meta name="csrf-token" content="TOKEN"><meta name="fv-app" content="test-1">
<link rel="icon" href="data:,"><link rel="stylesheet" href="/static/css/doorstep.css">
<script type="module" src="/static/js/app.js"></script>
<link rel="modulepreload" href="/static/js/rescue.js">
</head>
<body data-refresh="REFRESH">
<aside class="strip"><a class="pill" href="/outbox" data-outbox-status>Entries</a></aside>
<main data-visit="visit-1">
<p class="said" data-said role="status"></p>
<div data-readiness></div>
<section class="step" data-step="work"><h2>You are in their home</h2>
{% call ui.door.choices() %}
{{ ui.door.choice("Add a photo", "photos", attrs={"data-photo-kind": "damage"}) }}
{{ ui.door.choice("Ask to come in", "consent-signed") }}
{{ ui.door.choice("I have finished", "finish", "yes") }}
{% endcall %}
{% call ui.door.form("visit.noted", "Noted", "stay") %}{{ ui.door.submit("Note it") }}{% endcall %}
</section>
{% include "visits/steps/photos.html" %}
<section class="step" data-step="consent-signed" hidden><h2>They sign</h2>
{% call ui.door.form("consent.given", "They said yes", "work") %}
{{ ui.door.hidden("how", "signed") }}{{ ui.door.hidden("scope", "enter", "list") }}
{{ ui.door.tick("adult", "They are 18 or over", required=True, attrs={"data-type": "bool"}) }}
{{ ui.door.checkboxes("scope", "What else?", [("work", "Doing the work"), ("photos", "Photos of the work")]) }}
{% include "visits/_signature_pad.html" %}
{{ ui.door.submit("They said yes: save") }}
{% endcall %}
</section>
<section class="step" data-step="finish" hidden><h2>Finished?</h2>
{% call ui.door.form("visit.closing", "Finished", "work") %}
{% include "visits/_no_photo.html" %}
{{ ui.door.submit("The work is done", name="why", value="done") }}
{% endcall %}
{{ ui.door.choice("Back to work", "work") }}
</section>
<ol class="ledger" data-ledger></ol>
<h2>Entries</h2>
<p data-outbox-empty hidden>Nothing here.</p><p data-outbox-summary></p><ol data-outbox-list></ol>
<button type="button" data-send-now>Send now</button>
<div data-outbox-full hidden><button type="button" data-later="rescue">Make a rescue file</button></div>
</main>
<footer class="foot"><a href="tel:01632960123">01632 960123</a></footer>
</body></html>
"""

DOOR = """<!doctype html>
<html lang="en-GB" data-face="field" data-person="PERSON">
<head>
<meta charset="utf-8"><title>At the door</title>
<meta name="csrf-token" content="TOKEN"><meta name="fv-app" content="test-1">
<link rel="icon" href="data:,">
<script type="module" src="/static/js/app.js"></script>
</head>
<body data-refresh="REFRESH">
<main data-visit="visit-1">
<p data-outbox-status></p>
<p data-said role="status"></p>
<section data-step="knock" id="step-knock">
  <h2>Knock</h2>
  <form method="dialog" data-event="door.answered" data-label="The door was answered" data-next="introduce">
    <fieldset><legend>Who answered?</legend>
      <label><input type="radio" name="by" value="adult" required
        data-error="Say who answered the door."> An adult</label>
      <label><input type="radio" name="by" value="child" data-next="child"
        data-event="door.child_answered"> A child</label>
    </fieldset>
    <label for="said">What they said</label>
    <textarea id="said" name="said" required data-error="Write what they said."></textarea>
    <label for="wait">Minutes waited</label> <input id="wait" name="wait_min" type="number" data-type="int">
    <label><input type="checkbox" name="mask" data-type="bool"> They asked for a mask</label>
    <label><input type="checkbox" name="needs" value="stairs" data-type="list"> Stairs</label>
    <label><input type="checkbox" name="needs" value="dog" data-type="list"> Dog</label>
    <label><input type="checkbox" name="left" value="card" data-type="list"> Left a card</label>
    <input type="hidden" name="screen" value="door" data-type="none">
    <label><input type="radio" name="calm" value="yes" data-type="yesno"> Calm</label>
    <label><input type="radio" name="calm" value="no" data-type="yesno"> Not calm</label>
    <label for="more">Anything else</label> <input id="more" name="more">
    <button>Save the answer</button>
  </form>
</section>
<section data-step="introduce" id="step-introduce" hidden>
  <h2>Introduce yourself</h2>
  <form method="dialog" data-event="door.introduced" data-kv="2" data-label="Introduced" data-next="stay">
    <button name="how" value="spoken">I have said who I am</button>
  </form>
  <form method="dialog" data-event="visit.noted" data-label="Noted" data-next="stay"><button>Note it</button></form>
  <button type="button" data-show="child">A child is alone</button>
</section>
<section data-step="child" id="step-child" hidden><h2>Do not go in</h2></section>
<ol data-ledger></ol>
</main>
<h1>Entries</h1><ol data-outbox-list></ol><p data-outbox-empty hidden>Nothing here.</p>
<button type="button" data-send-now>Send now</button>
</body></html>
"""
