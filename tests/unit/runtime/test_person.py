"""Whoever sits at the terminal: what they are shown, when a browser opens, and how it comes back over loopback."""

from __future__ import annotations

import http.client
import io
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlsplit

import pytest

from runner.engine.exchange import Ask, Listen, Redirected
from runner.errors import AuthError
from runner.runtime.loopback import listening
from runner.runtime.person import Person

ROOT = Path(__file__).parents[3]
#: In seconds; a test that waits this long has failed.
DEADLINE = 30.0
PAGE = "https://login.test/authorize?state=xyz"
SECRET = "s3cret-sentinel"
NAMES = ("BROWSER", "CI", "DISPLAY", "WAYLAND_DISPLAY")


def until(condition: Callable[[], bool]) -> None:
    """Returns as soon as it holds; the test fails when it never does."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """No test opens a real browser: the pages that would have been opened."""
    pages: list[str] = []
    monkeypatch.setattr("runner.runtime.person._open", pages.append)
    monkeypatch.setattr(sys, "platform", "linux")
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    return pages


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads do their work when they are started, so that nothing is left to wait for."""

    class Now:
        def __init__(self, target: Any, args: Any = (), **_: Any) -> None:
            self.start = lambda: target(*args)

    monkeypatch.setattr("runner.runtime.person.threading.Thread", Now)


@pytest.fixture
def person() -> Person:
    return Person(lambda text: text.replace(SECRET, "***"), lambda: False)


# --- nobody there ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ci", "browser", "terminal", "alone"),
    [
        ("true", "", False, True),
        ("1", "", False, True),
        ("true", "", True, False),
        ("true", "firefox", False, False),
        ("false", "", False, False),
        ("", "", False, False),
    ],
)
def test_a_job_that_nobody_watches(
    person: Person, monkeypatch: pytest.MonkeyPatch, ci: str, browser: str, terminal: bool, alone: bool
) -> None:
    """In a CI job without a terminal no grant waits for a person; a browser that is named is one that was arranged."""
    stream = io.StringIO()
    stream.isatty = lambda: terminal  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdin", stream)
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("BROWSER", browser)
    if not alone:
        person.ask(Ask(("open",)))
        return
    for wish in (person.ask, person.listen):
        with pytest.raises(AuthError, match="a person has to sign in, and nobody is there") as caught:
            wish(Ask(("open",)) if wish == person.ask else Listen("127.0.0.1", 0, "/cb", lambda uri: Ask((uri,)), 60.0))
        assert "client_credentials" in caught.value.hint


# --- asking --------------------------------------------------------------------------------------------------------


def test_ask_writes_to_standard_error_alone(person: Person, capfd: pytest.CaptureFixture[str]) -> None:
    """Each line is shown on standard error; standard output stays clean."""
    person.ask(Ask(("to sign in, open", PAGE, "code: WDJB-MJHT"), PAGE))
    assert capfd.readouterr() == ("", f"to sign in, open\n{PAGE}\ncode: WDJB-MJHT\n")


def test_ask_masks(person: Person, capfd: pytest.CaptureFixture[str]) -> None:
    """Secrets in the lines are masked."""
    person.ask(Ask((f"open {PAGE}&client={SECRET}", SECRET)))
    assert capfd.readouterr() == ("", f"open {PAGE}&client=***\n***\n")


def test_ask_steers_no_terminal(person: Person, capfd: pytest.CaptureFixture[str]) -> None:
    """What a server sends as its code or page cannot steer the terminal: control characters are made visible."""
    person.ask(Ask(("open https://login.test/\x1b]0;title\x07", "code: A\x1b[2J\x9b1mB\r\x00")))
    said = capfd.readouterr().err
    assert [c for c in said if not c.isprintable() and c != "\n"] == []
    assert "\\x1b[2J" in said


@pytest.mark.parametrize("terminal", [True, False])
def test_ask_wipes_the_line_in_progress(person: Person, monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    """On a terminal the line of the request under way makes room; in a pipe there are plain lines."""
    stream = io.StringIO()
    stream.isatty = lambda: terminal  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stderr", stream)
    person.ask(Ask(("one", "two")))
    assert stream.getvalue() == ("\r\x1b[2K" if terminal else "") + "one\ntwo\n"


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    ("platform", "variables", "opens"),
    [
        ("linux", {}, False),
        ("linux", {"BROWSER": ""}, False),
        ("linux", {"DISPLAY": "", "WAYLAND_DISPLAY": ""}, False),
        ("linux", {"BROWSER": "firefox"}, True),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_a_browser_opens_where_there_is_one(
    person: Person,
    opened: list[str],
    monkeypatch: pytest.MonkeyPatch,
    platform: str,
    variables: dict[str, str],
    opens: bool,
) -> None:
    """The page opens on a desktop and with $BROWSER; on a server it is only shown."""
    monkeypatch.setattr(sys, "platform", platform)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    person.ask(Ask(("open it",), PAGE))
    person.ask(Ask(("nothing to open",)))
    assert opened == ([PAGE] if opens else [])


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("url", ["file:///etc/passwd", "--remote-debugging-port=1", "javascript:alert(1)", "ftp://x/"])
def test_only_web_pages_are_opened(
    person: Person, opened: list[str], monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """A server that names anything but a page of http or https has it shown, not opened."""
    monkeypatch.setenv("BROWSER", "firefox")
    person.ask(Ask((url,), url))
    assert opened == []


def test_a_browser_does_not_write_to_standard_output(tmp_path: Path) -> None:
    """What a browser of $BROWSER prints does not get into the output; no file of the working folder is run for it."""
    (tmp_path / "webbrowser.py").write_text("import sys; open('run', 'w')")
    browser = tmp_path / "browser"
    browser.write_text('#!/bin/sh\necho "opening $1"\n: > "$0.done"\n')
    browser.chmod(0o755)
    code = (
        "import sys, threading; from runner.engine.exchange import Ask; from runner.runtime.person import Person\n"
        f"Person(str, lambda: False).ask(Ask(('open it',), {PAGE!r}))\n"
        "[thread.join(30) for thread in threading.enumerate() if thread is not threading.current_thread()]\n"
        "print('the token')\n"
    )
    environment = {**os.environ, "BROWSER": str(browser), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, (tmp_path / "browser.done").exists()) == (0, True), done.stderr
    assert (done.stdout, done.stderr) == ("the token\n", "open it\n")
    assert not (tmp_path / "run").exists()


# --- listening -----------------------------------------------------------------------------------------------------

Visit = Callable[[str], None]


class Browser:
    """Comes to the redirect URI in a thread of its own; `pages` are status and text of what it was shown."""

    def __init__(self, visit: Callable[[Browser], None]) -> None:
        self.visit = visit
        self.uri = ""
        self.pages: list[tuple[int, str]] = []
        self.open: list[socket.socket] = []
        self.thread = threading.Thread(target=self._go)
        self.fault: BaseException | None = None

    def ask(self, uri: str) -> Ask:
        self.uri = uri
        self.thread.start()
        return Ask(("sign in",))

    def _go(self) -> None:
        try:
            self.visit(self)
        except BaseException as error:
            self.fault = error

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.uri)
        assert parts.port is not None
        return ("::1" if "::1" in self.uri else "127.0.0.1"), parts.port

    def connect(self) -> socket.socket:
        self.open.append(socket.create_connection(self.address, DEADLINE))
        return self.open[-1]

    def get(self, target: str, method: str = "GET") -> None:
        connection = http.client.HTTPConnection(*self.address, timeout=DEADLINE)
        try:
            connection.request(method, target)
            answer = connection.getresponse()
            self.pages.append((answer.status, answer.read().decode()))
        finally:
            connection.close()

    def raw(self, data: bytes) -> bytes:
        """What is answered to bytes as they are."""
        connection = self.connect()
        connection.sendall(data)
        found = b""
        with suppress(ConnectionError):
            while chunk := connection.recv(65_536):
                found += chunk
        return found

    def end(self) -> None:
        if self.thread.ident is not None:
            self.thread.join(DEADLINE)
            assert not self.thread.is_alive()
        for connection in self.open:
            connection.close()
        if self.fault is not None:
            raise self.fault


@pytest.fixture
def browsers() -> Iterator[list[Browser]]:
    found: list[Browser] = []
    yield found
    for browser in found:
        browser.end()


Come = Callable[..., tuple[Redirected, Browser]]


@pytest.fixture
def come(person: Person, browsers: list[Browser]) -> Come:
    """`come(visit)`: what a person who waits is given when a browser visits so."""

    def go(visit: Callable[[Browser], None], *, host: str = "127.0.0.1", port: int = 0, path: str = "/cb") -> Any:
        browser = Browser(visit)
        browsers.append(browser)
        return person.listen(Listen(host, port, path, browser.ask, DEADLINE)), browser

    return go


def nobody(uri: str) -> Ask:
    """Nobody comes back."""
    return Ask(("sign in",))


@pytest.mark.parametrize("path", ["/cb", "/", "/a/b%20c"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_query_is_handed_back(come: Come, host: str, path: str) -> None:
    """The redirect URI names host, port and path as they were wanted; the query comes back decoded, empty ones too."""
    back, browser = come(lambda b: b.get(f"{path}?code=a%2Fb+c%26&state=x%3Dy&session_state=#f"), host=host, path=path)
    assert back == Redirected(browser.uri, {"code": "a/b c&", "state": "x=y", "session_state": ""})
    assert browser.uri == f"http://{host}:{browser.address[1]}{path}"
    browser.end()
    assert [status for status, _ in browser.pages] == [200]


@pytest.mark.parametrize("host", ["[::1]", "::1"])
def test_ipv6(come: Come, host: str) -> None:
    """The loopback address of IPv6 can be waited at too; in the URI it stands in brackets (RFC 3986 § 3.2.2)."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")

    def visit(browser: Browser) -> None:
        browser.uri = browser.uri.replace("http://::1:", "http://[::1]:")
        browser.get("/cb?code=1")

    back, browser = come(visit, host=host)
    assert back.answer == {"code": "1"}
    assert back.redirect_uri == f"http://[::1]:{browser.address[1]}/cb"


def test_other_paths_are_not_the_answer(come: Come) -> None:
    """What else a browser asks for, such as its icon, gets 404, and the waiting goes on."""

    def visit(browser: Browser) -> None:
        for target in ("/favicon.ico?code=wrong", "/", "/cb/?code=wrong", "/CB?code=wrong", "/cb2?code=wrong"):
            browser.get(target)
        for method in ("HEAD", "POST", "OPTIONS"):
            browser.get("/cb?code=wrong", method)
        browser.get("/cb?code=right")

    back, browser = come(visit)
    assert back.answer == {"code": "right"}
    browser.end()
    assert [status for status, _ in browser.pages] == [404] * 5 + [501] * 3 + [200]


def test_two_requests() -> None:
    """A page that is loaded again is answered again; the first answer is the first in line."""
    browser = Browser(lambda b: [b.get(f"/cb?code={number}") for number in (1, 2)])
    with listening(Listen("127.0.0.1", 0, "/cb", nobody, 1.0)) as (uri, answers):
        browser.ask(uri)
        browser.end()
        assert [answers.get(timeout=DEADLINE) for _ in range(2)] == [{"code": "1"}, {"code": "2"}]
    assert [status for status, _ in browser.pages] == [200, 200]


def test_silent_connections_hold_up_nobody(come: Come) -> None:
    """Connections that a browser opens and does not use, or leaves half way, hold up neither the answer nor the end."""

    def visit(browser: Browser) -> None:
        browser.connect()
        browser.connect().sendall(b"GET /cb?code=wrong HTTP/1.1\r\nHost: x\r\n")
        browser.connect().sendall(b"GE")
        browser.get("/cb?code=right")

    assert come(visit)[0].answer == {"code": "right"}


@pytest.mark.parametrize(
    "data",
    [
        b"GET http://[/cb?code=wrong HTTP/1.1\r\n\r\n",
        b"GET /cb?code=wrong and more HTTP/1.1\r\n\r\n",
        b"GET /cb?code=wrong HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"\r\n\r\n",
    ],
    ids=lambda data: repr(data[:20]),
)
def test_bytes_that_are_no_request(come: Come, capfd: pytest.CaptureFixture[str], data: bytes) -> None:
    """Whatever comes to the port, nothing is said of it in the terminal, and the waiting goes on."""
    answers: list[bytes] = []

    def visit(browser: Browser) -> None:
        answers.append(browser.raw(data))
        browser.get("/cb?code=right")

    back, browser = come(visit)
    browser.end()
    assert back.answer == {"code": "right"}
    assert b" 200 " not in answers[0]
    assert capfd.readouterr() == ("", "sign in\n")


def test_a_browser_that_goes_away(come: Come, capfd: pytest.CaptureFixture[str]) -> None:
    """A connection that breaks before its page was sent leaves no traceback in the terminal."""

    def visit(browser: Browser) -> None:
        for _ in range(20):
            connection = browser.connect()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.sendall(b"GET /elsewhere HTTP/1.1\r\nHost: x\r\n\r\n")
            connection.close()
        browser.get("/cb?code=right")

    back, browser = come(visit)
    browser.end()
    assert back.answer == {"code": "right"}
    assert capfd.readouterr() == ("", "sign in\n")


def test_the_answer_counts_though_its_page_was_not_taken(
    come: Come, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code has come even where the browser does not wait for its page: the sign-in goes on."""
    from runner.runtime import loopback

    class Broken(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            raise BrokenPipeError

    setup = loopback._Handler.setup

    def broken(self: Any) -> None:
        setup(self)
        self.wfile = Broken()

    monkeypatch.setattr(loopback._Handler, "setup", broken)
    answers: SimpleQueue[Any] = SimpleQueue()
    browser = Browser(lambda b: answers.put(b.raw(b"GET /cb?code=right HTTP/1.1\r\nHost: x\r\n\r\n")))
    with listening(Listen("127.0.0.1", 0, "/cb", nobody, 1.0)) as (uri, queue):
        browser.ask(uri)
        browser.end()
        assert answers.get(timeout=DEADLINE) == b""
        try:
            found = queue.get(timeout=1.0)
        except Empty:
            found = None
    assert found == {"code": "right"}
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "query",
    [
        "code=SENTINEL&state=SENTINEL",
        "error=SENTINEL&error_description=%3Cscript%3ESENTINEL%3C/script%3E",
        "SENTINEL",
        "",
    ],
)
def test_the_page_holds_nothing_of_the_query(come: Come, query: str) -> None:
    """Neither code nor error get into a page, where a script or the next person could read them."""
    back, browser = come(lambda b: b.get(f"/cb?{query}"))
    browser.end()
    ((status, page),) = browser.pages
    assert (status, "SENTINEL" in page, "<script" in page) == (200, False, False)
    assert ("is complete" in page) == ("code" in back.answer)
    assert "close this page" in page


def test_no_fault_page_holds_the_query(come: Come) -> None:
    """The pages of requests that are not taken hold nothing of the query either."""
    answers: list[bytes] = []

    def visit(browser: Browser) -> None:
        answers.append(browser.raw(b"GET /x?code=SENTINEL HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        answers.append(browser.raw(b"GET /cb?code=SENTINEL and more HTTP/1.1\r\n\r\n"))
        answers.append(browser.raw(b"POST /cb?code=SENTINEL HTTP/1.1\r\nConnection: close\r\n\r\n"))
        browser.get("/cb?code=1")

    come(visit)[1].end()
    assert [answer for answer in answers if b"SENTINEL" in answer or not answer] == []


# --- when nobody comes ---------------------------------------------------------------------------------------------


def test_port_in_use(person: Person) -> None:
    """A port that somebody else has is an AuthError that names it and says what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AuthError, match=f"cannot wait for the browser on 127.0.0.1:{port}: ") as caught:
            person.listen(Listen("127.0.0.1", port, "/cb", nobody, DEADLINE))
    assert "in use" in caught.value.message.lower()
    assert "redirect_port" in caught.value.hint


@pytest.mark.parametrize("host", ["192.0.2.7", "no.such.invalid", "a" * 70])
def test_a_host_that_is_not_this_machine(person: Person, host: str) -> None:
    """Nobody is waited for who would go elsewhere."""
    with pytest.raises(AuthError, match=f"would come back to '{host}', which is not this machine") as caught:
        person.listen(Listen(host, 0, "/cb", nobody, DEADLINE))
    assert "redirect_host" in caught.value.hint


def test_the_path_in_another_spelling(come: Come) -> None:
    """A browser encodes what need not be, and the other way round."""
    assert come(lambda b: b.get("/%63b%7E?code=1"), path="/cb~")[0].answer == {"code": "1"}


def test_a_fixed_port_can_be_used_again_at_once(come: Come) -> None:
    """Two sign-ins after each other may use the same redirect_port, as providers register it."""
    back, browser = come(lambda b: b.get("/cb?code=1"))
    browser.end()
    again, _ = come(lambda b: b.get("/cb?code=2"), port=browser.address[1])
    assert (back.answer, again.answer) == ({"code": "1"}, {"code": "2"})
    assert again.redirect_uri == back.redirect_uri


def test_nobody_comes_in_time(person: Person) -> None:
    """When nobody comes back in time it is an AuthError that says so."""
    with pytest.raises(AuthError, match="nobody signed in within") as caught:
        person.listen(Listen("127.0.0.1", 0, "/cb", nobody, 0.02))
    assert caught.value.hint == "run it again"


def test_the_run_is_over() -> None:
    """A run that was interrupted waits for nobody."""
    over = threading.Event()

    def interrupt(uri: str) -> Ask:
        over.set()
        return Ask(("sign in",))

    with pytest.raises(AuthError, match="the run ended before anybody signed in"):
        Person(str, over.is_set).listen(Listen("127.0.0.1", 0, "/cb", interrupt, 300.0))


def test_nothing_is_left(come: Come, person: Person) -> None:
    """After an answer, and after nobody came, no thread is left, and nobody listens at the port."""
    before = set(threading.enumerate())
    ports = []

    def note(uri: str) -> Ask:
        ports.append(urlsplit(uri).port)
        return Ask(("sign in",))

    _, browser = come(lambda b: b.get("/cb?code=1"))
    browser.end()
    with pytest.raises(AuthError):
        person.listen(Listen("127.0.0.1", 0, "/cb", note, 0.02))
    until(lambda: set(threading.enumerate()) <= before)
    for port in (browser.address[1], *ports):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), DEADLINE)


def test_a_fault_while_asking_leaves_nothing(person: Person) -> None:
    """When the page cannot be made the port is closed all the same."""
    uris: list[str] = []

    def fail(uri: str) -> Ask:
        uris.append(uri)
        raise AuthError("no page")

    with pytest.raises(AuthError, match="no page"):
        person.listen(Listen("127.0.0.1", 0, "/cb", fail, DEADLINE))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", urlsplit(uris[0]).port), DEADLINE)
