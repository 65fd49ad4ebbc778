"""The demo's gifts and interests: the same offers, and what each council's own rule makes of them."""

from pathlib import Path

import pytest
from sqlalchemy import select

from fieldvisit import schema
from fieldvisit.config import Config, make_keys
from fieldvisit.db import Database
from fieldvisit.declarations.models import Declaration, Recusal, Undertaking
from fieldvisit.demo import load
from fieldvisit.demo.declarations import play_declarations
from fieldvisit.demo.homes import seed_homes
from fieldvisit.demo.people import seed_people
from fieldvisit.demo.rounds import homes_in_turn
from fieldvisit.ground.policy import load_policy
from fieldvisit.ground.roles import DEMO
from fieldvisit.register.apart import KeptApart
from tests.services.demo_days import AT, TODAY

CAKES = {"melton": "escalated", "milton-keynes": "referred", "alliance": "referred"}


@pytest.mark.parametrize("council", CAKES)
def test_the_demo_shows_gifts_and_interests_in_different_states(council: str, tmp_path: Path) -> None:
    config = Config(home=tmp_path)
    make_keys(config)
    database = Database(f"sqlite:///{tmp_path}/demo.db")
    schema.upgrade(database)
    policy = load_policy(council)
    with database.writing(DEMO) as session:  # the rest of the demo takes seconds, and is looked at elsewhere
        cast = seed_people(session, policy, "no password", TODAY)
        stage = load._stage(session, config, policy, cast, 7, TODAY, AT)
        play_declarations(stage, homes_in_turn(stage, seed_homes(session, cast, 7, TODAY)))
    with database.reading(DEMO) as session:
        rows = list(session.scalars(select(Declaration)))
        assert [row.stood for row in rows if row.value_pence == 1250] == [CAKES[council]]
        assert {row.stood for row in rows} >= {
            "declined",
            "escalated",
            "referred",
            "returned_or_donated",
            "managed",
            "declared",
        }
        assert {row.late for row in rows if row.kind == "hospitality"} == {True}
        assert len(session.scalars(select(KeptApart)).all()) == 2
        assert len(session.scalars(select(Undertaking)).all()) == len(session.scalars(select(Recusal)).all()) == 1
    database.dispose()
