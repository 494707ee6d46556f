"""What an importer makes: collections as plain data with comments, and every thing that was lost on the way.

    foreign text ─▶ load ─▶ Imported(collections, files, losses) ─▶ texts ─▶ files

Texts in the data are texts of our language: `{{ }}` in them is a placeholder, and what the foreign file meant literally
has been escaped (`literal`). This file knows no foreign format, writes no file and prints nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from runner.errors import RunnerError
from runner.language import writer
from runner.language.model import RESERVED_NAMES
from runner.language.writer import Comment, Disabled

__all__ = [
    "COLLECTION_ORDER", "GROUP_ORDER", "REQUEST_ORDER", "Choices", "Comment", "Data", "Disabled", "Foreign",
    "ForeignFault", "Imported", "Loss", "Names", "Unique", "count_requests", "literal", "ordered", "safe_stem", "texts",
    "usable_name", "with_placeholders",
]  # fmt: skip

Data = dict[Any, Any]

#: Keys in the order in which they are written.
COLLECTION_ORDER = (
    "name", "description", "extends", "base_url", "variables", "secrets", "environments", "auth", "defaults", "tags",
    "overlap", "setup", "requests", "teardown",
)  # fmt: skip
GROUP_ORDER = (
    "name", "description", "tags", "skip", "when", "for_each", "base_url", "variables", "auth", "defaults", "include",
    "requests",
)  # fmt: skip
REQUEST_ORDER = (
    "name", "description", "tags", "skip", "when", "for_each", "variables", "method", "url", "query", "headers",
    "cookies", "auth", "json", "form", "multipart", "text", "file", "graphql", "timeout", "follow_redirects", "verify",
    "client_cert", "proxy", "http2", "retry", "max_body", "max_events", "poll", "paginate", "delay", "capture",
    "assert", "schema", "snapshot", "save_to",
)  # fmt: skip


class ForeignFault(RunnerError):
    """A foreign file is not what it is said to be; `line` counts from 1, 0 where none can be named."""

    def __init__(self, message: str, line: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.hint = hint


def _nothing_beside(path: str) -> str:
    raise ValueError(f"no such file: '{path}'")


def _no_content(path: str) -> bytes:
    raise ValueError(f"no such file: '{path}'")


@dataclass(frozen=True, slots=True)
class Foreign:
    """A foreign file, or a folder of them: `text` is the file's, `entries` the paths of all files below the folder.

    `read` gives the text of a file by its path relative to this one, `content` its bytes; both raise ValueError with
    the reason.
    """

    name: str
    text: str = ""
    entries: tuple[str, ...] = ()
    read: Callable[[str], str] = _nothing_beside
    content: Callable[[str], bytes] = _no_content


class Choices(NamedTuple):
    """What the command line says about an import. `environments` are further files: their names and texts.

    `alone`: only one file can be made, as it goes to standard output.
    """

    environments: tuple[tuple[str, str], ...] = ()
    split: bool = False
    operations: tuple[str, ...] = ()
    alone: bool = False
    examples: bool = False


class Loss(NamedTuple):
    """One thing that could not be translated.

    `path` is its place in the foreign file (`item[3].request.auth`, or a line), `what` names it, `why` says why there
    is nothing for it, `remedy` what the reader can do.
    """

    path: str
    what: str
    why: str
    remedy: str = ""


@dataclass(slots=True, eq=False)
class Imported:
    """What came of a foreign file: the collection, further collections and files by relative path, and the losses."""

    collection: Data
    collections: dict[str, Data] = field(default_factory=dict)
    files: dict[str, str | bytes] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)
    #: Answers that the foreign file keeps, by the file of the collection (empty: the main one) and the full name.
    snapshots: dict[str, dict[str, Any]] = field(default_factory=dict)

    def lose(self, path: str, what: str, why: str, remedy: str = "") -> None:
        self.losses.append(Loss(path, what, why, remedy))


def count_requests(data: object) -> int:
    """How many requests a draft holds."""
    if not isinstance(data, dict):
        return 0
    items = [item for key in ("setup", "requests", "teardown") for item in data.get(key, ()) if isinstance(item, dict)]
    return sum(count_requests(item) if "requests" in item else 1 for item in items)


def texts(imported: Imported, name: str) -> dict[str, str | bytes]:
    """Every file that the import makes, by its path relative to the target's folder; `name` is the collection's."""
    further = {path: writer.write(data) for path, data in imported.collections.items()}
    return {name: writer.write(imported.collection), **further, **imported.files, **_kept(imported, name)}


def _kept(imported: Imported, name: str) -> dict[str, str]:
    """The files of snapshots, each beside its request file."""
    if not imported.snapshots:
        return {}
    from runner.engine.snapshots import dump

    paths = ((path or name, found) for path, found in imported.snapshots.items())
    return {f"{path.rpartition('.')[0] or path}.snap.json": dump(found) for path, found in paths}


def ordered(data: Mapping[Any, Any], order: Iterable[str]) -> Data:
    """The entries in canonical order, those that are None left out.

    A disabled entry has the place of its key; another comment stays before the entry that follows it.
    """
    place = {key: number for number, key in enumerate(order)}
    blocks: list[tuple[int, list[tuple[Any, Any]]]] = []
    waiting: list[tuple[Any, Any]] = []
    for key, value in data.items():
        own = next(iter(key.value), None) if isinstance(key, Disabled) and isinstance(key.value, Mapping) else None
        if own in place:
            blocks.append((place[own], [(key, value)]))
        elif isinstance(key, (Comment, Disabled)):
            waiting.append((key, value))
        elif value is not None:
            blocks.append((place[key], [*waiting, (key, value)]))
            waiting = []
    blocks.append((len(place), waiting))
    return {key: value for _, block in sorted(blocks, key=lambda block: block[0]) for key, value in block}


# --- names ---------------------------------------------------------------------------------------------------------


class Names:
    """Variable names of a foreign file as ours have to be: the same foreign name gives the same one everywhere."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}
        self._taken: set[str] = set(RESERVED_NAMES)
        #: Foreign names that mean a value of the request at hand alone, with its name.
        self.renamed: Mapping[str, str] = {}

    def __call__(self, foreign: str) -> str:
        name = self.renamed.get(foreign) or self._given.get(foreign)
        if name is None:
            name = self._given[foreign] = _numbered(usable_name(foreign), self._taken, "_")
            self._taken.add(name)
        return name

    def fresh(self, like: str) -> str:
        """A name like this one that no foreign name has."""
        name = _numbered(usable_name(like), self._taken, "_")
        self._taken.add(name)
        return name

    @property
    def given(self) -> dict[str, str]:
        """Foreign names, each with the name that it has here."""
        return dict(self._given)

    @property
    def changed(self) -> dict[str, str]:
        """Foreign names that had to be changed, with what they are now."""
        return {foreign: name for foreign, name in self._given.items() if foreign != name}


def usable_name(foreign: str) -> str:
    """A name of letters, digits and _ that is like the foreign one."""
    name = foreign if re.fullmatch(r"\w+", foreign, re.ASCII) else re.sub(r"[^A-Za-z0-9_]+", "_", foreign).strip("_")
    return f"_{name}" if not name or name[0].isdigit() else name


class Unique:
    """Names that are unique among their neighbours; control characters and line breaks become spaces."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def __call__(self, foreign: str, fallback: str = "Request") -> str:
        name = _numbered(_one_line(foreign) or fallback, self._taken, " ")
        self._taken.add(name)
        return name

    def is_free(self, foreign: str) -> bool:
        """Whether there is a name in it that nothing has yet."""
        name = _one_line(foreign)
        return name != "" and name not in self._taken


def _one_line(foreign: str) -> str:
    plain = foreign if foreign.isprintable() else "".join(c if c.isprintable() else " " for c in foreign)
    return re.sub(r"{(?={)", "{ ", " ".join(plain.split()))


def _numbered(name: str, taken: set[str], separator: str) -> str:
    found, number = name, 2
    while found in taken:
        found, number = f"{name}{separator}{number}", number + 1
    return found


def safe_stem(name: str) -> str:
    """A file name, without ending, that stays in its folder on every system."""
    stem = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower()[:60].strip("-")
    return stem or "requests"


# --- texts ---------------------------------------------------------------------------------------------------------


def literal(text: str) -> str:
    """A text without placeholders, as our language spells it."""
    return text.replace("{{", "\\{{")


#: What would change the meaning of a `{{` after it: a backslash takes it away, a brace joins it.
_JOINING = re.compile(r"[{\\]+$")


def with_placeholders(text: str, placeholder: re.Pattern[str], ours: Callable[[str], str | None]) -> str:
    """A foreign text with its placeholders as ours.

    The pattern's group 1 is what the placeholder holds; `ours` gives the expression for it, or None where it is meant
    literally.
    """
    parts: list[str] = []
    position = 0
    for match in placeholder.finditer(text):
        expression = ours(match[1])
        if expression is None:
            continue
        parts += [_apart(text[position : match.start()]), "{{", expression, "}}"]
        position = match.end()
    return "".join([*parts, literal(text[position:])])


def _apart(text: str) -> str:
    """A literal text that does not join the placeholder behind it: what would is a placeholder of its own."""
    joining = _JOINING.search(text)
    if joining is None:
        return literal(text)
    constant = json.dumps(joining.group()).replace("{{", "{\\u007b")
    return f"{literal(text[: joining.start()])}{{{{`{constant}`}}}}"
