"""What was told by phone, by letter and online; one that was told twice; and a call that was broken off."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from fieldvisit.breaches import drafts, forms, receipts, service
from fieldvisit.breaches.models import Concern
from fieldvisit.breaches.rules import Channel, Told
from fieldvisit.db import Database
from fieldvisit.demo.drive import DAY, HOUR
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import TAKING, Principal

BY_PHONE = Told(
    danger_now=False, still_there=False, anonymous=False, caller_name="Mary Toller", caller_contact="01632 960144",
    safe_to_ring="Before noon", needs="Large print", happened_where="6 Weir Lane, LE13 7AB",
    happened_when="Yesterday, about three", about_whom="A man with a grey beard, in a van without a name",
    what="He would not say who he was and put his foot in the door.", wants="That he does not come again.",
)  # fmt: skip
NAMELESS = Told(
    danger_now=False, still_there=False, anonymous=True, happened_when="Last week", firm="Oakline",
    what="One of them told the whole landing about somebody's debts.", channel=Channel.FORM,
)  # fmt: skip
LETTER = Told(
    danger_now=False, still_there=False, anonymous=False, caller_name="Harold Finch", caller_contact="By letter",
    what="The young woman left mud on my carpet and laughed when I asked her to take her shoes off.",
    channel=Channel.LETTER,
)  # fmt: skip
BROKEN_OFF = {"danger_now": "no", "still_there": "no", "what": "She says that he came back twice and"}


def play_concerns(database: Database, secret: bytes, by: Principal, policy: Policy) -> None:
    """by: the call handler, as of now. Nothing where they are there already."""
    key = receipts.receipt_key(secret)
    came = london_date(by.at - 3 * DAY)
    with database.writing(TAKING) as session:
        if session.scalars(select(Concern.id).limit(1)).first():
            return
        for number, (told, ago) in enumerate(
            ((BY_PHONE, 2 * DAY), (NAMELESS, DAY), (replace(LETTER, came_on=came), DAY)), start=1
        ):
            then = replace(by, at=by.at - ago)
            service.take(session, told, form_key=f"{number:032x}", by=then, policy=policy, key=key)
        first = session.scalars(select(Concern.id).where(Concern.channel == Channel.PHONE)).one()
        again = replace(BY_PHONE, caller_name="Mary’s daughter", what="My mother says he put his foot in the door.")
        then = replace(by, at=by.at - HOUR)
        service.take(session, again, form_key=f"{9:032x}", by=then, policy=policy, key=key, likely_id=first)
        begun = by.at - timedelta(minutes=12)
        typed = forms.blank() | BROKEN_OFF
        drafts.save(session, by.person_id, typed, 40, at=begun, policy=policy, key=drafts.draft_key(secret))
