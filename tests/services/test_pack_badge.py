"""What a phone is given so that it can show a badge with no signal, and what it is not given."""

import base64
import io
from datetime import date, timedelta

import pytest
from PIL import Image

from fieldvisit.badges import codes
from fieldvisit.badges.draw import PHOTO_BYTES, PHOTO_SIZE, badge_photo
from fieldvisit.badges.models import Badge
from fieldvisit.badges.service import pack_badge
from fieldvisit.register.models import Firm, Grant, Person
from tests.stories import a_phone
from tests.world import NOW, World

BASE, AT = "https://verify.example", "verify.example/v"
JUST_BEFORE_MIDNIGHT = NOW.replace(hour=23, minute=59, second=59)


def packed(world: World, ref: str = "asha", device: str | None = None, at=NOW):
    device = device or a_phone(world, ref).device
    with world.database.reading(world.principal(ref)) as session:
        return pack_badge(session, world.ids[ref], device, at, world.policy, BASE, AT)


def change(world: World, kind: type, key: str, **to: object) -> None:
    with world.database.writing(None) as session:
        row = session.get_one(kind, world.ids[key])
        for name, value in to.items():
            setattr(row, name, value)


def test_a_good_badge_goes_with_its_words_and_the_keys_of_today_and_tomorrow(world):
    badge = packed(world)
    photo, keys = badge.pop("photo"), badge.pop("day_keys")
    assert badge == {
        "id": world.ids["badge of asha"], "number": "MB-1001", "name": "Asha K.", "company": "Brightwater Heating",
        "council": "Melton Borough Council", "good_until": badge["good_until"], "valid": True, "why": [], "step_s": 30,
        "verify_base": BASE, "verify_at": AT,
    }  # fmt: skip
    assert photo.startswith("data:image/jpeg;base64,")
    assert [each["day"] for each in keys] == ["2026-12-08", "2026-12-09"]
    assert all(len(bytes.fromhex(each["key"])) == 32 for each in keys)


def test_a_code_made_with_the_packed_key_is_the_one_that_a_check_expects(world):
    phone = a_phone(world, "asha")
    badge = packed(world)
    with world.database.reading(None) as session:
        from fieldvisit.badges.service import with_secret

        secret = with_secret(session, badge["id"]).secret
    for each in badge["day_keys"]:
        expected = codes.day_key(secret, badge["id"], phone.device, date.fromisoformat(each["day"]))
        assert bytes.fromhex(each["key"]) == expected


@pytest.mark.parametrize(("later", "first"), [(0, "2026-12-08"), (1, "2026-12-09"), (2, "2026-12-09")])
def test_the_day_of_the_first_key_is_londons(later, first, world):
    at = JUST_BEFORE_MIDNIGHT + timedelta(seconds=later)
    assert packed(world, at=at)["day_keys"][0]["day"] == first


def test_each_phone_has_keys_of_its_own(world):
    first = packed(world)["day_keys"]
    del world.phones["asha"]
    assert packed(world)["day_keys"] != first


def test_a_phone_that_nobody_enrolled_gets_no_keys(world):
    badge = packed(world, device="never-seen")
    assert (badge["valid"], badge["day_keys"]) == (True, [])


def test_a_phone_whose_grant_was_withdrawn_gets_no_keys(world):
    phone = a_phone(world, "asha")
    with world.database.writing(None) as session:
        session.get_one(Grant, phone.grant).revoked_at = NOW
    assert packed(world)["day_keys"] == []


def test_the_keys_of_one_person_are_not_given_for_the_phone_of_another(world):
    assert packed(world, "ben", device=a_phone(world, "asha").device)["day_keys"] == []


@pytest.mark.parametrize(
    ("kind", "key", "wrong", "said"),
    [
        (Badge, "badge of asha", {"state": "suspended"}, "Two officers must restore it"),
        (Badge, "badge of asha", {"state": "revoked"}, "withdrawn for good"),
        (Badge, "badge of asha", {"expires_on": date(2026, 12, 7)}, "ran out at the end of Monday 7 December 2026"),
        (Badge, "badge of asha", {"issued_on": date(2026, 12, 9)}, "starts on Wednesday 9 December 2026"),
        (Person, "asha", {"training_until": None}, "no training on record"),
        (Person, "asha", {"training_until": date(2026, 12, 7)}, "Your training ran out at the end of Monday 7"),
        (Firm, "Brightwater Heating", {"insurance_until": date(2026, 12, 7)}, "Your firm’s insurance"),
    ],
)
def test_a_badge_that_is_not_good_goes_with_the_reason_and_with_no_key_and_no_photo(kind, key, wrong, said, world):
    a_phone(world, "asha")
    change(world, kind, key, **wrong)
    badge = packed(world)
    assert (badge["valid"], badge["day_keys"], badge["photo"]) == (False, [], None)
    assert said in badge["why"][0]


def test_a_person_who_should_have_a_badge_and_has_none_is_told_what_to_do(world):
    with world.database.writing(None) as session:
        session.delete(session.get_one(Badge, world.ids["badge of asha"]))
    badge = packed(world)
    assert (badge["valid"], badge["id"], badge["why"]) == (
        False, None, ["You have no badge. Ask your manager to get you one."],
    )  # fmt: skip


@pytest.mark.parametrize("who", ["mona", "hana", "adam"])
def test_whoever_visits_no_homes_has_none(who, world):
    assert packed(world, who, device="any") is None


def test_an_officers_badge_names_the_council_and_no_firm(world):
    badge = packed(world, "olive")
    assert (badge["company"], badge["council"]) == ("", "Melton Borough Council")


def test_a_badge_without_a_photo_is_good_and_says_so(world):
    change(world, Person, "asha", photo=None)
    badge = packed(world)
    assert (badge["valid"], badge["photo"]) == (True, None)


def test_the_photo_is_as_the_page_shows_it_and_light_whatever_it_shows():
    sink = io.BytesIO()
    Image.effect_noise((640, 800), 90).convert("RGB").save(sink, "JPEG", quality=95)
    for jpeg in (sink.getvalue(), base64.b64decode(_a_face())):
        with Image.open(io.BytesIO(badge_photo(jpeg))) as small:
            assert small.size == PHOTO_SIZE == (280, 350)
            assert not small.getexif()
    assert len(badge_photo(base64.b64decode(_a_face()))) <= PHOTO_BYTES


def _a_face() -> bytes:
    from fieldvisit.badges.portraits import portrait

    return base64.b64encode(portrait(7, (640, 800)))
