"""schema/collection.json and docs/reference.md are those of the model, and agree with every file in the repository."""

from __future__ import annotations

import re
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from runner.diagnostics import Diagnostic, Source
from runner.language import schema, syntax
from runner.language.syntax import Mapping, Node, Scalar

ROOT = Path(__file__).parent.parent
GOOD = [
    *(ROOT / "examples").glob("*.yaml"),
    *(ROOT / "requests").rglob("*.yaml"),
    *(ROOT / "tests/live/collections").glob("*.yaml"),
    ROOT / "runner/cli/skeleton/example.yaml",
]
BROKEN = sorted((ROOT / "tests/golden/broken").glob("*.yaml"))


@cache
def validator() -> Draft7Validator:
    """Judges by the schema as it is now."""
    return Draft7Validator(schema.generate())


def plain(node: Node) -> Any:
    """The JSON data of a node; texts with placeholders are texts."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Mapping):
        return {name.text: plain(value) for name, value in node.entries}
    return [plain(item) for item in node.items]


@cache
def data_of(path: Path) -> Any:
    """The data of a file; nothing where it is no YAML."""
    faults: list[Diagnostic] = []
    node = syntax.parse(Source(str(path), path.read_text("utf-8")), faults)
    return plain(node) if node is not None and not faults else None


def marks(path: Path) -> list[str]:
    """What the schema says of a file: the place of each fault in the data, and its words."""
    return [f"{error.json_path}: {error.message}" for error in validator().iter_errors(data_of(path))]


def test_the_schema_file() -> None:
    """schema/collection.json is what `runner schema` prints."""
    kept = (ROOT / "schema/collection.json").read_text("utf-8")
    assert kept == schema.json_text(), "out of date: `make reference` writes it anew"


def reference() -> Any:
    """docs/reference.py."""
    spec = spec_from_file_location("reference", ROOT / "docs/reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference() -> None:
    """docs/reference.md is what docs/reference.py writes."""
    kept = (ROOT / "docs/reference.md").read_text("utf-8")
    assert kept == reference().page(), "out of date: `make reference` writes it anew"


def test_the_reference_has_every_key() -> None:
    """Each key of each block has its row, and each link within the page its heading."""
    page = (ROOT / "docs/reference.md").read_text("utf-8")
    sections = {part.splitlines()[0]: part for part in re.split(r"^##+ ", page, flags=re.MULTILINE)}
    for block in schema.BLOCKS.values():
        for key in block.table:
            assert f"| `{key}`" in sections[block.title], f"{block.title}: {key}"
    anchors = {title.lower().replace(" ", "-") for title in sections}
    assert set(re.findall(r"\]\(#([\w-]+)\)", page)) <= anchors


@pytest.mark.parametrize("path", sorted(GOOD), ids=lambda path: str(path.relative_to(ROOT)))
def test_good_files(path: Path) -> None:
    """Every collection of this repository is good in an editor, too."""
    assert marks(path) == []


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_broken_files(path: Path) -> None:
    """A broken file is marked in an editor where a key is unknown or a value has the wrong type."""
    told = path.with_suffix(".txt").read_text("utf-8")
    shape = re.search(r"^error: (unknown key '\w+' in (?!the inherited)|'\w+' wants )", told, re.MULTILINE)
    if shape and data_of(path) is not None:
        assert marks(path), f"{path.name} is not marked, though: {shape[0]}"


def test_keys_that_are_unknown() -> None:
    """Each unknown key of the golden file about them is marked by its name."""
    found = "\n".join(marks(ROOT / "tests/golden/broken/unknown_keys.yaml"))
    told = (ROOT / "tests/golden/broken/unknown_keys.txt").read_text("utf-8")
    names = re.findall(r"unknown key '(\w+)'", told)
    assert names
    assert [name for name in names if f"'{name}'" not in found] == []
