"""By which ways a complaint's letter may go: the household's, where the tenant complains and has said nothing else."""

import pytest

from fieldvisit.complaints.reaching import envelope, may_use_household

TENANTS = ("Terry Moss", "Ann Moss")


def verdict(channel: str = "phone", *, of_visit: bool = False, **said: str) -> str:
    return may_use_household(said, channel, of_visit=of_visit, tenants=TENANTS).code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Terry Moss", "allowed"), ("mr terry  moss", "allowed"), ("Dr. Ann Moss", "allowed"),
        ("T Moss", "not-tenant"), ("Moss", "not-tenant"), ("Ida Rook", "not-tenant"), ("", "not-tenant"),
    ],
)  # fmt: skip
def test_the_tenant_by_name(name: str, code: str) -> None:
    assert verdict(complainant=name) == code


@pytest.mark.parametrize(
    ("channel", "of_visit", "code"),
    [
        ("door", True, "allowed"), ("form", True, "allowed"), ("door", False, "not-tenant"),
        ("form", False, "not-tenant"), ("phone", True, "not-tenant"), ("email", True, "not-tenant"),
    ],
)  # fmt: skip
def test_nobody_is_named_where_the_household_itself_says_it(channel: str, of_visit: bool, code: str) -> None:
    assert verdict(channel, of_visit=of_visit) == code


@pytest.mark.parametrize(("safe", "code"), [("", "allowed"), ("  ", "allowed"), ("Not at home", "said-safe")])
def test_what_they_said_is_safe_comes_first(safe: str, code: str) -> None:
    assert verdict(complainant="Terry Moss", safe=safe) == code
    assert verdict("door", of_visit=True, safe=safe) == code


def test_whoever_speaks_for_them_is_written_to_as_they_said() -> None:
    assert verdict(complainant="Terry Moss", representative="Ida Rook") == "speaks-for"
    assert verdict("representative", complainant="Terry Moss") == "speaks-for"


def test_the_envelope_says_what_they_said() -> None:
    assert envelope({}) == "The complainant"
    assert envelope({"complainant": "Sal Pike", "contact": "3 Ash Row"}) == "Sal Pike\n3 Ash Row"
    assert envelope({"complainant": "Terry Moss", "representative": "Ida Rook", "contact": "ida@x.example"}) == (
        "Ida Rook\nida@x.example"
    )
