"""The house and its floors as data: who may import whom, and which third party enters by which door.

A module imports only from lower floors, and in its folder only from modules listed before it. Every import
statement counts, wherever it stands: at the top, in a function, under TYPE_CHECKING. A module may grow into a
package of the same name; inside that package no ring is allowed, and nothing else is asked.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = "runner"
ANY = ("*",)

# Floor by floor, from the ground up: a folder and its modules in the order in which they may see one another.
# ANY: one file a thing, in no order; the folder's `__init__` may name them.
FLOORS: tuple[Mapping[str, tuple[str, ...]], ...] = (
    {"": ("version", "diagnostics", "redaction", "errors")},
    {
        "language": (
            "values",
            "shell",
            "model",
            "syntax",
            "writer",
            "layout",
            "data",
            "rows",
            "functions",
            "query",
            "template",
            "document",
            "schema",
        )
    },
    {
        "engine": (
            "payload",
            "certificate",
            "event_stream",
            "exchange",
            "origins",
            "results",
            "events",
            "scope",
            "references",
            "credentials",
            "texts",
            "media_types",
            "bodies",
            "build",
            "auth",
            "schemas",
            "snapshots",
            "assertions",
            "graphql",
            "plan",
            "sending",
            "retry",
            "poll",
            "paginate",
            "repeat",
            "overlap",
            "flow",
        )
    },
    {
        "runtime": (
            "extras",
            "transport",
            "keyring_store",
            "private_files",
            "token_cache",
            "loopback",
            "person",
            "tokens",
            "body_files",
            "workspace",
            "plugins",
            "snapshots",
            "project",
            "interrupts",
            "crew",
            "lanes",
            "progress",
            "execute",
            "sign_in",
        )
    },
    # The embedded API needs nothing of the house, and the command `demo` shows it.
    {"reporters": ANY, "formats": ANY, "demo": ANY},
    {"cli": ANY, "integrations": ANY},
)

# The roof: these may look at everything below, and nothing looks at them.
ROOF = (PACKAGE, f"{PACKAGE}.__main__", f"{PACKAGE}.api")

# Third party → the modules that may import it.
DOORS: Mapping[str, tuple[str, ...]] = {
    "yaml": ("language.syntax", "language.document", "language.layout"),
    "jmespath": ("language.query", "language.functions"),
    "httpx": ("runtime.transport",),
    # The engine of httpx, for the network interface that the deadline needs.
    "httpcore": ("runtime.transport.network", "runtime.transport.http2"),
    "h2": ("runtime.transport.http2",),
    "socksio": ("runtime.transport.socks",),
    # Content codings, where they are installed.
    "brotli": ("runtime.transport.codings",),
    "zstandard": ("runtime.transport.codings",),
    # The signing of JWTs.
    "joserfc": ("engine.auth.signing",),
    # Keys, and a server's certificate when an expression asks for it.
    "cryptography": ("engine.auth.signing", "engine.certificate"),
    # The cache of tokens on disk.
    "platformdirs": ("runtime.token_cache",),
    "filelock": ("runtime.private_files",),
    "keyring": ("runtime.keyring_store",),
    # What judges bodies by a JSON Schema.
    "jsonschema_rs": ("engine.schemas.compiled",),
    "watchfiles": ("cli.watching",),
    # The scripts of foreign collections: read, never run.
    "tree_sitter": ("formats.scripts.syntax",),
    "tree_sitter_javascript": ("formats.scripts.syntax",),
    "click": ("cli",),
    "pytest": ("integrations.pytest_plugin",),
    "locust": ("integrations.loadtest",),
}


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module: who asks, from where, for what."""

    importer: str
    imported: str
    file: str
    line: int

    def breaks(self, rule: str) -> str:
        """The line of the report: place, import, rule."""
        return f"{self.file}:{self.line}: {self.importer} imports {self.imported}: {rule}"


@dataclass(frozen=True, slots=True)
class Room:
    """A module's place in the house: floor, folder, and its number inside the folder."""

    floor: int
    folder: str
    order: int


# ---------------------------------------------------------------- reading the imports


def module_name(path: Path, root: Path) -> str:
    """`runner/engine/auth/__init__.py` → `runner.engine.auth`."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def all_modules(root: Path) -> dict[str, Path]:
    """Every module of the package below `root`, by name."""
    return {module_name(path, root): path for path in sorted((root / PACKAGE).rglob("*.py"))}


def absolute(node: ast.ImportFrom, importer: str, is_package: bool) -> str:
    """The module named in `from … import`, with leading dots resolved."""
    if not node.level:
        return node.module or ""
    parts = importer.split(".")
    up = node.level - 1 if is_package else node.level
    kept = parts[: len(parts) - up]
    return ".".join([*kept, node.module] if node.module else kept)


def targets(node: ast.AST, importer: str, is_package: bool, known: Iterable[str]) -> Iterator[str]:
    """The modules that one statement imports; `from x import y` is `x.y` when that is a module."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = absolute(node, importer, is_package)
        for name in dict.fromkeys(alias.name for alias in node.names):
            yield f"{base}.{name}" if f"{base}.{name}" in known else base
    elif isinstance(node, ast.Call):
        yield from lazily(node)


def lazily(node: ast.Call) -> Iterator[str]:
    """The module in `import_module("…")`, when it is written out."""
    if ast.unparse(node.func) in ("import_module", "importlib.import_module", "__import__"):
        first = node.args[0] if node.args else None
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value


def imports_of(root: Path) -> list[Import]:
    """Every import in the package, wherever it stands."""
    modules = all_modules(root)
    return [
        Import(name, target, str(path.relative_to(root)), getattr(node, "lineno", 0))
        for name, path in modules.items()
        for node in ast.walk(ast.parse(path.read_text("utf-8"), str(path)))
        for target in dict.fromkeys(targets(node, name, path.name == "__init__.py", modules))
    ]


# ---------------------------------------------------------------- the rules


def room_of(module: str) -> Room | None:
    """Where a module lives; None for one that the table does not know."""
    if module in ROOF:
        return Room(len(FLOORS), "", 0)
    inner = module.split(".")[1:]
    for floor, folders in enumerate(FLOORS):
        for folder, order in folders.items():
            rest = inner[1:] if folder and inner[:1] == [folder] else inner
            if folder and rest is inner:
                continue
            if not rest:
                return Room(floor, folder, -1)
            if order == ANY:
                return Room(floor, folder, 0)
            if rest[0] in order:
                return Room(floor, folder, order.index(rest[0]))
    return None


def unit(module: str) -> str:
    """The listed module that a module belongs to: `runner.engine.auth.oauth2` → `runner.engine.auth`."""
    room = room_of(module)
    depth = 3 if room and room.folder else 2
    return ".".join(module.split(".")[:depth])


def is_own(module: str) -> bool:
    return module.split(".")[0] == PACKAGE


def fault_upstairs(it: Import, here: Room, there: Room) -> str | None:
    """The rule that an import inside the house breaks, if any."""
    if there.floor > here.floor:
        return f"floor {there.floor} is above floor {here.floor}"
    if there.floor < here.floor or here.floor == len(FLOORS) or unit(it.importer) == unit(it.imported):
        return None
    if there.folder != here.folder:
        return f"{here.folder}/ and {there.folder}/ are on one floor and do not see one another"
    if FLOORS[here.floor][here.folder] == ANY or there.order == -1:
        return None
    if here.order == -1:
        return f"{here.folder}/__init__.py runs before its modules and may not need them"
    if there.order >= here.order:
        return f"inside {here.folder or PACKAGE}/ a module sees only those listed before it"
    return None


def fault_at_the_door(it: Import) -> str | None:
    """The rule that a third-party import breaks, if any."""
    party = it.imported.split(".")[0]
    if party in sys.stdlib_module_names:
        return None
    inner = it.importer.removeprefix(f"{PACKAGE}.")
    doors = DOORS.get(party)
    if doors is None:
        return f"{party} has no door into the package"
    if any(inner == door or inner.startswith(f"{door}.") for door in doors):
        return None
    return f"{party} comes in only by {' and '.join(doors)}"


def faults(root: Path) -> list[str]:
    """All broken rules below `root`, a line each."""
    found = [f"{name}: not in the table of floors" for name in all_modules(root) if room_of(name) is None]
    for it in imports_of(root):
        if not is_own(it.imported):
            rule = fault_at_the_door(it)
        else:
            here, there = room_of(it.importer), room_of(it.imported)
            rule = fault_upstairs(it, here, there) if here and there else None
        if rule:
            found.append(it.breaks(rule))
    return found


def cycles(root: Path) -> list[str]:
    """Every import that closes a ring of modules, a line each with the whole ring."""
    edges: dict[str, dict[str, Import]] = {}
    for it in imports_of(root):
        if is_own(it.imported) and it.importer != it.imported:
            edges.setdefault(it.importer, {}).setdefault(it.imported, it)
    found: list[str] = []
    done: set[str] = set()

    def walk(module: str, path: list[str]) -> None:
        for target, it in edges.get(module, {}).items():
            if target in path:
                ring = [*path[path.index(target) :], target]
                found.append(it.breaks(f"closes the ring {' → '.join(ring)}"))
            elif target not in done:
                walk(target, [*path, target])
        done.add(module)

    for module in sorted(edges):
        if module not in done:
            walk(module, [module])
    return found


# ---------------------------------------------------------------- the house


def test_nobody_looks_upstairs() -> None:
    """No module imports from a higher floor, a later module of its folder, or past a third party's door."""
    assert not faults(ROOT), "\n".join(faults(ROOT))


def test_no_ring() -> None:
    """No module reaches itself again through imports, lazy ones included."""
    assert not cycles(ROOT), "\n".join(cycles(ROOT))


# ---------------------------------------------------------------- the test of the test

SAMPLES = [
    ("errors.py", "import runner.diagnostics\nimport json", None),
    (
        "diagnostics.py",
        "from runner.errors import X",
        "diagnostics.py:1: runner.diagnostics imports runner.errors",
    ),
    ("redaction.py", "from . import errors", "sees only those listed before it"),
    ("language/query.py", "import jmespath", None),
    (
        "language/model.py",
        "import jmespath",
        "jmespath comes in only by language.query and language.functions",
    ),
    ("language/model.py", "def f():\n    from runner.engine import plan", "model.py:2: "),
    ("language/model.py", "if TYPE_CHECKING:\n    from ..engine.plan import P", "floor 2 is above floor 1"),
    ("engine/flow.py", "from runner.engine.auth.oauth2 import X\nfrom .plan import Y", None),
    ("engine/auth/oauth2.py", "from . import base\nfrom ..build import B", None),
    ("engine/auth/oauth2.py", "from runner.engine.flow import F", "sees only those listed before it"),
    ("engine/plan.py", "from runner.runtime import tokens", "floor 3 is above floor 2"),
    ("engine/plan.py", "import_module('runner.cli')", "floor 5 is above floor 2"),
    ("runtime/transport/network.py", "import httpx, httpcore", None),
    ("runtime/transport/client.py", "import httpx", None),
    ("runtime/transport/client.py", "import httpcore", "httpcore comes in only by runtime.transport.network"),
    ("runtime/execute.py", "import httpx.URL", "httpx comes in only by runtime.transport"),
    ("reporters/junit.py", "from runner.formats import curl", "do not see one another"),
    ("reporters/junit.py", "from runner.reporters.console import C", None),
    ("cli/run.py", "import click\nimport runner.runtime.execute", None),
    ("demo/__init__.py", "from .server import DemoServer", None),
    ("language/__init__.py", "from .model import M", "may not need them"),
    ("cli/run.py", "import runner", "floor 6 is above floor 5"),
    ("cli/run.py", "import rich", "rich has no door"),
    ("engine/surprise.py", "", "runner.engine.surprise: not in the table of floors"),
    ("__init__.py", "def f():\n    from runner.cli import main", None),
]


def house(root: Path, files: Mapping[str, str]) -> Path:
    """A package with these files, and empty ones for all that they may name."""
    names = [f"{folder}/{module}.py" for floor in FLOORS for folder, order in floor.items() for module in order]
    kept = [name for name in names if "*" not in name and not (root / PACKAGE / name).with_suffix("").is_dir()]
    extra = [
        "engine/auth/base.py",
        "engine/auth/oauth2.py",
        "reporters/console.py",
        "formats/curl.py",
        "cli/run.py",
    ]
    grown = {f"{Path(name).parent}.py" for name in [*files, *extra]}
    for name in [*(n.lstrip("/") for n in kept), *extra, *files]:
        if name in grown and name not in files:
            continue
        path = root / PACKAGE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files.get(name, ""), "utf-8")
        (path.parent / "__init__.py").touch()
    return root


@pytest.mark.parametrize(("file", "text", "fault"), SAMPLES)
def test_the_rules_see_what_they_should(tmp_path: Path, file: str, text: str, fault: str | None) -> None:
    """Each forbidden import is found with its place and its rule; each allowed one is left alone."""
    found = faults(house(tmp_path, {file: text}))
    if fault is None:
        assert not found
    else:
        assert len(found) == 1
        assert fault in found[0]


def test_a_ring_is_found(tmp_path: Path) -> None:
    """A ring inside a package is told with all its members."""
    files = {"engine/auth/base.py": "from .oauth2 import X", "engine/auth/oauth2.py": "from .base import Y"}
    found = cycles(house(tmp_path, files))
    assert len(found) == 1
    assert "runner.engine.auth.base → runner.engine.auth.oauth2 → runner.engine.auth.base" in found[0]
