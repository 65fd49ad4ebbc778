"""A code whose text is a file is opened before it is signed: our own summary beside it is not what anybody signs."""

from hashlib import sha256
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldvisit.codes import service, versions
from fieldvisit.codes.models import CodeIssue, CodeText, CodeVersion
from fieldvisit.codes.text import read_upload
from fieldvisit.register.models import Person
from tests.services.test_codes import a_version, page_of
from tests.web.desk_forms import said
from tests.web.test_codes import A_PDF, signatures, signing
from tests.web.test_involved import rosa, signs  # noqa: F401 - a fixture
from tests.world import World

OPEN_FIRST = "Open the document itself and read it to its end"


def as_a_file(world: World, version_id: str) -> str:
    """Live, its text a PDF, and large print as a PDF beside it: no page of ours shows it."""
    with world.database.writing(None) as session:
        version = session.get_one(CodeVersion, version_id)
        text = session.scalars(select(CodeText).where(CodeText.code_version_id == version_id)).one()
        text.media_type, text.content, text.sha256 = "application/pdf", A_PDF, sha256(A_PDF).hexdigest()
        version.text_sha256 = text.sha256
        versions.add_text(session, version, "large_print", read_upload(A_PDF + b"\n"), by=None, at=world.now)
    return version_id


@pytest.fixture
def code(world: World) -> str:
    return as_a_file(world, a_version(world))


def opened_at(world: World, version_id: str, ref: str = "asha") -> Any:
    with world.database.reading(None) as session:
        wanted = select(CodeIssue).where(CodeIssue.code_version_id == version_id, CodeIssue.person_id == world.ids[ref])
        row = session.scalars(wanted).first()
        return row.document_at if row else None


def test_nobody_has_read_what_was_not_handed_to_them(world: World, code: str):
    asha = world.client("asha")
    assert "Open it and read it to its end before you sign" in said(asha.get(f"/codes/{code}"))
    answer = asha.post(f"/codes/{code}/read", data={"part": "all"})
    assert answer.location == f"/codes/{code}?done=not-opened"
    page = asha.get(answer.location)
    assert OPEN_FIRST in said(page) and 'href="#document"' in page.text and 'id="document"' in page.text
    refused = asha.post(f"/codes/{code}/sign", data=signing(world, code))
    assert refused.status_code == 422
    assert OPEN_FIRST in said(refused)
    assert signatures(world, code) == []


@pytest.mark.parametrize("kind", ["signed", "large_print"])
def test_who_has_opened_it_in_any_format_reads_on_and_signs(world: World, code: str, kind: str):
    asha = world.client("asha")
    assert asha.head(f"/codes/{code}/{kind}.document").status_code == 200
    assert opened_at(world, code) is None, "a look at its size is no reading"
    assert asha.get(f"/codes/{code}/{kind}.document").mimetype == "application/pdf"
    assert opened_at(world, code) == world.now
    assert "You have opened it" in said(asha.get(f"/codes/{code}"))
    assert asha.post(f"/codes/{code}/read", data={"part": "all"}).location == f"/codes/{code}/sign"
    assert asha.post(f"/codes/{code}/sign", data=signing(world, code)).location == "/codes?done=signed"
    assert len(signatures(world, code)) == 1


def test_it_is_each_person_and_each_version_for_itself(world: World, code: str):
    world.client("ben").get(f"/codes/{code}/signed.document")
    asha = world.client("asha")
    asha.get(f"/codes/{code}/signed.document")
    newer = as_a_file(world, a_version(world, "3.0", live_in=0))
    assert opened_at(world, code, "ben") and opened_at(world, newer) is None
    assert asha.post(f"/codes/{newer}/read", data={"part": "all"}).location == f"/codes/{newer}?done=not-opened"
    assert world.client("olive").post(f"/codes/{newer}/sign", data=signing(world, newer)).status_code == 422


def test_who_said_before_that_it_was_read_opens_it_before_signing(world: World, code: str):
    with world.database.writing(None) as session:
        asha, version = session.get_one(Person, world.ids["asha"]), session.get_one(CodeVersion, code)
        service.read_part(session, asha, version, 1, 1, "all", world.now)
    page = said(world.client("asha").get(f"/codes/{code}/sign"))
    assert OPEN_FIRST in page and "Go to the document" in page
    assert world.client("asha").post(f"/codes/{code}/sign", data=signing(world, code)).status_code == 422
    assert signatures(world, code) == []


def test_another_text_of_a_draft_is_opened_anew(world: World):
    with world.database.writing(None) as session:
        new = versions.New("ME", "9.0", True, "All of it", ("operative",))
        version = versions.start(session, new, by=None, at=world.now)
        asha = session.get_one(Person, world.ids["asha"])
        versions.add_text(session, version, "signed", read_upload(A_PDF), by=None, at=world.now)
        service.handed_over(session, asha, version, world.now)
        assert service.has_opened(session, asha, version)
        versions.add_text(session, version, "signed", read_upload(A_PDF + b"\n"), by=None, at=world.now)
        session.expire_all()
        assert not service.has_opened(session, asha, version)
        versions.add_text(session, version, "html", read_upload(page_of()), by=None, at=world.now)
        assert service.has_opened(session, asha, version), "our page shows it whole"


def test_an_involved_resident_opens_it_by_her_own_link_and_word(
    world: World, client: FlaskClient, rosa: dict[str, str]
):  # fmt: skip
    as_a_file(world, rosa["code"])
    here = f"{rosa['here']}/code/{rosa['code']}"
    page = client.post(here, data={"word": rosa["word"]})
    assert "Open it and read it to its end before you sign" in said(page)
    refused = signs(client, rosa, world)
    assert refused.status_code == 422
    assert OPEN_FIRST in said(refused) and 'href="#document"' in refused.text
    assert client.post(here, data={"word": rosa["word"], "act": "open", "text": "none"}).status_code == 404
    assert client.post(here, data={"word": "NOPE NOPE", "act": "open", "text": "signed"}).status_code == 422
    assert signs(client, rosa, world).status_code == 422
    answer = client.post(here, data={"word": rosa["word"], "act": "open", "text": "signed"})
    assert (answer.mimetype, answer.data) == ("application/pdf", A_PDF)
    assert "You have opened it" in said(client.post(here, data={"word": rosa["word"]}))
    assert "Thank you" in said(signs(client, rosa, world))
