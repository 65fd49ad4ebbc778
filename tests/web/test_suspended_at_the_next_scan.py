"""A suspension dims the badge at the very next scan: nothing is kept between the act and the answer, and no time passes."""

from tests.cases import LETTER, a_case
from tests.web.test_breach_cases import confirm, send
from tests.web.test_verify import FRESH, NO, badge_of, said, scan, shown
from tests.world import World


def test_the_scan_after_the_act_says_so_and_the_one_after_its_end_says_the_opposite(world: World):
    case = a_case(world).screened()
    door, ines = world.client(), world.client("ines")
    code = shown(world, world.now).code
    assert said(scan(door, badge_of(world), code)) == FRESH
    act = send(ines, case, "suspended", because="safety", why="She has a key.", letter=LETTER, how="page")
    assert act.status_code == 303
    assert said(scan(door, badge_of(world), code)) == NO, "at the same instant, of the same code"
    assert send(ines, case, "lifted", why="It was not she.", letter=LETTER, how="page").status_code == 303
    assert said(scan(door, badge_of(world), code)) == NO, "it waits for a second person"
    assert confirm(world.client("lena"), case, "lifted").status_code == 303
    assert said(scan(door, badge_of(world), code)) == FRESH
