"""A visit's photos on one page: before beside after, who took each and when, and whether the tenant was asked."""

import re
from datetime import timedelta

from sqlalchemy import select

from fieldvisit.audit.models import AccessRecord
from fieldvisit.badges.portraits import portrait
from tests.pictures import make_all_ready
from tests.stories import Story, a_visit
from tests.world import NOW, World

MINUTE = timedelta(minutes=1)
THIS_MORNING = NOW - timedelta(hours=3)


def photographed(world: World, *shots: tuple[str, str]) -> Story:
    """Each photo a minute after the last, whole and here. shots: what of, and what was said of asking ('': nothing)."""
    story = a_visit(world, starts=THIS_MORNING).at_the_door().answered().identified().consented().entered()
    for number, (what, asked) in enumerate(shots):
        more = {"asked": asked} if asked else {}
        blob = story.phone.photo(story.visit_id, portrait(number), story.at + number * MINUTE, what, **more)
        assert story.phone.send(story.at + number * MINUTE)[0]["status"] == "accepted"
        assert story.phone.put_whole(blob).get_json()["complete"]
    assert set(make_all_ready(world)) <= {"cleaned"}
    return story


def page_of(world: World, story: Story, end: str = "/photos", who: str = "olive") -> str:
    answer = world.client(who).get(f"/office/visits/{story.visit_id}{end}")
    assert answer.status_code == 200
    return " ".join(answer.text.split())


def section(page: str, id: str) -> str:
    found = re.search(rf'<section aria-labelledby="{id}">.*?</section>', page)
    assert found
    return found[0]


def test_before_stands_beside_after_and_each_says_when_by_whom_and_whether_they_were_asked(world: World) -> None:
    pair, rest = (
        [("before", "yes"), ("before", ""), ("after", "nobody_there")],
        [("damage", "danger"), ("card_left", "outside")],
    )
    page = page_of(world, photographed(world, *pair, *rest))
    places = [page.index(f'id="{what}"') for what in ("before", "after", "damage", "card_left")]
    assert places == sorted(places)
    before, after = section(page, "before"), section(page, "after")
    assert re.search(r'alt="Before the work, photo 1 of 2, taken at [\d:]+am on Tuesday 8 December 2026"', before)
    assert before.count("<img") == before.count('loading="lazy"') == 2
    assert "by Asha Kaur, operative" in after and 'alt="After the work, taken at' in after
    for words, part in (
        ("The tenant was asked, and said yes.", before), ("Whether the tenant was asked is not recorded.", before),
        ("Nobody was there to ask.", after), ("There was danger", section(page, "damage")),
        ("It was taken outside the home.", section(page, "card_left")),
    ):  # fmt: skip
        assert words in part


def test_its_pictures_are_those_of_the_route_that_writes_each_look_down(world: World) -> None:
    story = photographed(world, ("after", "yes"))
    desk = world.client("olive")
    [source] = re.findall(r'<img src="([^"]+)"', desk.get(f"/office/visits/{story.visit_id}/photos").text)
    assert desk.get(source).mimetype == "image/jpeg"
    with world.database.reading(None) as session:
        looks = session.scalars(select(AccessRecord).where(AccessRecord.record == "evidence"))
        assert sorted(row.object_id for row in looks) == sorted([story.visit_id, source.rsplit("/", 1)[1]])


def test_a_side_without_a_photo_says_so_and_so_does_one_that_is_still_on_the_phone(world: World) -> None:
    story = photographed(world)
    story.phone.photo(story.visit_id, portrait(1), story.at, "after")
    story.phone.send(story.at)
    page = page_of(world, story)
    assert "No photo from before the work has reached us." in section(page, "before")
    assert "This photo is still on the phone." in section(page, "after")
    assert "<img" not in page


def test_the_visit_leads_there_only_where_there_are_photos_and_says_whether_they_were_asked(world: World) -> None:
    with_one, without = photographed(world, ("before", "yes")), a_visit(world, home="100030000002", lead="ben")
    page = page_of(world, with_one, "")
    assert f'href="/office/visits/{with_one.visit_id}/photos"' in page
    assert "The tenant was asked, and said yes." in page
    assert "/photos" not in page_of(world, without, "")
    assert "/photos" not in page_of(world, with_one, "", "mona")
    assert page_of(world, without).count("has reached us.") == 2
