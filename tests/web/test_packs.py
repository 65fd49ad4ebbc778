"""What a phone takes along for the day: GET /packs, GET /steps, the shell and its files, as the server writes them."""

import gzip
import re
from datetime import timedelta

import pytest

from fieldvisit.badges.models import Badge
from fieldvisit.visits import events as ev
from fieldvisit.web import light, shell_files
from tests.stories import a_phone, a_visit

SECOND, THIRD = "100030000002", "100030000003"


@pytest.fixture
def asha(signed_in):
    return signed_in("asha")


def pack(client, **asked):
    answer = client.get("/packs", query_string=asked)
    assert answer.status_code == 200 and answer.headers["X-FieldVisit-Proto"] == "1"
    return answer.json


def test_the_pack_holds_todays_visits_and_tomorrows_first_as_their_pages_are(world, asha):
    today = a_visit(world).told()
    tomorrow = a_visit(world, home=SECOND, starts=world.now + timedelta(days=1)).told()
    a_visit(world, home=THIRD, starts=world.now + timedelta(days=1, hours=3)).told()
    told = pack(asha)
    assert [one["id"] for one in told["visits"]] == [today.visit_id, tomorrow.visit_id]
    assert told["visits"][0]["html"] in asha.get(f"/visits/{today.visit_id}").text
    assert told["today"]["html"] in asha.get("/today").text
    assert told["person"] == {
        "id": world.ids["asha"],
        "name": "Asha Kaur",
        "role_label": "Operative",
        "role": "operative",
    }


def test_the_titles_name_nobody(world, asha):
    a_visit(world).told()
    told = pack(asha)
    titles = [told["today"]["title"], *(one["title"] for one in told["visits"])]
    assert titles[0] == "Today" and re.fullmatch(r"Visit V-\w+", titles[1])


def test_a_page_that_the_phone_has_is_named_and_not_sent_again(world, asha):
    story = a_visit(world).told()
    (first,) = pack(asha)["visits"]
    (again,) = pack(asha, have=f"{first['id']}.{first['stamp']}")["visits"]
    assert again == {"id": story.visit_id, "stamp": first["stamp"]}
    story.set_off()
    (changed,) = pack(asha, have=f"{first['id']}.{first['stamp']}")["visits"]
    assert changed["stamp"] != first["stamp"] and "On my way" in changed["html"]


def test_the_shared_steps_are_sent_once(world, asha):
    steps = pack(asha)["steps"]
    assert steps["html"] == asha.get(f"/steps?v={steps['version']}").text
    assert pack(asha, have_steps=steps["version"])["steps"] == {"version": steps["version"]}
    assert "html" in pack(asha, have_steps="0" * 12)["steps"]


def test_each_worker_gets_their_own_and_an_officer_not_the_area(world, signed_in):
    a_visit(world, lead="ben").told()
    mine = a_visit(world, lead="olive", by="olive", home=SECOND, kind="tenancy_visit").told()
    assert pack(signed_in("asha"))["visits"] == []
    assert [one["id"] for one in pack(signed_in("olive"))["visits"]] == [mine.visit_id]


def test_a_visit_that_was_given_to_somebody_else_is_not_in_it(world, asha):
    a_visit(world).told().desk(ev.VisitReassigned(lead=world.ids["ben"], visitor="contractor"))
    assert pack(asha)["visits"] == []


def test_a_bad_badge_takes_every_visit_but_one_that_is_under_way(world, asha):
    inside = a_visit(world).in_the_home()
    a_visit(world, home=SECOND, starts=world.now + timedelta(hours=3)).told()
    with world.database.writing(None) as session:
        session.get_one(Badge, world.ids["badge of asha"]).state = "suspended"
    told = pack(asha)
    assert [one["id"] for one in told["visits"]] == [inside.visit_id]
    assert "Your badge is not good today." in told["today"]["html"] and told["badge"]["valid"] is False
    assert told["badge"]["day_keys"] == []


def test_the_badge_has_keys_for_a_phone_of_this_person_and_for_no_other(world, asha):
    phone = a_phone(world, "asha")
    assert [one["day"] for one in pack(asha, device=phone.device)["badge"]["day_keys"]] == ["2026-12-08", "2026-12-09"]
    assert pack(asha, device=a_phone(world, "ben").device)["badge"]["day_keys"] == []


def test_it_says_when_the_phone_must_have_forgotten_it(world, asha):
    a_visit(world, starts=world.now + timedelta(hours=11), hours=2).told()  # 20:00 to 22:00
    told = pack(asha)
    assert (told["server_time"], told["wipe_at"]) == ("2026-12-08T09:00:00Z", "2026-12-09T10:00:00Z")


def test_no_number_and_no_cause_is_in_it(world, asha):
    a_visit(world).told()
    assert "07700" not in asha.get("/packs").text


def test_signed_out_the_phone_hears_401_with_our_mark_and_a_person_at_a_desk_hears_nothing(client, signed_in):
    for path in ("/packs", "/steps"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["X-FieldVisit-Proto"]) == (401, "1")
        assert signed_in("hana").get(path).status_code == 404


def test_the_pack_is_kept_by_no_cache(asha):
    assert asha.get("/packs").headers["Cache-Control"] == "no-store"


# --- the shell and its files


def test_the_shell_is_the_same_for_everybody_and_sets_no_cookie(client, asha, world):
    nobody, somebody = client.get("/shell"), asha.get("/shell")
    assert nobody.data == somebody.data and "Set-Cookie" not in somebody.headers
    assert "csrf" not in nobody.text and world.ids["asha"] not in nobody.text


def test_every_file_that_the_worker_keeps_is_there(client):
    worker = client.get("/sw.js").text
    files = re.findall(r"'([^']+)'", worker.split("FILES = ")[1].split(";")[0])
    assert {"/shell", "/council.css"} <= set(files) and any(file.startswith("/app/") for file in files)
    for file in files:
        with client.get(file) as answer:
            assert answer.status_code == 200, file


def test_the_worker_has_another_version_when_any_file_changes(client, monkeypatch):
    before = client.get("/sw.js").text
    monkeypatch.setattr(shell_files, "SHEETS", ("css/office.css",))
    assert client.get("/sw.js").text.splitlines()[0] != before.splitlines()[0]


def test_every_script_that_is_imported_is_there():
    known = set(shell_files.scripts())
    for name in known:
        if name.startswith("js/"):
            assert set(shell_files.imported_by(name)) <= known, name


def test_a_script_of_this_version_is_for_ever_and_one_of_another_is_not_to_be_kept(client):
    folder = re.search(r"/app/[0-9a-f]{12}/", client.get("/shell").text)[0]
    assert "immutable" in client.get(f"{folder}js/app.js").headers["Cache-Control"]
    assert client.get("/app/000000000000/js/app.js").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "name", ["js/../sw.js", "css/doorstep.css", "js/nobodys.js", "js", "../pyproject.toml", "js/a/b.js"]
)
def test_nothing_else_can_be_had_as_a_script(client, name):
    assert client.get(f"/app/000000000000/{name}").status_code == 404


def test_scripts_come_without_comments_and_are_otherwise_what_we_wrote():
    script = '/**\n * words\n */\n\nexport function go() {\n  // more\n  return "a // b"; /* c */\n}\n'
    assert light.without_comments(script) == 'export function go() {\nreturn "a // b"; /* c */\n}\n'


# --- packed


@pytest.mark.parametrize("path", ["/today", "/packs", "/steps", "/shell", "/sw.js", "/static/css/doorstep.css"])
def test_what_phones_read_is_packed_for_those_who_can_unpack(asha, path):
    with asha.get(path) as plain, asha.get(path, headers={"Accept-Encoding": "gzip, br"}) as packed:
        assert "Content-Encoding" not in plain.headers and packed.headers["Content-Encoding"] == "gzip"
        assert len(gzip.decompress(packed.data)) > len(packed.data)
        assert "Accept-Encoding" in packed.headers["Vary"]


@pytest.mark.parametrize("path", ["/office", "/office/visits?q=Larch", "/office/plan", "/sign-in"])
def test_a_page_that_repeats_what_was_typed_is_never_packed(signed_in, path):
    assert "Content-Encoding" not in signed_in("olive").get(path, headers={"Accept-Encoding": "gzip"}).headers


def test_a_file_that_is_still_good_is_not_sent_again(client):
    with client.get("/static/css/doorstep.css", headers={"Accept-Encoding": "gzip"}) as first:
        etag = first.headers["ETag"]
    assert etag.startswith("W/")
    ask = {"Accept-Encoding": "gzip", "If-None-Match": etag}
    with client.get("/static/css/doorstep.css", headers=ask) as again:
        assert again.status_code == 304
