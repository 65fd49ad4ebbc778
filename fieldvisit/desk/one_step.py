"""One form of a page of many: carried out whole, or shown again with what was typed and why not."""

from collections.abc import Callable, Mapping

from fieldvisit.ground.verdict import RefusedError
from fieldvisit.visits.plan_forms import Typed
from fieldvisit.web.access import log_read_again, session

NO_BOXES: Mapping[str, str] = {}


def carry_out(
    act: Callable[[], object], typed: Typed, record: str, object_id: str, *, box: str = "",
    boxes: Mapping[str, str] = NO_BOXES,
) -> int:  # fmt: skip
    """0 once it is done; else the status of the page that is shown again, when nothing half is kept.

    box: where a refusal is shown; boxes: where that depends on its code."""
    status = 422
    try:
        act()
    except RefusedError as refused:
        typed.wrong(boxes.get(refused.verdict.code, box), refused.verdict.message)
        status = 409
    if not typed.errors:
        return 0
    session().rollback()
    log_read_again(record, object_id)
    return status
