"""What an import or an export lost, for people and as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from runner.diagnostics import escape
from runner.errors import UsageError
from runner.reporters.style import styler_for

if TYPE_CHECKING:
    from runner.formats.draft import Imported, Loss

#: How many places of one kind of loss are shown.
_PLACES = 3


def print_losses(imported: Imported, source: str, paths: Sequence[str], out: TextIO, *, no_colour: bool) -> None:
    """One line on what was made, and the losses."""
    from runner.formats.draft import count_requests

    requests = count_requests(imported.collection) + sum(map(count_requests, imported.collections.values()))
    print_summary(requests, imported.losses, source, paths, out, no_colour=no_colour)
    print_list(imported.losses, out, no_colour=no_colour)


def print_summary(
    requests: int, losses: Sequence[Loss], source: str, paths: Sequence[str], out: TextIO, *, no_colour: bool
) -> None:
    """How many requests went where, and how much was lost."""
    styler = styler_for(out, no_colour)
    where = f" → {paths[0]}" + (f" and {len(paths) - 1} more" if len(paths) > 1 else "") if paths else ""
    lost = styler("warning", _count(len(losses), "loss", "losses")) if losses else styler("passed", "nothing lost")
    print(f"{escape(source)}{where}: {_count(requests, 'request', 'requests')}, {lost}", file=out, flush=True)


def print_list(losses: Sequence[Loss], out: TextIO, *, no_colour: bool) -> None:
    """What was lost: losses of one kind together."""
    styler = styler_for(out, no_colour)
    kinds: dict[tuple[str, str, str], list[str]] = {}
    for loss in losses:
        kinds.setdefault((loss.what, loss.why, loss.remedy), []).append(loss.path)
    for (what, why, remedy), places in kinds.items():
        times = f" ({len(places)} times)" if len(places) > 1 else ""
        print(f"  {styler('name', escape(what))}{times}: {escape(why)}", file=out)
        shown = ", ".join(map(escape, places[:_PLACES])) + (", …" if len(places) > _PLACES else "")
        print(f"    {styler('place', shown)}", file=out)
        if remedy:
            print(f"    {styler('hint', escape(remedy))}", file=out)


def check_report(path: str, others: Iterable[str]) -> None:
    """Judges the path of a report before anything is written.

    Raises:
        UsageError: it names no file, one that the command reads or writes, or one that cannot be written.
    """
    place = Path(path)
    if path in ("", "-") or place.is_dir():
        raise UsageError(f"--report: '{path}' names no file")
    if place.resolve() in {Path(other).resolve() for other in others}:
        raise UsageError(f"--report: {path} is a file of this command, and would be overwritten")
    there = place if place.exists() else place.parent
    if not os.access(there, os.W_OK):
        why = "permission denied" if there.exists() else "no such folder"
        raise UsageError(f"--report: cannot write {path}: {why}")


def write_report(losses: Sequence[Loss], path: str, format_name: str, source: str, paths: Sequence[str]) -> None:
    """The losses as JSON.

    Raises:
        UsageError: the file cannot be written.
    """
    report = {
        "format": format_name,
        "source": source,
        "written": list(paths),
        "losses": [loss._asdict() for loss in losses],
    }
    try:
        Path(path).write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--report: cannot write {path}: {error.strerror or error}") from None


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
