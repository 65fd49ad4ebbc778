"""The worker reads only: it keeps the shell and nothing about people, lets an open visit be, and can be switched off."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import abort
from playwright.sync_api import expect

from fieldvisit.web import render, shell_files
from tests.phone.shell_fixtures import SHELL_READY, KeptPhone, council, kept_phone, on_disk, playwright  # noqa: F401 - fixtures
from tests.stories import a_visit

pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)

NEXT_WEEK = "b" * 12
KEYS = "async () => (await caches.keys()).sort()"
CONTENT = """async () => { const found = []; for (const name of await caches.keys())
    for (const { url } of await (await caches.open(name)).keys()) found.push(new URL(url).pathname); return found.sort(); }"""
# A browser that has begun to look, as it does after each page, answers a new wish with what it had found by then: ask again.
ASKS = "async () => (await navigator.serviceWorker.getRegistration())?.update().catch(() => null)"
LOOKS = "() => getComputedStyle(document.querySelector('main .choice')).borderRadius"


@pytest.fixture
def phone(kept_phone: KeptPhone, world) -> KeptPhone:
    a_visit(world).told()
    a_visit(world, home="100030000002", starts=world.now + timedelta(hours=2)).told()
    kept_phone.keeps_the_day()
    return kept_phone


@pytest.fixture
def deploys(app, monkeypatch) -> Callable[[], None]:
    """The council puts a new version on its server: other addresses for the scripts, and the old ones are gone."""
    real = app.view_functions["site.app_file"]

    def only_the_new(version: str, filename: str):
        if version != NEXT_WEEK:
            abort(404)
        return real(version=version, filename=filename)

    only_the_new.access, only_the_new.no_cookie = real.access, True

    def deploy() -> None:
        monkeypatch.setattr(render, "asset_version", lambda: NEXT_WEEK)
        shell_files.wanted_at_once.cache_clear()
        monkeypatch.setitem(app.view_functions, "site.app_file", only_the_new)

    yield deploy
    shell_files.wanted_at_once.cache_clear()


def looks_for_an_update(phone: KeptPhone) -> None:
    phone.waits_until(
        f"async () => {{ await ({ASKS})(); return document.documentElement.dataset.update === 'waiting'; }}"
    )


def update_bar(phone: KeptPhone):
    return phone.page.locator("[data-bar=update]")


# --- what it keeps


def test_it_keeps_the_shell_and_a_sign_that_there_are_pages_and_nothing_else(phone, app):
    phone.opens_the_visit_to("1 Larch Close")
    with app.test_request_context(base_url="http://localhost"):
        kept = [*shell_files.precached(), *shell_files.kept_later(), "/packs"]
    files = sorted(address.split("?")[0] for address in kept)
    phone.waits_until(f"async () => JSON.stringify(await ({CONTENT})()) === JSON.stringify({files!r})")
    shell = phone.page.evaluate("async () => (await caches.match('/shell')).text()")
    assert phone.world.ids["asha"] not in shell and "csrf" not in shell


def test_without_kept_pages_the_servers_page_comes_and_with_no_signal_a_page_that_says_so(kept_phone, world):
    a_visit(world).told()
    kept_phone.signs_in("asha")
    kept_phone.is_ready()
    kept_phone.waits_until(SHELL_READY)
    kept_phone.page.reload()
    assert kept_phone.lies("shell") == "page"
    kept_phone.council.dies()
    kept_phone.page.reload()
    kept_phone.reads("Not on this phone")
    assert kept_phone.page.evaluate(LOOKS) == "10px"
    kept_phone.page.get_by_role("link", name="Entries on this phone").first.click()
    kept_phone.reads("Entries on this phone")


def test_it_answers_for_no_page_but_the_phones_and_for_no_post(phone):
    answered = []
    phone.page.on(
        "response", lambda answer: answered.append((answer.request.method, answer.url, answer.from_service_worker))
    )
    phone.goes_to("/sign-out")
    phone.page.evaluate("() => fetch('/events', { method: 'POST', body: '{}' })")
    ours = {(method, url.removeprefix(phone.address)) for method, url, by_worker in answered if not by_worker}
    assert {("GET", "/sign-out"), ("POST", "/events")} <= ours


# --- a new version in the middle of a visit (F39)


def test_a_new_version_waits_and_half_written_words_stay(phone, deploys):
    phone.opens_the_visit_to("1 Larch Close")
    phone.presses("On my way", then="On the way")
    phone.presses("I am at the door", then="Who answered?")
    phone.presses("They said no", then="They said no")
    words = phone.page.locator("[data-step]:visible").get_by_label("In their words")
    words.fill("Not today")
    deploys()
    looks_for_an_update(phone)
    expect(update_bar(phone)).to_have_count(0)
    expect(words).to_have_value("Not today")
    phone.page.locator("[data-step]:visible").get_by_label("Somebody in the home is unwell").check()
    phone.presses("Save, thank them and leave", then="Stop here")
    phone.has_sent_all()


@pytest.mark.usefixtures("on_disk")
@pytest.mark.parametrize("how", ["reloaded", "closed and opened"])
def test_with_no_signal_after_a_new_version_the_visit_goes_on_with_styles_and_scripts(phone, deploys, how):
    phone.opens_the_visit_to("1 Larch Close")
    phone.presses("On my way", then="On the way")
    phone.has_sent_all()
    deploys()
    looks_for_an_update(phone)
    path = phone.page.url.removeprefix(phone.address)
    phone.council.dies()
    if how == "reloaded":
        phone.page.reload()
    else:
        phone.closes()
        phone.opens()
        phone.goes_to(path)
    phone.is_locked()
    assert phone.page.evaluate(LOOKS) == "10px"
    phone.types_the_pin()
    phone.reads("On the way")
    phone.presses("I am at the door", then="Who answered?")
    assert phone.lies("unsent") == "1"


def test_the_old_shell_goes_when_the_new_one_has_all_pages(phone, deploys):
    (old,) = [name for name in phone.page.evaluate(KEYS) if name.startswith("fv-shell-")]
    deploys()
    looks_for_an_update(phone)
    assert old in phone.page.evaluate(KEYS)
    update_bar(phone).get_by_role("button", name="Update now").click()
    phone.is_locked()
    assert old in phone.page.evaluate(KEYS), "kept until the pages were asked for again"
    phone.types_the_pin()
    phone.waits_until("async old => !(await caches.keys()).includes(old)", old)
    assert any(file.startswith(f"/app/{NEXT_WEEK}/") for file in phone.page.evaluate(CONTENT))


def test_the_update_is_offered_on_the_round_and_not_in_a_visit(phone, deploys):
    deploys()
    looks_for_an_update(phone)
    expect(update_bar(phone)).to_be_visible()
    phone.opens_the_visit_to("1 Larch Close")
    expect(update_bar(phone)).to_have_count(0)


def test_the_update_is_not_offered_while_something_waits_to_be_sent(phone, deploys):
    phone.page.route("**/events", lambda route: route.abort())
    phone.opens_the_visit_to("1 Larch Close")
    phone.presses("On my way", then="On the way")
    deploys()
    looks_for_an_update(phone)
    phone.page.get_by_role("link", name="Today", exact=True).click()
    phone.reads("Tuesday 8 December 2026")
    expect(update_bar(phone)).to_have_count(0)


# --- switched off


def test_switched_off_by_the_server_it_goes_and_takes_its_stores_along(phone, app, monkeypatch):
    config = app.extensions["fv_config"].model_copy(update={"offline": False})
    monkeypatch.setitem(app.extensions, "fv_config", config)
    phone.waits_until(f"async () => {{ await ({ASKS})(); return !(await navigator.serviceWorker.getRegistration()); }}")
    assert phone.page.evaluate(KEYS) == []
    phone.page.reload()
    assert phone.lies("shell") == "page"
    phone.is_ready()
    assert phone.rows() == [] and phone.page.evaluate("() => navigator.serviceWorker.controller") is None


def test_switched_off_no_pin_is_asked_for_and_nothing_is_kept(kept_phone, world, app, monkeypatch):
    config = app.extensions["fv_config"].model_copy(update={"offline": False})
    monkeypatch.setitem(app.extensions, "fv_config", config)
    a_visit(world).told()
    kept_phone.signs_in("asha")
    kept_phone.is_ready()
    expect(kept_phone.page.get_by_text("Choose a PIN")).to_have_count(0)
    assert kept_phone.page.evaluate(KEYS) == []


def test_the_worker_is_asked_for_anew_each_time_and_answers_for_the_whole_site(client):
    answer = client.get("/sw.js")
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("text/javascript", "no-cache")
    assert answer.headers["Service-Worker-Allowed"] == "/"
