"""What each choice, step and stage of a declaration is called on pages."""

FORMS = {
    "thing": "A thing, such as food or flowers",
    "cash": "Money",
    "voucher": "A voucher or gift card",
    "favour": "A favour",
    "discount": "A discount",
    "hospitality": "A meal, ticket or event",
}
SHORT_FORMS = {**FORMS, "thing": "A thing"}
GIVERS = {"tenant": "A tenant, or their household", "supplier": "A supplier or contractor", "other": "Somebody else"}
PURPOSES = {
    "work_event": "An event about our work", "training": "Training", "meeting": "A meeting",
    "social": "Social: a day out, a party",
}  # fmt: skip
TYPES = {
    "relative": ("A relative, partner or friend", "Who lives in a home that we visit, works here, or could gain"),
    "tenant": ("I am a tenant, or live with one", "Of this council or landlord"),
    "personal": ("A close tie to somebody", "A person or a group who could gain from what we decide"),
    "financial": ("Money", "Shares, a stake or a debt, in a firm that works for us or supplies us"),
    "business": ("A business of my own", "Also one of my partner’s"),
    "other_work": ("Other work", "A second job, or private work. Declare it before it begins"),
    "consultancy": ("Consultancy for others", "Only a head of service or somebody above may agree to it"),
    "organisational": ("A group or body", "A charity, club or company that I belong to or lead"),
    "councillor": ("I am, or live with, a councillor", ""),
    "political": ("Active in a party or campaign", "Kept to as few people as can be"),
    "other": ("Something else", "Any other loyalty that could make me less fair"),
}
KINDS = {"gift": "Gift", "hospitality": "Hospitality", "interest": "Interest"}

# Stage -> words, tone, shape of its tag.
STAGES = {
    "offered": ("Written down", "calm", "pen"),
    "declined": ("Refused", "good", "tick"),
    "referred": ("Waits for a decision", "warn", "clock"),
    "approved_keep": ("May be kept", "good", "tick"),
    "refused_return": ("Must be given back", "bad", "arrow"),
    "returned_or_donated": ("Given back", "good", "tick"),
    "escalated": ("Passed on", "special", "warn"),
    "closed": ("Closed", "quiet", "tick"),
    "declared": ("To be read", "warn", "clock"),
    "acknowledged": ("To be managed", "warn", "lens"),
    "managed": ("Managed", "good", "tick"),
    "updated": ("Changed: to be read again", "warn", "clock"),
    "ended": ("Ended", "quiet", "tick"),
}
STEPS = {
    "offered": "Written down",
    "declined": "It was refused, so nothing more is to do",
    "referred": "Somebody must decide",
    "refused_return": "It may not be kept by its value: it must be given back",
    "escalated": "Passed on, as the rule says of every such offer",
    "decided": "Decided",
    "given_back": "Given back, or to others",
    "put_away": "Nothing more to do here",
    "closed": "Closed",
    "declared": "Declared",
    "acknowledged": "Read and acknowledged",
    "managed": "What follows was decided",
    "same": "Gone through again: nothing has changed",
    "changed": "Something has changed",
    "over": "It has ended",
}
FIELDS = {
    "what": "What", "why": "Why it was taken", "giver": "From", "who": "With whom, or in what", "reason": "Reason",
    "evidence": "How we know",
}  # fmt: skip
GIVEN_BACK = {
    "returned": "Returned to the giver",
    "donated": "Given to a charity",
    "shared": "Shared with everybody here",
}
RANKS = {
    "head_of_service": "Head of Service", "assistant_director": "Assistant Director", "director": "Director",
    "chief_executive": "Chief Executive",
}  # fmt: skip
# What the person is told as soon as it is written down, by the reason of the outcome.
OUTCOMES = {
    "never": "This is passed on to the council, as every such offer is. Thank you for saying so.",
    "declined": "Thank you. You said no, and it is on record.",
    "none": "It must go back, and it is passed on: nothing from a tenant may be kept here.",
    "hospitality": "It is on record. Somebody will decide about it.",
    "over-limit": "It is worth too much to be kept. Give it back, then say so here.",
    "asked": "Somebody will decide whether you may keep it. Until then, do not use it up.",
}
MUST_RETURN = "Give it back, then say here to whom, when and who saw it."
WHO = {
    "operative": "A contractor’s worker", "contractor_manager": "A contractor’s manager", "involved": "An involved resident",
}  # fmt: skip
OF_THE_COUNCIL = "A council officer"
UNDERTAKINGS = {
    "confidentiality": ("Keep it private", "Sign that what you read and hear stays private."),
    "conflicts": (
        "What could sway you",
        "Say what could sway your judgement, and sign. Every year, and when it changes.",
    ),
}
ABOUT = {"meeting": "A meeting", "case": "A case of conduct"}
