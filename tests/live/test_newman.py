"""What Newman sends for a Postman collection, and what the runner sends for its import, through a recording proxy.

`agreement/compare.py` does this for a whole corpus and prints the table that docs/import-export.md holds; here it is a
sample of small collections.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
GOLDEN = HERE.parent / "golden/import/postman"
MOST = 40


@pytest.fixture(scope="module")
def compare() -> Any:
    """The module that compares."""
    spec = importlib.util.spec_from_file_location("compare", HERE / "agreement/compare.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["compare"] = module
    spec.loader.exec_module(module)
    return module


def test_own_collections(compare: Any, newman: Path) -> None:
    """What the collections of our own tests send is the same, but for the schemes that we do not have."""
    outcome = compare.run([GOLDEN / "requests/input.json", GOLDEN / "schemes/input.json"], newman)
    assert outcome.compared >= 20
    assert set(outcome.reasons) <= {"header authorization", "body", "query"}, outcome.examples
    assert outcome.same / outcome.compared >= 0.7, outcome.examples


def test_corpus(compare: Any, newman: Path, shared: Path) -> None:
    """Of the requests of small real collections at least 95% are the same."""
    folder = shared / "corpora" / "postman"
    paths = sorted((folder / "project").glob("*.json"), key=lambda path: path.stat().st_size)[: MOST // 2]
    paths += sorted((folder / "vendor").glob("*.json"), key=lambda path: path.stat().st_size)[: MOST // 2]
    if not paths:
        pytest.skip("the corpus of Postman collections is not here")
    outcome = compare.run(paths, newman)
    assert outcome.compared > 100
    assert outcome.same / outcome.compared >= 0.95, outcome.examples
