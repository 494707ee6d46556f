"""Documents by hand, and what is imported of them: nothing is read from disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from textwrap import dedent
from typing import Any

import pytest

from runner.diagnostics import Source
from runner.formats.draft import Choices, Disabled, Foreign, Imported, Loss, texts
from runner.formats.openapi import load
from runner.language import data

Imports = Callable[..., Imported]


def _yaml(text: str) -> Any:
    return data.read(Source("a.yaml", dedent(text))).value


def _imported(text: str, files: Mapping[str, str] | None = None, **choices: Any) -> Imported:
    beside = files or {}

    def read(path: str) -> str:
        if path not in beside:
            raise ValueError(f"no such file: '{path}'")
        return dedent(beside[path])

    return load(Foreign("api", dedent(text), (), read), Choices(**choices))


class One:
    """The one request that came of a document with one operation."""

    def __init__(self, imported: Imported) -> None:
        self.imported = imported
        self.collection = imported.collection
        self.draft: dict[Any, Any] = imported.collection["requests"][0]

    def __getitem__(self, key: str) -> Any:
        return self.draft[key]

    def __contains__(self, key: str) -> bool:
        return key in self.draft

    @property
    def losses(self) -> list[Loss]:
        return self.imported.losses

    @property
    def lost(self) -> list[str]:
        """What was lost, and why, without where."""
        return [f"{loss.what}: {loss.why}" for loss in self.losses]

    @property
    def text(self) -> str:
        """The collection as it is written."""
        return str(texts(self.imported, "a.yaml")["a.yaml"])


def _one(operation: str, root: str = "", path: str = "/things", method: str = "get", version: str = "3.0.3") -> One:
    document = {
        "openapi": version,
        "info": {"title": "API", "version": "1"},
        "servers": [{"url": "https://api.test/v1"}],
        "paths": {
            path: {
                method: {
                    "responses": {"204": {"description": "done"}},
                    **((_yaml(operation) or {}) if operation.strip() else {}),
                }
            }
        },
        **(_yaml(root) if root.strip() else {}),
    }
    if version == "2.0":
        document = {"swagger": "2.0", "host": "api.test", "basePath": "/v1", "schemes": ["https"], **document}
        document = {key: value for key, value in document.items() if key not in ("openapi", "servers")}
    import json

    return One(_imported(json.dumps(document)))


def _shown(entries: Mapping[Any, Any]) -> dict[str, Any]:
    """Entries with those that are comments marked by a `#`."""
    found: dict[str, Any] = {}
    for name, value in entries.items():
        if isinstance(name, Disabled):
            found |= {f"# {key}": inner for key, inner in name.value.items()}
        else:
            found[name] = value
    return found


@pytest.fixture(scope="session")
def imported() -> Imports:
    """`imported(text, files={"b.yaml": text}, split=True)`: what comes of a document."""
    return _imported


@pytest.fixture(scope="session")
def one() -> Callable[..., One]:
    """`one(operation, root, path=…, method=…, version=…)`: the request of a document with one operation."""
    return _one


@pytest.fixture(scope="session")
def shown() -> Callable[[Mapping[Any, Any]], dict[str, Any]]:
    """`shown(entries)`: entries with those that are comments marked by a `#`."""
    return _shown
