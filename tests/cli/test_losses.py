"""The list of losses, for people and as JSON."""

from __future__ import annotations

import io
import json
from pathlib import Path

from runner.cli.losses import print_losses, write_report
from runner.formats.draft import Comment, Disabled, Imported, Loss, count_requests


def printed(imported: Imported, paths: tuple[str, ...] = ()) -> str:
    out = io.StringIO()
    print_losses(imported, "in.json", paths, out, no_colour=True)
    return out.getvalue()


def test_one_kind() -> None:
    """Losses of one kind are said once, with their number and the first places."""
    imported = Imported({"requests": [{"name": "a", "url": "/"}]})
    for number in range(5):
        imported.lose(f"item[{number}]", "the script", "it is not run", "write `capture`")
    assert printed(imported, ("a.yaml", "b.yaml", "c.yaml")) == (
        "in.json → a.yaml and 2 more: 1 request, 5 losses\n"
        "  the script (5 times): it is not run\n"
        "    item[0], item[1], item[2], …\n"
        "    write `capture`\n"
    )


def test_control_characters() -> None:
    """What a foreign file says cannot write to the terminal."""
    imported = Imported({})
    imported.lose("\x1b[2J", "the name '\x1b]0;x\x07'", "why\r")
    assert "\x1b" not in printed(imported)
    assert "\r" not in printed(imported)


def test_counting() -> None:
    """Requests of groups, setup and teardown count; comments and switched off ones do not."""
    inner = {"name": "g", "requests": [{"name": "a", "url": ""}, Comment("x"), {"name": "b", "url": ""}]}
    data = {"setup": [{"name": "s", "url": ""}], "requests": [inner, Disabled({"name": "d", "url": ""})]}
    assert count_requests(data) == 3


def test_report(tmp_path: Path) -> None:
    """The report has format, source, files and losses."""
    write_report([Loss("p", "w", "y", "r")], str(tmp_path / "r.json"), "har", "in.har", ["x.yaml"])
    assert json.loads((tmp_path / "r.json").read_text()) == {
        "format": "har",
        "source": "in.har",
        "written": ["x.yaml"],
        "losses": [{"path": "p", "what": "w", "why": "y", "remedy": "r"}],
    }
