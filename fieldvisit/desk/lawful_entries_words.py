"""The words of the pages about entry without consent: what each code is called, and what was done."""

from dataclasses import dataclass

STAGES = {
    "proposed": ("Decide now", "bad", "clock"),
    "authorised": ("Authorised: try the tenant", "warn", "door"),
    "attempting_contact": ("Trying the tenant", "warn", "door"),
    "entered": ("Inside: make safe and lock up", "bad", "warn"),
    "secured": ("Tell the tenant", "warn", "clock"),
    "tenant_told": ("Waits for its review", "special", "lens"),
    "reviewed": ("Reviewed", "quiet", "tick"),
    "declined": ("Nobody goes in", "quiet", "cross"),
    "consented": ("The tenant agreed", "good", "tick"),
}
ENDED = {
    "declined": "A duty officer said no.",
    "stood_down": "It was given up before anybody went in.",
    "tenant_refused": "The tenant answered and said no. Only the police, the fire service or a court can open this door.",
    "agreed": "The tenant answered and agreed. The visit goes on like any other.",
    "struck_out": "It was recorded by mistake, and struck out.",
}
MARKS = {
    "not-authorised": "Somebody went in, and no duty officer had authorised it.",
    "authority-over": "The authority was over when somebody went in.",
    "self-authorised": "Whoever asked for it authorised it.",
    "after-refusal": "Somebody went in after the tenant had said no.",
    "not-tried": "The tenant was not tried in enough ways before.",
    "no-witness": "No second person is named.",
    "no-photo-before": "There is no photo of before.",
    "other-work": "More was done than making safe.",
    "told-late": "The tenant was not told on the same day.",
    "reviewed-late": "The review came late.",
}
STEPS = {
    "proposed": "Somebody asked to go in",
    "declined": "A duty officer said no",
    "authorised": "A duty officer authorised it",
    "tried": "The tenant was tried",
    "entered": "They went in",
    "photo": "A photo was taken",
    "secured": "Made safe and locked up",
    "told": "The tenant was told",
    "reviewed": "It was reviewed",
    "stood_down": "It was given up",
}
METHODS = {
    "knocked": "Knocked and called out", "called": "Rang every number", "texted": "Sent a text message",
    "neighbour": "Asked a neighbour", "next_of_kin": "Rang a relative or friend",
}  # fmt: skip
OUTCOMES = {
    "no_reply": "Nobody answered", "agreed": "They answered and agreed to us coming in",
    "refused": "They answered and said no",
}  # fmt: skip
SECOND = {"colleague": "A colleague", "police": "The police", "other": "Somebody else"}
LOCKS = {
    "as_it_was": "As it was, locked", "changed": "A new lock", "repaired": "Repaired, with the old lock",
    "boarded": "Boarded up",
}  # fmt: skip
KEYS = {
    "not_needed": "No new keys", "office": "At our office", "police": "With the police", "neighbour": "With a neighbour",
    "key_safe": "In the key safe",
}  # fmt: skip
CALLS = {
    "reached": "We spoke with the tenant", "no_reply": "We rang, and nobody answered",
    "no_number": "There is no number to ring",
}  # fmt: skip
PHOTOS = {
    "before": "of before", "after": "of after", "damage": "of damage", "hazard": "of a danger",
    "card_left": "of the notice left",
}  # fmt: skip
SAID = {
    "danger": "The danger", "why_now": "Why now", "inside": "Who is inside", "why": "Why", "words": "What was said or seen",
    "reason": "Why", "inventory": "Moved, broken or taken away", "necessity": "Was it necessary",
    "proportionality": "Would less have done", "learnt": "What we do differently",
}  # fmt: skip
DONE = {
    "proposed": "The duty officer is asked. Nobody goes in before the answer.",
    "authorise": "Authorised. The worker’s phone shows it when it is next in touch: ring the worker too.",
    "decline": "Nobody goes in. Tell whoever asked, and the worker.",
    "stand-down": "It is given up. Tell the worker.",
    "try": "The attempt is written down.",
    "enter": "It is written down that they went in. They make it safe and do nothing else.",
    "secure": "It is written down how the home was left. Tell the tenant now.",
    "told": "It is written down that the tenant was told. A manager reviews it next.",
    "review": "The review is written down.",
}
COLUMNS = (
    "Visit", "Asked", "Authorised", "Legal ground", "How it stands", "Went in", "Secured", "Tenant told", "Reviewed",
    "Necessary", "Proportionate", "What was wrong",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Labels:
    """(value, label), for the macros of forms."""

    methods: tuple[tuple[str, str], ...] = tuple(METHODS.items())
    outcomes: tuple[tuple[str, str], ...] = tuple(OUTCOMES.items())
    second: tuple[tuple[str, str], ...] = tuple(SECOND.items())
    locks: tuple[tuple[str, str], ...] = tuple(LOCKS.items())
    keys: tuple[tuple[str, str], ...] = tuple(KEYS.items())
    calls: tuple[tuple[str, str], ...] = tuple(CALLS.items())


LABELS = Labels()
