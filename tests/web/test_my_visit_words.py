"""What the tenant's own page says, in plain words, in her language, and in Easy Read."""

from datetime import timedelta

import pytest

from tests.stories import a_visit
from tests.web.test_my_visit import PHONE, buttons, household, tenant, words  # noqa: F401 - a fixture among them
from tests.world import NOW

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


# --- what the page says ---------------------------------------------------------------------------------------------


def test_both_words_are_there_so_that_she_can_compare(tenant):
    one = tenant()
    said = words(one.opens())
    assert f"The worker must say: {one.workers_word}" in said
    assert f"Your own word is: {one.word}" in said


def test_a_standing_password_is_never_printed(tenant, world):
    household(world, password="blue teapot")
    one = tenant()
    answer = one.opens()
    assert "The worker must say: your own password" in words(answer)
    assert "teapot" not in answer.text
    assert one.workers_word not in answer.text


def test_a_household_that_chose_pictures_sees_the_picture_and_its_name(tenant, world):
    household(world, word_style="picture")
    one = tenant()
    answer = one.opens()
    for sign in one.link().signs["picture"]:
        assert sign in words(answer)
    assert answer.text.count('<path d="') >= 2


@pytest.mark.parametrize(
    ("hours", "sentences"),
    [
        (
            50,
            ["You were told 50 hours ahead.", "Our code asks for at least 24 hours.", "So this visit keeps our rule."],
        ),
        (24, ["You were told 24 hours ahead.", "So this visit keeps our rule."]),
        (23, ["You were told 23 hours ahead.", "does not keep our rule. You do not have to accept it."]),
    ],
)
def test_it_says_in_plain_words_whether_this_visit_keeps_the_notice_rule(hours, sentences, tenant, world):
    said = words(tenant(a_visit(world, starts=NOW + DAY).told(hours_before=hours)).opens())
    for sentence in sentences:
        assert sentence in said
    assert "Rule ME-3.1a" in said


def test_of_planned_works_it_says_days(tenant, world):
    story = a_visit(world, starts=NOW + DAY, kind="planned_works", planned_at=NOW - 20 * DAY).told(hours_before=24 * 15)
    said = words(tenant(story).opens())
    assert "You were told 15 days ahead. Our code asks for at least 14 days." in said


def test_untold_it_says_that_there_is_no_proof(tenant, world):
    assert "We have no proof that you were told in time." in words(tenant(a_visit(world, starts=NOW + DAY)).opens())


def test_the_worker_running_late_is_said_with_the_minutes(tenant, world, clock):
    story = a_visit(world).told().set_off().says("visit.late", NOW - timedelta(minutes=10), minutes=25)
    assert "running about 25 minutes late. We are sorry." in words(tenant(story).opens())
    story.arrived()
    assert "late" not in words(tenant(story).opens())


def test_afterwards_it_says_what_was_done_promised_and_photographed(tenant, world, clock):
    story = a_visit(world).in_the_home().says("photo.taken", what="after").closing()
    story.closed(further_visit=True, further_on="2026-12-15", complete_by="2026-12-18", note="He was sad")
    clock.move_to(NOW + 2 * HOUR)
    answer = tenant(story).opens()
    said = words(answer)
    for sentence in ("This visit is over.", "Who came", "left the place tidy", "took the rubbish away", "1 photo was taken.",
                     "finished by Friday 18 December 2026", "come again on Tuesday 15 December 2026"):  # fmt: skip
        assert sentence in said
    assert "sad" not in answer.text
    assert tenant(story).workers_word not in answer.text


def test_of_another_worker_it_shows_the_new_one_and_says_so(tenant, world):
    from fieldvisit.visits.events import VisitReassigned

    story = a_visit(world, starts=NOW + DAY).told()
    story.desk(VisitReassigned(lead=world.ids["ben"], visitor="contractor", tenant_told=True))
    said = words(tenant(story).opens())
    assert "Ben O." in said
    assert "Asha" not in said
    assert "The worker was changed. This is the new one." in said


# --- languages and Easy Read ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lang", "direction"), [("en", "ltr"), ("pl", "ltr"), ("ur", "rtl")])
def test_a_page_says_its_language_its_direction_and_that_it_is_a_draft(lang, direction, tenant):
    one = tenant()
    for answer in (one.looks(f"?lang={lang}"), one.opens(f"?lang={lang}"), one.client.get(f"/rights?lang={lang}")):
        assert f'<html lang="{lang}" dir="{direction}">' in answer.text
        assert ('class="draft"' in answer.text) is (lang != "en")


def test_a_household_is_spoken_to_in_its_own_language_unless_the_address_asks_for_another(tenant, world):
    household(world, language="pl")
    one = tenant()
    assert '<html lang="pl"' in one.looks().text
    assert '<html lang="pl"' in one.opens().text
    assert "środa 9 grudnia" in one.opens().text
    assert '<html lang="en"' in one.opens("?lang=en").text


def test_a_language_that_we_do_not_have_is_english(tenant):
    assert '<html lang="en"' in tenant().looks("?lang=xx").text


def test_the_language_stays_from_form_to_form(tenant):
    one = tenant()
    assert f'action="{one.address}?lang=pl&amp;easy=1"' in one.opens("?lang=pl&easy=1").text


def test_easy_read_has_a_picture_beside_each_line_and_every_act(tenant):
    one = tenant()
    easy, full = one.opens("?easy=1"), one.opens()
    assert easy.text.count('class="easy"') >= 7
    assert buttons(easy) == buttons(full)
    for fact in ("Wednesday 9 December 2026", "9am to 11am", "Asha K.", one.workers_word):
        assert fact in words(easy)


def test_the_rights_page_says_the_promises_what_we_ask_and_the_ombudsman(client):
    said = words(client.get("/rights"))
    for sentence in ("at least 24 hours before", "at least 14 days before", "Lock the back door first.", "You can say no.",
                     "What we ask of you", "do not smoke while we are there", "www.housing-ombudsman.org.uk",
                     "within 5 working days", PHONE):  # fmt: skip
        assert sentence in said


def test_a_number_that_nobody_has_confirmed_is_not_printed(world, client):
    ombudsman = world.policy.contact("housing-ombudsman")
    assert (ombudsman.number in client.get("/rights").text) is ombudsman.confirmed
