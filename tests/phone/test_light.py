"""What a phone with one bar of signal must fetch: the shell once, a small page for each visit. Counted in bytes as sent."""

import gzip
import re
from datetime import timedelta

import pytest

from fieldvisit.web import render
from tests.stories import a_visit

on_sqlite = pytest.mark.parametrize("server", ["sqlite"], indirect=True)

KB = 1024
SHELL, VISIT_PAGE = 30 * KB, 5 * KB
PACKED = {"Accept-Encoding": "gzip"}


def sent(client, path: str) -> int:
    """Bytes of the answer's body on the line; gzip -9 of it where it goes out as it is."""
    with client.get(path, headers=PACKED) as answer:
        assert answer.status_code == 200, path
        return min(len(answer.data), len(gzip.compress(answer.data, 9)))


def test_the_scripts_are_packed_into_one_file_made_of_those_that_lie_here():
    """Red after a script was changed: run `python deploy/pack_app.py`. The app itself serves the scripts one by one then."""
    assert (render.APP / "made-of").read_text().strip() == render.source_hash()
    for name in ("phone.js", "phone.css"):
        assert gzip.decompress((render.APP / f"{name}.gz").read_bytes()) == (render.APP / name).read_bytes()


@on_sqlite
def test_the_whole_shell_is_at_most_thirty_kilobytes(client):
    worker = client.get("/sw.js").text
    files = re.findall(r"'([^']+)'", worker.split("FILES = ")[1].split(";")[0])
    weights = {path: sent(client, path) for path in [*files, "/sw.js", "/manifest.webmanifest"]}
    for path, weight in weights.items():
        print(f"{weight:6} {path}")
    print(f"{sum(weights.values()):6} of {SHELL}")
    assert sum(weights.values()) <= SHELL


@on_sqlite
def test_the_page_of_a_visit_is_at_most_five_kilobytes(world, signed_in):
    story = a_visit(world, others=("ben",)).told().set_off().arrived().answered().identified()
    weight = sent(signed_in("asha"), f"/visits/{story.visit_id}")
    print(f"visit page {weight}, shared steps {sent(signed_in('asha'), '/steps')}")
    assert weight <= VISIT_PAGE


@on_sqlite
def test_a_day_of_twelve_visits_comes_in_one_answer_of_a_few_kilobytes(world, signed_in):
    homes = ("100030000001", "100030000002", "100030000003")
    for number in range(12):
        a_visit(world, home=homes[number % 3], starts=world.now + timedelta(minutes=40 * number), hours=1).told()
    asha = signed_in("asha")
    told = asha.get("/packs").json
    assert len(told["visits"]) == 12
    whole, have = sent(asha, "/packs"), ",".join(f"{one['id']}.{one['stamp']}" for one in told["visits"])
    again = sent(asha, f"/packs?have={have}&have_steps={told['steps']['version']}")
    print(f"12 visits: {whole} bytes the first time, {again} when nothing changed")
    assert whole < 30 * KB and again < 10 * KB
