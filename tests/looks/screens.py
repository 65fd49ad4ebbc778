"""Every page that a person may look at: where it is, who looks, and what they do there first.

A new page of the app gets a line in SCREENS; what is fetched but never looked at gets one in NOT_LOOKED_AT.
"""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.looks import codes
from tests.looks.breaches import decides_with_nothing_typed
from tests.looks.concerns import asks_how_it_stands, looks_somebody_up, sends_it, shows_who_told_it
from tests.looks.declarations import decides_nothing, sends_nothing
from tests.looks.doing import (
    cancels_without_a_reason,
    decides_without_a_word,
    fills_in_a_plan,
    finds_a_home,
    is_answered,
    nothing_more,
    opens_another_matter,
    opens_everything,
    presses,
    sets_a_short_password,
    takes_a_concern,
    types_no_number,
    verifies,
)
from tests.looks.lawful_entries import asks_for_entry, asks_with_nothing_typed
from tests.looks.photos import shows_all
from tests.looks.refusals import half_a_contact
from tests.looks.safety import decides_without_a_reason, ends_an_alarm


@dataclass(frozen=True)
class Screen:
    name: str
    rule: str  # as the app's map of addresses has it
    who: str | None = None
    at: str = ""  # the address, with {names} of what a_busy_council made; the rule itself when it has no parts
    does: Callable[[Page], None] = nothing_more  # before the page is looked at

    def address(self, made: dict[str, str]) -> str:
        return (self.at or self.rule).format(**made)


PLAN = "/office/visits/<id:visit_id>/plan"
SEND = "/office/visits/<id:visit_id>/send"
MESSAGE = "/office/messages/<id:message_id>"
HOUSEHOLD = "/office/homes/<id:home_id>"
WATCH = "/office/safety/<id:watch_id>"
COMPLAINT = "/office/complaints/<id:complaint_id>"
HAZARD, NEW_HAZARD = "/office/hazards/<id:hazard_id>", "/office/homes/<id:home_id>/hazards/new"
DECLARATION = "/office/declarations/<id:declaration_id>"
REFUSAL = "/office/refusals/<id:case_id>"
ENTRY = "/office/entries/<id:lawful_entry_id>"
PHOTOS = "/office/visits/<id:visit_id>/photos"
ENTRY_NEW = "/office/visits/<id:visit_id>/entry/new"
TEXT = "/office/texts/<word:kind>/<word:channel>/<word:language>"

HAND = (
    Screen("round", "/today", "asha"),
    Screen("another matter at the door, with nothing typed", "/today", "asha", does=opens_another_matter),
    Screen("round of nobody’s", "/today", "dora"),
    Screen("round with a bad badge", "/today", "carl"),
    Screen("visit before setting off", "/visits/<id:visit_id>", "asha", "/visits/{today}"),
    Screen("visit that may not begin", "/visits/<id:visit_id>", "asha", "/visits/{untold}"),
    Screen("visit at the door", "/visits/<id:visit_id>", "ben", "/visits/{at_door}"),
    Screen("visit that was refused", "/visits/<id:visit_id>", "ben", "/visits/{refused}"),
    Screen(
        "visit where nobody answered", "/visits/<id:visit_id>", "ben", "/visits/{entry_visit_asked}", asks_for_entry
    ),
    Screen("entries on this phone", "/outbox", "asha"),
    Screen("gifts and interests", "/declare", "asha"),
    Screen("a gift, nothing typed", "/declare/gift", "asha", "/declare/gift?visit={today}", sends_nothing),
    Screen("an interest", "/declare/interest", "asha", "/declare/interest?visit={today}"),
    Screen("own gift", "/declare/<id:declaration_id>", "asha", "/declare/{declared_second}"),
    Screen("own interest, a year old", "/declare/<id:declaration_id>", "asha", "/declare/{declared_old_tie}"),
    Screen("check-ins", "/safety", "asha"),
    Screen("check-ins, late", "/safety", "ben"),
    Screen("check-ins, nobody watches", "/safety", "carl"),
    Screen("badge", "/badge", "asha"),
    Screen("badge that is not good", "/badge", "carl"),
    Screen("badge lost", "/badge/lost", "asha"),
    Screen("calendar", "/calendar", "asha"),
    Screen("calendar with its address", "/calendar", "asha", does=is_answered("Make my calendar’s address")),
    Screen("sign out", "/sign-out", "asha"),
)
ANYBODY = (
    Screen("sign in", "/sign-in"),
    Screen("sign in with nothing typed", "/sign-in", does=is_answered("Sign in")),
    Screen("not found", "/sign-in", at="/no-such-page"),
    Screen("my visit by its reference", "/t"),
    Screen("link that opens nothing", "/t/<code:token>", at="/t/nobodys"),
    Screen("report somebody", "/behaviour", does=is_answered("Send my report")),
    Screen("report somebody, sent", "/behaviour", does=sends_it("Send my report")),
    Screen("how a report stands", "/behaviour/status", does=asks_how_it_stands),
    Screen("what we promise", "/rights"),
    Screen("what we promise, easy", "/rights", at="/rights?easy=1"),
    Screen("badge check", "/v"),
    Screen("badge check half typed", "/v", does=types_no_number),
    Screen("badge check current", "/v/<badge:badge_id>/<code:code>", at="/v/{badge}/{code}"),
    Screen("badge check old", "/v/<badge:badge_id>/<code:code>", at="/v/{badge}/{old_code}"),
    Screen("badge check printed", "/v/<badge:badge_id>", at="/v/{badge}"),
    Screen("badge check no", "/v/<anything:rest>", at="/v/what/is/this"),
)
PLANNING = (
    Screen("plan find", "/office/plan", "olive"),
    Screen("plan found", "/office/plan", "olive", does=finds_a_home),
    Screen("plan with nothing typed", "/office/plan", "olive", does=is_answered("Find the home")),
    Screen("plan new", "/office/plan/<id:home_id>", "olive", "/office/plan/{home}"),
    Screen("plan checked", "/office/plan/<id:home_id>", "olive", "/office/plan/{home}", does=fills_in_a_plan),
    Screen("plan told", PLAN, "olive", "/office/visits/{tomorrow}/plan"),
    Screen("plan untold, all open", PLAN, "olive", "/office/visits/{untold}/plan", opens_everything),
    Screen("plan cancelled for nothing", PLAN, "olive", "/office/visits/{tomorrow}/plan", cancels_without_a_reason),
    Screen("plan after a failure", PLAN, "olive", "/office/visits/{failed}/plan"),
    Screen("send a notice", SEND, "olive", "/office/visits/{untold}/send"),
    Screen("send a notice that may say nothing", SEND, "olive", "/office/visits/{untold}/send?channel=email"),
    Screen("send a notice of works", SEND, "olive", "/office/visits/{works}/send", is_answered("Send it")),
    Screen("authorise", "/office/visits/<id:visit_id>/authorise", "dora", "/office/visits/{untold}/authorise"),
)
LOG = (
    Screen("start", "/office", "olive"),
    Screen("start of a contractor", "/office", "mona"),
    Screen("visit log", "/office/visits", "olive"),
    Screen("visit log empty", "/office/visits", "olive", "/office/visits?q=nowhere"),
    Screen("visit log mistyped", "/office/visits", "olive", "/office/visits?since=2026-12-09&until=2026-12-01"),
    Screen("visit done", "/office/visits/<id:visit_id>", "olive", "/office/visits/{done}"),
    Screen("visit with exceptions", "/office/visits/<id:visit_id>", "olive", "/office/visits/{hasty}"),
    Screen("visit done, to its firm", "/office/visits/<id:visit_id>", "mona", "/office/visits/{today}"),
    Screen("photos side by side", PHOTOS, "olive", "/office/visits/{photographed}/photos", shows_all),
    Screen(
        "photo that is no photo",
        f"{PHOTOS}/<id:attachment_id>",
        "olive",
        "/office/visits/{photographed}/photos/{photo refused}",
    ),
    Screen(
        "photo that is made ready",
        f"{PHOTOS}/<id:attachment_id>",
        "olive",
        "/office/visits/{photographed}/photos/{photo making}",
    ),
    Screen("photos, none", PHOTOS, "olive", "/office/visits/{done}/photos"),
    Screen("tasks", "/office/tasks", "olive"),
    Screen("declarations", "/office/declarations", "dora"),
    Screen("declarations, everything", "/office/declarations", "dora", "/office/declarations?show=all"),
    Screen("declarations, none", "/office/declarations", "omar"),
    Screen("a gift with a pattern", DECLARATION, "dora", "/office/declarations/{declared_gift}", decides_nothing),
    Screen("an interest that is managed", DECLARATION, "dora", "/office/declarations/{declared_tie}"),
    Screen("public register", "/office/declarations/register", "dora", does=opens_everything),
    Screen("agreements of involved people", "/office/declarations/involved", "dora"),
    Screen(
        "one involved person",
        "/office/declarations/involved/<id:involved_id>",
        "dora",
        "/office/declarations/involved/{pat}",
    ),
    Screen("refusals", "/office/refusals", "olive"),
    Screen("refusals, none", "/office/refusals", "otto"),
    Screen("refusal that is valid, all open", REFUSAL, "olive", "/office/refusals/{case_valid}", opens_everything),
    Screen("child alone", REFUSAL, "olive", "/office/refusals/{case_child}", opens_everything),
    Screen("no access, disputed, all open", REFUSAL, "olive", "/office/refusals/{case_no_access}", opens_everything),
    Screen("no access, a contact half typed", REFUSAL, "olive", "/office/refusals/{case_no_access}", half_a_contact),
    Screen("entries without consent", "/office/entries", "olive"),
    Screen("entries without consent, none", "/office/entries", "otto"),
    Screen("entries, a quarter", "/office/entries/report", "olive"),
    Screen("entry to ask for", ENTRY_NEW, "olive", "/office/visits/{at_door}/entry/new"),
    Screen(
        "entry to ask for, nothing typed",
        ENTRY_NEW,
        "olive",
        "/office/visits/{at_door}/entry/new",
        asks_with_nothing_typed,
    ),
    Screen("entry to decide", ENTRY, "dora", "/office/entries/{entry_asked}", opens_everything),
    Screen("entry authorised", ENTRY, "olive", "/office/entries/{entry_waits}", opens_everything),
    Screen("entry, inside", ENTRY, "olive", "/office/entries/{entry_inside}"),
    Screen("entry, locked up", ENTRY, "olive", "/office/entries/{entry_locked}"),
    Screen("entry to review", ENTRY, "olive", "/office/entries/{entry_told}"),
    Screen("entry with faults", ENTRY, "olive", "/office/entries/{entry_wrong}"),
    Screen("who is out", "/office/safety", "dora"),
    Screen("who is out, of a firm", "/office/safety", "mona"),
    Screen("who is out, nobody", "/office/safety", "otto"),
    Screen("buddies, of a firm", "/office/safety/buddies", "mona"),
    Screen("watched worker who is late", WATCH, "dora", "/office/safety/{late}", opens_everything),
    Screen("worker in an alarm", WATCH, "dora", "/office/safety/{alarm}"),
    Screen(
        "worker in an alarm, decided without a reason",
        WATCH,
        "dora",
        "/office/safety/{alarm}",
        decides_without_a_reason,
    ),
    Screen("worker in an alarm, found safe: sure?", WATCH, "dora", "/office/safety/{alarm}", ends_an_alarm),
    Screen("after a word", "/office/safety/<id:watch_id>/word", "dora", "/office/safety/{late}/word"),
    Screen("incidents", "/office/incidents", "olive"),
    Screen("write an incident down", "/office/incidents/new", "olive"),
    Screen("incident", "/office/incidents/<id:incident_id>", "olive", "/office/incidents/{incident}", opens_everything),
    Screen("hazards", "/office/hazards", "olive"),
    Screen("hazards, none", "/office/hazards", "otto"),
    Screen("hazard to be described", HAZARD, "olive", "/office/hazards/{seen_hazard}"),
    Screen("hazard that was found, all open", HAZARD, "olive", "/office/hazards/{found_hazard}", opens_everything),
    Screen("hazard, a decision refused", HAZARD, "olive", "/office/hazards/{late_hazard}", decides_without_a_word),
    Screen("hazard that was reported from the door", HAZARD, "olive", "/office/hazards/{door_hazard}"),
    Screen("hazards, a month", "/office/hazards/report", "olive", "/office/hazards/report?month=2026-12"),
    Screen("jobs with clocks", "/office/clocks", "olive"),
    Screen("jobs with clocks, none", "/office/clocks", "otto"),
    Screen("report a hazard", NEW_HAZARD, "olive", "/office/homes/{home}/hazards/new"),
    Screen(
        "report a hazard with nothing typed",
        NEW_HAZARD,
        "olive",
        "/office/homes/{home}/hazards/new",
        is_answered("Open the case"),
    ),
    Screen("complaints", "/office/complaints", "olive"),
    Screen("complaints, none", "/office/complaints", "otto"),
    Screen("complaint to write down", "/office/complaints/new", "olive"),
    Screen(
        "complaint to write down, nothing typed",
        "/office/complaints/new",
        "olive",
        "/office/complaints/new",
        is_answered("Keep it"),
    ),
    Screen("complaint that is new", COMPLAINT, "olive", "/office/complaints/{new_complaint}"),
    Screen("complaint to decide, all open", COMPLAINT, "dora", "/office/complaints/{open_complaint}", opens_everything),
    Screen("complaint at stage 2", COMPLAINT, "dora", "/office/complaints/{second_complaint}"),
    Screen("complaints, the figures", "/office/complaints/report", "olive"),
    Screen("held entries", "/office/held", "olive"),
    Screen("nothing is held", "/office/held", "otto"),
    Screen("held entry", "/office/held/<id:held_id>", "olive", "/office/held/{held}"),
)
TELLING = (
    Screen("messages", "/office/messages", "olive"),
    Screen("messages, none", "/office/messages", "otto"),
    Screen("message waiting", MESSAGE, "olive", "/office/messages/{waiting}"),
    Screen("message carried by people", MESSAGE, "olive", "/office/messages/{letter}"),
    Screen("message said wrongly", MESSAGE, "olive", "/office/messages/{letter}", is_answered("Record it")),
    Screen("visit that was told by message", "/office/visits/<id:visit_id>", "olive", "/office/visits/{failed}"),
    Screen("message texts", "/office/texts", "adam"),
    Screen("message text", TEXT, "adam", "/office/texts/notice/letter/en"),
    Screen("message text in Urdu", TEXT, "adam", "/office/texts/notice/sms/ur", opens_everything),
    Screen("message text to an officer", TEXT, "olive", "/office/texts/notice/email/pl"),
)
WHO = (
    Screen("household", HOUSEHOLD, "olive", "/office/homes/{home}"),
    Screen("household, all open", HOUSEHOLD, "olive", "/office/homes/{home}", opens_everything),
    Screen("household, a password refused", HOUSEHOLD, "olive", "/office/homes/{home}", sets_a_short_password),
    Screen("household where nothing was asked", HOUSEHOLD, "olive", "/office/homes/{other_home}"),
    Screen("people", "/office/people", "olive"),
    Screen("people not found", "/office/people", "olive", "/office/people?q=nobody"),
    Screen("person", "/office/people/<id:person_id>", "olive", "/office/people/{worker}"),
    Screen("person who is stopped", "/office/people/<id:person_id>", "olive", "/office/people/{stopped}"),
    Screen(
        "person, no photo chosen",
        "/office/people/<id:person_id>",
        "olive",
        "/office/people/{worker}",
        is_answered("Replace the photo"),
    ),
)
BREACH, EVIDENCE = "/office/breaches/<id:breach_id>", "/office/breaches/<id:breach_id>/evidence/<id:evidence_id>"
BREACHES = (
    Screen("conduct cases", "/office/breaches", "ines"),
    Screen("conduct case, new", BREACH, "ines", "/office/breaches/{breach_new}"),
    Screen("conduct case, suspended", BREACH, "ivan", "/office/breaches/{breach_told}", opens_everything),
    Screen(
        "conduct case, decided with nothing typed",
        BREACH,
        "ivan",
        "/office/breaches/{breach_told}",
        decides_with_nothing_typed,
    ),
    Screen("conduct case, told", BREACH, "ivan", "/office/breaches/{breach_over}", opens_everything),
    Screen("what a conduct case rests on", EVIDENCE, "ines", "/office/breaches/{breach_told}/evidence/{breach_shown}"),
    Screen("conduct, themes and counts", "/office/breaches/report", "aud"),
    Screen("letters to you", "/conduct/letters", "asha"),
    Screen("letters to you, none", "/conduct/letters", "mona"),
    Screen("letter to you", "/conduct/letters/<id:told_id>", "asha", "/conduct/letters/{letter_told}"),
)
CALLS = (
    Screen("verify a caller", "/office/verify-caller", "hana"),
    Screen("caller is due", "/office/verify-caller", "hana", does=verifies("MB-1002", "2")),
    Screen("caller is not due", "/office/verify-caller", "hana", does=verifies("MB-1001", "1")),
    Screen("caller of a protected home", "/office/verify-caller", "hana", does=verifies("MB-1001", "4", "LE14 9BA")),
    Screen("caller is not ours", "/office/verify-caller", "hana", does=verifies("MB-9999", "1")),
    Screen("caller and a wrong word", "/office/verify-caller", "hana", does=verifies("MB-1002", "2", word="xylophone")),
    Screen("caller failed", "/office/verify-caller", "hana", does=is_answered("The caller failed our checks")),
    Screen("safer contact", "/office/safer-contact", "hana"),
    Screen(
        "safer contact with nothing typed",
        "/office/safer-contact",
        "hana",
        does=is_answered("Say less there from now on"),
    ),
    Screen("intake", "/office/intake", "hana"),
    Screen("intake with nothing typed", "/office/intake", "hana", does=is_answered("File this concern")),
    Screen("intake, somebody looked up", "/office/intake", "hana", does=looks_somebody_up),
    Screen("more of a concern", "/office/intake/more", "hana", does=is_answered("Add these words")),
    Screen("hazard by telephone", "/office/intake/hazard", "hana", does=is_answered("Write this hazard down")),
    Screen("hazard by telephone, taken", "/office/intake/hazard", "hana", "/office/intake/hazard?kept=H-234567892"),
    Screen("complaint by telephone", "/office/intake/complaint", "hana", does=is_answered("Write this complaint down")),
    Screen(
        "complaint by telephone, taken", "/office/intake/complaint", "hana", "/office/intake/complaint?kept=M-234567892"
    ),
    Screen(
        "a concern", "/office/concerns/<id:concern_id>", "ines", "/office/concerns/{concern}", does=opens_everything
    ),
    Screen(
        "a concern that was merged", "/office/concerns/<id:concern_id>", "ines", "/office/concerns/{concern_merged}"
    ),
    Screen(
        "who told it, no reason",
        "/office/concerns/<id:concern_id>",
        "ines",
        "/office/concerns/{concern}",
        does=shows_who_told_it,
    ),
    Screen("how somebody behaved", "/conduct", "hana", does=is_answered("Send")),
    Screen("how somebody behaved, told", "/conduct", "hana", does=sends_it("Send")),
    Screen("another matter", "/concern", "hana", does=opens_everything),
    Screen("another matter with nothing typed", "/concern", "hana", does=presses("Lock it and send it")),
    Screen("concern taken", "/office/intake/<id:taken_id>/taken", "hana", "/office/intake", does=takes_a_concern),
    Screen("the safe's door", "/safe", "lena"),
    Screen("stop a badge", "/office/badges", "dora"),
    Screen("stop a badge nobody knows", "/office/badges", "dora", "/office/badges?number=MB-9"),
    Screen("badge at the desk", "/office/badges/<badge:badge_id>", "dora", "/office/badges/{badge}"),
)
SCREENS = {
    "hand": HAND,
    "anybody": ANYBODY,
    "codes by hand": tuple(Screen(*row) for row in (*codes.HAND, *codes.ANYBODY)),
    "codes": tuple(Screen(*row) for row in codes.DESK),
    "planning": PLANNING,
    "log": LOG,
    "telling": TELLING,
    "who": (*WHO, *BREACHES),  # one busy council for both
    "calls": CALLS,
}

NOT_LOOKED_AT = codes.NOT_LOOKED_AT | {
    "/office/breaches/<id:breach_id>/letters/<id:told_id>": "for a printer",
    "/conduct/letters/<id:told_id>/pdf": "for a printer",
    "/safe/<id:case_id>": "behind a second factor: tests/web/test_vault.py",
    "/safe/record": "behind a second factor: tests/web/test_vault.py",
    "/safety/<id:visit_id>/watching": "for the phone's script",
    "/office/declarations/register.csv": "for a spreadsheet",
    "/calendar/<code:token>.ics": "for a calendar",
    "/office/messages/<id:message_id>/letter.pdf": "for a printer",
    "/office/hazards/<id:hazard_id>/summary.pdf": "for a printer",
    "/office/hazards/report.csv": "for a spreadsheet",
    "/office/complaints/report.csv": "for a spreadsheet",
    "/office/complaints/<id:complaint_id>/letters/<id:step_id>.pdf": "for a printer",
    "/office/entries/report.csv": "for a spreadsheet",
    "/t/<anything:rest>": "the page of a link that opens nothing",
    "/": "sends people on to their own first page",
    "/static/<path:filename>": "files",
    "/council.css": "the council's colour",
    "/robots.txt": "for machines",
    "/healthz": "for machines",
    "/readyz": "for machines",
    "/manifest.webmanifest": "for machines",
    "/app/<code:version>/<path:filename>": "files",
    "/packs": "for the phone’s script",
    "/steps": "a part of /visits/<id>",
    "/matter": "looked at over today’s round",
    "/entries/<uuid:entry_id>": "for the phone’s script",
    "/concern/<uuid:entry_id>": "for the page’s script",
    "/shell": "looked at with what it shows, in tests/phone",
    "/sw.js": "for machines",
    "/badge/code": "a part of /badge",
    "/office/visits.csv": "for a spreadsheet",
    "/office/homes/<id:home_id>/alerts.json": "for another system",
    "/office/people/<id:person_id>/card.pdf": "for a printer",
    "/office/people/<id:person_id>/doorstep-card.pdf": "for a printer",
    "/visits/<id:visit_id>/call": "sends the phone on to ring",
    "/V": "the same as /v, as a QR writes it",
    "/V/<badge:badge_id>": "the same as /v",
    "/V/<badge:badge_id>/<code:code>": "the same as /v",
    "/V/<anything:rest>": "the same as /v",
}
