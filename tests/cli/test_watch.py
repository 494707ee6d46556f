"""`run --watch`: what a change runs again, and how it is ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("watchfiles")

ROOT = Path(__file__).parent.parent.parent
Write = Callable[[str, str], Path]
Until = Callable[[Callable[[], bool]], None]

#: A file that nobody has to answer: its request cannot be made.
FILE = 'requests: [{name: A, url: "http://127.0.0.1:1/"}]\n'
WAITING = "watching for changes"


class Watching:
    """A `runner run --watch`, and what it says."""

    def __init__(self, process: subprocess.Popen[str], until: Until) -> None:
        self.process = process
        self.said = ""
        self._until = until
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line

    def after(self, change: Callable[[], Any]) -> str:
        """What is said after a change, up to the next wait."""
        before = self.said.count(WAITING)
        start = len(self.said)
        change()
        self.wait(before + 1)
        return self.said[start:]

    def wait(self, times: int) -> None:
        self._until(lambda: self.said.count(WAITING) >= times or self.process.poll() is not None)
        assert self.process.poll() is None, self.said

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        code = self.process.wait(20)
        self._thread.join(20)
        return code


@pytest.fixture
def watch(tmp_path: Path, until: Until) -> Iterator[Callable[..., Watching]]:
    """`watch("requests")`: starts it and waits until it has run once."""
    started: list[Watching] = []

    def start(*words: str) -> Watching:
        kept = {name: value for name, value in os.environ.items() if "_proxy" not in name}
        environment = {**kept, "NO_COLOR": "1", "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "runner", "run", "--watch", *words], cwd=tmp_path, env=environment,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
            )  # fmt: skip
        finally:
            signal.signal(signal.SIGINT, before)
        started.append(Watching(process, until))
        started[-1].wait(1)
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait(20)
        if one.process.stdout is not None:
            one._thread.join(20)
            one.process.stdout.close()


def ran(said: str) -> list[str]:
    """The files of which there are results."""
    return [
        line.split("  ")[1] for line in said.splitlines() if line.count("  ") == 1 and line.endswith((".yaml", ".yml"))
    ]


def test_what_a_change_touches(watch: Any, write: Write) -> None:
    """A changed file is run alone, a new one too; a base, data or `.env` file runs all."""
    for name in ("a", "b"):
        write(f"requests/{name}.yaml", FILE)
    one = watch("requests", "--report", "junit=requests/report.xml", "--report", "json=requests/report.json")
    assert ran(one.said) == ["requests/a.yaml", "requests/b.yaml"]
    said = one.after(lambda: write("requests/b.yaml", FILE.replace("A", "Changed")))
    assert ran(said) == ["requests/b.yaml"]
    assert "changed: requests/b.yaml" in said
    assert "! Changed" in said
    assert ran(one.after(lambda: write("requests/new.yml", FILE))) == ["requests/new.yml"]
    everything = ["requests/a.yaml", "requests/b.yaml", "requests/new.yml"]
    assert ran(one.after(lambda: write("requests/_base.yaml", "variables: {a: 1}\n"))) == everything
    assert ran(one.after(lambda: write(".env", "A=1\n"))) == everything
    assert one.said.count(WAITING) == 5  # its own reports are no change


def test_other_files_of_a_collection(watch: Any, write: Write) -> None:
    """What a file extends, includes or takes its rows from runs that file alone, also from another folder."""
    write("shared/_base.yaml", "variables: {a: 1}\n")
    write("shared/more.yaml", FILE)
    write("shared/rows.csv", "n\n1\n")
    write("requests/a.yaml", "extends: ../shared/_base.yaml\n" + FILE)
    write("requests/b.yaml", "requests: [{name: More, include: ../shared/more.yaml}]\n")
    write("requests/c.yaml", FILE.replace("{name", "{for_each: ../shared/rows.csv, name"))
    one = watch("--root", ".")
    assert ran(one.after(lambda: write("shared/_base.yaml", "variables: {a: 2}\n"))) == ["requests/a.yaml"]
    assert ran(one.after(lambda: write("shared/more.yaml", FILE.replace("A", "B")))) == ["requests/b.yaml"]
    assert ran(one.after(lambda: write("shared/rows.csv", "n\n1\n2\n"))) == ["requests/c.yaml"]


def test_an_old_time(watch: Any, write: Write) -> None:
    """A file put back with an older time, by `cp -p` or from an archive, is a change as well."""
    write("a.yaml", FILE)
    write("b.yaml", FILE.replace("{name", "{for_each: rows.csv, name"))
    write("rows.csv", "n\n1\n")

    def old(name: str, text: str) -> None:
        path = write(f"{name}.new", text)
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.replace(path.with_suffix(""))

    one = watch("a.yaml", "b.yaml")
    assert ran(one.after(lambda: old("rows.csv", "n\n2\n"))) == ["b.yaml"]
    assert ran(one.after(lambda: old("a.yaml", FILE.replace("A", "Old")))) == ["a.yaml"]


def test_a_folder_that_is_new(watch: Any, write: Write, tmp_path: Path) -> None:
    """A folder made later is watched as well."""
    write("requests/a.yaml", FILE)
    one = watch()
    (tmp_path / "requests" / "deep").mkdir()
    said = one.after(lambda: write("requests/deep/b.yaml", FILE))
    assert ran(said) == ["requests/deep/b.yaml"]
    assert ran(one.after(lambda: write("requests/deep/c.yaml", FILE))) == ["requests/deep/c.yaml"]


def test_a_file_that_is_not_valid(watch: Any, write: Write) -> None:
    """A fault is shown and no reason to stop: the file is run when it is mended."""
    write("a.yaml", FILE)
    one = watch("a.yaml")
    said = one.after(lambda: write("a.yaml", "request: []\n"))
    assert "error: unknown key 'request'" in said
    assert "a.yaml:1:1" in said
    assert ran(one.after(lambda: write("a.yaml", FILE))) == ["a.yaml"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_ended(watch: Any, write: Write, number: int) -> None:
    """Ctrl-C and SIGTERM end it with 130, without a word more."""
    write("a.yaml", FILE)
    one = watch("a.yaml")
    before = one.said
    assert one.end(number) == 130
    assert one.said.strip() == before.strip()


def test_without_the_extra(write: Write, command: Any, tmp_path: Path) -> None:
    """Where the watcher is not installed the error says how to install it, and nothing is sent."""
    write("a.yaml", FILE)
    write("hidden/watchfiles.py", "raise ModuleNotFoundError('watchfiles')\n")
    path = os.pathsep.join([str(tmp_path / "hidden"), str(ROOT)])
    done = command("run", "a.yaml", "--watch", cwd=tmp_path, env={"PYTHONPATH": path})
    assert (done.code, done.out) == (2, ""), done.said
    assert "pip install 'request-runner[watch]'" in done.err


def test_a_report_that_cannot_be(write: Write, command: Any, tmp_path: Path) -> None:
    """What is wrong with the command line ends it at once."""
    write("a.yaml", FILE)
    for wish in ("jsn=x", "json=no/x"):
        done = command("run", "a.yaml", "--watch", "--report", wish, cwd=tmp_path, timeout=20)
        assert (done.code, done.out) == (2, ""), done.said
