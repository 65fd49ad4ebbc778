"""What a new release owes to what an older one recorded: asked after every migration, and nothing the second time."""

from collections.abc import Iterator
from datetime import datetime

from fieldvisit.breaches.from_tasks import turn
from fieldvisit.complaints import chasing as complaints
from fieldvisit.db import Database
from fieldvisit.ground.policy import Policy
from fieldvisit.ground.roles import IMPORTING, INTAKE, TAKING
from fieldvisit.hazards import calling as hazards
from fieldvisit.visits import access_catch_up, lawful_entry_service


def catch_up(database: Database, policy: Policy, at: datetime) -> Iterator[str]:
    """What was recorded before it had a case has one now, and open cases have the clocks of this release. A sentence of
    each that changed something."""
    with database.writing(IMPORTING) as session:
        made = access_catch_up.catch_up(session, policy)
    if made:
        yield f"New cases for {made.attempts} refusals or no access and {made.entries} entries without consent."
    with database.writing(INTAKE) as session:
        folded = hazards.count_anew(session, policy) + lawful_entry_service.fold_anew(session, policy)
        folded += complaints.count_anew(session, policy)
    if folded:
        yield f"{folded} open cases of hazards, entries and complaints, or jobs, have other days now."
    with database.writing(TAKING) as session:
        turned = turn(session, policy, TAKING, at)
    if turned:
        yield f"Of dated tasks came {turned.cases} cases of conduct and {turned.complaints} complaints."
