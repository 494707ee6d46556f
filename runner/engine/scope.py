"""Variables at run time: layers, lazily evaluated, each value once, with its origin; secrets stay marked.

    --var  →  rows  →  request variables  →  captures  →  group variables  →  environment  →  collection

Of rows the nearest `for_each` comes first and `--data` last. An included file has an environment of its own, before its
variables, in the place of a group.

A variable sees what its own layer sees: one of the collection does not see those of a request. This file knows no
request and sends nothing; which names exist at all was judged before (`references`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from runner.diagnostics import Span
from runner.engine.exchange import SaveTo
from runner.engine.payload import BodyFile
from runner.errors import EvaluationError, ResolveError
from runner.language import query, template
from runner.language.model import Declared, Expression, Template, Variable, Variables
from runner.language.values import Value, as_text, kind
from runner.redaction import Redactor


@dataclass(slots=True, eq=False)
class Values:
    """A layer of plain values: `--var`, a row, or captures. `origin` says where they come from."""

    values: dict[str, Value]
    origin: str

    def where(self, name: str) -> str:
        return self.origin

    def holds(self, name: str) -> bool:
        return name in self.values

    def value(self, name: str, scope: Scope) -> tuple[Value, bool]:
        return self.values[name], False

    def names(self) -> Iterable[str]:
        return self.values


@dataclass(slots=True, eq=False)
class Row(Values):
    """A row of a `for_each`: `depth` is that of its loop; `secret` if it was taken from secrets."""

    depth: int = 0
    secret: bool = False

    def value(self, name: str, scope: Scope) -> tuple[Value, bool]:
        return self.values[name], self.secret


class Declarations:
    """A layer of declared variables, each evaluated once, in the scope that this layer sees."""

    def __init__(self, declared: Variables, origin: str) -> None:
        self.declared = declared
        self._origin = origin
        self._memo: dict[str, tuple[Value, bool]] = {}
        self._open: list[str] = []
        self.scope: Scope | None = None

    def where(self, name: str) -> str:
        return f"{self._origin} ({self.declared[name].span.where})"

    def holds(self, name: str) -> bool:
        return name in self.declared

    def names(self) -> Iterable[str]:
        return self.declared

    def value(self, name: str, scope: Scope) -> tuple[Value, bool]:
        found = self._memo.get(name)
        if found is None:
            found = self._memo[name] = self._evaluate(self.declared[name], self.scope or scope)
        return found

    def _evaluate(self, variable: Variable, scope: Scope) -> tuple[Value, bool]:
        if variable.name in self._open:
            cycle = " → ".join([*self._open[self._open.index(variable.name) :], variable.name])
            raise ResolveError(f"variables form a cycle: {cycle}", variable.span)
        self._open.append(variable.name)
        try:
            with scope.watching() as watch:
                value = resolve(variable.value, scope)
            return value, watch.secret
        finally:
            self._open.pop()


Layer = Values | Declarations


class EnvironmentVariables(Mapping[str, str]):
    """`env`: the process environment, then the `.env` files."""

    def __init__(self, process: Mapping[str, str], files: Mapping[str, str]) -> None:
        self._process = process
        self._files = files

    def __getitem__(self, name: str) -> str:
        if name in self._process:
            return self._process[name]
        return self._files[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._files, **self._process})

    def __len__(self) -> int:
        return len({**self._files, **self._process})

    def where(self, name: str) -> str:
        return "environment" if name in self._process else ".env"


class _Watch:
    """Whether a secret was read while a value was computed."""

    __slots__ = ("_outer", "_scope", "secret")

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._outer = False
        self.secret = False

    def __enter__(self) -> _Watch:
        self._outer, self._scope.shared.secret_read = self._scope.shared.secret_read, False
        return self

    def __exit__(self, *_: object) -> None:
        self.secret = self._scope.shared.secret_read
        self._scope.shared.secret_read = self.secret or self._outer


class Files(Protocol):
    """What the engine asks of the disk: files that a collection names, and the user's netrc."""

    def locate(self, file: str, path: str) -> str:
        """The path of what the request file `file` names. Raises ValueError: outside the root, or no file."""

    def read(self, path: str) -> str:
        """The text of a file. Raises ValueError with the reason."""

    def upload(self, file: str, path: str, span: Span | None) -> BodyFile:
        """What `file` names at `span`, to be sent. Raises ValueError: outside the root, no file, or not to be read."""

    def download(self, file: str, path: str, span: Span | None) -> SaveTo:
        """What `file` names at `span`, to be written. Raises ValueError: outside the root, or a folder."""

    def netrc_login(self, host: str) -> tuple[str, str] | None:
        """User name and password for a host; None without an entry. Raises ValueError with the reason."""


class NoFiles:
    """Files for those who look at none: paths stay as they are written."""

    def locate(self, file: str, path: str) -> str:
        return path

    def read(self, path: str) -> str:
        raise ValueError(f"no such file: '{path}'")

    def upload(self, file: str, path: str, span: Span | None) -> BodyFile:
        raise ValueError(f"no such file: '{path}'")

    def download(self, file: str, path: str, span: Span | None) -> SaveTo:
        raise ValueError(f"no such folder: '{path}'")

    def netrc_login(self, host: str) -> tuple[str, str] | None:
        return None


@dataclass(slots=True, eq=False)
class Shared:
    """What all scopes of one run of a collection share.

    `path` is that of its file; what another file wrote is relative to that one. `memo` is for what an auth scheme
    learned.
    """

    env: EnvironmentVariables
    secret_names: set[str]
    redactor: Redactor
    path: str = ""
    files: Files = field(default_factory=NoFiles)
    memo: dict[Any, Any] = field(default_factory=dict)
    secret_read: bool = False

    def locate(self, path: str, span: Span | None = None) -> str:
        """The path of what is named at `span`, relative to the file that wrote it. Raises ValueError."""
        return self.files.locate(span.source.path if span else self.path, path)


class Scope(Mapping[str, Value]):
    """The variables that one request, group or collection sees; also `vars` of the response document."""

    __slots__ = ("layers", "shared")

    def __init__(self, layers: tuple[Layer, ...], shared: Shared) -> None:
        self.layers = layers
        self.shared = shared

    def __getitem__(self, name: str) -> Value:
        for layer in self.layers:
            if layer.holds(name):
                value, secret = layer.value(name, self)
                if secret or name in self.shared.secret_names:
                    self.shared.secret_read = True
                    self.shared.redactor.add(value)
                return value
        if name == "env":
            return self.shared.env
        if name == "vars":
            return self
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return any(layer.holds(str(name)) for layer in self.layers) or name in ("env", "vars")

    def __iter__(self) -> Iterator[str]:
        seen: dict[str, None] = {}
        for layer in self.layers:
            seen.update(dict.fromkeys(layer.names()))
        return iter(seen)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def where(self, name: str) -> str:
        """Where the value of a name comes from, in words with file, line and column."""
        for layer in self.layers:
            if layer.holds(name):
                return layer.where(name)
        raise KeyError(name)

    def watching(self) -> _Watch:
        """A context that tells afterwards whether a secret was read in it."""
        return _Watch(self)

    def render(self, text: Template) -> Value:
        """The value of a template; what is computed from a secret is a secret.

        The words around it stay readable, as in `/bot***/getMe`, unless a part is not found again within longer text.

        Raises:
            ResolveError: with the place in the file.
        """
        secret: list[Value] = []
        try:
            value = template.render(text, self, lambda compiled: self._computed(compiled, secret))
        except EvaluationError as error:
            raise _located(error, text) from None
        if not all(self.shared.redactor.finds(part) for part in secret):
            self.shared.redactor.add(value)
        return value

    def _computed(self, compiled: query.Query, secret: list[Value]) -> Value:
        """The value of one placeholder, which is added to `secret` where it is one: it is hidden by itself."""
        with self.watching() as watch:
            value = compiled.evaluate(self, strict=True)
        if watch.secret:
            self.shared.redactor.add(value)
            secret.append(value)
        return value

    def evaluate(self, expression: Expression) -> Value:
        """The value of an expression over the variables.

        Raises:
            ResolveError: with the place in the file.
        """
        try:
            return query.compile(expression.text).evaluate(self, strict=True)
        except EvaluationError as error:
            raise _located(error, expression) from None


def _located(error: EvaluationError, where: Template | Expression) -> ResolveError:
    span = where.span
    if error.start is not None:
        span = span.locate(where.text, error.start, error.end or error.start + 1)
    return ResolveError(error.message, span, error.hint)


def resolve(declared: Declared, scope: Scope) -> Value:
    """The value of declared data: its templates rendered, everything else as it is.

    Raises:
        ResolveError: a template cannot be rendered.
    """
    given = type(declared)
    if given is Template:
        return scope.render(declared)
    if given is dict:
        return {_key(name, scope): resolve(value, scope) for name, value in declared.items()}
    if given is list:
        return [resolve(value, scope) for value in declared]
    return declared


def _key(name: Any, scope: Scope) -> str:
    if not isinstance(name, Template):
        return str(name)
    value = scope.render(name)
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, int, float)):
        return as_text(value)
    raise ResolveError(f"a key must be text, this is {kind(value)}", name.span)
