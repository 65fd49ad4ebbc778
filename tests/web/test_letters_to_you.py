"""A letter about conduct reaches whom it is to: it is said where they look, and nobody is told who cannot be reached."""

from tests.cases import a_case
from tests.services.test_letters_that_came_back import comes_back, without_email
from tests.web.desk_forms import said
from tests.web.test_breach_cases import own_letters
from tests.world import World

NEW = '<a href="/conduct/letters">A letter for you</a>'


def test_today_says_that_there_is_a_letter_until_it_was_opened_and_the_phone_keeps_nothing_of_it(world: World):
    asha, ben = world.client("asha"), world.client("ben")
    before, kept = asha.get("/today").text, asha.get("/packs").json["today"]["html"]
    case = a_case(world).screened()
    assert asha.get("/today").text == before, "nothing before they are told"
    case.told()
    assert NEW in asha.get("/today").text and NEW not in ben.get("/today").text
    assert "onduct" not in asha.get("/today").text.replace(NEW, "").replace("/conduct/letters", "")
    assert asha.get("/packs").json["today"]["html"] == kept, "the phone's own copy"
    [letter] = own_letters(asha)
    assert asha.get(f"/conduct/letters/{letter}").status_code == 200
    assert asha.get("/today").text == before


def test_a_letter_that_waits_to_be_handed_over_is_not_there_yet(world: World):
    before = world.client("asha").get("/today").text
    case = a_case(world).screened().told(how="handed")
    assert world.client("asha").get("/today").text == before
    case.act("notice_given", "ines")
    assert NEW in world.client("asha").get("/today").text


def test_every_phone_leads_to_ones_letters_whether_there_is_one_or_not(world: World):
    assert 'href="/conduct/letters"' in world.client("ben").get("/packs").json["today"]["html"]


def test_the_form_offers_the_ways_that_there_are_and_a_letter_that_came_back_stands_on_top(world: World):
    case, ines = a_case(world).screened(), world.client("ines")
    address = f"/office/breaches/{case.id}"
    assert 'value="page"' in ines.get(address).text and 'value="post"' not in ines.get(address).text
    case.told()
    comes_back(case)
    assert "could not be delivered. Print it below" in said(ines.get(address))
    other = a_case(world).screened()
    without_email(world, "asha")
    page = ines.get(f"/office/breaches/{other.id}").text
    assert 'value="page"' not in page and 'value="handed"' in page
