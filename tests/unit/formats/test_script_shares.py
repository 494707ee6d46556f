"""How much of the scripts of real collections is translated, by the dialect of their tool.

`pytest tests/unit/formats/test_script_shares.py -rP` prints the table of docs/import-export.md. Every assertion and
every call that sets a variable is counted where it stands in the text of a script, be it ever reached or not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from runner.formats import bruno
from runner.formats.draft import Choices, Foreign, texts
from runner.formats.scripted import Read, Scripts
from runner.formats.scripts.machine import effects_in
from runner.formats.scripts.state import DONE

pytest.importorskip("tree_sitter_javascript")

#: What of Bruno's own collection tries its scripting interface, and not what servers answer.
INTERFACE = "scripting/"


class Counted(NamedTuple):
    """An assertion or a setting, and whether it was translated; `place` is the script's."""

    what: str
    place: str
    translated: bool


def counted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counted]:
    """What the scripts of a Bruno collection hold."""
    reads: list[Read] = []
    read = Scripts._read

    def noted(self: Any, code: Any) -> Read:
        reads.append(read(self, code))
        return reads[-1]

    monkeypatch.setattr(Scripts, "_read", noted)
    entries = tuple(path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file())
    text = lambda path: (folder / path).read_text(encoding="utf-8", errors="replace")  # noqa: E731
    texts(bruno.load(Foreign(folder.name, "", entries, text), Choices()), "collection.yaml")
    monkeypatch.undo()
    for each in reads:
        assert each.found is not None
        machine = each.found.machine
        for span, what in effects_in(machine.script.body, each.code.dialect):
            yield Counted(what, each.code.place, machine.account.get(span.start) == DONE)


def test_bruno(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bruno's own collection: most of what judges answers is translated, and half of what tries the interface."""
    folder = shared / "corpora" / "suites" / "bruno"
    if not folder.is_dir():
        pytest.skip("the corpus suites/bruno is not here")
    found = [each for root in sorted(folder.rglob("bruno.json")) for each in counted(root.parent, monkeypatch)]
    shares: dict[tuple[str, bool], float] = {}
    for what in ("an assertion", "a variable that is set"):
        for inside in (False, True):
            rows = [each for each in found if each.what == what and each.place.startswith(INTERFACE) is inside]
            done = sum(each.translated for each in rows)
            shares[what, inside] = done / max(len(rows), 1)
            print(f"{what}, {'interface' if inside else 'answers'}: {done} of {len(rows)}")
    lost = Counter(re.sub(r"/[^/]*$", "", each.place) for each in found if not each.translated)
    print(*(f"{count:4} {place}" for place, count in lost.most_common()), sep="\n")
    assert len(found) > 900
    assert shares["an assertion", False] > 0.5
