"""`runner import openapi` with the documents of others: every one is imported and passes `check`, or is refused."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import pytest

from runner.cli.importing import command
from runner.errors import InvalidError

#: Files of trees that are refused: they are parts of documents, most of them alike; so many are tried.
MOST_PARTS = 60


@pytest.fixture
def documents(shared: Path) -> list[Path]:
    """The documents of the corpus, and some of the files that are parts of others."""
    folder = shared / "corpora" / "openapi"
    if not folder.is_dir():
        pytest.skip("the corpus of OpenAPI documents is not here")
    every = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "MANIFEST.tsv"]
    whole = [path for path in every if path.suffix == ".gz" or _is_document(path)]
    parts = [path for path in every if path not in whole]
    return whole + random.Random(1).sample(parts, MOST_PARTS)


def _is_document(path: Path) -> bool:
    return any(
        word in path.read_text("utf-8", "replace") for word in ("openapi:", '"openapi"', "swagger:", '"swagger"')
    )


def test_every_document(documents: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every document is imported and passes `check`, or is no OpenAPI document; the losses are counted by kind."""
    kinds: Counter[str] = Counter()
    imported = refused = 0
    for number, path in enumerate(documents):
        report = tmp_path / f"{number}.json"
        arguments = ["openapi", str(path), "-o", str(tmp_path / str(number)), "--report", str(report)]
        try:
            code = command.main(arguments, standalone_mode=False)
        except InvalidError as error:
            assert str(path) in error.diagnostics[0].message
            refused += 1
            continue
        losses = json.loads(report.read_text())["losses"]
        assert code == (1 if losses else 0)
        imported += 1
        kinds.update(loss["why"] for loss in losses)
    capsys.readouterr()
    print(f"{imported} imported, {refused} refused; losses by kind:")
    for why, count in kinds.most_common():
        print(f"{count:6} {why}")
    assert imported >= 100
