"""When no notice is needed, and when the tenant may agree to less: NR-8 to NR-11. Each function says why not."""

from fieldvisit.ground.policy import Policy
from fieldvisit.notices.facts import (
    AGREED_BY,
    AGREEMENT_RECORDERS,
    Agreement,
    Emergency,
    Investigation,
    PlannedVisit,
)


def _said(text: str | None) -> bool:
    return bool(text and text.strip())


def why_no_emergency(emergency: Emergency, visit: PlannedVisit) -> str | None:
    """NR-8, NR-9: why this is not exempt as an emergency; None when it is. The class at arrival decides."""
    if not emergency.class_at_arrival:
        return "the job was not classed as an emergency when the visit started"
    if not _said(emergency.authorised_by) or emergency.authorised_at is None:
        return "it is not recorded who authorised it and when"
    if emergency.authoriser_is_visitor:
        return "the person who visits cannot authorise it"
    if emergency.authorised_at > visit.arrival:
        return "it was authorised after the visit started"
    if not _said(emergency.hazard) or not _said(emergency.reason):
        return "it needs a hazard and a reason"
    return None


def why_no_investigation(investigation: Investigation, visit: PlannedVisit, policy: Policy) -> str | None:
    """NR-10: why this is not exempt as a tenancy investigation; None when it is."""
    if not policy.notice.breach_investigation_exempt.value:
        return f"{policy.council.name} does not exempt tenancy investigations"
    if visit.visitor != "officer":
        return "only a council officer may visit without notice to investigate"
    if not _said(investigation.authorised_by) or not _said(investigation.reason):
        return "it needs a named person who authorised it, and a reason"
    return None


def why_no_agreement(agreed: Agreement, visit: PlannedVisit, policy: Policy) -> str | None:
    """NR-11: why the tenant's agreement does not count; None when it does."""
    if not policy.notice.waiver_allowed.value:
        return f"{policy.council.name} does not let a tenant agree to less notice"
    if agreed.by not in AGREED_BY:
        return "only the tenant, or the person they named, may agree to a sooner time"
    if agreed.recorded_by is None or agreed.recorded_at is None:
        return "it is not recorded who noted it and when"
    if agreed.recorded_by == "visitor" or agreed.recorded_by not in AGREEMENT_RECORDERS:
        return "the person who visits cannot record it"
    if agreed.recorded_at >= visit.arrival:
        return "it was recorded after the visit started"
    return None
