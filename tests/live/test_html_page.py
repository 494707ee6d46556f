"""The html report in a real browser: keys, filters, links, accessibility, paper, and without JavaScript.

The browser and its driver come with `make servers`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.demo import DemoServer
from runner.reporters.html_report import Reporter
from tests.live.conftest import installed, missing, program
from tests.live.servers.page import Page
from tests.unit.reporters.conftest import events_of, exchange_of, failed, passed

SUITE = Path(__file__).parent.parent / "golden" / "reports"
ACTIVE = "document.activeElement"
OPENED = "document.querySelector('.detail:not([hidden]) h2')?.textContent ?? null"
NAMES = "[...document.querySelectorAll('.row .name')].map((it) => it.textContent)"
SAID = "document.querySelector('#said').textContent"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """One browser for all tests of this file."""
    modules = installed() / "browser/node_modules"
    if not (modules / "playwright-core").is_dir() or not (modules / "axe-core").is_dir():
        missing("playwright-core with axe-core")
    page = Page(program("node"), modules, program("chromium"), tmp_path_factory.mktemp("browser"))
    yield page
    page.close()


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a report of the golden suite: of each outcome some, two collections, tokens."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    environment = {name: value for name, value in os.environ.items() if "_proxy" not in name.lower()}
    with DemoServer() as server:
        words = ["suite.yaml", "second.yaml", "-v", f"api={server.url}", "--report", f"html={path}", "--quiet"]
        command = [sys.executable, "-m", "runner", "run", *words]
        done = subprocess.run(command, cwd=SUITE, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (5, "")
    return path.as_uri()


@pytest.fixture
def page(browser: Page) -> Iterator[Page]:
    """The browser; after the test nothing has gone wrong in the page, and nothing was asked for."""
    yield browser
    assert browser.faults() == []


def write(path: Path, events: list[Any]) -> str:
    with path.open("w", encoding="utf-8") as stream:
        report = Reporter(stream)
        for event in events:
            report(event)
    return path.as_uri()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a report of ten thousand requests, of which one has failed."""
    steps = [passed(f"Request {number}") for number in range(10_000)]
    steps[7_000] = failed("Request 7000")
    return write(tmp_path_factory.mktemp("many") / "many.html", events_of(steps))


# --- keys ----------------------------------------------------------------------------------------------------------


def test_search_open_and_close_by_keys(page: Page, suite: str) -> None:
    """`/` searches, Enter goes to the first and opens it, Escape closes it and then clears the search."""
    page.open(suite)
    page.press("/")
    page.type("fails tw")
    assert page.until(f"{NAMES}.length === 1 && {NAMES}") == ["Fails twice"]
    page.press("Enter")
    assert page.value(f"{ACTIVE}.closest('.row').dataset.anchor") == "r-suite-fails-twice"
    page.press("Enter")
    assert page.value(OPENED) == "✗Fails twice"
    assert page.value(f"{ACTIVE}.className") == "detail"
    page.press("Escape")
    assert page.value(OPENED) is None
    assert page.value(f"{ACTIVE}.closest('.row').dataset.anchor") == "r-suite-fails-twice"
    page.press("/")
    page.press("Escape")
    assert page.value("document.querySelector('#search').value") == ""
    assert page.value(f"{NAMES}.length > 5")


def test_moving_by_keys(page: Page, suite: str) -> None:
    """j, k and the arrows move, n and p go to what failed, Home and End to the ends; what is open follows."""
    page.open(suite)
    name = f"{ACTIVE}.querySelector('.name')?.textContent"
    moves = [
        ("j", "Passes"),
        ("j", "token client_credentials"),
        ("ArrowDown", "Users / With a token"),
        ("k", "token client_credentials"),
        ("ArrowUp", "Passes"),
        ("n", "token client_credentials"),
        ("n", "Users / The token is refused"),
        ("n", "Fails twice"),
        ("p", "Users / The token is refused"),
        ("End", "Passes"),
        ("Home", "Passes"),
    ]
    for key, wanted in moves:
        page.press(key)
        assert page.value(name) == wanted, key
    assert page.value(f"{ACTIVE}.closest('.row').dataset.anchor") == "r-suite-passes"
    page.press("Enter")
    page.press("j")
    assert page.value(OPENED) == "✓token client_credentials"


def test_other_keys(page: Page, suite: str) -> None:
    """f shows what failed alone, c copies a curl command, ? tells all keys; in the search they are letters."""
    page.open(suite)
    page.press("f")
    assert page.value("document.querySelector('.shown').textContent") == "10 of 21"
    page.press("f")
    assert page.value("document.querySelector('.shown').textContent") == "21 results"
    page.press("j")
    page.press("c")
    assert page.until(f"{SAID} || null") == "Copied"
    page.press("?")
    assert page.value("document.querySelector('#keys').open")
    page.press("Escape")
    assert not page.value("document.querySelector('#keys').open")
    page.press("/")
    page.type("jkf?c")
    assert page.value("document.querySelector('#search').value") == "jkf?c"
    assert page.until("!document.querySelector('.nothing').hidden")


# --- filters and links ---------------------------------------------------------------------------------------------


def test_filters(page: Page, suite: str) -> None:
    """Outcome, collection, tag, time and order narrow the list together; the URL says so, and gives it again."""
    page.open(suite)
    page.click("[data-outcome=failed]")
    page.click("[data-outcome=errored]")
    page.choose("#collection", "Suite")
    page.choose("#order", "slowest first")
    assert page.value("document.querySelector('.shown').textContent") == "10 of 21"
    assert page.value("document.querySelectorAll('.heading').length") == 0
    shown = page.value(NAMES)
    url = page.value("location.href")
    assert url.endswith("#?outcome=failed%2Cerrored&collection=0&order=slowest")
    page.open(url)
    assert page.value(NAMES) == shown
    assert page.value("document.querySelector('[data-outcome=failed]').getAttribute('aria-pressed')") == "true"
    page.open(suite)
    page.choose("#tag", "smoke")
    assert page.value(NAMES) == ["Passes"]
    page.choose("#tag", "all tags")
    page.choose("#collection", "Second")
    assert page.value(NAMES) == ["Passes"]


def test_search_in_bodies(page: Page, suite: str) -> None:
    """Headers and bodies are searched when that is wished for."""
    page.open(suite)
    page.press("/")
    page.type("service unavailable")
    assert page.until("!document.querySelector('.nothing').hidden")
    page.click("#inside")
    assert page.value(NAMES) == ["Does not expect this", "Is tried again"]
    page.click("#inside")
    page.click("#all")
    assert page.value("document.querySelector('.shown').textContent") == "21 results"


def test_slow_requests(page: Page, many: str, tmp_path: Path) -> None:
    """The slowest are found by their share of all."""
    page.open(many)
    labels = page.value("[...document.querySelector('#time').options].map((it) => it.text)")
    assert labels[:3] == ["any time", "slowest 1 %: ≥ 250 ms", "slowest 5 %: ≥ 250 ms"]
    page.choose("#time", "≥ 100 ms")
    assert page.value("location.hash") == "#?time=100"


def test_links(page: Page, suite: str) -> None:
    """A link opens its request, Back closes what a click has opened, and a link to nobody opens nothing."""
    page.open(f"{suite}#r-suite-differs")
    assert page.value(OPENED) == "✗Differs"
    assert page.value("document.querySelector('[aria-current] .name').textContent") == "Differs"
    page.open(suite)
    page.click("[data-anchor=r-suite-passes] a")
    assert page.value(OPENED) == "✓Passes"
    assert page.value("location.hash") == "#r-suite-passes"
    page.back()
    assert page.until(f"{OPENED} === null")
    page.open(f"{suite}#r-nobody%ff")
    assert page.value(OPENED) is None


# --- what is shown -------------------------------------------------------------------------------------------------


def test_an_opened_request(page: Page, suite: str) -> None:
    """Explanations with their caret, headers, an indented body, and a command without secrets."""
    page.open(f"{suite}#r-suite-fails-twice")
    text = page.value("document.querySelector('.detail').innerText")
    for words in ("2 of 2 did not hold", "is string 'POST'", "expected string 'GET'", "suite.yaml:44:11", "200 OK"):
        assert words in text
    assert '  "method": "POST",' in page.value("document.querySelectorAll('pre.body')[1].textContent")
    assert page.value("document.querySelectorAll('pre.body .json-key').length") > 5
    assert "curl" in page.value("detailOf(list.open).exchanges[0].curl")


def test_several_exchanges(page: Page, suite: str) -> None:
    """Each attempt is there; the last is unfolded, and others when they are opened."""
    page.open(f"{suite}#r-suite-is-tried-again")
    assert page.value("[...document.querySelectorAll('details.exchange')].map((it) => it.open)") == [False, True]
    assert page.value("document.querySelectorAll('.inner').length") == 1
    page.click("details.exchange summary")
    assert page.until("document.querySelectorAll('.inner').length === 2")


def test_charts(page: Page, suite: str) -> None:
    """What is under the pointer is told, and opens with a click."""
    page.open(suite)
    x, y = page.value("(() => {const b = timeline.bars[0]; const c = document.querySelector('#timeline canvas');"
                      " return [across(plotArea(c.clientWidth, c.clientHeight), b.from) + 2, b.lane * pitch() + 6]})()")  # fmt: skip
    page.hover("#timeline canvas", x, y)
    assert page.value("document.querySelector('#timeline .tip strong').textContent") == "✓ Passes"
    page.point("#timeline canvas", x, y)
    assert page.value(OPENED) == "✓Passes"
    assert page.value("document.querySelector('#latency canvas').getAttribute('aria-label')").startswith("Time of ")


def test_ten_thousand(page: Page, many: str) -> None:
    """Of ten thousand rows those have elements that can be seen; all can be reached and found."""
    page.open(many)
    assert page.value("document.querySelectorAll('.row').length") < 100
    page.press("End")
    assert page.value(f"{ACTIVE}.querySelector('.name').textContent") == "Request 9999"
    assert page.value("document.querySelectorAll('.row').length") < 100
    page.press("Home")
    page.press("n")
    assert page.value(f"{ACTIVE}.querySelector('.name').textContent") == "Request 7000"
    assert page.value(
        f"(() => {{const it = {ACTIVE}.getBoundingClientRect(); return it.top > 0 && it.bottom < innerHeight}})()"
    )


@pytest.mark.parametrize(
    "text", ["</script><script>window.ran = 1</script>", "<img src=x onerror='ran = 1'>", "\u202e\u2028\x00"]
)
def test_hostile_texts_are_text(page: Page, tmp_path: Path, text: str) -> None:
    """What a server sends is shown and never run, and characters that hide are shown as escapes."""
    step = failed(text, exchange_of(text.encode(), "text/html"), message=text)
    url = write(tmp_path / "hostile.html", events_of([step, passed("Other")], collection=text))
    page.open(url)
    page.press("j")
    page.press("Enter")
    shown = page.value("document.querySelector('.detail').textContent")
    assert (text if text.isprintable() else "\\u202e") in shown
    assert page.value("window.ran ?? null") is None


# --- for everybody -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_accessibility(page: Page, suite: str, scheme: str, width: int) -> None:
    """axe finds nothing: the list, what failed, what passed, several exchanges; in light and dark, wide and narrow."""
    for anchor in ("", "#r-suite-fails-twice", "#r-suite-users-with-a-token", "#r-suite-is-tried-again"):
        page.open(f"{suite}{anchor}", width, colorScheme=scheme)
        assert page.axe() == []


@pytest.mark.parametrize("width", [1400, 800, 390, 320])
def test_nothing_is_wider_than_the_window(page: Page, suite: str, width: int) -> None:
    """No page scrolls sideways, whatever is open."""
    for anchor in ("", "#r-suite-token-client_credentials-2"):
        page.open(f"{suite}{anchor}", width)
        assert page.value("document.documentElement.scrollWidth <= innerWidth")


def test_on_a_phone_what_is_open_covers_the_rest(page: Page, suite: str) -> None:
    """What lies below is out of reach of keys and readers until it is closed."""
    page.open(f"{suite}#r-suite-differs", 390)
    assert page.value("document.querySelector('.results').inert")
    page.click(".close")
    assert not page.value("document.querySelector('.results').inert")


def test_without_javascript(page: Page, suite: str) -> None:
    """The summary and what failed are there, with their explanation, and a link leads to them."""
    page.open(f"{suite}#r-suite-differs", javaScriptEnabled=False)
    text = page.value("document.body.innerText")
    for words in (
        "6 failed, 3 errored",
        "Collections",
        "✗ Suite: Fails twice",
        "expected string 'GET'",
        "need JavaScript",
    ):
        assert words in text
    assert page.value("document.querySelector('#r-suite-differs').getBoundingClientRect().top") < 900


def test_on_paper(page: Page, suite: str, tmp_path: Path) -> None:
    """Printed are the summary and all failures, from a dark screen too, and no controls."""
    page.open(suite, colorScheme="dark")
    page.media({"media": "print"})
    text = page.value("document.body.innerText")
    assert "✗ Suite: Fails twice" in text
    assert "Timeline" not in text
    assert page.value("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    page.pdf(str(tmp_path / "report.pdf"))
    assert (tmp_path / "report.pdf").stat().st_size > 10_000
