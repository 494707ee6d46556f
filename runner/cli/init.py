"""`runner init`: a project to begin with, which works at once against the demo server."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import NamedTuple

import click

from runner.errors import UsageError

_SKELETON = Path(__file__).with_name("skeleton")
_IGNORED = ".env"


class _File(NamedTuple):
    """A file of the new project: its path in it, its text, and what it is for."""

    path: str
    text: str
    purpose: str


@click.command("init")
@click.argument("directory", metavar="DIR")
def command(directory: str) -> int:
    """Make a project in DIR: a collection that runs against the demo server, a schema for editors, and a place for
    credentials that git ignores. Nothing is overwritten."""
    from runner.diagnostics import escape
    from runner.reporters.style import styler_for

    folder = Path(directory)
    files = _files()
    _check(folder, files)
    try:
        for file in files:
            _write(folder / file.path, file.text)
        ignored = _ignore(folder / ".gitignore")
    except OSError as error:
        raise UsageError(f"cannot write {error.filename or directory}: {error.strerror or error}") from None
    styler = styler_for(sys.stdout)
    rows = [(file.path, file.purpose) for file in files] + ([(".gitignore", ignored)] if ignored else [])
    width = max(len(path) for path, _ in rows)
    print(f"{styler('passed', 'made')} {escape(directory)}")
    for path, purpose in rows:
        print(f"  {styler('name', path.ljust(width))}  {purpose}")
    print("next:")
    for line in _next(directory):
        print(f"  {escape(line)}")
    return 0


def _files() -> list[_File]:
    from runner.language.schema import json_text

    example, credentials = ((_SKELETON / name).read_text(encoding="utf-8") for name in ("example.yaml", "env.example"))
    return [
        _File("requests/example.yaml", example, "a token, two requests, and an error that is expected"),
        _File("schema/collection.json", json_text(), "what editors complete and check request files with"),
        _File(".env.example", credentials, "the credentials of your API; copy it to .env and fill it in"),
    ]


def _check(folder: Path, files: list[_File]) -> None:
    """Nothing is written unless everything can be."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file, and init wants a folder")
    there = [str(folder / file.path) for file in files if (folder / file.path).exists()]
    if there:
        verb = "is" if len(there) == 1 else "are"
        raise UsageError(f"{', '.join(there)} {verb} there already, and init overwrites nothing: take another folder")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)


def _ignore(path: Path) -> str:
    """Has git ignore `.env`; says what was done, and nothing where git did already."""
    known = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    if {_IGNORED, f"/{_IGNORED}"} & {line.strip() for line in known.splitlines()}:
        return ""
    gap = "" if not known or known.endswith("\n") else "\n"
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(f"{gap}{_IGNORED}\n")
    return f"keeps {_IGNORED} out of git" if not known else f"one line more: it keeps {_IGNORED} out of git"


def _next(directory: str) -> list[str]:
    entered = [] if Path(directory) == Path() else [f"cd {shlex.quote(directory)}"]
    return [*entered, "runner demo --serve      # in another terminal", "runner run"]
