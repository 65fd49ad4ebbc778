"""The codes of an incident in words."""

KINDS = {
    "violence": "Somebody was violent",
    "threat": "Somebody threatened, or frightened, the worker",
    "fall": "A fall",
    "animal": "An animal",
    "needle": "A needle or something sharp",
    "accident": "Another accident",
    "illness": "Somebody fell ill",
    "gas": "Gas or fumes",
    "near_miss": "Nobody was hurt, but could have been",
    "other": "Something else",
}
HURT = {
    "worker": "The worker",
    "public": "Somebody who does not work for us, such as the tenant",
    "nobody": "Nobody",
}
INJURIES = {
    "minor": "Less than below",
    "specified": "A specified injury: a broken bone (not a finger, thumb or toe), a lost limb or sight, a serious burn, "
    "a crush of head or body, unconscious from a blow or lack of air",
    "death": "Somebody died",
    "none": "No injury",
}
PROMPTS = {
    "death": "A death",
    "specified": "A specified injury",
    "public": "Somebody of the public went to hospital",
    "over_7_days": "More than seven days off work",
    "gas": "A dangerous gas fitting",
}
STEPS = {
    "reported": "Written down",
    "more_known": "More is known",
    "told": "Reported to the Health and Safety Executive",
    "closed": "Closed",
}
OFFERS = {
    "told": ("It was reported to the Executive", "Record that it was reported"),
    "more_known": ("More is known, or something was wrong", "Record what is known now"),
    "closed": ("Close it", "Close it"),
}
DONE = {
    "reported": "It is written down.",
    "told": "Recorded. Nothing was sent from here: you told the Executive yourself.",
    "more_known": "Recorded. The days below are worked out anew.",
    "closed": "It is closed.",
}
