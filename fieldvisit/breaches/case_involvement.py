"""What a case does to the part of an involved resident or a panel member: paused, ended, or given back. As badges to others.

In a session of system work, with the case locked. What is kept beside the person says since when, and not why.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from fieldvisit.breaches.case_models import BreachCase
from fieldvisit.breaches.case_state import State
from fieldvisit.breaches.procedure import procedure_of
from fieldvisit.register import involved


def stops(state: State) -> str:
    """What the sanction that the person knows of asks for, as long as it stands: paused, ended, or "" for nothing."""
    procedure = procedure_of(state.document) if state.document else None
    sanction = procedure.sanction(state.sanction) if procedure else None
    return sanction.stops if sanction and state.communicated_at and state.stands else ""


def settle(session: Session, case: BreachCase, state: State, at: datetime) -> None:
    """A suspension, for now or as a sanction, is a step of the case, and ends by one; a removal ends when an appeal says so."""
    if state.subject_kind == "involved" and state.subject_id:
        kind = "ended" if stops(state) == "ended" else "paused" if state.suspended else ""
        involved.stop(session, state.subject_id, kind, f"case:{case.id}", at)
