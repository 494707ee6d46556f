"""`runner fmt`: request files in one canonical style, comments and meaning kept."""

from __future__ import annotations

import difflib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner.cli import options

if TYPE_CHECKING:
    from runner.diagnostics import Source

_STDIN = "-"
#: Lines of a difference that `--check` shows of each file.
_SHOWN = 12


@click.command("fmt")
@options.paths
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 and name the files that would change.")
@options.no_colour
def command(paths: tuple[str, ...], check: bool, no_colour: bool) -> int:
    """Write the request files in PATHS in one style, in place ('-': from standard input to standard output).

    Comments, order, quotes, blocks and braces stay as they are written; indents, spaces and empty lines become the
    same everywhere. What a file means is never changed.
    """
    from runner.errors import InvalidError
    from runner.runtime.workspace import Workspace

    if paths == (_STDIN,):
        return _stream(check)
    workspace = Workspace()
    faults: list[Any] = []
    changed = 0
    for path in workspace.collections(paths or ("requests",)):
        try:
            changed += _file(workspace.source(path), path, check, no_colour)
        except InvalidError as error:
            faults += error.diagnostics
    if faults:
        raise InvalidError(faults)
    return 1 if check and changed else 0


def _stream(check: bool) -> int:
    from runner.runtime.workspace import decode

    content = sys.stdin.buffer.read()
    source = decode("<stdin>", content)
    text = _laid_out(source)
    if not check:
        sys.stdout.write(text)
        return 0
    return int(text.encode() != content)


def _file(source: Source, path: Path, check: bool, no_colour: bool) -> bool:
    """Whether a file changes; it is written whole or not at all."""
    from runner.diagnostics import Diagnostic, escape
    from runner.errors import InvalidError
    from runner.reporters.style import styler_for

    if not path.is_file():  # a device would be replaced by a file, for everybody on this system
        hint = "`runner fmt -` lays out standard input"
        raise InvalidError([Diagnostic(f"{source.path} is no regular file", hint=hint)])
    text = _laid_out(source)
    if text.encode() == path.read_bytes():
        return False
    styler = styler_for(sys.stdout, no_colour)
    print(f"{styler('failed' if check else 'passed', 'would change' if check else 'changed')}  {escape(source.path)}")
    if check:
        _show(source.text, text)
        return True
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.chmod(path.stat().st_mode & 0o7777)
        beside.replace(path.resolve())
    finally:
        beside.unlink(missing_ok=True)
    return True


def _show(before: str, after: str) -> None:
    from runner.diagnostics import counted, escape

    diff = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    lines = [line for line in diff if not line.startswith(("---", "+++", "@@"))]
    filled = [line for line in lines if line[1:].strip()]
    for line in filled[:_SHOWN]:
        print(f"    {escape(line)}")
    if len(filled) > _SHOWN:
        print(f"    … {counted(len(filled) - _SHOWN, 'more line')}")
    if len(filled) < len(lines):
        print(f"    {counted(len(lines) - len(filled), 'empty line')}")


class _ChangedMeaningError(Exception):
    """The layout of a file would mean something else: a fault of ours."""


def _laid_out(source: Source) -> str:
    """The canonical text of a source.

    Raises:
        InvalidError: it has faults of its own.
    """
    from runner.diagnostics import Source
    from runner.errors import InvalidError
    from runner.language import syntax
    from runner.language.layout import layout

    faults: list[Any] = []
    before = syntax.parse(source, faults)
    if faults:
        raise InvalidError(faults)
    text = layout(source)
    after = syntax.parse(Source(source.path, text), faults)
    if faults or not _same(before, after):
        raise _ChangedMeaningError(f"fmt would change what {source.path} means; it is left as it is")
    return text


def _same(left: Any, right: Any) -> bool:
    """Whether two nodes mean the same: values with their types and spelling, in order."""
    from runner.language.syntax import Mapping, Scalar, Sequence

    if type(left) is not type(right):
        return False
    if isinstance(left, Scalar):
        written = [(type(node.value), str(node.value), node.plain) for node in (left, right)]
        return written[0] == written[1]
    if isinstance(left, Sequence):
        return len(left.items) == len(right.items) and all(map(_same, left.items, right.items))
    if isinstance(left, Mapping):
        ours, theirs = ([part for entry in node.entries for part in entry] for node in (left, right))
        return len(ours) == len(theirs) and all(map(_same, ours, theirs))
    return left is None
