"""Who answers to whom: set on the page of people and by the import, never in a circle, never to another firm."""

from pathlib import Path

import pytest

from fieldvisit.desk.imports import run
from fieldvisit.register.models import Person
from tests.world import World

HEAD = "ref,role,name,company,manager\n"


def manager_of(world: World, ref: str) -> str | None:
    with world.database.reading(None) as session:
        manager_id = session.get_one(Person, world.ids[ref]).manager_id
    return next((name for name, each in world.ids.items() if manager_id and each == manager_id), None)


@pytest.mark.parametrize(
    ("who", "manager", "says"),
    [("asha", "mona", ""), ("asha", "MONA@council.example", ""), ("asha", "dora", ""), ("olive", "dora", ""),
     ("olive", "ines", ""),
     ("asha", "omar", "another firm"), ("olive", "mona", "another firm"), ("olive", "olive", "their own manager"),
     ("asha", "ben", "manages nobody"), ("asha", "nobody", "Nobody here has")],
)  # fmt: skip
def test_a_manager_is_set_on_the_persons_page(world: World, who: str, manager: str, says: str):
    page = f"/office/people/{world.ids[who]}"
    answer = world.client("olive").post(f"{page}/manager", data={"manager": manager})
    assert answer.status_code == (422 if says else 303)
    assert says in answer.get_data(as_text=True)
    assert manager_of(world, who) == (None if says else manager.lower().split("@")[0])


def test_an_empty_box_takes_the_manager_away_and_two_do_not_manage_each_other(world: World):
    olive = world.client("olive")
    for who, manager, status in (
        ("olive", "dora", 303),
        ("dora", "olive", 422),
        ("olive", "", 303),
        ("dora", "olive", 303),
    ):
        answer = olive.post(f"/office/people/{world.ids[who]}/manager", data={"manager": manager})
        assert answer.status_code == status
    assert (manager_of(world, "olive"), manager_of(world, "dora")) == (None, "olive")
    assert "Olive Marsh" in olive.get(f"/office/people/{world.ids['dora']}").get_data(as_text=True)


def test_a_file_names_managers_also_below_their_people_and_the_same_file_twice_changes_nothing(
    world: World, tmp_path: Path
):
    path = tmp_path / "people.csv"
    path.write_text(
        HEAD + "P-1,officer,Nia Holt,,P-2\nP-2,officer,Ove Lund,,\nasha,operative,Asha Kaur,Brightwater Heating,mona\n"
        "ben,operative,Ben Okafor,Brightwater Heating,omar\nP-3,officer,Una Bell,,P-9\n"
    )
    for words in (["imported", "imported", "changed", "refused", "refused"], ["unchanged"] * 3 + ["refused"] * 2):
        report = run("people", path, world.database, world.policy, world.now)
        assert [one.result.word for one in report] == words
    assert (manager_of(world, "asha"), manager_of(world, "ben")) == ("mona", None)
