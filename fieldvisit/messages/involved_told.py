"""An involved resident or panel member is told that the office made them a new link and a new word: neither is in it (R8)."""

from datetime import datetime

from sqlalchemy.orm import Session

from fieldvisit.ground.policy import Policy
from fieldvisit.messages import service
from fieldvisit.register.involved import InvolvedPerson, tells_of_a_new_link

SUBJECT = "A message from {council}"
BODY = (
    "{council} made you a new link and a new word. The old ones open nothing now. If you did not ask for this, or nobody "
    "gave them to you, ring us: {phone}."
)


@tells_of_a_new_link
def tell(session: Session, involved: InvolvedPerson, by: str, at: datetime, policy: Policy) -> None:
    """By e-mail, else by text message; where we know neither, nobody can be told."""
    council = policy.council
    for channel, to in (("email", involved.email), ("sms", involved.phone)):
        if to:
            service.write(
                session, visit_id=None, kind="call_us", channel=channel, to=to, language="en",
                subject=SUBJECT.format(council=council.name),
                body=BODY.format(council=council.name, phone=council.office_line.value), template="0" * 64, by=by, at=at,
            )  # fmt: skip
            return
