"""What a worker is shown and asks themselves when they see something dangerous: whom to ring first, and who is at risk. Pure."""

# Before anything is written down: whom to ring, by the code of the contact, and what to do meanwhile.
DO_FIRST = {
    "danger": "Ask them to ring now, and stay with them until they have.",
    "gas": "No switches and no flames. Open the windows, leave, and ring from outside.",
    "power": "Keep away from the lines.",
}
# The same for the worker who is there.
AT_THE_DOOR = DO_FIRST | {"danger": "Ring now. Get everybody out if you safely can."}
AT_RISK = {
    "baby": "A baby, or a child under 5",
    "child": "A child",
    "older": "Somebody over 65",
    "pregnant": "Somebody who is pregnant",
    "breathing": "Somebody with a breathing condition",
    "heart": "Somebody with a heart condition",
    "disabled": "Somebody who is disabled",
    "mental": "Somebody whose mental health it makes worse",
    "other": "Somebody else who is more at risk",
    "nobody_known": "Nobody that we know of",
}
