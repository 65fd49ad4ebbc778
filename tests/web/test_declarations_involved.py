"""Involved people: they sign and declare by a link of their own, without an account."""

import re
from datetime import datetime

import pytest
from sqlalchemy import select

from fieldvisit.db import new_id
from fieldvisit.declarations.models import Recusal, Undertaking
from fieldvisit.ground.policy import load_policy
from fieldvisit.ground.roles import DECLARING
from fieldvisit.register import involved
from fieldvisit.register.involved_routes import key as key_of_links
from tests.web.test_declarations import WHY, declared, gift, only, step, told, who_manages_whom  # noqa: F401 - fixtures
from tests.world import World


@pytest.fixture
def pat(world: World) -> tuple[str, str, str]:
    """A panel member: id, address and word."""
    with world.app.app_context(), world.database.writing(None) as session:
        made = involved.take_in(session, "panel", "Pat Ryder", starts_on=datetime(2026, 12, 1).date())
        key = key_of_links()
        return made.id, f"/p/{involved.token_of(made, key)}", involved.word_of(made, key)


def test_a_panel_member_signs_and_declares_by_the_personal_link_alone(world: World, pat):
    who, here, word = pat
    nobody = world.app.test_client()
    lines = nobody.post(here, data={"word": word}).get_data(as_text=True)
    assert "Keep it private" in lines and "What could sway you" in lines
    form = nobody.post(f"{here}/declare/conflicts", data={"word": word}).get_data(as_text=True)
    key = re.search(r'name="k" value="([0-9a-f]{32})"', form)
    assert key
    sign = {"word": word, "do": "sign", "k": key[1], "name": "Pat Ryder", "type": "financial", "who": "Oakline"}
    unread = nobody.post(f"{here}/declare/conflicts", data=sign | {"what": "I own a share."})
    assert unread.status_code == 422 and "I own a share." in unread.get_data(as_text=True)
    done = nobody.post(f"{here}/declare/conflicts", data=sign | {"what": "I own a share.", "agrees": "yes"})
    assert done.status_code == 200 and "Thank you" in done.get_data(as_text=True)
    assert "Set-Cookie" not in done.headers
    with world.database.reading(DECLARING) as session:
        assert session.scalars(select(Undertaking.kind)).all() == ["conflicts"]
    assert (only(world).subject_id, only(world).form) == (who, "financial")
    assert "as every tenant does" in form
    assert "Signed" in world.client("dora").get("/office/declarations/involved").get_data(as_text=True)


def test_without_the_word_nothing_is_signed_and_nothing_said(world: World, pat):
    _, here, _ = pat
    answer = world.app.test_client().post(f"{here}/declare/confidentiality", data={"word": "WRONG", "do": "sign"})
    assert answer.status_code == 422 and "Pat" not in answer.get_data(as_text=True)
    assert world.app.test_client().post("/p/nonsense/declare/gift", data={"word": "x"}).status_code == 200
    assert declared(world) == []


def test_a_panel_members_gift_waits_for_the_senior_officer(world: World, pat):
    _, here, word = pat
    world.policy = world.app.extensions["fv_policy"] = load_policy("alliance")
    sent = gift() | {"word": word, "do": "sign", "reason": WHY}
    assert world.app.test_client().post(f"{here}/declare/gift", data=sent).status_code == 200
    one = only(world)
    assert (one.subject_kind, one.stage) == ("involved", "referred")
    assert step(world.client("dora"), one, "decided", decision="keep", reason=WHY).status_code == 303


def test_taking_no_part_is_recorded_with_what_the_chair_did(world: World, pat):
    who, _, _ = pat
    dora, when = world.client("dora"), {"on-day": "7", "on-month": "12", "on-year": "2026"}
    here = f"/office/declarations/involved/{who}"
    said = {
        "k": new_id(),
        "about": "meeting",
        "left": "yes",
        "words": "Item 4, the repairs contract. The chair noted it.",
    }
    assert dora.post(f"{here}/recused", data=said | when | {"words": "Item 4"}).status_code == 422
    assert dora.post(f"{here}/recused", data=said | when).status_code == 303
    assert "Item 4, the repairs contract" in dora.get(here).get_data(as_text=True)
    with world.database.reading(DECLARING) as session:
        assert session.scalars(select(Recusal.left)).all() == [True]
