"""`retry`, `poll`, `paginate` and `--overlap` as a user sees them: lines, order, threads, and how a run is cut short."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

import runner
from runner.demo import DemoServer
from tests.conftest import clean_environment

Write = Callable[[str, str], Path]
Until = Callable[[Callable[[], bool]], None]

#: In seconds; a test that waits this long has failed.
DEADLINE = 20.0


def api(server: DemoServer) -> tuple[str, str]:
    return "-v", f"api={server.url}"


def untimed(out: str) -> str:
    """Output without times."""
    return re.sub(r"\b[0-9.]+ m?s\b", "…", out)


# --- retry ---------------------------------------------------------------------------------------------------------


def test_attempts_are_shown(fresh_server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """The line says how many attempts it took; what was met is told where the request failed."""
    text = """
        base_url: "{{api}}"
        defaults: {retry: {attempts: 3, delay: 1ms}}
        requests:
          - {name: Passes, url: /flaky/a}
          - {name: Fails, url: /flaky/b, query: {times: 9}}
          - {name: Once, url: /health}
          - {name: No answer, url: "http://127.0.0.1:1/"}
          - {name: Posted, method: POST, url: /flaky/c}
    """
    write("a.yaml", text)
    done = command("run", "a.yaml", *api(fresh_server), cwd=tmp_path)
    assert done.code == 4, done.said
    lines = {line[4:14].strip(): line for line in untimed(done.out).splitlines() if line.startswith("  ")}
    assert lines["Passes"].endswith("200  …  3 attempts")
    assert lines["Fails"].endswith("503  …  3 attempts")
    assert lines["Once"].endswith("200  …")
    assert lines["No answer"].endswith("error  3 attempts")
    assert lines["Posted"].endswith("503  …")
    assert untimed(done.out).count("attempt 2: 503 Service Unavailable; the next one after …") == 1
    assert done.out.count("attempt 2: connection refused by 127.0.0.1:1; the next one after") == 1
    assert "`methods: [POST]` allows it" in done.out


def test_verbose_shows_every_exchange(fresh_server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """--verbose shows all attempts, polls and pages, in their order."""
    text = """
        base_url: "{{api}}"
        requests:
          - {name: Flaky, url: /flaky/a, retry: {delay: 1ms}}
          - {name: Job, method: POST, url: /jobs, capture: {job: body.id}}
          - {name: Poll, url: "/jobs/{{job}}", poll: {until: body.state == 'done', interval: 1ms}}
          - {name: Pages, url: /pages/body, paginate: {next: body.next}}
    """
    write("a.yaml", text)
    done = command("run", "a.yaml", "--verbose", *api(fresh_server), cwd=tmp_path)
    assert done.code == 0, done.said
    assert re.findall(r"< HTTP/1.1 (\d+)", done.out) == ["503", "503", "200", "202", *["200"] * 6]
    assert re.findall(r'<   "state": "(\w+)"', done.out) == ["queued", "running", "running", "done"]
    assert re.findall(r"> GET \S+(/pages\S+)", done.out) == ["/pages/body", "/pages/body?page=2", "/pages/body?page=3"]
    assert "asked 3 times" in done.out
    assert "3 pages" in done.out


def test_a_connection_that_breaks(write: Write, command: Any, tmp_path: Path) -> None:
    """A connection that ends before the answer, or in the middle of its body, is tried again."""
    replies = [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ]
    with raw(replies) as url:
        write("a.yaml", f"requests: [{{name: A, url: '{url}', retry: {{delay: 1ms}}, assert: [text: ok]}}]")
        done = command("run", "a.yaml", cwd=tmp_path)
    assert done.code == 0, done.said
    assert "3 attempts" in done.out


@contextmanager
def raw(replies: list[bytes]) -> Iterator[str]:
    """A server that sends these bytes, one after the other, and closes each connection."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for reply in replies:
                connection, _ = listening.accept()
                with connection:
                    connection.recv(65_536)
                    connection.sendall(reply)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        thread.join(DEADLINE)


# --- poll ----------------------------------------------------------------------------------------------------------


def test_a_poll_whose_time_is_over(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """The request fails with exit code 1, the values in `until`, and how often it asked."""
    text = """
        base_url: "{{api}}"
        requests:
          - {name: Never, url: /health, poll: {until: body.status == 'done', interval: 20ms, timeout: 50ms}}
    """
    write("a.yaml", text)
    done = command("run", "a.yaml", *api(server), cwd=tmp_path)
    assert done.code == 1, done.said
    assert re.search(r"✗ Never  .* GET   /health  200  … +asked \d times", untimed(done.out)), done.out
    assert "is string 'ok'" in done.out
    assert re.search(r"^    asked \d times in 0\.0\d s$", done.out, re.MULTILINE), done.out


# --- overlap -------------------------------------------------------------------------------------------------------


class Meeting(BaseHTTPRequestHandler):
    """Answers when as many requests are here at once as the path says, and tells how many there were at most."""

    lock: ClassVar[threading.Condition] = threading.Condition()
    here: ClassVar[int] = 0
    most: ClassVar[int] = 0

    def do_GET(self) -> None:
        wanted = int(self.path.rpartition("/")[2])
        with Meeting.lock:
            Meeting.here += 1
            Meeting.most = max(Meeting.most, Meeting.here)
            Meeting.lock.notify_all()
            met = Meeting.lock.wait_for(lambda: Meeting.most >= wanted, DEADLINE)
        with Meeting.lock:
            Meeting.here -= 1
        self.send_response(200 if met else 500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def meeting() -> Iterator[str]:
    Meeting.here = Meeting.most = 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), Meeting)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def meetings(url: str, count: int, wanted: int, overlap: bool = False) -> str:
    requests = "".join(f"  - {{name: R{number}, url: '{url}/{wanted}'}}\n" for number in range(count))
    return f"overlap: {str(overlap).lower()}\nrequests:\n{requests}"


@pytest.mark.parametrize(
    ("in_file", "words", "most"),
    [
        (False, ("--overlap",), 8),
        (True, (), 8),
        (False, ("--overlap", "-j", "3"), 3),
        (True, ("-j", "1"), 1),
        (True, ("--fail-fast",), 1),
        (False, (), 1),
    ],
    ids=str,
)
def test_as_many_at_once_as_jobs(
    meeting: str, write: Write, command: Any, tmp_path: Path, in_file: bool, words: tuple[str, ...], most: int
) -> None:
    """With --overlap, or `overlap: true`, N requests of a collection are under way at once, never more, in file order."""
    write("a.yaml", meetings(meeting, 20, most, in_file))
    done = command("run", "a.yaml", *words, cwd=tmp_path)
    assert done.code == 0, done.said
    assert Meeting.most == most
    assert re.findall(r"✓ (R\d+)", done.out) == [f"R{number}" for number in range(20)]


def test_jobs_bound_the_whole_run(meeting: str, write: Write, command: Any, tmp_path: Path) -> None:
    """Overlapping requests of several collections are N at once in all, also where there are fewer collections."""
    for name in ("a", "b", "c"):
        write(f"{name}.yaml", meetings(meeting, 12, 5))
    done = command("run", "a.yaml", "b.yaml", "c.yaml", "--overlap", "-j", "5", cwd=tmp_path)
    assert done.code == 0, done.said
    assert Meeting.most == 5
    assert done.out.count("✓") == 36


MIXED = """
    base_url: "{{api}}"
    requests:
      - {name: Slow, url: /delay/60, capture: {ms: body.delayed_ms}}
      - {name: Quick, url: /delay/1}
      - {name: Fails, url: /delay/2, assert: [status: 201]}
      - {name: Uses a capture, url: "/delay/{{ms}}"}
      - {name: Sets a cookie, url: /cookies/set, query: {a: b}}
      - {name: Does not see it, url: /cookies, assert: [body.cookies: {}]}
      - {name: Pages, url: /pages/number, paginate: {next: "body.page < `3` && '?page=3'", items: body.items}}
      - {name: Flaky, url: /flaky/x, retry: {attempts: 3, delay: 1ms}}
      - {name: Skipped, url: /health, skip: not today}
      - {name: Barrier, method: POST, url: /echo}
      - {name: Sees it, url: /cookies, assert: [body.cookies: {a: b}]}
      - {name: No answer, url: "http://127.0.0.1:1/"}
      - {name: Last, url: /health}
"""


def test_the_same_bytes_whatever_jobs_is(fresh_server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """But for times, the output does not depend on -j; cookies set within a run reach the requests after it."""
    write("a.yaml", MIXED)
    write("b.yaml", MIXED.replace("/flaky/x", "/flaky/y"))
    said = set()
    for jobs in ("1", "2", "8"):
        done = command("run", "a.yaml", "b.yaml", "--overlap", "-j", jobs, *api(fresh_server), cwd=tmp_path)
        assert done.code == 4, done.said
        said.add(untimed(done.out.replace("127.0.0.1:1:", "")))
    assert len(said) == 1
    assert "20 passed, 2 failed, 2 errored, 2 skipped" in said.pop()


def test_fail_fast(fresh_server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """With -x nothing is under way when a request fails: what comes after it was really not sent."""
    write("a.yaml", MIXED)
    done = command("run", "a.yaml", "--overlap", "-x", *api(fresh_server), cwd=tmp_path)
    assert done.code == 1, done.said
    assert [path for _, path in fresh_server.requests] == ["/delay/60", "/delay/1", "/delay/2"]
    assert done.out.count("(--fail-fast)") == 10


def test_from_python(server: DemoServer, write: Write) -> None:
    """`runner.run(…, overlap=True)` does what --overlap does; the results say how often requests were sent."""
    path = write("a.yaml", MIXED)
    result = runner.run(path, variables={"api": server.url}, overlap=True, jobs=4)
    steps = {step.name: step for step in result.steps}
    assert str(steps["Does not see it"].outcome) == "passed"
    assert (steps["Flaky"].attempts, steps["Pages"].pages, steps["Quick"].attempts, steps["Skipped"].attempts) == (
        3,
        2,
        1,
        0,
    )
    assert threading.active_count() < 20


# --- cut short -----------------------------------------------------------------------------------------------------


def start(*words: str, folder: Path) -> subprocess.Popen[str]:
    """The command, still running; Ctrl-C reaches it as from a terminal."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "runner", *words],
            cwd=folder,
            env=clean_environment({}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
    finally:
        signal.signal(signal.SIGINT, before)


WAITING = {
    "retry": ("/status/503", "retry: {attempts: 3, delay: 60s}"),
    "retry-after": ("/flaky/x?after=60", "retry: {attempts: 3}"),
    "poll": ("/health", "poll: {until: body.status == 'done', interval: 60s, timeout: 5m}"),
}


@pytest.mark.parametrize("words", [(), ("--overlap",), ("-j", "2")], ids=str)
@pytest.mark.parametrize("kind", WAITING)
def test_a_wait_ends_at_once(
    fresh_server: DemoServer, write: Write, tmp_path: Path, until: Until, kind: str, words: tuple[str, ...]
) -> None:
    """Ctrl-C during the wait of a retry or a poll ends it at once, and nothing more is sent."""
    path, keys = WAITING[kind]
    text = f"""
        base_url: "{{{{api}}}}"
        requests:
          - {{name: Waits, url: "{path}", {keys}}}
          - {{name: After, method: POST, url: /echo}}
    """
    files = ["a.yaml", "b.yaml"] if "-j" in words else ["a.yaml"]
    for name in files:
        write(name, text)
    process = start("run", *files, *words, *api(fresh_server), folder=tmp_path)
    until(lambda: len(fresh_server.requests) == len(files))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=DEADLINE)
    assert (process.returncode, err) == (130, ""), out + err
    assert out.count("interrupted while it was under way") == len(files)
    assert out.count("not run: interrupted") == len(files)
    assert len(fresh_server.requests) == len(files)


@pytest.mark.parametrize("files", [1, 2])
def test_overlapping_requests_are_cut_short(
    fresh_server: DemoServer, write: Write, tmp_path: Path, until: Until, files: int
) -> None:
    """What had its answer before Ctrl-C is told in its place, though an earlier request was still under way."""
    text = """
        base_url: "{{api}}"
        requests:
          - {name: Before, method: POST, url: /echo}
          - {name: Slow, url: /delay/5000}
          - {name: Quick, url: /health}
          - {name: Quick and bad, url: /status/404}
          - {name: Slow too, url: /delay/5000}
          - {name: Never, url: "/echo/never", method: POST}
    """
    names = [f"{number}.yaml" for number in range(files)]
    for name in names:
        write(name, text)
    process = start("run", *names, "--overlap", "-j", str(2 * files), *api(fresh_server), folder=tmp_path)
    until(lambda: fresh_server.requests.count(("GET", "/delay/5000")) == 2 * files)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=DEADLINE)
    assert (process.returncode, err) == (130, ""), out + err
    marks = re.findall(r"^  (\S) (.+?)  ", out, re.MULTILINE)
    expected = [
        ("✓", "Before"),
        ("-", "Slow"),
        ("✓", "Quick"),
        ("✗", "Quick and bad"),
        ("-", "Slow too"),
        ("-", "Never"),
    ]
    assert marks == expected * files
    assert out.count("interrupted while it was under way") == 2 * files
    assert out.count("not run: interrupted") == files


@pytest.mark.parametrize("jobs", ["1", "2", "4"])
def test_teardown_is_sent_though_others_are_under_way(
    fresh_server: DemoServer, write: Write, tmp_path: Path, until: Until, jobs: str
) -> None:
    """After Ctrl-C teardown does not wait for overlapping requests that are left to their servers."""
    text = """
        base_url: "{{api}}"
        requests:
          - {name: Quick, url: /cookies/set, query: {a: b}}
          - {name: Slow, for_each: [1, 2, 3, 4], url: /delay/5000, query: {n: "{{item}}"}}
        teardown:
          - {name: Clean up, method: POST, url: /echo/cleaned, assert: [body.headers.cookie: a=b]}
    """
    write("a.yaml", text)
    process = start("run", "a.yaml", "--overlap", "-j", jobs, *api(fresh_server), folder=tmp_path)
    until(lambda: fresh_server.requests.count(("GET", "/delay/5000")) == int(jobs))  # a hand is free: Quick has ended
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=DEADLINE)
    assert (process.returncode, err) == (130, ""), out + err
    assert ("POST", "/echo/cleaned") in fresh_server.requests
    assert "✓ Quick" in out
    assert "✓ teardown / Clean up" in out
    assert "interrupted while it was under way" in out


def test_rows_overlap(meeting: str, write: Write, command: Any, tmp_path: Path) -> None:
    """Rows of a request are sent together, with its neighbours among them, and told in order."""
    text = f"""
        requests:
          - {{name: Before, url: "{meeting}/6"}}
          - {{name: Row, for_each: [1, 2, 3, 4], url: "{meeting}/6"}}
          - {{name: After, url: "{meeting}/6"}}
    """
    write("a.yaml", text)
    done = command("run", "a.yaml", "--overlap", cwd=tmp_path)
    assert done.code == 0, done.said
    assert Meeting.most == 6
    names = ["Before", *(f"Row [{index}]" for index in range(4)), "After"]
    assert re.findall(r"✓ (\S+(?: \[\d\])?)", done.out) == names
