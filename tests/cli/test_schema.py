"""`runner schema`: the JSON Schema of request files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent


def test_printed(command: Any) -> None:
    """It goes to standard output, the same bytes as schema/collection.json, whatever the terminal can show."""
    done = command("schema", env={"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"})
    assert (done.code, done.err) == (0, ""), done.said
    assert done.out == (ROOT / "schema/collection.json").read_text("utf-8")
    assert json.loads(done.out)["title"] == "Collection"


def test_written(command: Any, tmp_path: Path) -> None:
    """-o writes it to a file, also in place of an older one, and says nothing."""
    for _ in range(2):
        done = command("schema", "-o", "collection.json", cwd=tmp_path)
        assert (done.code, done.out, done.err) == (0, "", ""), done.said
    assert (tmp_path / "collection.json").read_bytes() == (ROOT / "schema/collection.json").read_bytes()


def test_unwritable(command: Any, tmp_path: Path) -> None:
    """A path that cannot be written is a usage error that names it."""
    done = command("schema", "-o", "no/such/folder.json", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err == "error: cannot write no/such/folder.json: No such file or directory\n"
