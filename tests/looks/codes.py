"""What has happened before anybody looks at the pages of codes, what is done on them, and which pages there are."""

from datetime import date, timedelta

from playwright.sync_api import Page

from fieldvisit.codes import service, training, versions
from fieldvisit.codes.models import CodeVersion
from fieldvisit.codes.text import read_upload
from fieldvisit.codes.versions import New
from fieldvisit.db import new_id
from fieldvisit.register import involved
from fieldvisit.register.models import Person
from tests.services.test_codes import a_version, page_of
from tests.world import World

DAY = timedelta(days=1)


def signs_with_nothing_typed(page: Page) -> None:
    for label in ("Your full name", "Your position", "Your organisation"):
        page.get_by_label(label).fill("")
    page.get_by_role("button", name="Sign", exact=True).click()
    page.get_by_role("heading", name="There is a problem").wait_for()


def approves_with_nothing_typed(page: Page) -> None:
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("heading", name="There is a problem").wait_for()


def starts_with_nothing_typed(page: Page) -> None:
    page.get_by_role("button", name="Start it").click()
    page.get_by_role("heading", name="There is a problem").wait_for()


def opens_all(page: Page) -> None:
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true; })")


def says_the_word(page: Page) -> None:
    page.get_by_label("Your word").fill(_WORDS[page.url.rpartition("/")[2]])
    page.get_by_role("button", name="Open").click()
    page.get_by_role("heading", name="What we ask of you").wait_for()


def reads_with_the_word(page: Page) -> None:
    says_the_word(page)
    page.get_by_role("button", name="Read and sign: Code of conduct").click()
    page.get_by_role("button", name="Sign", exact=True).wait_for()


def asks_for_a_letter(page: Page) -> None:
    says_the_word(page)
    page.get_by_role("button", name="Type its six characters").click()
    page.get_by_role("heading", name="A letter that you got from us").wait_for()


def says_nothing(page: Page) -> None:
    page.get_by_role("button", name="Open").click()
    page.get_by_role("heading", name="There is a problem").wait_for()


# name, rule, who, address, what is done
HAND = (
    ("codes of mine", "/codes", "asha"),
    ("a code, its first section", "/codes/<id:version_id>", "asha", "/codes/{code}", opens_all),
    ("a code, all of it", "/codes/<id:version_id>", "asha", "/codes/{code}?part=all"),
    ("sign a code", "/codes/<id:version_id>/sign", "ben", "/codes/{code}/sign"),
    (
        "sign a code with nothing typed",
        "/codes/<id:version_id>/sign",
        "ben",
        "/codes/{code}/sign",
        signs_with_nothing_typed,
    ),
    ("my training file", "/codes/file", "asha"),
)
ANYBODY = (
    ("codes for anybody", "/rights/codes"),
    ("a code for anybody", "/rights/codes/<badge:code>", None, "/rights/codes/ME"),
    ("an involved resident's link", "/p/<code:token>", None, "{involved_link}"),
    ("an involved resident's link without a word", "/p/<code:token>", None, "{involved_link}", says_nothing),
    ("what an involved resident is asked", "/p/<code:token>", None, "{involved_link}", says_the_word),
    ("an involved resident's code", "/p/<code:token>", None, "{involved_link}", reads_with_the_word),
    ("an involved resident's letter", "/p/<code:token>", None, "{involved_link}", asks_for_a_letter),
    ("a link that opens nothing", "/p/<code:token>", None, "/p/AAAA"),
)
DESK = (
    ("codes at the office", "/office/codes", "olive", "", opens_all),
    ("a new version", "/office/codes/new", "adam", "", starts_with_nothing_typed),
    ("a version, live", "/office/codes/<id:version_id>", "adam", "/office/codes/{code}"),
    (
        "a version to approve",
        "/office/codes/<id:version_id>",
        "adam",
        "/office/codes/{draft}",
        approves_with_nothing_typed,
    ),
    ("who has signed", "/office/codes/people", "adam"),
    ("every clause", "/office/codes/clauses", "olive", "/office/codes/clauses?code=HS"),
    ("a training file", "/office/codes/people/<id:person_id>", "olive", "/office/codes/people/{worker}", opens_all),
    ("involved people", "/office/codes/involved", "olive"),
    ("an involved person", "/office/codes/involved/<id:involved_id>", "olive", "/office/codes/involved/{involved}"),
)
NOT_LOOKED_AT = {
    "/codes/<id:version_id>/<word:text_kind>.document": "the council's own document",
    "/office/codes/<id:version_id>/<word:text_kind>.document": "the council's own document",
    "/rights/codes/<badge:code>/<word:text_kind>.document": "the council's own document",
    "/office/codes/people.csv": "for a spreadsheet",
    "/office/codes/signatures/<id:signature_id>/scan": "a picture",
}
_WORDS: dict[str, str] = {}


def some_codes(world: World) -> dict[str, str]:
    """A new version of the code for visits, which everybody is asked to sign; a draft; a resident; a paper signature."""
    today, at = world.now.date(), world.now
    code = a_version(world, "2.0")
    residents = a_version(world, "2", document="MR", binds=("resident",))
    key = involved.key_of_links(world.app.config["SECRET_KEY"])
    with world.database.writing(None) as session:
        draft = versions.start(
            session, New("ME", "3.0", True, "Night visits.", ("operative", "officer")), by=world.ids["adam"], at=at
        )
        versions.add_text(session, draft, "signed", read_upload(page_of("three")), by=world.ids["adam"], at=at)
        asha, ben, carl = (session.get_one(Person, world.ids[ref]) for ref in ("asha", "ben", "carl"))
        live = session.get_one(CodeVersion, code)
        service.read_part(session, asha, live, 1, 2, "sections", at)
        service.read_part(session, ben, live, 2, 2, "all", at)
        service.ask(session, asha, live, "May I take tea when it is offered?", at, key=new_id(), policy=world.policy)
        service.keep_paper(session, carl, live, b"", today, by=world.ids["omar"], at=at)
        by, done = world.ids["olive"], date(2026, 1, 10)
        training.record(session, asha, "qualification", "Gas card", done, today - DAY, by=by, at=at, key=new_id())
        training.set_visit_check(asha, True, date(2026, 3, 1), world.policy)
        rosa = involved.take_in(
            session, "resident", "Rosa Quist", starts_on=date(2026, 1, 1), area_id=world.ids["North"],
            organisation="Residents' forum",
        )  # fmt: skip
        link = f"/p/{involved.token_of(rosa, key)}"
        _WORDS[link.rpartition("/")[2]] = involved.word_of(rosa, key)
        return {
            "code": code,
            "draft": draft.id,
            "involved": rosa.id,
            "involved_link": link,
            "residents_code": residents,
        }
