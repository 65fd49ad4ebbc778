"""The pages of breach cases: one's own list, a case whose next act stands first, letters, and what the person named sees."""

import re

import pytest
from flask.testing import FlaskClient

from fieldvisit.db import new_id
from fieldvisit.messages import printing
from tests.cases import LETTER, Case, a_case, an_involved
from tests.web.desk_forms import said
from tests.world import World


def send(client: FlaskClient, case: Case, step: str, **typed):
    form = {"k": new_id()} | {(name if name == "seen" else f"{step}_{name}"): value for name, value in typed.items()}
    return client.post(f"/office/breaches/{case.id}/{step}", data=form)


def confirm(client: FlaskClient, case: Case, what: str, step: str = "confirmed", **typed: str):
    form = {"k": new_id(), "what": what} | {f"{step}_{name}_{what}": value for name, value in typed.items()}
    return client.post(f"/office/breaches/{case.id}/{step}", data=form)


def own_letters(client: FlaskClient) -> list[str]:
    return re.findall(r"/conduct/letters/([0-9a-f]{32})\"", client.get("/conduct/letters").text)


def test_a_case_is_led_through_its_pages_from_the_report_to_the_end(world: World):
    case = a_case(world, subject=None)
    lena, ines, ivan = world.client("lena"), world.client("ines"), world.client("ivan")
    assert case_ref(lena, case) in said(lena.get("/office/breaches"))
    assert send(lena, case, "seated", part="screener", person=world.ids["ines"]).status_code == 303
    assert send(lena, case, "seated", part="decider", person=world.ids["ivan"]).status_code == 303
    page = said(ines.get(f"/office/breaches/{case.id}"))
    assert page.index("Say whom it is about") < page.index("Write a note")
    assert "Decide: finding" not in page
    assert send(ines, case, "identified", subject=f"person:{world.ids['asha']}").status_code == 303
    wrong = send(ines, case, "screened", why="It fits.")
    assert wrong.status_code == 422 and "Choose at least one clause" in said(wrong) and "It fits." in wrong.text
    screened = send(ines, case, "screened", clauses="ME-2d", ladder="ME:conduct", why="It fits.")
    assert screened.status_code == 303, said(screened)
    assert send(ines, case, "notified", letter=LETTER, how="page").status_code == 303
    asha = world.client("asha")
    [letter] = own_letters(asha)
    assert (
        asha.post(f"/conduct/letters/{letter}/answered", data={"k": new_id(), "words": "It was a slip."}).status_code
        == 303
    )
    assert "It was a slip." in said(ivan.get(f"/office/breaches/{case.id}"))
    refused = send(
        ivan, case, "decided", finding="upheld", reasons="Not denied.", sanction="training", learning="None."
    )
    assert refused.status_code == 409 and "an apology and training were considered" in said(refused).lower()
    assert "Not denied." in refused.text
    decided = send(
        ivan, case, "decided", finding="upheld", reasons="Not denied.", sanction="training", learning="None.",
        ticked=["apology", "training"], considered="Training teaches more.",
    )  # fmt: skip
    assert decided.status_code == 303, said(decided)
    assert send(ivan, case, "communicated", letter=LETTER, how="page").status_code == 303
    assert "Set actions" not in said(ivan.get(f"/office/breaches/{case.id}")) and len(own_letters(asha)) == 1
    assert confirm(ines, case, "communicated").status_code == 303 and len(own_letters(asha)) == 2
    day = {f"actions_due_1-{part}": value for part, value in (("day", "1"), ("month", "2"), ("year", "2027"))}
    form = {"k": new_id(), "actions_what_1": "A course", "actions_owner_1": "Mona Idris"} | day
    assert ivan.post(f"/office/breaches/{case.id}/actions", data=form).status_code == 303
    page = ivan.get(f"/office/breaches/{case.id}")
    assert "A course (Mona Idris)" in said(page)
    action = re.search(r'name="action_done_id"[^>]*value="([0-9a-f]+)"', page.text)
    assert action
    assert send(ivan, case, "closed").status_code == 409
    assert send(ivan, case, "action_done", id=action[1]).status_code == 303
    assert send(ivan, case, "reporter_told", how="receipt").status_code == 303
    wrong = send(ivan, case, "closed")
    assert wrong.status_code == 409 and "for whoever is to confirm it" in said(wrong)
    assert send(ivan, case, "closed", why="She has been to the course.").status_code == 303
    assert case.state.stage == "actions_open"
    assert "She has been to the course." in said(ines.get(f"/office/breaches/{case.id}"))
    assert confirm(ines, case, "closed").status_code == 303
    assert case.state.stage == "closed"


def case_ref(client: FlaskClient, case: Case) -> str:
    found = re.search(r"B-[0-9A-Z]{9}", client.get(f"/office/breaches/{case.id}").text)
    assert found
    return found[0]


def test_a_firms_manager_sees_its_part_only_when_the_firm_was_told_and_never_one_about_themselves(world: World):
    mona = world.client("mona")
    case = a_case(world).screened().told()
    assert "About one of your workers" not in mona.get("/conduct/letters").text
    case.act("told_firm", "ines", words={"letter": "Please send somebody else."}, how="handed")
    assert "About one of your workers" in mona.get("/conduct/letters").text
    assert "About one of your workers" not in world.client("omar").get("/conduct/letters").text
    [letter] = own_letters(mona)
    assert "Please send somebody else." in mona.get(f"/conduct/letters/{letter}").text
    assert world.client("omar").get(f"/conduct/letters/{letter}").status_code == 404
    assert mona.post(f"/conduct/letters/{letter}/answered", data={"k": new_id(), "words": "No."}).status_code == 404


def test_letters_are_printed(world: World):
    case = a_case(world).screened().told()
    page = world.client("ines").get(f"/office/breaches/{case.id}").text
    address = re.search(rf"/office/breaches/{case.id}/letters/[0-9a-f]+", page)
    assert address
    printed = world.client("ines").get(address[0])
    assert (printed.mimetype, printed.data[:5]) == ("application/pdf", b"%PDF-")
    [letter] = own_letters(world.client("asha"))
    assert world.client("asha").get(f"/conduct/letters/{letter}/pdf").data[:5] == b"%PDF-"


def test_what_the_person_typed_is_not_lost_and_a_late_appeal_is_told_its_date(world: World):
    case = a_case(world).screened().told()
    asha = world.client("asha")
    [letter] = own_letters(asha)
    wrong = asha.post(f"/conduct/letters/{letter}/answered", data={"k": new_id(), "words": "x" * 8001})
    assert wrong.status_code == 422 and "x" * 500 in wrong.text
    assert case.state.stage == "awaiting_response"
    assert world.client("ben").get(f"/conduct/letters/{letter}").status_code == 404


def test_an_involved_person_reads_and_answers_by_their_link_and_before_that_there_is_nothing(world: World):
    from sqlalchemy import select

    from fieldvisit.breaches.case_models import BreachTold
    from fieldvisit.ground.roles import DEMO
    from fieldvisit.register.involved import InvolvedPerson, code_of, key_of_links, token_of, word_of
    from tests.cases import a_code

    a_code(world, "AL", ["panel"])
    an_involved(world, "panel", "Pia Lund")
    key = key_of_links(world.app.config["SECRET_KEY"])
    with world.database.reading(DEMO) as session:
        pia = session.get_one(InvolvedPerson, world.ids["Pia Lund"])
        address, word = f"/p/{token_of(pia, key)}", word_of(pia, key)
    nobody = world.client()
    case = a_case(world, "Pia Lund", kind="involved")
    before = nobody.post(address, data={"word": word}).text
    case.screened("AL", ("AL-2.7",), "regular", coordinates=False)
    assert nobody.post(address, data={"word": word}).text == before
    case.told()
    assert nobody.post(address, data={"word": word}).text == before
    asked = nobody.post(f"{address}/letters", data={"word": word})
    assert asked.status_code == 200 and "six characters" in asked.text and LETTER.split("\n")[-1] not in asked.text
    with world.database.reading(DEMO) as session:
        code = code_of(session.scalars(select(BreachTold)).one().id, key)
    letter = {"word": word, "code": code.lower().replace(" ", "")}
    assert LETTER.split("\n")[-1] in nobody.post(f"{address}/letters", data=letter).text
    form = letter | {"do": "answered", "k": new_id(), "words": "I told my sister. I am sorry."}
    assert "We have what you wrote" in nobody.post(f"{address}/letters", data=form).text
    assert case.state.stage == "investigating"


def test_link_and_word_alone_open_no_letter_about_conduct_and_guesses_at_its_letters_are_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    from fieldvisit.ground.roles import DEMO
    from fieldvisit.register.involved import InvolvedPerson, code_of, key_of_links, token_of, word_of
    from tests.cases import a_code

    a_code(world, "AL", ["panel"])
    an_involved(world, "panel", "Pia Lund")
    key = key_of_links(world.app.config["SECRET_KEY"])
    with world.database.reading(DEMO) as session:
        pia = session.get_one(InvolvedPerson, world.ids["Pia Lund"])
        address, word = f"/p/{token_of(pia, key)}", word_of(pia, key)
    nobody = world.client()
    case = a_case(world, "Pia Lund", kind="involved").screened("AL", ("AL-2.7",), "regular", coordinates=False).told()
    for _ in range(5):
        guess = nobody.post(
            f"{address}/letters",
            data={"word": word, "code": "AAA 222", "do": "answered", "k": new_id(), "words": "I admit it."},
        )
        assert guess.status_code == 422 and LETTER.split("\n")[-1] not in guess.text
    assert nobody.post(f"{address}/letters", data={"word": word, "code": "AAA 222"}).status_code == 429
    assert case.state.stage == "awaiting_response"
    printed: list[str] = []
    monkeypatch.setattr(printing, "letter_pdf", lambda outgoing, *_, **__: printed.append(outgoing.body) or b"%PDF-")
    ines = world.client("ines")
    letter = re.search(
        rf"/office/breaches/{case.id}/letters/([0-9a-f]{{32}})", ines.get(f"/office/breaches/{case.id}").text
    )
    assert letter and ines.get(letter[0]).status_code == 200
    assert printed[0].endswith(code_of(letter[1], key)), "whoever gets the paper has its six characters"


def test_evidence_is_shown_as_it_is_and_logged_first(world: World):
    from sqlalchemy import select

    from fieldvisit.audit.models import AccessRecord
    from tests.stories import a_visit

    story = a_visit(world).at_the_door()
    case = a_case(world, visit_id=story.visit_id).screened()
    ines = world.client("ines")
    page = ines.get(f"/office/breaches/{case.id}").text
    keys = re.findall(r'value="((?:entry|notice):[0-9a-f]+)"', page)
    assert len(keys) >= 3
    assert send(ines, case, "evidence", items=keys).status_code == 303
    page = ines.get(f"/office/breaches/{case.id}").text
    assert f'value="{keys[0]}"' not in page
    address = re.search(rf"/office/breaches/{case.id}/evidence/[0-9a-f]+", page)
    assert address
    assert "It is as it was when it was attached." in ines.get(address[0]).text
    assert world.client("ivor").get(address[0]).status_code == 404
    with world.database.reading(None) as session:
        rows = session.scalars(select(AccessRecord).where(AccessRecord.reason.like("evidence%"))).all()
        assert [(row.person_id, row.object_id) for row in rows if row.reason != "evidence"] == [
            (world.ids["ines"], case.id)
        ]


def test_two_officers_at_once_the_second_is_told_and_nothing_is_lost(world: World):
    case = a_case(world).screened().told().answered()
    ivan = world.client("ivan")
    seen = re.search(r'name="seen"[^>]*value="(\d+)"', ivan.get(f"/office/breaches/{case.id}").text)
    assert seen
    case.seated("decider", "ivor")  # a lead gives the decision to somebody else, who decides
    case.decided(by="ivor")
    second = send(
        ivan, case, "decided", seen=seen[1], finding="not_upheld", reasons="I do not believe it.", learning="None."
    )
    assert second.status_code == 409
    assert "Ivor Vale was first: ‘It was decided’, " in said(second) and "I do not believe it." in second.text
    assert "A decision follows" not in said(second) and "stands below, and was not recorded" in said(second)
    assert case.state.finding == "upheld"


def test_one_person_in_two_windows_is_told_that_they_decided_it_already(world: World):
    case = a_case(world).screened().told().answered()
    ivan, typed = world.client("ivan"), {"finding": "not_upheld", "learning": "None."}
    seen = case.state.steps
    assert send(ivan, case, "decided", seen=str(seen), reasons="The first.", **typed).status_code == 303
    second = send(ivan, case, "decided", seen=str(seen), reasons="The second.", **typed)
    assert second.status_code == 409 and "You did this already, on another page: ‘It was decided’, " in said(second)
    assert "A decision follows" not in said(second) and "The second." in second.text


def test_a_late_appeal_is_refused_with_its_date_and_an_answer_after_the_time_is_still_read(world: World):
    from datetime import timedelta

    from tests.cases import a_code

    a_code(world, "AL", ["operative"])
    case = a_case(world, heard_at=world.now - timedelta(days=60))
    case.screened("AL", ("AL-2.1",), "regular", coordinates=False).told()
    case.act("time_up", "ines", world.now - timedelta(days=50))
    asha = world.client("asha")
    [letter] = own_letters(asha)
    assert "The time that you had ended on" in said(asha.get(f"/conduct/letters/{letter}"))
    assert asha.post(f"/conduct/letters/{letter}/answered", data={"k": new_id(), "words": "Late."}).status_code == 303
    case = a_case(world, heard_at=world.now - timedelta(days=60))
    case.screened("AL", ("AL-2.1",), "regular", coordinates=False).told().answered()
    case.decided("aware_warned", considered=["aware_warned"]).communicated()
    outcome = next(each for each in own_letters(asha) if "The outcome" in said(asha.get(f"/conduct/letters/{each}")))
    late = asha.post(f"/conduct/letters/{outcome}/appealed", data={"k": new_id(), "words": "It is too much."})
    assert late.status_code == 422 and "until the end of" in said(late) and "too late" in said(late)


def test_the_board_reads_counts_without_a_name_and_small_ones_not_at_all(world: World):
    from datetime import timedelta

    for number in range(6):
        heard = world.now - timedelta(days=90 + number)
        case = a_case(world, ("asha", "ben", "carl")[number % 3], heard_at=heard)
        case.screened() if number < 5 else case
    page = said(world.client("aud").get("/office/breaches/report"))
    assert "July to September 2026" in page and "Kaur" not in page and "B-" not in page
    assert "Visiting tenants' homes (Melton): any breach of this code 5" not in page, "the sixth would be what is left"
    assert "Others, put together 6" in page and "Fewer than 5" in page
    assert "October to December" not in said(world.client("aud").get("/office/breaches/report?quarter=2026-4"))
    with_one_named = said(world.client("ines").get("/office/breaches/report?quarter=2026-3"))
    assert "Others, put together 6" in with_one_named
    assert world.client("aud").get("/office/breaches").status_code == 404


def test_a_suspended_badge_says_no_to_the_next_scan_and_yes_again_when_it_is_lifted(world: World):
    from fieldvisit.badges.codes import SERVER_DEVICE, shown_at
    from fieldvisit.badges.service import with_secret

    with world.database.reading(None) as session:
        badge = with_secret(session, world.ids["badge of asha"])
        assert badge
        shown = shown_at(badge.secret, badge.id, SERVER_DEVICE, world.now, world.policy.badge.step_s.value)
    nobody, ines = world.client(), world.client("ines")
    case = a_case(world).screened()

    def scan() -> str:
        return said(nobody.get(f"/v/{badge.id}/{shown.code}"))

    before = scan()
    form = {"because": "safety", "why": "She has a key.", "letter": LETTER, "how": "page"}
    assert send(ines, case, "suspended", **form).status_code == 303
    assert scan() != before, "the very next answer, at the same instant"
    assert "We cannot confirm this badge" in scan() and "We cannot confirm" not in before
    assert "not a finding" in said(ines.get(f"/office/breaches/{case.id}"))
    assert send(ines, case, "not_a_breach", why="It was somebody else.").status_code == 303
    assert "We cannot confirm this badge" in scan(), "until a second person confirms it"
    assert confirm(world.client("ivan"), case, "not_a_breach").status_code == 303
    assert scan() == before


def test_an_outcome_that_is_handed_over_is_had_first_and_then_the_case_goes_on(world: World):
    case = a_case(world).screened().told().answered().decided()
    ivan, asha = world.client("ivan"), world.client("asha")
    before = len(own_letters(asha))
    assert send(ivan, case, "communicated", letter=LETTER, how="handed").status_code == 303
    assert confirm(world.client("ines"), case, "communicated").status_code == 303
    page = said(ivan.get(f"/office/breaches/{case.id}"))
    assert "was handed over or posted" in page and "Close the case" not in page and "Set actions" not in page
    assert "waits to be given" in page and "The person knows the outcome" not in page
    assert len(own_letters(asha)) == before
    assert send(ivan, case, "reporter_told", how="receipt").status_code == 409
    assert send(ivan, case, "outcome_given").status_code == 303
    page = said(ivan.get(f"/office/breaches/{case.id}"))
    assert "Set actions" in page and "was handed over or posted" not in page
    assert "waits to be given" not in page and "The person knows the outcome" in page
    assert len(own_letters(asha)) == before + 1
