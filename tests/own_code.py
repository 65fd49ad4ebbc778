"""A council's own code and its procedure, for tests: the terms of reference of a forum, with a ladder, days and an appeal."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fieldvisit.breaches import own_procedures

CODE = """
[document]
code = "TOR"
title = "Terms of reference of the forum"
landlord = "Melton Borough Council"
version = "1"
dated = "1 March 2026"
status = "live"
binds = "Members of the forum"

[[clause]]
id = "TOR-1"
section = "1"
bearer = "Members"
duty = "Come to four meetings a year, or say that you cannot."
how = "displayed"

[[clause]]
id = "TOR-2"
section = "2"
bearer = "Members"
duty = "What is heard in the forum stays there."
how = "displayed"

[[clause]]
id = "TOR-9"
section = "9"
bearer = "The council"
duty = "The chair speaks to whoever breaks these terms, and only then ends a membership. There is one appeal in 5 days."
how = "recorded"
"""
PROCEDURE = """
document = "TOR"
title = "Terms of reference (the forum)"

[people.screener]
label = "Secretary of the forum"
clause = "project default"

[people.decider]
label = "Chair of the forum"
clause = "TOR-9"

[words.screen]
label = "The secretary looks at it"
clause = "project default"

[words.notify]
label = "The member is told"
clause = "project default"

[words.respond]
label = "The member answers"
clause = "project default"

[words.decide]
label = "The chair decides"
clause = "TOR-9"

[words.tell]
label = "The member is told the result"
clause = "TOR-9"

[clocks.respond]
working_days = 7
clause = "TOR-9"

[clocks.tell]
working_days = 2
clause = "project default"

[appeal]
window_wd = 5
clause = "TOR-9"
route = "Write to the secretary."

[[appeal.levels]]
label = "The director of housing"
clause = "TOR-9"

[[sanctions]]
code = "talk"
label = "A talk with the chair"
clause = "TOR-9"

[[sanctions]]
code = "end"
label = "The end of the membership"
clause = "TOR-9"

[[ladders]]
name = "terms"
label = "Breaking the terms"
clause = "TOR-9"
order = "strict"
rungs = [["talk"], ["end"]]

[[ladders]]
name = "secrets"
label = "What was heard is passed on"
clause = "TOR-2"
order = "free"
rungs = [["talk", "end"]]
clauses = ["TOR-2"]
"""


def written(folder: Path, code: str = CODE, procedure: str | None = PROCEDURE) -> Path:
    (folder / "procedures").mkdir(exist_ok=True)
    (folder / "forum.toml").write_text(code)
    if procedure is not None:
        (folder / "procedures" / "TOR.toml").write_text(procedure)
    return folder


def naming(document: str) -> str:
    return CODE.replace('binds = "Members', f'procedure = "{document}"\nbinds = "Members')


@contextmanager
def in_use(folder: Path) -> Iterator[None]:
    own_procedures.use(folder)
    try:
        yield
    finally:
        own_procedures.use(None)
