"""Golden imports: a foreign file, and the files and the list of losses that a user gets.

`import/FORMAT/CASE/` holds `input.*` (or a folder `input`), what is written in `expected/`, and what is said in
`said.txt`; `words.txt`, where it is there, holds more words for the command line, one a line.
`UPDATE_GOLDEN=1 pytest tests/golden` writes what comes out now; read the difference before you commit it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from runner.cli.importing import command

HERE = Path(__file__).parent
CASES = sorted(path for path in (HERE / "import").glob("*/*") if path.is_dir())


def files(folder: Path) -> dict[str, bytes]:
    """The content of every file below a folder, by its path."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_import(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A foreign file becomes the files beside it, and what was lost is told as beside it."""
    source = next(path for path in sorted(case.iterdir()) if path.stem == "input")
    more = (case / "words.txt").read_text().split("\n") if (case / "words.txt").exists() else []
    monkeypatch.chdir(case)
    monkeypatch.setenv("NO_COLOR", "1")
    arguments = [case.parent.name, source.name, "-o", str(tmp_path), *filter(None, more)]
    code = command.main(arguments, standalone_mode=False)
    said = capsys.readouterr()
    shown = f"{said.out}exit code {code}\n".replace(f"{tmp_path}{os.sep}", "")
    if os.environ.get("UPDATE_GOLDEN"):
        shutil.rmtree(case / "expected", ignore_errors=True)
        shutil.copytree(tmp_path, case / "expected")
        (case / "said.txt").write_text(shown)
    assert {name: content.decode(errors="replace") for name, content in files(tmp_path).items()} == {
        name: content.decode(errors="replace") for name, content in files(case / "expected").items()
    }
    assert shown == (case / "said.txt").read_text()
    assert said.err == ""
