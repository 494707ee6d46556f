"""Real collections: all are imported and pass the plan; what of their scripts is translated; what comes back after export."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.formats import postman
from runner.formats.draft import Choices, Foreign, ForeignFault, texts

#: What comes back from Postman as it went there; the larger ones are left out for the sake of time.
SMALL = 60_000


def _shares() -> Any:
    spec = importlib.util.spec_from_file_location("shares", Path(__file__).with_name("shares.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def collections(shared: Path) -> list[Path]:
    """The files of the corpus."""
    folder = shared / "corpora" / "postman"
    found = [path for kind in ("vendor", "project", "fixtures") for path in sorted((folder / kind).glob("*.json"))]
    if not found:
        pytest.skip("the corpus of Postman collections is not here")
    return found


def _imported(path: Path) -> str | None:
    try:
        imported = postman.load(Foreign(path.stem, path.read_bytes().decode("utf-8-sig", "replace")), Choices())
    except ForeignFault:
        return None
    return str(texts(imported, "collection.yaml")["collection.yaml"])


def test_every_collection(collections: list[Path], plan: Callable[..., Any]) -> None:
    """Every collection is imported into a file that passes the plan and is exported, or is refused with words."""
    refused = 0
    for path in collections:
        text = _imported(path)
        refused += text is None
        if text is not None:
            assert postman.dump(plan(text, any_environment=True)).text.startswith("{")
    assert refused < 10


def test_scripts(collections: list[Path]) -> None:
    """At least 98% of the assertions are translated, and 95% of what is set."""
    shares = _shares()
    every = [each for path in collections for each in shares.counted(path)]
    assertions = [each for each in every if each.what == shares.ASSERTIONS]
    settings = [each for each in every if each.what == shares.SETTINGS]
    assert len(assertions) > 3000
    assert len(settings) > 1500
    assert shares.share(assertions) > 0.98
    assert shares.share(settings) > 0.95


def test_there_and_back(collections: list[Path], plan: Callable[..., Any]) -> None:
    """A collection that is imported, exported and imported again gives the same file, for 90 of 100 small ones."""
    same = different = 0
    for path in (each for each in collections if each.stat().st_size < SMALL):
        text = _imported(path)
        if text is None:
            continue
        exported = postman.dump(plan(text, any_environment=True))
        again = postman.load(Foreign("collection", exported.text), Choices())
        if texts(again, "collection.yaml")["collection.yaml"] == text:
            same += 1
        else:
            different += 1
    assert same > 50
    assert same / (same + different) > 0.9
