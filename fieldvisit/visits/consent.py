"""Who may agree to a visit, and what a refusal means. Pure. Clauses ME-3.1d to ME-3.1g; readings Q8, Q9, Q10."""

from fieldvisit.ground.policy import Policy, RefusalReason
from fieldvisit.ground.verdict import Allowed, Clause, Refused, Verdict

_CONSENT = Clause("Melton", "ME-3.1d")
_TRUSTED_ADULT = Clause("Melton", "ME-3.1f")
_CHILD = Clause("Melton", "ME-3.1g")


def may_agree(
    *, who: str, adult: bool, able: bool, trusted_adult_asked_for: bool, trusted_adult: str, policy: Policy
) -> Verdict:
    """May this person let a worker in? trusted_adult: not_needed, present, or waived_today by the tenant.

    Refuses: child-alone, not-able, trusted-adult-missing.
    """
    age = policy.door.min_adult_age.value
    if who == "child" or not adult:
        return Refused("child-alone", f"Only somebody aged {age} or over can let you in. Do not go in.", _CHILD)
    if not able:
        return Refused(
            "not-able", "This person cannot decide about the visit now. Do not go in. Call the office.", _CONSENT
        )
    if trusted_adult_asked_for and trusted_adult not in ("present", "waived_today"):
        return Refused(
            "trusted-adult-missing",
            "The tenant has asked for a trusted adult to be there. Wait for them, or ask the tenant if today is all right "
            "without.",
            _TRUSTED_ADULT,
        )
    return Allowed()


def refusal_reason(code: str, policy: Policy) -> RefusalReason | None:
    """The council's reason of that code. None for a code that is no longer, or not yet, on the list."""
    return next((reason for reason in policy.door.refusal_reasons if reason.code == code), None)


def is_valid_refusal(code: str, policy: Policy) -> bool:
    """A valid refusal is never counted as no access. An unknown code is not held against the tenant either (Q8)."""
    reason = refusal_reason(code, policy)
    return reason is None or reason.valid
