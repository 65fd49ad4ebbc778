"""The desk's visit log, one visit's timeline, and the tasks: what each shows, to whom, and what is written down."""

import re
from datetime import timedelta

from sqlalchemy import select

from fieldvisit.audit.models import AccessRecord
from fieldvisit.db import new_id
from fieldvisit.ground.roles import CHECKING
from fieldvisit.tasks import Task, raise_task
from fieldvisit.visits import events as ev
from fieldvisit.visits.models import Entry
from tests.stories import Story, a_phone, a_visit
from tests.world import NOW, World

THIS_MORNING = NOW - timedelta(hours=3)  # 6am: everything that a story tells has happened by now
SOUTH = "100030000004"
HTMX = {"HX-Request": "true"}


def in_the_morning(world: World, **facts) -> Story:
    return a_visit(world, **({"starts": THIS_MORNING} | facts))


def page_of(world: World, story: Story, who: str = "olive") -> str:
    answer = world.client(who).get(f"/office/visits/{story.visit_id}")
    assert answer.status_code == 200
    return " ".join(answer.text.split())


def accesses(world: World, action: str) -> list[AccessRecord]:
    with world.database.reading(None) as session:
        return list(session.scalars(select(AccessRecord).where(AccessRecord.action == action)))


# --- the list -----------------------------------------------------------------------------------------------------


def test_the_log_says_where_when_who_and_how_it_stands(world):
    in_the_morning(world).done()
    text = world.client("olive").get("/office/visits").text
    when, firm = "Tuesday 8 December 2026, 6am to 8am", "Brightwater Heating"
    for wanted in ("1 Larch Close", "LE13 9AA", when, "Asha Kaur", firm, "The boiler does not heat", "Full notice"):
        assert wanted in text


def test_no_tenants_name_is_in_the_log_or_on_a_visit(world):
    story = in_the_morning(world).done()
    assert "Terry Moss" not in world.client("olive").get("/office/visits").text
    assert "Terry Moss" not in page_of(world, story)


def test_an_exception_stands_in_words(world):
    in_the_morning(world).told(hours_before=10).set_off().arrived()
    text = world.client("olive").get("/office/visits?marked=yes").text
    assert "Short notice" in text


def test_a_filter_is_kept_in_the_form_and_in_the_links(world):
    answer = world.client("olive").get("/office/visits?kind=inspection&since=2026-12-01")
    assert '<option value="inspection" selected>' in answer.text
    assert 'value="2026-12-01"' in answer.text


def test_an_empty_list_says_what_to_do(world):
    assert "Take a filter away" in world.client("olive").get("/office/visits?q=nowhere+at+all").text


def test_two_letters_are_too_few_to_search_for(world):
    answer = world.client("olive").get("/office/visits?q=la")
    assert answer.status_code == 422
    assert "Type 3 characters or more" in answer.text
    assert 'value="la"' in answer.text


def test_a_filter_that_cannot_be_used_is_said_and_never_quietly_dropped(world):
    in_the_morning(world)
    for query in ("since=yesterday", "since=2026-13-40", "kind=x", "firm=1", "since=2026-12-02&until=2026-12-01"):
        answer = world.client("olive").get(f"/office/visits?{query}")
        assert answer.status_code == 422
        assert "There is a problem" in answer.text
        assert "1 Larch Close" not in answer.text


def test_htmx_gets_the_results_alone_and_they_are_part_of_the_page(world):
    in_the_morning(world)
    client = world.client("olive")
    fragment = client.get("/office/visits?q=larch", headers=HTMX).text
    assert fragment.strip().startswith('<div id="results">')
    assert fragment.strip() in client.get("/office/visits?q=larch").text


def test_what_was_searched_for_is_not_written_down_only_by_which_filters(world):
    world.client("olive").get("/office/visits?q=larch+close&kind=inspection")
    (read,) = accesses(world, "list")
    assert (read.person_id, read.object_id, read.reason) == (world.ids["olive"], "", "filters: q, kind")


def test_for_anybody_else_there_is_no_log(world):
    story = in_the_morning(world)
    for who in ("asha", "hana", "lena", "ines", "adam", "aud"):
        for address in ("/office/visits", "/office/visits.csv", f"/office/visits/{story.visit_id}", "/office/tasks"):
            assert world.client(who).get(address).status_code == 404


# --- one visit ----------------------------------------------------------------------------------------------------


def test_each_line_says_who_when_with_which_badge_and_under_which_clause(world):
    story = in_the_morning(world).at_the_door()
    text = page_of(world, story)
    line = text[text.index("The worker came to the door.") :]
    assert "Asha Kaur, operative, badge MB-1001" in line
    assert 'Phone’s time</dt><dd><time datetime="2026-12-08T06:05:00+00:00">' in line
    assert 'Reached us</dt><dd><time datetime="2026-12-08T06:05:00+00:00">' in line
    assert "NR-7" in line


def test_what_a_desk_wrote_says_so(world):
    assert "Olive Marsh, officer, at the desk" in page_of(world, in_the_morning(world).told())


def test_the_timeline_is_in_the_order_in_which_it_happened(world):
    story = in_the_morning(world).done()
    story.desk(ev.VisitNoted(code="note", words=ev.Words("Rang the tenant")), at=NOW)
    text = page_of(world, story)
    steps = ["Planned:", "Notice by", "The worker set off", "came to the door", "said who they are", "showed ID",
             "said yes", "went in", "The work is done", "The visit ended"]  # fmt: skip
    places = [text.index(step) for step in steps]
    assert places == sorted(places)


def test_a_phone_that_was_slow_says_by_how_much(world):
    story = in_the_morning(world).told()
    phone = a_phone(world, "asha")
    phone.slow_by = timedelta(minutes=25)
    story.set_off().arrived()
    text = page_of(world, story)
    assert "The phone was 25 minutes slow." in text
    assert "The phone’s clock was wrong by more than 10 minutes" in text


def test_a_phone_that_was_fast_says_so_too(world):
    story = in_the_morning(world).told()
    a_phone(world, "asha").slow_by = -timedelta(hours=1, minutes=5)
    story.set_off()
    assert "The phone was 1 hour 5 minutes fast." in page_of(world, story)


def test_a_phone_whose_clock_was_right_is_not_remarked_on(world):
    assert "The phone was" not in page_of(world, in_the_morning(world).at_the_door())


def test_short_notice_names_the_clause_of_the_councils_code(world):
    text = page_of(world, in_the_morning(world).told(hours_before=10).set_off().arrived())
    assert "the tenant was not told in time" in text
    assert "Written in: ME-3.1a" in text


def test_short_notice_of_planned_works_names_the_two_weeks(world):
    story = in_the_morning(world, kind="planned_works").told(hours_before=60)
    assert "Written in: ME-3.1c" in page_of(world, story.set_off().arrived())


def test_coming_after_the_window_names_the_notice_rule(world):
    story = in_the_morning(world).told().set_off().arrived(at=THIS_MORNING + timedelta(hours=2, minutes=1))
    text = page_of(world, story)
    assert "outside the time that the tenant was told" in text
    assert "Written in: NR-7" in text


def test_going_in_without_showing_id_names_its_clause(world):
    story = in_the_morning(world).at_the_door().answered().says("door.introduced").entered()
    text = page_of(world, story)
    assert "did not say who they were, say why they had come and show ID" in text
    assert "Written in: ME-3.2b" in text


def test_a_visit_as_it_should_be_has_no_exceptions(world):
    assert "Exceptions" not in page_of(world, in_the_morning(world).done())


def test_the_notice_is_explained_with_its_clause(world):
    text = page_of(world, in_the_morning(world).told(hours_before=30))
    assert "30 hours before the window starts" in text
    assert "ME-3.1a" in text


def test_a_line_that_was_corrected_stays_struck_through_with_the_reason(world):
    story = in_the_morning(world).at_the_door().says("door.no_answer", waited_min=10, called=True, card_left=True)
    with world.database.reading(CHECKING) as session:
        wrong = session.scalars(select(Entry).where(Entry.kind == "door.no_answer")).one()
    story.says("entry.corrected", device=wrong.device, uuid=wrong.uuid, why="I pressed the wrong button")
    text = page_of(world, story)
    struck = text[text.index("<del>") : text.index("</del>")]
    assert "Nobody answered" in struck
    assert "Why: I pressed the wrong button" in text


def test_what_people_said_stands_apart_in_their_own_words(world):
    story = in_the_morning(world).at_the_door().answered().identified()
    story.says("consent.refused", reason="unwell", words="My son has a fever")
    text = page_of(world, story)
    assert "somebody in the home is unwell" in text
    assert "In their own words:</strong> My son has a fever" in text


def test_words_are_only_words(world):
    story = in_the_morning(world).at_the_door().answered().identified()
    story.says("consent.refused", reason="other", words="<script>alert(1)</script>")
    text = page_of(world, story)
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_a_sealed_box_leaves_no_trace_on_the_page(world):
    story = in_the_morning(world).in_the_home()
    before = page_of(world, story)
    story.says("box", size=4096)
    assert story.results[-1]["status"] == "accepted"
    keys = re.compile(r'name="k" value="\w+"')  # each form has its own
    assert keys.sub("", page_of(world, story)) == keys.sub("", before)


def test_every_kind_of_line_can_be_read(world):
    story = in_the_morning(world).done()
    for event in (
        ev.NoticeWithdrawn(notice=new_id(), reason="bounced"),
        ev.EmergencyAuthorised(world.ids["dora"], NOW, "gas", ev.Words("Smell of gas in the hall")),
        ev.EmergencyDowngraded(by=world.ids["dora"]),
        ev.EntryAuthorised("police", world.ids["dora"], world.ids["olive"], ("phone", "knock")),
        ev.VisitReassigned(lead=world.ids["ben"], visitor="contractor"),
    ):
        story.desk(event, at=NOW)
    text = page_of(world, story)
    assert "authorised by Dora Quill, officer" in text
    assert "as Olive Marsh, officer had asked" in text
    assert "Given to Ben Okafor, operative" in text


def test_a_visit_of_another_area_is_the_same_as_no_visit(world):
    story = in_the_morning(world, home=SOUTH, by="otto", lead="carl")
    client = world.client("olive")
    theirs, nobodys = client.get(f"/office/visits/{story.visit_id}"), client.get(f"/office/visits/{new_id()}")
    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert theirs.data == nobodys.data


def test_reading_a_visit_is_written_down(world):
    story = in_the_morning(world)
    page_of(world, story)
    assert [(read.person_id, read.object_id) for read in accesses(world, "read")] == [
        (world.ids["olive"], story.visit_id)
    ]


def test_whoever_holds_the_duty_in_the_area_is_led_on(world):
    story = in_the_morning(world)
    plan, authorise = f"/office/visits/{story.visit_id}/plan", f"/office/visits/{story.visit_id}/authorise"
    scheduler, on_duty, manager = (page_of(world, story, who) for who in ("olive", "dora", "mona"))
    assert (plan in scheduler, authorise in scheduler) == (True, False)
    assert (plan in on_duty, authorise in on_duty) == (False, True)
    assert (plan in manager, authorise in manager) == (False, False)


# --- notes --------------------------------------------------------------------------------------------------------


def test_a_note_pressed_twice_is_one_line(world):
    story, client = in_the_morning(world), world.client("olive")
    for _ in range(2):
        answer = client.post(f"/office/visits/{story.visit_id}/notes", data={"words": "Rang the tenant", "k": "a" * 32})
        assert answer.status_code == 303
    assert page_of(world, story).count("Rang the tenant") == 1


def test_an_empty_note_is_asked_for_again(world):
    story = in_the_morning(world)
    answer = world.client("olive").post(f"/office/visits/{story.visit_id}/notes", data={"words": "  ", "k": "a" * 32})
    assert answer.status_code == 422
    assert "Write the note first" in answer.text


def test_a_form_that_was_used_for_another_note_loses_no_word(world):
    story, client = in_the_morning(world), world.client("olive")
    address = f"/office/visits/{story.visit_id}/notes"
    client.post(address, data={"words": "Rang the tenant", "k": "a" * 32})
    answer = client.post(address, data={"words": "Rang again", "k": "a" * 32})
    assert answer.status_code == 409
    assert "Rang again</textarea>" in answer.text


def test_a_note_comes_from_an_officer_of_the_area_alone(world):
    story = in_the_morning(world)
    for who in ("otto", "mona", "asha", "hana"):
        answer = world.client(who).post(
            f"/office/visits/{story.visit_id}/notes", data={"words": "Hello", "k": "a" * 32}
        )
        assert answer.status_code == 404
    assert "Hello" not in page_of(world, story)


# --- tasks and the front page -------------------------------------------------------------------------------------


def a_task(world: World, *, area: str | None = "North", kind: str = "held", days: int = 1, about: str = "held") -> str:
    with world.database.writing(None) as session:
        due = NOW.replace(hour=23, minute=59, second=59) + timedelta(days=days)
        area_id = world.ids[area] if area else None
        task = raise_task(
            session, kind, cause=new_id(), about=about, about_id=new_id(), area_id=area_id, at=NOW, due=due
        )
        session.flush()
        return task.id


def task_ids(text: str) -> list[str]:
    return [part[:32] for part in text.split("/office/tasks/")[1:]]


def test_tasks_are_of_the_officers_areas_or_of_none_soonest_first(world):
    later, sooner, nobodys = a_task(world, days=3), a_task(world, days=1), a_task(world, area=None, days=2)
    a_task(world, area="South")
    assert task_ids(world.client("olive").get("/office/tasks").text) == [sooner, nobodys, later]


def test_an_overdue_task_says_so_in_words(world):
    a_task(world, days=-1)
    assert "Overdue" in world.client("olive").get("/office/tasks").text


def test_a_task_leads_to_its_visit(world):
    story = in_the_morning(world).at_the_door().answered().identified().refused("unwell")
    text = world.client("olive").get("/office/tasks").text
    assert f'href="/office/visits/{story.visit_id}">The tenant said no' in text


def test_a_long_list_of_tasks_goes_on_to_the_next_page(world):
    wanted = {a_task(world, days=number) for number in range(53)}
    client = world.client("olive")
    first = client.get("/office/tasks").text
    after = first.split("/office/tasks?after=")[1].split('"')[0]
    second = client.get(f"/office/tasks?after={after}").text
    assert len(task_ids(second)) == 3
    assert {task for task in task_ids(first) + task_ids(second) if not task.startswith("?")} >= wanted


def test_done_twice_is_done_once_and_keeps_the_first_time(world, clock):
    task_id, client = a_task(world), world.client("olive")
    assert client.post(f"/office/tasks/{task_id}/done").status_code == 303
    clock.move_to(NOW + timedelta(minutes=5))
    assert client.post(f"/office/tasks/{task_id}/done").status_code == 303
    with world.database.reading(CHECKING) as session:
        assert session.get_one(Task, task_id).done_at == NOW
    assert task_ids(client.get("/office/tasks").text) == []


def test_a_task_of_another_area_is_not_there(world):
    task_id = a_task(world, area="South")
    assert world.client("olive").post(f"/office/tasks/{task_id}/done").status_code == 404


def test_a_concerns_task_says_its_day_and_nothing_more(world):
    a_task(world, area=None, kind="concern", about="concern")
    text = world.client("olive").get("/office/tasks").text
    assert "A concern about conduct was taken by phone on Tuesday 8 December 2026" in " ".join(text.split())


OFFERS = {
    "olive": "Plan a visit",
    "mona": "See the visit log",
    "hana": "Verify a caller",
    "ines": "Take a call",
    "adam": "Message texts",
}


def test_the_front_page_offers_what_each_may_do(world):
    for who, sees in OFFERS.items():
        assert sees in world.client(who).get("/office").text


def test_for_whoever_works_at_doors_alone_there_is_no_desk(world):
    assert world.client("asha").get("/office").status_code == 404


def test_the_front_page_shows_an_officer_the_five_tasks_that_are_due_soonest(world):
    soonest = [a_task(world, days=number) for number in range(7)][:5]
    assert task_ids(world.client("olive").get("/office").text) == soonest
