"""Files of others, as they lie in real repositories: each is imported or refused in words, and what is made is valid.

`pytest tests/cli/test_corpora.py -rP` prints what was lost, by kind.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from runner.cli.importing import command
from runner.diagnostics import Source
from runner.errors import InvalidError
from runner.language.layout import layout


class Files(NamedTuple):
    """Files of a format, or folders by the file that marks them, and how they come out.

    `refused` are those that are not what they are said to be, `losses` all that was lost from the others: in scripts each
    statement of its own.
    """

    format_name: str
    folder: str
    pattern: str
    imported: int
    refused: int
    losses: int


#: Hurl's own samples of broken files are refused, and those without a request; what a folder of Bruno shares is no request.
FILES = (
    Files("hurl", "suites/hurl", "*.hurl", 231, 32, 411),
    Files("har", "har", "*.har", 29, 0, 9),
    Files("http", "suites/slumber", "*.http", 1, 0, 1),
    Files("insomnia", "suites/bruno", "insomnia*.yaml", 3, 1, 0),
    Files("bruno", "suites/bruno", "*.bru", 255, 19, 653),
    Files("bruno", "suites/bruno", "bruno.json", 4, 0, 654),
    Files("bruno", "suites/bruno", "opencollection.yml", 2, 0, 30),
)
#: Files that mark a folder as a collection.
MARKS = ("bruno.json", "opencollection.yml")


@pytest.mark.parametrize("files", FILES, ids=lambda files: f"{files.format_name}/{files.pattern}")
def test_corpus(
    files: Files, shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file becomes a valid collection, its losses counted by kind, or is refused with a reason."""
    folder = shared / "corpora" / files.folder
    if not folder.is_dir():
        pytest.skip(f"the corpus {files.folder} is not here")
    monkeypatch.setenv("NO_COLOR", "1")
    kinds: Counter[str] = Counter()
    refused: list[str] = []
    found = sorted(folder.rglob(files.pattern))
    for number, path in enumerate(found):
        source = path.parent if path.name in MARKS else path
        report = tmp_path / f"{number}.json"
        words = [files.format_name, str(source), "-o", str(tmp_path / str(number)), "--report", str(report)]
        try:
            command.main(words, standalone_mode=False)
        except InvalidError as error:
            refused.append(f"{path.name}: {error}")
        else:
            kinds.update(loss["why"] for loss in json.loads(report.read_text())["losses"])
            for made in (tmp_path / str(number)).rglob("*.yaml"):
                text = made.read_text()
                assert layout(Source(made.name, text)) == text
    capsys.readouterr()
    print(*(f"{count:4} {why}" for why, count in kinds.most_common()), *refused, sep="\n")
    assert (len(found) - len(refused), len(refused)) == (files.imported, files.refused)
    assert kinds.total() <= files.losses
