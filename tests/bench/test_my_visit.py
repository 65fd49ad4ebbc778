"""How long a tenant waits for her own page on one bar of signal, beside a bare page of the same weight, in one run.

400 kbit/s, 400 ms there and back, as Chromium's own brake makes them: `pytest tests/bench/test_my_visit.py -s`. Both pages
come from one server, turn about; each figure is the median of five, in milliseconds, from asking to the first paint.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from statistics import median
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from tests.bench.test_phone import SLOW, TIMES
from tests.phone.door_fixtures import SCREEN, SLOW_MS, chromium  # noqa: F401 - fixtures
from tests.stories import a_visit
from tests.web.test_my_visit import Tenant
from tests.world import NOW, World

pytestmark = pytest.mark.parametrize("server", ["sqlite"], indirect=True)

DAY = timedelta(days=1)
AT_MOST = 1.25  # times the bare page: what the tenant waits for is the road, not us
HEAD = "<!doctype html><html lang=en><title>Bare</title><link rel=icon href='data:,'>"
FORM = "<form method=post action=/bare><input id=word name=word><button>Send</button></form>"
PAINTED = """() => new Promise(tell => new PerformanceObserver(list => {
    const first = list.getEntriesByName('first-contentful-paint')[0];
    if (first) tell(first.startTime);
}).observe({ type: 'paint', buffered: true }))"""

BYTES = "() => performance.getEntriesByType('navigation')[0].encodedBodySize"  # as they came, packed or not


class Bare:
    """Before the app, on its server: at `/bare` a page of words alone, of as many bytes as it is told."""

    def __init__(self, app: Flask) -> None:
        self.app, self.weights = app, {"GET": 0, "POST": 0}

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/bare":
            return self.app(environ, start)
        begin = HEAD + (FORM if environ["REQUEST_METHOD"] == "GET" else "")
        body = (begin + "<p>" + "word " * 9_000)[: self.weights[environ["REQUEST_METHOD"]]].encode()
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        headers = [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store")]
        start("200 OK", [*headers, ("Content-Length", str(len(body)))])
        return [body]


@pytest.fixture
def bare(app: Flask) -> Bare:
    return Bare(app)


@pytest.fixture
def served(bare: Bare) -> Iterator[str]:
    server = make_server("localhost", 0, bare, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def tenant(world: World) -> Tenant:
    return Tenant(world, world.app.test_client(), a_visit(world, starts=NOW + DAY).told())


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport=SCREEN, has_touch=True, locale="en-GB")
    context.set_default_timeout(SLOW_MS)
    page = context.new_page()
    brake = context.new_cdp_session(page)
    brake.send("Network.enable")
    brake.send("Network.emulateNetworkConditions", SLOW)
    yield page
    context.close()


def opened(page: Page, address: str) -> float:
    page.goto("about:blank")
    page.goto(address)
    return float(page.evaluate(PAINTED))


def answered(page: Page, address: str, word: str) -> float:
    opened(page, address)
    page.locator("#word").fill(word)
    with page.expect_navigation():
        page.locator("form button").first.click()
    return float(page.evaluate(PAINTED))


def turn_about(ours: Callable[[], float], theirs: Callable[[], float]) -> tuple[list[float], list[float]]:
    ours(), theirs()  # once unmeasured: the first asks warm the server and the browser
    pairs = [(ours(), theirs()) for _ in range(TIMES)]
    return [one for one, _ in pairs], [other for _, other in pairs]


def told(name: str, bytes_: int, ours: list[float], bare: list[float]) -> float:
    ratio = median(ours) / median(bare)
    print(
        f"\n{name}, 400 kbit/s, 400 ms: {bytes_} bytes, first paint {median(ours):.0f} ms (from {min(ours):.0f} to "
        f"{max(ours):.0f}); a bare page of that weight {median(bare):.0f} ms; {ratio:.2f} times"
    )
    return ratio


def test_the_page_from_her_link_paints_as_soon_as_a_bare_page_of_its_weight(tenant, bare, served, page):
    def ours() -> float:
        return opened(page, served + tenant.address)

    ours()
    bare.weights["GET"] = page.evaluate(BYTES)
    figures = turn_about(ours, lambda: opened(page, f"{served}/bare"))
    assert told("my visit, from its link", bare.weights["GET"], *figures) <= AT_MOST


def test_the_details_paint_as_soon_as_a_bare_page_of_their_weight(tenant, bare, served, page):
    def ours() -> float:
        return answered(page, served + tenant.address, tenant.word)

    opened(page, served + tenant.address)
    bare.weights["GET"] = page.evaluate(BYTES)
    ours()
    bare.weights["POST"] = page.evaluate(BYTES)
    figures = turn_about(ours, lambda: answered(page, f"{served}/bare", tenant.word))
    assert told("my visit, the details", bare.weights["POST"], *figures) <= AT_MOST
