"""The written summary (DR-4) as a first text that an officer completes. What it must say is `rules.content_of`."""

from datetime import datetime

from fieldvisit.ground.clock import london_date, say_date
from fieldvisit.ground.policy import Policy
from fieldvisit.hazards.clocks import Clock
from fieldvisit.hazards.state import State
from fieldvisit.hazards.words import ADVICE, ADVICE_OF_ANY

TO_FILL = "[say "  # what an officer must still write begins so
HEADING = "What we found at "
# What the clocks ask for, in words for whoever lives there.
_WORKS = {
    "awaab_emergency": "We make it safe",
    "awaab_safety": "We make it safe",
    "awaab_preventative": "We begin the work that keeps it from coming back, or take steps towards it",
    "awaab_preventative_longstop": "That work has begun in your home",
}


def advice_on(hazard: str) -> str:
    return ADVICE.get(hazard, ADVICE_OF_ANY)


def headings_of(text: str) -> frozenset[str]:
    """The line over it, which a letter sets as a heading, unless an officer took it out."""
    first = text.split("\n")[0]
    return frozenset({first} if first.startswith(HEADING) else ())


def first_text(state: State, ref: str, address: str, running: list[Clock], policy: Policy) -> str:
    ended: datetime | None = state.now.done.get("concluded")
    if ended is None:
        return ""
    name = policy.hazard(state.hazard).label if state.hazard else ""
    said = [f"{HEADING}{address}", f"Our reference: {ref}", ""]
    if state.now.finding == "none":
        said += [
            f"We looked into {name.lower()}. The investigation ended on {say_date(london_date(ended))}.",
            "We found neither an emergency nor a significant hazard, because [say why].",
        ]
    else:
        kind = "an emergency hazard" if state.now.finding == "emergency" else "a significant hazard"
        said += [
            f"We found {kind}: {name.lower()}. The investigation ended on {say_date(london_date(ended))}.",
            "",
            "What we will do: [say what will be done, with the day on which each work begins and ends].",
        ]
        said += [
            f"{_WORKS[clock.clock]}: by {say_date(london_date(clock.due))} at the latest."
            for clock in running
            if clock.due and clock.runs and clock.clock in _WORKS
        ]
        if "made_safe" not in state.now.done:
            said += ["", f"Until it is safe: {advice_on(state.hazard)}"]
    council, ombudsman = policy.council, policy.contact("housing-ombudsman")
    said += [
        "",
        f"How to get in touch with us: ring {council.office_line.value} and give the reference above.",
        "If you are not happy with what we do, you can complain in the same way, or to whoever visits you. "
        + " ".join(("You can also ask the Housing Ombudsman for advice at any time.", *ombudsman.ways)),
    ]
    return "\n".join(said)
