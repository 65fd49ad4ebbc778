"""Somebody told others what was heard in a tenant's home. The same breach through all five codes, each in its own words,
by its own people, on its own dates: the tests read like the procedures."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from fieldvisit.badges.service import badge_of
from fieldvisit.breaches import case_clocks, case_letters
from fieldvisit.breaches.case_models import BreachTold
from fieldvisit.breaches.procedure import procedures
from fieldvisit.codes.models import CodeVersion
from fieldvisit.ground.clock import london_date
from fieldvisit.ground.policy import load_policy
from fieldvisit.ground.roles import CONDUCT, DEMO
from fieldvisit.ground.verdict import RefusedError
from fieldvisit.messages.models import Message
from tests.cases import Case, a_case, a_code, an_involved
from tests.world import World

HEARD = datetime(2027, 4, 26, 9, 0, tzinfo=UTC)  # a Monday; 3 May is a bank holiday
DAY = timedelta(days=1)
BOTH = ["apology", "training"]


def due(case: Case, name: str, policy: str) -> str:
    found = case_clocks.clocks(case.state, procedures()[case.state.document], load_policy(policy))
    return next(london_date(clock.due).isoformat() for clock in found if clock.name == name)


def refuses(case: Case, kind: str, by: str = "", **more) -> str:
    with pytest.raises(RefusedError) as refused:
        case.act(kind, by, **more)
    return f"{refused.value.verdict.message} {refused.value.verdict.clause or ''}"


def letters(world: World, case: Case) -> list[tuple[str, bool]]:
    with world.database.reading(CONDUCT) as session:
        rows = session.scalars(select(BreachTold).where(BreachTold.case_id == case.id).order_by(BreachTold.given_at))
        return [(row.letter, row.given_at is not None) for row in rows]


def test_melton_a_contractor_apology_and_training_are_considered_and_the_contract_is_last(world: World):
    case = a_case(world, "asha", heard_at=HEARD)
    assert refuses(case, "not_a_breach", "ines", words={"why": "No."}).startswith("That is for the screener")
    case.screened("ME", ("ME-2d",), "conduct")
    case.told(at=HEARD + DAY)
    assert due(case, "respond", "melton") == "2027-05-12", "our ten working days, and a bank holiday"
    case.answered(HEARD + 2 * DAY)
    upheld = {"finding": "upheld", "considered": ["training"], "sanction": "training"}
    words = {"reasons": "He does not deny it.", "learning": "A card in each van.", "considered": "It teaches most."}
    assert "an apology was considered" in refuses(case, "decided", "ivan", words=words, **upheld), "ME-8.2b"
    assert "for the decider" in refuses(case, "decided", "ines", words=words, **upheld)
    case.decided("training", HEARD + 3 * DAY)
    case.communicated(HEARD + 3 * DAY + timedelta(hours=1))
    appeal = refuses(case, "appealed", at=HEARD + 4 * DAY, words={"appeal": "It is too much."})
    assert "This code has no appeal" in appeal
    assert "Set down the action" in refuses(case, "closed", "ivan", at=HEARD + 4 * DAY)
    case.act("actions", "ivan", HEARD + 4 * DAY, {"what_1": "A course on privacy", "owner_1": "Mona Idris"},
             list=[{"id": "1", "due_on": "2027-06-01"}])  # fmt: skip
    assert "Not every action is done" in refuses(case, "closed", "ivan", at=HEARD + 5 * DAY)
    case.act("action_done", "ivan", HEARD + 20 * DAY, id="1")
    assert "Tell whoever reported it" in refuses(case, "closed", "ivan", at=HEARD + 20 * DAY)
    case.act("reporter_told", "ivan", HEARD + 20 * DAY, how="receipt").act("closed", "ivan", HEARD + 21 * DAY)
    assert (case.state.stage, letters(world, case)) == ("closed", [("notice", True), ("outcome", True)])


def test_milton_keynes_residents_a_confidence_starts_at_the_written_warning(world: World):
    a_code(world, "MR", ["resident"])
    an_involved(world, "resident", "Rae Dunn")
    case = a_case(world, "Rae Dunn", kind="involved", heard_at=HEARD)
    case.screened("MR", ("MR-4c",), "confidentiality")  # review, by the team leader
    case.told(at=HEARD + timedelta(hours=1))  # notification
    assert due(case, "respond", "milton-keynes") == "2027-05-11", "DR-12: ten working days from the day they were told"
    assert "may answer until the end of" in refuses(case, "time_up", "ines", at=HEARD + 10 * DAY)
    case.act("time_up", "ines", datetime(2027, 5, 12, 8, 0, tzinfo=UTC))
    words = {"reasons": "Two people heard it.", "learning": "Nothing new.", "considered": "Training is not enough."}
    body = {"finding": "upheld", "considered": ["suspension"], "sanction": "suspension"}
    late = datetime(2027, 5, 13, 9, 0, tzinfo=UTC)
    said = refuses(case, "decided", "ivan", at=late, words=words, **body)
    assert "the highest step now is a written warning or training" in said and "MR-7.T2" in said
    case.act(
        "decided", "ivan", late, words, finding="upheld", considered=["written_warning"], sanction="written_warning"
    )
    case.communicated(late + DAY)  # in writing, by the operations manager
    assert "This code has no appeal" in refuses(case, "appealed", at=late + 2 * DAY, words={"appeal": "No."})

    again = a_case(world, "Rae Dunn", kind="involved", heard_at=late + 30 * DAY)
    again.screened("MR", ("MR-4c",), "confidentiality").told().answered(late + 31 * DAY)
    again.decided("suspension", late + 32 * DAY, considered=["suspension"])  # the next rung, the second time
    assert again.state.sanction == "suspension"


def test_milton_keynes_residents_legal_action_suspends_at_once_and_removal_waits_for_the_answer(world: World):
    a_code(world, "MR", ["resident"])
    an_involved(world, "resident", "Rae Dunn")
    case = a_case(world, "Rae Dunn", kind="involved", heard_at=HEARD)
    case.screened("MR", ("MR-7.T5",), "anti_social")
    assert "suspend first" in refuses(case, "notified", "ines", words={"letter": "Dear Rae,"}, how="page")
    words = {"why": "An injunction was served.", "letter": "Dear Rae,"}
    case.act("suspended", "ines", words=words, because="at_once", how="handed")
    assert case.state.stage == "interim_measure"
    case.told()
    assert "A decision follows once" in refuses(case, "decided", "ivan", finding="upheld", sanction="removal"), "Q16"
    case.answered(HEARD + DAY).decided("removal", HEARD + 2 * DAY, considered=["removal"])
    assert case.state.sanction == "removal"


def test_alliance_a_tenants_confidence_is_serious_two_decide_and_the_third_appeal_is_the_last(world: World):
    a_code(world, "AL", ["panel"])
    an_involved(world, "panel", "Pia Lund")
    case = a_case(world, "Pia Lund", kind="involved", heard_at=HEARD)
    case.seated("screener", "ines").seated("decider", "ivan")
    body = {"document": "AL", "clauses": ["AL-2.7", "AL-4a"], "ladder": "regular", "preset": "tenant_information"}
    assert "co-ordinator" in refuses(case, "screened", "ines", words={"why": "AL-6h names it."}, **body)
    assert "very serious" in refuses(case, "screened", "ines", coordinates=False, **body)
    case.act("screened", "ines", words={"why": "AL-6h names it."}, coordinates=True, **body)
    assert due(case, "consider", "alliance") == "2027-05-06", "DR-13a: ten days, each of them counted"
    called = procedures()["AL"].people["screener"].called(case.state.coordinates)
    assert (called.label, called.clause) == ("Another co-ordinator of the panel", "AL-6e")
    case.told(at=HEARD + DAY).answered(HEARD + 2 * DAY)
    friday = datetime(2027, 4, 30, 9, 0, tzinfo=UTC)
    words = {"reasons": "She says so.", "learning": "None.", "considered": "A warning is too little."}
    removal = {"finding": "upheld", "considered": ["removal"], "sanction": "removal"}
    case.says("decided", "ivan", friday, words, **removal)
    assert case.state.stage == "investigating", "AL-6g: the manager alone decides nothing"
    for nobody in ("ivan", "lena"):
        assert "AL-6g" in refuses(case, "confirmed", nobody, at=friday, what="decided")
    case.confirmed("decided", "ines", friday)
    assert (case.state.decided_by, case.state.stage) == (world.ids["ivan"], "decided")
    assert due(case, "tell", "alliance") == "2027-05-03", "DR-13b: three days, a bank holiday too"
    case.communicated(friday + DAY)

    assert due(case, "appeal", "alliance") == "2027-05-17"
    late = refuses(case, "appealed", at=datetime(2027, 5, 18, 9, 0, tzinfo=UTC), words={"appeal": "Unfair."})
    assert "until the end of Monday 17 May 2027" in late
    at = friday + 4 * DAY
    for level, (who, result) in enumerate((("iris", "upheld"), ("ivor", "upheld"), ("lena", "changed"))):
        case.act("appealed", "", at, {"appeal": "It is too hard."})
        before, why = [
            ("ines", "three different people"),
            ("iris", "had no part in the case"),
            ("ivor", "had no part"),
        ][level]
        giver = "ivor" if before == "iris" else "lena"
        assert why in refuses(case, "seated", giver, at=at, part="appeal", person=world.ids[before])
        case.act("seated", "iris" if who == "lena" else "lena", at, part="appeal", person=world.ids[who])
        more = {"sanction": "verbal_warning"} if result == "changed" else {}
        case.act("appeal_decided", who, at + DAY, {"reasons": "We looked again.", "letter": "Dear Pia,"},
                 result=result, how="page", **more)  # fmt: skip
        at += 2 * DAY
    assert "That was the last appeal" in refuses(case, "appealed", at=at, words={"appeal": "Once more."})
    assert case.state.sanction == "verbal_warning"


def test_alliance_in_a_meeting_first_a_warning_and_then_a_vote_of_those_present(world: World):
    a_code(world, "AL", ["panel"])
    an_involved(world, "panel", "Pia Lund")
    first = a_case(world, "Pia Lund", kind="involved", heard_at=HEARD)
    first.screened("AL", ("AL-3.6",), "meeting", coordinates=False).told().answered()
    first.decided("made_aware", considered=["made_aware"]).communicated()
    again = a_case(world, "Pia Lund", kind="involved", heard_at=HEARD + DAY)
    again.screened("AL", ("AL-3.6",), "meeting", coordinates=False).told().answered()
    with pytest.raises(RefusedError, match="vote of the members present"):
        again.decided("leave_meeting", considered=["leave_meeting"])
    again.act("vote", "ivan", **{"for": 3, "against": 3, "abstain": 1})
    with pytest.raises(RefusedError, match="vote"):
        again.decided("leave_meeting", considered=["leave_meeting"])
    again.act("vote", "ivan", **{"for": 4, "against": 3, "abstain": 0})
    again.decided("leave_meeting", considered=["leave_meeting"])


def _staff_of_milton_keynes(world: World, *, officers: str = "live") -> None:
    with world.database.writing(DEMO) as session:
        for version in session.scalars(select(CodeVersion)):
            version.status, version.retired_on = "retired", HEARD.date() - DAY
    a_code(world, "MO", ["officer"], status=officers)


def test_milton_keynes_officers_a_manager_acts_straight_away_and_discipline_is_the_employers(world: World):
    _staff_of_milton_keynes(world)
    case = a_case(world, "olive", heard_at=HEARD)
    case.screened("MO", ("MO-9b",), "conduct")
    assert due(case, "screen", "milton-keynes") == "2027-04-27", "MO-11a2: straight away; a day is ours"
    case.told(at=HEARD + DAY).answered(HEARD + 2 * DAY)
    case.decided("disciplinary", HEARD + 3 * DAY, considered=["talk", "disciplinary"]).communicated(HEARD + 4 * DAY)
    assert "grievance" in refuses(case, "appealed", at=HEARD + 5 * DAY, words={"appeal": "No."})


def test_housing_staff_a_draft_is_never_the_only_basis_and_the_cih_is_told_of_its_member(world: World):
    _staff_of_milton_keynes(world)
    a_code(world, "HS", ["officer"], status="draft")
    case = a_case(world, "olive", heard_at=HEARD)
    case.seated("screener", "ines").seated("decider", "ivan")
    body = {"document": "HS", "ladder": "conduct"}
    alone = refuses(case, "screened", "ines", clauses=["HS-3.1.8"], **body)
    assert "may not rest on it alone" in alone
    assert "did not bind" in refuses(case, "screened", "ines", clauses=["HS-3.1.8", "ME-2d"], **body)
    case.act("screened", "ines", clauses=["HS-3.1.8", "MO-9b"], **body)
    case.told(at=HEARD + DAY).answered(HEARD + 2 * DAY)
    case.decided("talk", HEARD + 3 * DAY, considered=["talk", "disciplinary"]).communicated(HEARD + 4 * DAY)
    case.act("told_cih", "ivan", words={"letter": "To the CIH"}, how="handed", member=True)
    assert case.state.cih_told_at
    assert ("cih", True) in letters(world, case)


# --- what all five share ------------------------------------------------------------------------------------------


def test_a_bank_holiday_that_is_added_later_moves_the_day_and_never_before_what_was_promised(world: World):
    a_code(world, "MR", ["resident"])
    an_involved(world, "resident", "Rae Dunn")
    case = a_case(world, "Rae Dunn", kind="involved", heard_at=HEARD)
    case.screened("MR", ("MR-4c",), "confidentiality").told(at=HEARD + timedelta(hours=1))
    from fieldvisit.ground.policy import SEAM, read_policy

    text = load_policy("milton-keynes").source_text
    statute, _, council = text.partition(SEAM)
    proclaimed = read_policy("later", council, statute.replace("2027-05-03", "2027-05-03, 2027-05-07", 1))
    found = case_clocks.response_due(case.state, procedures()["MR"], proclaimed)
    assert found and london_date(found).isoformat() == "2027-05-12"
    fewer = read_policy("fewer", council, statute.replace("2027-05-03", "2027-11-01", 1))
    found = case_clocks.response_due(case.state, procedures()["MR"], fewer)
    assert found and london_date(found).isoformat() == "2027-05-11", "what they were told in writing stands"


def test_a_suspended_badge_goes_dark_and_comes_back_when_nothing_is_found(world: World):
    case = a_case(world, "asha").screened()

    def shown() -> str:
        with world.database.reading(None) as session:
            badge = badge_of(session, world.ids["asha"])
            assert badge
            return badge.state

    assert "Suspend somebody before" in refuses(case, "suspended", "ines", words={"why": "He is rude."}, because="")
    case.act("suspended", "ines", words={"why": "He has a key.", "letter": "Dear Asha,"}, because="safety", how="page")
    assert (shown(), case.state.suspended, case.state.finding) == ("suspended", True, "")
    case.act("not_a_breach", "ines", words={"why": "It was somebody else."})
    assert (shown(), case.state.suspended) == ("active", False)
    assert letters(world, case) == [("interim", True), ("lifted", True)]


def test_a_badge_that_was_reported_lost_meanwhile_stays_dark(world: World):
    case = a_case(world, "asha").screened()
    case.act("suspended", "ines", words={"why": "He has a key.", "letter": "Dear Asha,"}, because="safety", how="page")
    assert world.client("asha").post("/badge/lost").status_code == 303
    case.act("not_a_breach", "ines", words={"why": "It was somebody else."})
    with world.database.reading(None) as session:
        badge = badge_of(session, world.ids["asha"])
        assert badge and badge.state == "suspended"


def test_an_appeal_in_time_opens_a_closed_case_again(world: World):
    a_code(world, "AL", ["panel"])
    an_involved(world, "panel", "Pia Lund")
    case = a_case(world, "Pia Lund", kind="involved", heard_at=HEARD)
    case.screened("AL", ("AL-2.1",), "regular", coordinates=False).told().answered()
    case.decided("", considered=["aware_warned"]).communicated()
    case.act("reporter_told", "ivan", how="receipt").act("closed", "ivan")
    assert case.state.closed_at
    case.act("appealed", words={"appeal": "I did not do it."})
    assert (case.state.stage, case.state.closed_at) == ("appeal_requested", None)


def test_a_link_between_two_cases_can_be_undone_and_nothing_is_deleted(world: World):
    one, other = a_case(world), a_case(world)
    one.seated("screener", "ines")
    other.act("linked", "lena", to=one.id)
    assert other.state.linked_to == one.id
    other.act("unlinked", "lena", words={"why": "It was another day."})
    assert (other.state.linked_to, other.state.open, other.state.steps) == ("", True, 3)


def test_a_letter_by_post_is_theirs_from_the_day_they_had_it_and_an_e_mail_says_nothing_of_what_is_in_it(world: World):
    a_code(world, "AL", ["panel"])
    an_involved(world, "panel", "Pia Lund")
    case = a_case(world, "Pia Lund", kind="involved")
    case.screened("AL", ("AL-2.1",), "regular", coordinates=False).told(how="post")
    assert (case.state.stage, letters(world, case)) == ("notified", [("notice", False)])
    with world.database.reading(CONDUCT) as session:
        [message] = session.scalars(select(Message)).all()
        assert (message.channel, message.to) == ("letter_first_class", "Pia Lund\n7 Elm Row\nMK9 1AA")
    case.act("notice_given", "ines", case.at + timedelta(minutes=5))
    assert (case.state.stage, letters(world, case)) == ("awaiting_response", [("notice", True)])
    a_case(world).screened().told()
    with world.database.reading(CONDUCT) as session:
        mail = session.scalars(select(Message).where(Message.channel == "email")).one()
        assert "code" not in mail.body and "breach" not in mail.subject + mail.body and "ME-2d" not in mail.body
    with pytest.raises(RefusedError, match="no address"):
        a_case(world).screened().told(how="post")


def test_milton_keynes_residents_a_step_is_left_out_for_a_reason_that_the_team_leader_confirms(world: World):
    """Racist abuse on day one: a talk would be no answer."""
    a_code(world, "MR", ["resident"])
    an_involved(world, "resident", "Rae Dunn")
    case = a_case(world, "Rae Dunn", kind="involved", heard_at=HEARD)
    case.screened("MR", ("MR-3.2",), "adhere").told(at=HEARD + DAY).answered(HEARD + 2 * DAY)
    at = HEARD + 3 * DAY
    words = {"reasons": "Three people heard it.", "learning": "None.", "considered": "A talk is too little."}
    removal = {"finding": "upheld", "considered": ["removal"], "sanction": "removal"}
    said = refuses(case, "decided", "ivan", at=at, words=words, **removal)
    assert (
        "Removal from taking part comes later" in said and "which somebody else confirms" in said and "MR-7.T1" in said
    )
    why = {"skip_why": "Others are afraid to come."}
    case.says("decided", "ivan", at, words | why, **removal)
    assert (case.state.stage, case.state.sanction) == ("investigating", ""), "it waits"
    for nobody, sentence in (("ivan", "You proposed it yourself"), ("lena", "Resident Engagement Team Leader")):
        assert sentence in refuses(case, "confirmed", nobody, at=at, what="decided")
    case.confirmed("decided", "ines", at + timedelta(hours=1))
    state = case.state
    assert (state.stage, state.sanction, state.skipped, state.decided_by) == (
        "decided",
        "removal",
        True,
        world.ids["ivan"],
    )
    about = case_letters.About("Rae Dunn", "", "your personal link")
    outcome = case_letters.first_text(
        "outcome", state, "B-1", about, procedures()["MR"], at, load_policy("milton-keynes")
    )
    assert "We left it out: [say why]. The Resident Engagement Team Leader confirmed it" in outcome

    again = a_case(world, "Rae Dunn", kind="involved", heard_at=HEARD + 5 * DAY)
    again.screened("MR", ("MR-3.2",), "adhere").told().answered().decided("verbal", considered=["verbal"])
    assert again.state.stage == "decided" and not again.state.skipped, "the ordinary step is one person's"
