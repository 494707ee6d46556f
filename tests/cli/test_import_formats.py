"""`runner import` of single formats: what is refused, and the words for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FOLDER = "error: {path}: this is a folder\n  name the file in it\n"
EMPTY = "error: {path}: there is nothing in it\n"


@pytest.mark.parametrize("format_name", ["har", "insomnia"])
def test_folders_and_empty_files(command: Any, tmp_path: Path, format_name: str) -> None:
    """A folder, and a file without anything in it, are called that, with exit code 3."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "x.har").write_text("{}")
    (tmp_path / "empty").write_text("\n")
    for path, said in (("folder", FOLDER), ("empty", EMPTY)):
        done = command("import", format_name, path, cwd=tmp_path)
        assert (done.code, done.out, done.err) == (3, "", said.format(path=path))


def test_part_of_a_bruno_collection(command: Any, write: Callable[[str, str], Path], tmp_path: Path) -> None:
    """A .bru file that is no request asks for the folder of its collection."""
    write("collection.bru", "headers {\n  a: b\n}\n")
    done = command("import", "bruno", "collection.bru", cwd=tmp_path)
    assert (done.code, done.out) == (3, "")
    assert done.err == "error: collection.bru: there is no request in this file\n  name the collection's folder\n"
