"""Who there is and what each may ever do: the permission matrix as data (ruling R8, R23; deny by default).

A right answers "may this role ever?"; the wall in `db.py` answers "which rows?"; the rules answer "may it be done now?".
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    OPERATIVE = "operative"
    CONTRACTOR_MANAGER = "contractor_manager"
    OFFICER = "officer"
    CALL_HANDLER = "call_handler"
    SAFEGUARDING_LEAD = "safeguarding_lead"
    INVESTIGATOR = "investigator"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    TENANT_LINK = "tenant_link"
    PUBLIC = "public"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


class Duty(StrEnum):
    """What an officer may hold besides the role, each with from, to and area."""

    SCHEDULER = "scheduler"
    DUTY = "duty"
    COMPLAINTS = "complaints"
    COMPLAINTS_SENIOR = "complaints_senior"
    REPAIRS_MANAGER = "repairs_manager"
    DATA_PROTECTION = "data_protection"


SIGNED_IN = frozenset(Role) - {Role.TENANT_LINK, Role.PUBLIC}
COUNCIL = frozenset(
    {Role.OFFICER, Role.CALL_HANDLER, Role.SAFEGUARDING_LEAD, Role.INVESTIGATOR, Role.ADMINISTRATOR, Role.AUDITOR}
)


class Scope(StrEnum):
    """Which rows a right reaches."""

    OWN = "own"  # assigned to me: today, and tomorrow's first
    FIRM = "firm"
    AREA = "area"
    ONE = "one"  # one record at a time, after the caller's checks
    ANY = "any"
    WRITE = "write"  # write only, never read back
    SELF = "self"  # what concerns nobody but the person asking


@dataclass(frozen=True, slots=True)
class Right:
    scope: Scope
    logged: bool = False
    duty: Duty | None = None
    or_duty: Duty | None = None  # one of the two is enough


@dataclass(frozen=True, slots=True)
class Principal:
    """The person asking, as of `at` (aware UTC): what the wall and the gate need to know, and nothing else."""

    person_id: str
    role: Role
    at: datetime
    areas: frozenset[str] = frozenset()
    firm_id: str | None = None
    duties: frozenset[tuple[Duty, str | None]] = frozenset()  # (duty, area id; None is every area)

    def holds(self, duty: Duty, area: str | None = None) -> bool:
        return any(held is duty and (area is None or where is None or where == area) for held, where in self.duties)

    def areas_holding(self, *duties: Duty) -> frozenset[str]:
        """The areas in which this person holds any of these duties."""
        held = {area for duty, area in self.duties if duty in duties}
        return self.areas if None in held else self.areas & {area for area in held if area}


@dataclass(frozen=True, slots=True)
class SystemPrincipal:
    """Work that no person asked for, by name, with the protected models it may touch. All of them stand in this file."""

    name: str
    models: frozenset[str]


_VISIT_MODELS = frozenset(
    {
        "Home",
        "Household",
        "HouseholdContact",
        "Precaution",
        "Resident",
        "Job",
        "Visit",
        "VisitWorker",
        "Entry",
        "Words",
        "Notice",
        "Envelope",
        "TenantLink",
        "TenantSaid",
        "Message",
        "AccessCase",
        "AccessAttempt",
        "AccessContact",
        "AccessStep",
        "AccessChase",
        "LawfulEntry",
        "LawfulEntryStep",
    }
)
_HAZARD_MODELS = frozenset({"Hazard", "HazardStep", "HazardWords"})
_COMPLAINT_MODELS = frozenset({"Complaint", "ComplaintStep", "ComplaintWords"})
_WATCH_MODELS = frozenset({"Watch", "WatchStep", "WatchWords"})
_DECLARED_MODELS = frozenset(
    {"Declaration", "DeclarationStep", "DeclarationWords", "Undertaking", "Recusal", "KeptApart"}
)
_SAFETY_MODELS = _WATCH_MODELS | {"SafetyWord", "SafetyBuddy", "Incident", "IncidentStep", "IncidentWords"}
_BREACH_MODELS = frozenset(
    {"BreachCase", "BreachStep", "BreachWords", "BreachEvidence", "BreachSeat", "BreachApart", "BreachTold"}
)
_CONCERN_MODELS = frozenset({"Concern", "ConcernAdded", "ConcernLink", "ConcernDraft"})
INTAKE = SystemPrincipal(
    "intake",
    _VISIT_MODELS
    | _HAZARD_MODELS
    | _COMPLAINT_MODELS
    | _WATCH_MODELS
    | {"Held", "Attachment", "SealedBox", "KeptApart"},
)
IMPORTING = SystemPrincipal("importing", _VISIT_MODELS | {"BreachCase", "BreachStep"})  # who is suspended gets no badge
CHECKING = SystemPrincipal(
    "checking",
    _VISIT_MODELS | _HAZARD_MODELS | _COMPLAINT_MODELS | _SAFETY_MODELS | {"Held", "Attachment", "BreachCase"},
)
DEMO = SystemPrincipal(
    "demo",
    _VISIT_MODELS
    | _HAZARD_MODELS
    | _COMPLAINT_MODELS
    | _SAFETY_MODELS
    | _BREACH_MODELS
    | _DECLARED_MODELS
    | {"Held", "Attachment", "SealedBox", "KeptApart", "Concern"},
)
OPENING = SystemPrincipal("opening", frozenset({"SubjectKey"}))  # a home's photos, for an officer who may look
KEYS = SystemPrincipal("keys", frozenset({"SubjectKey"}))
# From the phone's seal, whose key is in the sealed entry, into the store.
PICTURES = SystemPrincipal("pictures", frozenset({"Attachment", "Entry", "Visit", "Envelope", "SubjectKey"}))
BOXES = SystemPrincipal("boxes", frozenset({"SealedBox"}))  # what is sealed to the vault, on its way there
WATCHING = SystemPrincipal(
    "watching", _WATCH_MODELS | {"SafetyWord", "SafetyBuddy", "Visit", "VisitWorker", "Home", "Household", "Precaution"}
)
PURGING = SystemPrincipal(
    "purging",
    frozenset(
        {"Attachment", "Entry", "Visit", "Hazard", "HazardStep", "AccessCase", "AccessAttempt", "LawfulEntry"}
        | {"LawfulEntryStep", "Incident", "SubjectKey", "Complaint", "ComplaintStep", "BreachCase"}
    ),
)
SENDING = SystemPrincipal("sending", _VISIT_MODELS | _HAZARD_MODELS | _COMPLAINT_MODELS | {"KeptApart"})
# Whoever holds a visit's link and its word; they may report somebody and complain there.
TENANT = SystemPrincipal(
    "tenant",
    _VISIT_MODELS | _CONCERN_MODELS | _BREACH_MODELS | _COMPLAINT_MODELS | _HAZARD_MODELS | {"Attachment", "KeptApart"},
)
# Somebody who came by `/p/<token>` and said their own word: what a slice that adds lines there must touch (register/involved.py).
INVOLVED = SystemPrincipal("involved", _DECLARED_MODELS | {"BreachTold"})
VERIFYING = SystemPrincipal("verifying", frozenset({"Home", "Household", "TenantLink", "Visit", "VisitWorker"}))
RAISING = SystemPrincipal("raising", frozenset({"Home", "Household", "Visit"}))  # a caller says: not that way

# Chooses who reads a case, gives the person named their part, and shows what a case rests on: a reader sees no homes.
CONDUCT = SystemPrincipal(
    "conduct",
    _BREACH_MODELS
    | _VISIT_MODELS
    | _COMPLAINT_MODELS
    | {"Attachment", "KeptApart", "Concern", "ConcernAdded", "ConcernLink"},
)

# Takes in what is said about conduct, from whomever: whoever writes it down reads nothing of it afterwards.
TAKING = SystemPrincipal(
    "taking", _CONCERN_MODELS | _BREACH_MODELS | _COMPLAINT_MODELS | _VISIT_MODELS | _HAZARD_MODELS | {"KeptApart"}
)

# Writes down what somebody declares, decides or manages, once it is known that they may; a gift may be a matter of conduct.
DECLARING = SystemPrincipal("declaring", _DECLARED_MODELS | _BREACH_MODELS | _VISIT_MODELS)

_ANYONE = dict.fromkeys(Role, Right(Scope.ANY))
_SIGNED_IN = dict.fromkeys(SIGNED_IN, Right(Scope.SELF))
_AT_THE_DOOR = {Role.OPERATIVE: Right(Scope.OWN), Role.OFFICER: Right(Scope.OWN)}
_COMPLAINTS = {Role.OFFICER: Right(Scope.AREA, logged=True, duty=Duty.COMPLAINTS, or_duty=Duty.COMPLAINTS_SENIOR)}
_SCHEDULER = {Role.OFFICER: Right(Scope.AREA, logged=True, duty=Duty.SCHEDULER)}
_DUTY = {Role.OFFICER: Right(Scope.AREA, duty=Duty.DUTY)}
_WATCHERS = {
    Role.OFFICER: Right(Scope.AREA, logged=True, duty=Duty.DUTY),
    Role.CONTRACTOR_MANAGER: Right(Scope.FIRM, logged=True),
}
_DECIDING = {  # whoever manages somebody; at the council also contacts and seniors: which of them is the sight's to say
    Role.OFFICER: Right(Scope.AREA, logged=True),
    Role.CONTRACTOR_MANAGER: Right(Scope.FIRM, logged=True),
}
_ON_THE_LINE = {role: Right(Scope.WRITE, logged=True) for role in (Role.CALL_HANDLER, Role.OFFICER)}
_SAFE = {role: Right(Scope.ANY, logged=True) for role in (Role.SAFEGUARDING_LEAD, Role.INVESTIGATOR)}
_INVESTIGATING = {role: Right(Scope.ONE, logged=True) for role in (Role.INVESTIGATOR, Role.SAFEGUARDING_LEAD)}

RIGHTS: dict[tuple[str, str], dict[Role, Right]] = {
    # every face
    ("site", "open"): _ANYONE,  # static files, health, sign-in
    ("site", "sign-out"): _SIGNED_IN,
    # verify face
    ("badge", "verify"): _ANYONE,
    ("my-visit", "open"): _ANYONE,  # the link and the tenant's own word are the right; no cookie is read
    ("involved", "open"): _ANYONE,  # a personal link and the person's own word are the right; no cookie is read
    # field face
    ("round", "read"): _AT_THE_DOOR,
    ("doorstep", "read"): _AT_THE_DOOR,
    ("pack", "read"): _AT_THE_DOOR,
    ("badge", "show"): _AT_THE_DOOR,
    ("badge", "report-lost"): _AT_THE_DOOR,
    ("outbox", "read"): _AT_THE_DOOR,
    ("device", "enrol"): _AT_THE_DOOR,
    ("calendar", "manage"): _AT_THE_DOOR,
    ("calendar", "read"): _ANYONE,  # the secret in its address is the right
    ("event", "add"): _ANYONE,  # the device's signature is the right (interfaces section 4); no cookie is read
    ("matter", "open"): _ANYONE,  # numbers, a form and the vault's public key; the same for everybody
    ("matter", "follow"): _ANYONE,  # by the random number that only its sender knows; no cookie is read
    # office face
    ("matter", "write"): dict.fromkeys(SIGNED_IN, Right(Scope.WRITE)),
    ("receipt", "give"): _ANYONE,  # the provider's token is the right; no cookie is read
    ("desk", "open"): dict.fromkeys(SIGNED_IN - {Role.OPERATIVE}, Right(Scope.SELF)),
    ("visit", "list"): {Role.OFFICER: Right(Scope.AREA, logged=True), Role.CONTRACTOR_MANAGER: Right(Scope.FIRM)},
    ("visit", "read"): {Role.OFFICER: Right(Scope.AREA, logged=True), Role.CONTRACTOR_MANAGER: Right(Scope.FIRM)},
    ("visit", "export"): {
        Role.OFFICER: Right(Scope.AREA, logged=True),
        Role.CONTRACTOR_MANAGER: Right(Scope.FIRM, logged=True),  # without words
    },
    ("visit", "plan"): _SCHEDULER,
    ("visit", "move"): _SCHEDULER,
    ("visit", "cancel"): _SCHEDULER,
    ("visit", "assign"): _SCHEDULER,
    ("notice", "record"): _SCHEDULER,
    ("message", "send"): _SCHEDULER,
    ("message", "list"): {Role.OFFICER: Right(Scope.AREA, logged=True)},
    ("message", "read"): {Role.OFFICER: Right(Scope.AREA, logged=True)},
    ("message", "settle"): {Role.OFFICER: Right(Scope.AREA, logged=True)},  # say what became of one that people carry
    ("visit", "agree-time"): {Role.OFFICER: Right(Scope.AREA, duty=Duty.SCHEDULER)},
    ("visit", "to-the-door"): {Role.OFFICER: Right(Scope.AREA)},
    ("visit", "note"): {Role.OFFICER: Right(Scope.AREA)},
    ("emergency", "authorise"): _DUTY,
    ("investigation", "authorise"): _DUTY,
    ("entry", "authorise"): _DUTY,
    ("entry", "list"): {Role.OFFICER: Right(Scope.AREA, logged=True)},
    ("entry", "read"): {Role.OFFICER: Right(Scope.AREA, logged=True)},
    ("entry", "propose"): {Role.OFFICER: Right(Scope.AREA, logged=True)},
    ("entry", "work"): {Role.OFFICER: Right(Scope.AREA, logged=True)},
    ("entry", "review"): {Role.OFFICER: Right(Scope.AREA, logged=True)},
    ("caller", "verify"): {
        Role.CALL_HANDLER: Right(Scope.ONE, logged=True),
        Role.OFFICER: Right(Scope.ONE, logged=True),
    },
    ("concern", "take"): {
        Role.CALL_HANDLER: Right(Scope.WRITE),
        Role.OFFICER: Right(Scope.WRITE),
        Role.SAFEGUARDING_LEAD: Right(Scope.WRITE),
        Role.INVESTIGATOR: Right(Scope.WRITE),
    },
    ("concern", "search"): {  # a name, a firm, a badge's number; nothing else of anybody
        Role.CALL_HANDLER: Right(Scope.WRITE, logged=True),
        Role.OFFICER: Right(Scope.WRITE, logged=True),
        Role.SAFEGUARDING_LEAD: Right(Scope.WRITE, logged=True),
        Role.INVESTIGATOR: Right(Scope.WRITE, logged=True),
    },
    ("concern", "tell"): dict.fromkeys(SIGNED_IN, Right(Scope.WRITE)),  # of a colleague, or of oneself
    ("concern", "report"): _ANYONE,  # the public form; no cookie is read
    ("concern", "follow"): _ANYONE,  # its receipt is the right; no cookie is read
    ("concern", "read"): _INVESTIGATING,
    ("concern", "identity"): _INVESTIGATING,  # who told it, after the password once more and with a reason
    ("concern", "merge"): _INVESTIGATING,
    ("breach", "list"): _INVESTIGATING,
    ("breach", "read"): _INVESTIGATING,
    ("breach", "work"): _INVESTIGATING,  # screener, decider and appeal officer are seats of a case, not roles
    ("breach", "own"): dict.fromkeys(SIGNED_IN, Right(Scope.SELF)),  # what one was told, and one's answer
    ("breach", "totals"): {  # counts without names, 30 days old, small numbers left out
        role: Right(Scope.ANY, logged=True) for role in (Role.AUDITOR, Role.INVESTIGATOR, Role.SAFEGUARDING_LEAD)
    },
    ("declaration", "own"): dict.fromkeys(SIGNED_IN, Right(Scope.SELF)),  # to declare, and to see what one declared
    ("declaration", "list"): _DECIDING,
    ("declaration", "read"): _DECIDING,
    ("declaration", "work"): _DECIDING,
    ("declaration", "publish"): {Role.OFFICER: Right(Scope.AREA, logged=True, duty=Duty.COMPLAINTS_SENIOR)},
    ("declaration", "involved"): {Role.OFFICER: Right(Scope.AREA, logged=True, duty=Duty.COMPLAINTS_SENIOR)},
    ("household", "read"): {Role.OFFICER: Right(Scope.AREA, logged=True)},
    ("household", "change"): {Role.OFFICER: Right(Scope.AREA, logged=True)},
    ("household", "export"): {Role.OFFICER: Right(Scope.AREA, logged=True)},
    ("contact-safety", "raise"): {  # to say less, never more; of a home that is named, and shows nothing of it
        Role.CALL_HANDLER: Right(Scope.ONE, logged=True),
        Role.OFFICER: Right(Scope.ONE, logged=True),
    },
    ("access-case", "list"): {Role.OFFICER: Right(Scope.AREA, logged=True)},
    ("access-case", "read"): {Role.OFFICER: Right(Scope.AREA, logged=True)},
    ("access-case", "work"): {Role.OFFICER: Right(Scope.AREA, logged=True)},
    ("text", "read"): {Role.ADMINISTRATOR: Right(Scope.ANY), Role.OFFICER: Right(Scope.ANY)},
    ("text", "edit"): {Role.ADMINISTRATOR: Right(Scope.ANY, logged=True)},
    ("task", "list"): {Role.OFFICER: Right(Scope.AREA)},
    ("watch", "own"): _AT_THE_DOOR,  # one's own words, and what one's own phone is told
    ("watch", "list"): _WATCHERS,
    ("watch", "read"): _WATCHERS,
    ("watch", "work"): _WATCHERS,
    ("watch", "buddies"): {Role.CONTRACTOR_MANAGER: Right(Scope.FIRM, logged=True)},  # D10: for the firm's own workers
    ("incident", "read"): {Role.OFFICER: Right(Scope.AREA, logged=True)},
    ("incident", "work"): {Role.OFFICER: Right(Scope.AREA, logged=True)},
    ("hazard", "list"): {Role.OFFICER: Right(Scope.AREA, logged=True)},
    ("hazard", "read"): {Role.OFFICER: Right(Scope.AREA, logged=True)},
    ("hazard", "work"): {Role.OFFICER: Right(Scope.AREA, logged=True)},
    ("hazard", "tell"): _ON_THE_LINE,  # D4, D6, P1: by whoever answers the telephone, of a home that is named exactly
    ("complaint", "tell"): _ON_THE_LINE,
    ("complaint", "make"): {Role.OFFICER: Right(Scope.WRITE, logged=True)},  # B3: whoever hears it writes it down
    ("complaint", "list"): _COMPLAINTS,
    ("complaint", "read"): _COMPLAINTS,
    ("complaint", "work"): _COMPLAINTS,
    ("job-clock", "list"): {Role.OFFICER: Right(Scope.AREA, logged=True)},
    ("job-clock", "settle"): {Role.OFFICER: Right(Scope.AREA, logged=True)},
    ("held", "list"): {Role.OFFICER: Right(Scope.AREA, logged=True)},
    ("held", "read"): {Role.OFFICER: Right(Scope.AREA, logged=True)},
    ("held", "settle"): {Role.OFFICER: Right(Scope.AREA, logged=True)},
    ("held", "rescue"): {Role.OFFICER: Right(Scope.WRITE, logged=True)},
    ("evidence", "open"): {Role.OFFICER: Right(Scope.AREA, logged=True)},  # photos, signatures
    ("evidence", "let-in"): {Role.OFFICER: Right(Scope.AREA, logged=True)},  # more photos than one visit may have
    ("worker", "read"): {Role.OFFICER: Right(Scope.AREA), Role.CALL_HANDLER: Right(Scope.AREA)},
    ("worker", "change"): {Role.OFFICER: Right(Scope.AREA, logged=True)},
    ("badge", "print"): {Role.OFFICER: Right(Scope.AREA, logged=True)},
    ("badge", "suspend"): {
        Role.OFFICER: Right(Scope.AREA),
        Role.CALL_HANDLER: Right(Scope.AREA),
        Role.CONTRACTOR_MANAGER: Right(Scope.FIRM),
    },
    ("code", "read"): _SIGNED_IN,  # what binds me: to read, ask about and sign; and my own file
    ("code", "list"): {
        Role.ADMINISTRATOR: Right(Scope.ANY),
        Role.OFFICER: Right(Scope.ANY),
        Role.CONTRACTOR_MANAGER: Right(Scope.FIRM),
    },
    ("code", "publish"): {Role.ADMINISTRATOR: Right(Scope.ANY, logged=True)},
    ("code", "file"): {  # somebody's signatures and training
        Role.ADMINISTRATOR: Right(Scope.ANY, logged=True),
        Role.OFFICER: Right(Scope.ANY, logged=True),
        Role.CONTRACTOR_MANAGER: Right(Scope.FIRM, logged=True),
    },
    ("code", "scan"): {
        Role.OFFICER: Right(Scope.ANY, logged=True),
        Role.CONTRACTOR_MANAGER: Right(Scope.FIRM, logged=True),
    },
    # Of contractors, of those who answer to this officer, and, with the duty `complaints_senior`, of the council's own people
    # in those areas who answer to no officer (codes/roll.py): D9, MO-1f.
    ("code", "record"): {Role.OFFICER: Right(Scope.ANY, logged=True)},
    ("code", "countersign"): {
        Role.OFFICER: Right(Scope.ANY, logged=True),
        Role.ADMINISTRATOR: Right(Scope.ANY, logged=True),
    },
    ("involved", "list"): {
        Role.OFFICER: Right(Scope.AREA, logged=True),
        Role.ADMINISTRATOR: Right(Scope.ANY, logged=True),
    },
    ("involved", "change"): {
        Role.OFFICER: Right(Scope.AREA, logged=True),
        Role.ADMINISTRATOR: Right(Scope.ANY, logged=True),
    },
    # vault face: what of it somebody sees is the vault's own to say (fieldvisit/vault/rules.py)
    ("safe", "open"): _SAFE,
    ("safe", "record"): _SAFE,
    ("safe", "read"): _SAFE,
    ("safe", "act"): {Role.SAFEGUARDING_LEAD: Right(Scope.ANY, logged=True)},
    ("safe", "copy"): {Role.SAFEGUARDING_LEAD: Right(Scope.ANY, logged=True)},
    ("box", "take"): _ANYONE,  # the token is the right; no cookie is read
}


def right_of(role: Role, record: str, action: str) -> Right | None:
    return RIGHTS.get((record, action), {}).get(role)


def may_ever(principal: Principal | None, record: str, action: str) -> Right | None:
    """The right of this person to this action on some row, or None: the caller answers as if nothing were there."""
    right = right_of(principal.role if principal else Role.PUBLIC, record, action)
    if right and right.duty:
        duties = [duty for duty in (right.duty, right.or_duty) if duty]
        if not (principal and any(principal.holds(duty) for duty in duties)):
            return None
    return right
