"""Every table, imported once, so that migrations and tests see the whole schema."""

from fieldvisit import deployment, jobs, tasks
from fieldvisit.audit import models as audit
from fieldvisit.badges import models as badges
from fieldvisit.breaches import case_models as breach_cases
from fieldvisit.breaches import (
    cases,  # answers conduct.report
    unread,  # answers conduct.has_unread
)
from fieldvisit.breaches import models as breaches
from fieldvisit.codes import models as codes
from fieldvisit.complaints import models as complaints
from fieldvisit.db import Base
from fieldvisit.declarations import models as declarations
from fieldvisit.evidence import models as evidence
from fieldvisit.hazards import models as hazards
from fieldvisit.messages import involved_told  # told of a new link
from fieldvisit.messages import models as messages
from fieldvisit.notices import links
from fieldvisit.notices import models as notices
from fieldvisit.outbox import models as outbox
from fieldvisit.register import apart, involved
from fieldvisit.register import models as register
from fieldvisit.safeguarding import models as safeguarding
from fieldvisit.safety import models as safety
from fieldvisit.visits import access_cases, lawful_entry_models, tenant_acts
from fieldvisit.visits import models as visits

metadata = Base.metadata
__all__ = [
    "access_cases", "apart", "audit", "badges", "breach_cases", "breaches", "cases", "codes", "complaints",
    "declarations", "deployment", "evidence", "hazards", "involved", "involved_told", "jobs", "lawful_entry_models", "links",
    "messages", "metadata", "notices", "outbox", "register", "safeguarding", "safety", "tasks", "tenant_acts",
    "unread", "visits",
]  # fmt: skip
