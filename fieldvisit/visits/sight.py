"""What a person at the door keeps in sight, and until when. Pure."""

from datetime import time

from fieldvisit.visits.state import Stage

SHIFT_ENDS = time(20, 0)  # R11: the later of 20:00 London and the end of the day's last window

# Whoever stands at a door or inside keeps the page, however long the visit runs.
AT_THE_DOOR = (
    Stage.EN_ROUTE,
    Stage.AT_DOOR,
    Stage.IDENTIFIED,
    Stage.CONSENTED,
    Stage.LAWFUL_ENTRY,
    Stage.IN_HOME,
    Stage.CLOSING,
)
