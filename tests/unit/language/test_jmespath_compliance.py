"""JMESPath's official compliance tests, where the corpora lie beside the checkout; differences are listed here.

Each file of the suite is a list of `{given, cases: [{expression, result | error}]}`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.errors import EvaluationError
from runner.language import query
from runner.language.values import equal

SUITES = Path(__file__).resolve().parents[4] / "shared" / "corpora" / "suites"

#: What we refuse on purpose: a part of the fault's message, and why. Everything else must agree.
DIFFERENCES: tuple[tuple[str, str], ...] = (
    ("must be JSON", "text in backticks must be JSON; JEP-12 took it for text"),
    ("as if '!' belonged", "`!a.b` reads like !(a.b) and is (!a).b"),
    ("in a string", "contains() on a string looks for strings only; the suite has it false"),
)


def is_compliance(path: Path) -> bool:
    """Whether a file belongs to the suite: a list of objects with `cases`."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (ValueError, OSError):
        return False
    return (
        isinstance(content, list)
        and bool(content)
        and all(isinstance(part, dict) and {"given", "cases"} <= part.keys() for part in content)
    )


def cases() -> Iterator[Any]:
    """Every case of the suite as a parameter set."""
    files = sorted(SUITES.rglob("*.json")) if SUITES.is_dir() else []
    for path in filter(is_compliance, [f for f in files if "jmespath" in str(f.relative_to(SUITES))]):
        for part in json.loads(path.read_text("utf-8")):
            for number, case in enumerate(part["cases"]):
                if "bench" not in case:
                    yield pytest.param(part["given"], case, id=f"{path.stem}-{number}-{case['expression'][:40]}")


def outcome(expression: str, document: Any) -> Any:
    """The value, or the error that stands for it."""
    try:
        return query.compile(expression).evaluate(document)
    except (query.QueryFault, EvaluationError) as error:
        return error


CASES = list(cases())


@pytest.mark.skipif(not CASES, reason=f"no JMESPath compliance files below {SUITES}")
@pytest.mark.parametrize(("document", "case"), CASES)
def test_compliance(document: Any, case: dict[str, Any]) -> None:
    """An official case gives the official result, or an error where it must, but for the listed differences."""
    expression = case["expression"]
    found = outcome(expression, document)
    known = next((why for part, why in DIFFERENCES if part in str(found)), "")
    if "error" in case:
        agrees = isinstance(found, Exception)
    else:
        agrees = not isinstance(found, Exception) and equal(found, case["result"])
    if not agrees and ((known and isinstance(found, Exception)) or case.get("error") == "unknown-function"):
        pytest.skip(known or "the function is one of ours")
    assert agrees, found
