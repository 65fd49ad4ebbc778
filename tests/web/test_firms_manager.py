"""What a firm's manager sees of the firm's visits: where and when, while they are open (ruling R9)."""

from tests.web.desk_forms import household
from tests.web.test_visit_log import SOUTH, in_the_morning, page_of


def test_a_manager_sees_the_firms_visits_and_no_others(world):
    in_the_morning(world)
    in_the_morning(world, lead="carl", home=SOUTH, by="otto")
    text = world.client("mona").get("/office/visits").text
    assert "1 Larch Close" in text
    assert "4 Quarry Row" not in text
    assert "Oakline" not in text


def test_a_manager_neither_reads_a_reason_in_the_log_nor_finds_a_visit_by_it(world):
    in_the_morning(world, reason="Mrs Moss says the tap drips")
    manager = world.client("mona")
    assert "drips" not in manager.get("/office/visits").text
    assert "1 Larch Close" in manager.get("/office/visits?q=larch").text
    assert "1 Larch Close" not in manager.get("/office/visits?q=drips").text
    assert "drips" in world.client("olive").get("/office/visits?q=drips").text


def test_a_visit_that_is_over_is_not_in_the_managers_log(world):
    story = in_the_morning(world).at_the_door().answered().identified().refused()
    assert "1 Larch Close" not in world.client("mona").get("/office/visits").text
    assert world.client("mona").get(f"/office/visits/{story.visit_id}").status_code == 404


def test_a_manager_reads_no_words_and_no_needs_on_the_timeline(world):
    household(world, trusted_adult=True)
    story = in_the_morning(world, reason="Mrs Moss says the tap drips").at_the_door().answered().identified()
    story.says("door.answered", who="adult").consented(trusted_adult="present", able=False)
    text = page_of(world, story, "mona")
    assert "The tenant said yes, by saying so, to coming in and the work." in text
    for private in ("Moss", "drips", "trusted adult", "could not decide", "Add a note"):
        assert private not in text
        assert private in page_of(world, story)
