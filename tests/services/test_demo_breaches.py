"""Whom the demo's cases are about: beside whoever visits, the one whom a council's own code is about."""

from pathlib import Path

import pytest
from sqlalchemy import select

from fieldvisit import schema
from fieldvisit.breaches import case_readers
from fieldvisit.breaches.case_models import BreachCase, BreachTold
from fieldvisit.config import Config, make_keys
from fieldvisit.db import Database
from fieldvisit.demo import load
from fieldvisit.demo.breaches import play_breaches
from fieldvisit.demo.people import seed_people
from fieldvisit.ground.policy import load_policy
from fieldvisit.ground.roles import CONDUCT, DEMO
from tests.services.demo_days import AT, TODAY

WHOM = {
    "melton": [],
    "milton-keynes": [("Rosa Quist", "reported", "")],
    "alliance": [("Paul Ames", "awaiting_response", "AL")],
}


@pytest.mark.parametrize("council", WHOM)
def test_a_demo_has_a_case_about_whom_its_own_code_binds(council: str, tmp_path: Path) -> None:
    config = Config(home=tmp_path)
    make_keys(config)
    database = Database(f"sqlite:///{tmp_path}/demo.db")
    schema.upgrade(database)
    policy = load_policy(council)
    with database.writing(DEMO) as session:  # the rest of the demo takes seconds, and is looked at elsewhere
        cast = seed_people(session, policy, "no password", TODAY)
        play_breaches(load._stage(session, config, policy, cast, 7, TODAY, AT))
    with database.reading(CONDUCT) as session:
        involved = list(session.scalars(select(BreachCase).where(BreachCase.subject_kind == "involved")))
        named = [(case_readers.named(session, "involved", case.subject_id), case) for case in involved]
        assert [(who.name, case.stage, case.document) for who, case in named if who] == WHOM[council]
        letters = session.scalars(
            select(BreachTold.body).where(BreachTold.case_id.in_([case.id for case in involved]))
        ).all()
        assert not any("[say" in body for body in letters)
    database.dispose()
