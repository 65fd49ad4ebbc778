"""The phone line hears the word that the person at the door said: right or not right, and never which word it is."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from fieldvisit.desk.caller import check_caller
from fieldvisit.desk.forms import CallerQuestion
from fieldvisit.ground.roles import DEMO
from fieldvisit.messages.saying import pictures
from fieldvisit.notices.links import LinkTry, TenantLink, link_of_visit
from tests.stories import Story, a_visit
from tests.web.desk_forms import household
from tests.web.test_verify_caller import ASHA, AT_HOME, BEN, DUE, ask, plain, records
from tests.world import NOW, World

RIGHT, WRONG = "The word is right.", "The word is NOT right. Do not let them in."
CLOSED, NO_WORD = "Too many wrong words. Do not let them in.", "No word was made for this visit"
STYLES = ("words", "numbers", "picture")
TEN_MINUTES, SECOND = timedelta(minutes=10), timedelta(seconds=1)


@pytest.fixture
def hana(world: World) -> FlaskClient:
    return world.client("hana")


SIGNS = {"words": ["acorn", "walnut"], "numbers": ["4821", "7305"], "picture": ["moon", "kite"]}
ELSEWHERE = {"words": ["barley", "tulip"], "numbers": ["1111", "2222"], "picture": ["bell", "fish"]}


@pytest.fixture
def visit(world: World) -> Story:
    """Of now; its words are known, so that a page which holds one holds it on purpose."""
    return with_signs(world, a_visit(world).told(), SIGNS)


def with_signs(world: World, story: Story, made: dict[str, list[str]]) -> Story:
    with world.database.writing(DEMO) as session:
        link = link_of_visit(session, story.visit_id)
        assert link
        link.signs = made
    return story


def signs(world: World, story: Story) -> dict[str, list[str]]:
    with world.database.reading(DEMO) as session:
        link = link_of_visit(session, story.visit_id)
        assert link
        return dict(link.signs)


def says(client: FlaskClient, word: str, badge: str = ASHA, **where: str) -> str:
    return ask(client, badge, **((where or AT_HOME) | {"word": word}))


def whole(text: str) -> str:
    return re.sub(r'name="csrf_token" value="[^"]*"', "", text)


@pytest.mark.parametrize("style", STYLES)
def test_the_workers_word_is_right_in_every_style(style, world, hana, visit):
    told = says(hana, signs(world, visit)[style][1])
    assert DUE in told
    assert RIGHT in told
    assert "data:image" in told


@pytest.mark.parametrize("style", STYLES)
def test_the_tenants_own_word_is_not_the_workers(style, world, hana, visit):
    assert WRONG in says(hana, signs(world, visit)[style][0])


def test_a_wrong_word_is_answered_with_a_shut_door_and_with_nobody_to_look_for(hana, visit):
    told = plain(says(hana, "xylophone"))
    assert WRONG in told
    assert "999" in told
    for secret in (DUE, RIGHT, "Asha", "Brightwater", "data:image"):
        assert secret not in told


@pytest.mark.parametrize("wrong", [1, 6])
def test_after_a_wrong_word_the_page_is_not_even_given_a_name(wrong, world, visit):
    asked = CallerQuestion(ASHA, "LE139AA", "1", "", "xylophone")
    for _ in range(wrong):
        checked = check_caller(world.database, asked, world.principal("hana"), world.policy)
    assert (checked.name, checked.firm, checked.photo) == ("", "", None)


def test_capitals_blanks_and_a_full_stop_are_forgiven(world, hana, visit):
    word = signs(world, visit)["words"][1]
    for typed in (word.upper(), f" {word}. ", f"{word[:2]} {word[2:]}"):
        assert RIGHT in says(hana, typed)


def test_a_picture_is_right_in_any_of_our_languages(world, hana, visit):
    picture = signs(world, visit)["picture"][1]
    for language in ("en", "pl", "ur"):
        assert RIGHT in says(hana, f"{pictures(language)[picture]}.")


def test_a_password_of_the_tenants_own_stands_in_place_of_every_word(world, hana, visit):
    household(world, password="Blue teapot 7")
    assert RIGHT in says(hana, "blue TEAPOT 7.")
    for style in STYLES:
        assert WRONG in says(hana, signs(world, visit)[style][1])


def test_the_word_of_another_visit_of_the_same_worker_is_not_right(world, hana, visit):
    with_signs(world, a_visit(world, home="100030000002").told(), ELSEWHERE)
    with_signs(world, a_visit(world, starts=NOW + timedelta(days=1)).told(), ELSEWHERE)
    for style in STYLES:
        assert WRONG in says(hana, ELSEWHERE[style][1])


def test_a_visit_for_which_no_word_was_made_says_so_and_counts_nothing(world, hana, visit):
    with world.database.writing(DEMO) as session:
        session.execute(delete(TenantLink))
    for _ in range(6):
        assert NO_WORD in says(hana, "walnut")


def test_without_a_word_the_answer_says_nothing_of_words(hana, visit):
    told = plain(ask(hana))
    for line in (RIGHT, WRONG, CLOSED, NO_WORD):
        assert line not in told


@pytest.mark.parametrize("badge", [BEN, "MB-9999"])
def test_of_a_badge_that_is_not_due_the_word_changes_no_byte(badge, world, hana, visit):
    answers = {whole(ask(hana, badge)), *(whole(says(hana, word, badge)) for word in a_right_and_a_wrong(world, visit))}
    assert len(answers) == 1


def test_of_a_protected_home_the_word_changes_no_byte(world, hana, visit):
    household(world, protected=True, password="Blue teapot 7")
    typed = [*a_right_and_a_wrong(world, visit), "Blue teapot 7"]
    answers = {whole(ask(hana)), *(whole(says(hana, word)) for word in typed)}
    assert len(answers) == 1
    assert "Call back only" in answers.pop()
    assert {reason for _, _, reason in records(world)} == {"call-back"}


def a_right_and_a_wrong(world: World, story: Story) -> tuple[str, str]:
    return signs(world, story)["words"][1], "xylophone"


def test_no_answer_ever_holds_a_word_of_the_visit(world, hana, visit):
    household(world, password="Blue teapot 7")
    secret = {sign for pair in signs(world, visit).values() for sign in pair} | {"Blue teapot 7"}
    typed = [*secret, "xylophone", "", *["xylophone"] * 5]
    for word in typed:
        told = says(hana, word).casefold()
        shown = {sign for sign in secret if re.search(rf"\b{sign.casefold()}\b", re.sub("<[^>]*>|MB-1001", " ", told))}
        assert shown == set()
        assert f'value="{word.casefold()}"' not in told or not word


@pytest.mark.parametrize("wrong", [4, 5])
def test_after_five_wrong_words_not_even_the_right_one_is_checked(wrong, world, hana, visit):
    for _ in range(wrong):
        assert WRONG in says(hana, "xylophone")
    told = says(hana, signs(world, visit)["words"][1])
    assert (CLOSED in told) is (wrong == 5)
    assert (RIGHT in told) is (wrong == 4)


@pytest.mark.parametrize(("later", "answer"), [(-SECOND, CLOSED), (0 * SECOND, RIGHT), (SECOND, RIGHT)])
def test_the_box_opens_ten_minutes_after_the_fifth(later, answer, world, hana, visit):
    for _ in range(5):
        says(hana, "xylophone")
    says(hana, "xylophone")  # was not looked at, so it does not prolong
    word = signs(world, visit)["words"][1]
    assert answer in world.at_the_time(NOW + TEN_MINUTES + later, lambda: says(hana, word))


def test_who_rings_again_or_asks_somebody_else_gets_no_more_tries(world, hana, visit):
    for client in (hana, world.client("olive"), world.client("hana"), hana, world.client("otto")):
        assert WRONG in says(client, "xylophone", uprn="100030000001")
    assert CLOSED in says(world.client("dora"), "xylophone")


def test_of_eight_who_ask_at_once_five_are_heard(world, visit):
    asked, by = CallerQuestion(ASHA, "LE139AA", "1", "", "xylophone"), world.principal("hana")
    with ThreadPoolExecutor(8) as at_once:
        answers = list(at_once.map(lambda _: check_caller(world.database, asked, by, world.policy).word, range(8)))
    assert sorted(answers) == ["closed"] * 3 + ["wrong"] * 5


def test_wrong_words_for_one_badge_and_home_close_no_other(world, hana):
    here = a_visit(world, others=("ben",)).told()
    there = a_visit(world, home="100030000002").told()
    for _ in range(6):
        told = says(hana, "xylophone")
    assert CLOSED in told
    assert RIGHT in says(hana, signs(world, here)["words"][1], BEN)
    assert RIGHT in says(hana, signs(world, there)["words"][1], postcode="LE13 9AA", house="2")


def test_a_closed_word_closes_no_answer_about_the_badge(hana, visit):
    for _ in range(6):
        says(hana, "xylophone")
    assert DUE in ask(hana)


def test_what_is_counted_names_neither_badge_nor_home_nor_word(world, hana, visit):
    says(hana, "xylophone")
    with world.database.reading(DEMO) as session:
        (row,) = session.scalars(select(LinkTry))
    assert re.fullmatch(r"[0-9a-f]{64}", row.key)


def test_the_access_record_says_how_the_word_was_and_never_the_word(world, hana, visit):
    typed = ["xylophone", signs(world, visit)["words"][1], "", *["xylophone"] * 5]
    for word in typed:
        says(hana, word)
    reasons = {reason for _, _, reason in records(world)}
    assert reasons == {"due", "due, word right", "due, word wrong", "due, word closed"}


def test_a_word_without_a_letter_is_asked_for_again_and_what_was_typed_is_kept(hana):
    answer = hana.post("/office/verify-caller", data={"badge": ASHA, "word": "..."} | AT_HOME)
    assert answer.status_code == 422
    assert "leave this empty" in answer.text
    assert 'value="..."' in answer.text


# --- the caller failed our checks -----------------------------------------------------------------------------------


def test_a_caller_who_failed_our_checks_is_written_down_and_nothing_else(world, hana, visit):
    before = whole(ask(hana))
    answer = hana.post("/office/verify-caller/failed", data={"badge": ASHA, "word": "xylophone"} | AT_HOME)
    assert answer.status_code == 200
    assert "Tell the caller nothing more" in answer.text
    assert "999" in answer.text
    for secret in ("Asha", "MB-1001", "Larch", "LE13", "xylophone", "Terry"):
        assert secret not in answer.text
    assert sorted(records(world)) == sorted([
        (world.ids["hana"], world.ids["badge of asha"], "due"), (world.ids["hana"], "", "caller failed checks"),
    ])  # fmt: skip
    assert whole(ask(hana)) == before


def test_the_button_stands_on_every_answer(world, hana, visit):
    household(world, protected=False)
    for told in (ask(hana), ask(hana, BEN), ask(hana, "MB-9999"), says(hana, "xylophone")):
        assert 'action="/office/verify-caller/failed"' in told


def test_only_who_answers_callers_may_say_that_one_failed(world):
    for who in ("asha", "mona", "lena", "ines", "adam", "aud", None):
        assert world.client(who).post("/office/verify-caller/failed").status_code == 404
