"""Whom a complaint's letter goes to: by the household's ways, where the tenant complains and has said nothing else."""

import pytest

from fieldvisit.complaints.reaching import (
    Known,
    complains,
    envelope,
    lives_there,
    may_post,
    may_say_how,
    name_of,
    newest,
    own_ways,
)
from fieldvisit.ground.verdict import Refused
from fieldvisit.messages.rules import Way

TERRY = Known("Terry Moss", "terry@home.example", "07700 900101")
ANN = Known("Ann Moss", "ann@home.example", "07700 900102")
IDA = Known("Ida Rook", "ida@home.example", "07700 900103", tenant=False)
BOTH = (TERRY, ANN, IDA)


def verdict(channel: str = "phone", *, of_visit: bool = False, known: tuple[Known, ...] = BOTH, **said: str) -> str:
    found = complains(said, channel, of_visit=of_visit, known=known)
    return found.code if isinstance(found, Refused) else found.name


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Terry Moss", "Terry Moss"), ("mr terry  moss", "Terry Moss"), ("Dr. Ann Moss", "Ann Moss"),
        ("T Moss", "not-tenant"), ("Moss", "not-tenant"), ("Ida Rook", "not-tenant"), ("", "not-tenant"),
    ],
)  # fmt: skip
def test_the_tenant_by_name(name: str, found: str) -> None:
    assert verdict(complainant=name) == found


@pytest.mark.parametrize(
    ("channel", "of_visit", "found"),
    [
        ("door", True, "Terry Moss"), ("form", True, "Terry Moss"), ("door", False, "not-tenant"),
        ("form", False, "not-tenant"), ("phone", True, "not-tenant"), ("email", True, "not-tenant"),
    ],
)  # fmt: skip
def test_nobody_is_named_where_the_household_itself_says_it(channel: str, of_visit: bool, found: str) -> None:
    assert verdict(channel, of_visit=of_visit, known=(TERRY, IDA)) == found


def test_of_two_tenants_somebody_says_which() -> None:
    for channel in ("door", "form"):
        assert verdict(channel, of_visit=True) == "which-tenant"
    assert verdict(complainant="Terry Moss", known=(TERRY, Known("Terry Moss", "son@home.example"))) == "which-tenant"


def test_where_no_tenant_is_known_it_is_to_the_tenant() -> None:
    assert verdict("door", of_visit=True, known=(IDA,)) == "The tenant"


@pytest.mark.parametrize(("safe", "found"), [("", "Terry Moss"), ("  ", "Terry Moss"), ("Not at home", "said-safe")])
def test_what_they_said_is_safe_comes_first(safe: str, found: str) -> None:
    assert verdict(complainant="Terry Moss", safe=safe) == found
    assert verdict("door", of_visit=True, safe=safe, known=(TERRY,)) == found


def test_whoever_speaks_for_them_is_written_to_as_they_said() -> None:
    assert verdict(complainant="Terry Moss", representative="Ida Rook") == "speaks-for"
    assert verdict("representative", complainant="Terry Moss") == "speaks-for"


WAYS = (
    Way("sms", "07700 900101", "safe"), Way("email", "terry@home.example", "safe"),
    Way("letter_first_class", "Terry Moss\n1 Larch Close\nLE13 9AA", "safe"),
)  # fmt: skip


def theirs(of: Known, *known: Known) -> list[tuple[str, str]]:
    return [(way.channel, way.to) for way in own_ways(WAYS, of, known)]


def test_each_of_two_tenants_is_reached_by_their_own_ways() -> None:
    post = "letter_first_class"
    assert theirs(ANN, *BOTH) == [
        ("sms", ANN.phone), ("email", ANN.email), (post, "Ann Moss\n1 Larch Close\nLE13 9AA"),
    ]  # fmt: skip
    nothing = Known("Ann Moss")
    assert theirs(nothing, TERRY, nothing) == [(post, "Ann Moss\n1 Larch Close\nLE13 9AA")]


@pytest.mark.parametrize("shared", ["07700 900101", "+44 7700 900101", "07700900101"])
def test_a_number_or_address_that_another_person_there_has_as_well_is_not_theirs_alone(shared: str) -> None:
    ann = Known("Ann Moss", "TERRY@home.example ", shared)
    assert [channel for channel, _ in theirs(ann, TERRY, ann)] == ["letter_first_class"]


def test_post_that_another_tenant_may_open_is_not_sent_by_us() -> None:
    assert may_post(TERRY, (TERRY, IDA))
    refused = may_post(ANN, BOTH)
    assert refused.code == "shared-post"
    assert isinstance(refused, Refused) and refused.message.startswith("Terry Moss rents this home too")


def test_how_to_reach_them_is_said_anew_as_a_whole() -> None:
    first = {"complainant": "Terry Moss", "safe": "Not at home", "said": "It is cold."}
    steps = [("received", first), ("noted", {"note": "x", "safe": "of a note"}), ("reach", {"complainant": "Ann Moss"})]
    assert newest(steps[:2]) == first
    assert newest(steps) == {"said": "It is cold.", "complainant": "Ann Moss"}
    assert not may_say_how({"contact": " "}) and may_say_how({"contact": "At her sister’s"})


@pytest.mark.parametrize(
    ("said", "channel", "lives"),
    [
        ({"complainant": "Ann Moss"}, "phone", True), ({"complainant": "Ann Moss", "safe": "Not at home"}, "phone", True),
        ({"complainant": "Ann Moss", "representative": "Ida Rook"}, "representative", True), ({}, "door", True),
        ({"complainant": "Sal Pike"}, "phone", False), ({"complainant": "Sal Pike", "safe": "By post"}, "door", False),
    ],
)  # fmt: skip
def test_a_letter_names_the_home_to_whoever_rents_it(said: dict[str, str], channel: str, lives: bool) -> None:
    assert lives_there(said, channel, of_visit=True, known=BOTH) == lives


@pytest.mark.parametrize(
    ("channel", "said", "name"),
    [
        ("phone", {"complainant": " Sal Pike"}, "Sal Pike"), ("phone", {"complainant": "The tenant"}, ""), ("phone", {}, ""),
        ("phone", {"complainant": "Sal Pike", "representative": "Her son"}, ""), ("representative", {"complainant": "Sal"}, ""),
    ],
)  # fmt: skip
def test_a_letter_addresses_whoever_gave_a_name(channel: str, said: dict[str, str], name: str) -> None:
    assert name_of(said, channel) == name


def test_the_envelope_says_what_they_said() -> None:
    assert envelope({}) == "The complainant"
    assert envelope({"complainant": "Sal Pike", "contact": "3 Ash Row"}) == "Sal Pike\n3 Ash Row"
    assert envelope({"complainant": "Terry Moss", "representative": "Ida Rook", "contact": "ida@x.example"}) == (
        "Ida Rook\nida@x.example"
    )
