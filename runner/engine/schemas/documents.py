"""Documents that hold schemas: a JSON Schema, an OpenAPI document, or a schema that stands in a request file.

A document knows its dialect, finds what a fragment points at, and says where each part of it stands. This file follows
no `$ref` and judges nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, NamedTuple
from urllib.parse import quote, urljoin

from runner.diagnostics import Span, did_you_mean
from runner.engine.schemas.keywords import Steps, inner
from runner.language.data import has, part

#: `$schema` of the drafts that are known, without the `#` that the older ones end with.
DRAFTS = (
    "https://json-schema.org/draft/2020-12/schema",
    "https://json-schema.org/draft/2019-09/schema",
    "http://json-schema.org/draft-07/schema",
    "http://json-schema.org/draft-06/schema",
    "http://json-schema.org/draft-04/schema",
)
_NAMES_SHOWN = 8


class Dialect(Enum):
    """How the schemas of a document are to be read."""

    JSON_SCHEMA = "JSON Schema"
    OPENAPI_3_1 = "OpenAPI 3.1"
    OPENAPI_3_0 = "OpenAPI 3.0"
    SWAGGER_2_0 = "OpenAPI 2.0"

    @property
    def is_openapi(self) -> bool:
        return self is not Dialect.JSON_SCHEMA


class SchemaFault(Exception):
    """A schema cannot be used. `span` is the place in its own file, None where the wish for it is at fault."""

    def __init__(self, message: str, span: Span | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.hint = hint


class Identified(NamedTuple):
    """What `$id` and `$anchor` say: URIs with the steps to what they name, and the base below certain steps."""

    places: dict[str, Steps]
    bases: dict[Steps, str]


class Document:
    """A document: `path` is where it was read, for paths that start from it; `uri` is the same as a URI.

    `name` is how people know it; `place` gives the span of a part. `names`: it may hold `$id`s and anchors.
    """

    def __init__(
        self, name: str, path: str, uri: str, value: Any, place: Callable[[Steps, bool], Span], names: bool = True
    ) -> None:
        self.name = name
        self.path = path
        self.uri = uri
        self.value = value
        self.dialect = dialect_of(value)
        self._place = place
        self._identified: Identified | None = None if names else Identified({}, {(): uri})

    def span(self, steps: Steps = (), *, key: bool = False) -> Span:
        """Where a part stands, or with `key` its name."""
        return self._place(steps, key)

    @property
    def draft(self) -> str:
        """The `$schema` in force, without `#` at its end; empty where it is none of `DRAFTS`."""
        if self.dialect.is_openapi or not isinstance(self.value, dict):
            return DRAFTS[0]
        wanted = str(self.value.get("$schema", DRAFTS[0])).removesuffix("#")
        return wanted if wanted in DRAFTS else ""

    @property
    def identified(self) -> Identified:
        """What the `$id`s and anchors of its schemas say; read once, and the `$id`s are taken out.

        Every `$ref` is made absolute by who follows it, so that nothing has a use for them any more.
        """
        if self._identified is None:
            self._identified = Identified({}, {(): self.uri})
            for steps, schema in list(self.schemas()):
                self._identify(steps, schema, self._identified)
        return self._identified

    def schemas(self) -> Iterator[tuple[Steps, Any]]:
        """All schemas from the root on, or from those that an OpenAPI document names, outer ones first."""
        waiting: list[tuple[Steps, Any]] = list(self._roots())
        while waiting:
            steps, schema = waiting.pop()
            yield steps, schema
            waiting += [((*steps, *found.steps), found.schema) for found in inner(schema)]

    def _roots(self) -> Iterator[tuple[Steps, Any]]:
        if not self.dialect.is_openapi:
            yield (), self.value
            return
        for keys in (("components", "schemas"), ("definitions",)):
            named = part(self.value, keys)
            yield from (((*keys, name), schema) for name, schema in named.items()) if isinstance(named, dict) else ()

    def _identify(self, steps: Steps, schema: Any, found: Identified) -> None:
        if not isinstance(schema, dict):
            return
        base = self.base(steps, found)
        id_key = "id" if self.draft == DRAFTS[-1] else "$id"
        name = schema.get(id_key)
        if isinstance(name, str):
            del schema[id_key]
            base = urljoin(base, name)
            found.places.setdefault(base.removesuffix("#"), steps)
            if not name.startswith("#"):  # in the older drafts an anchor
                found.bases[steps] = base.removesuffix("#")
        for key in ("$anchor", "$dynamicAnchor"):
            if isinstance(schema.get(key), str):
                found.places.setdefault(f"{base.partition('#')[0]}#{schema[key]}", steps)

    def base(self, steps: Steps, found: Identified | None = None) -> str:
        """The URI from which a `$ref` at some steps starts."""
        bases = (found or self.identified).bases
        return next(bases[steps[:length]] for length in range(len(steps), -1, -1) if steps[:length] in bases)

    def find(self, fragment: str, uri: str = "") -> Steps:
        """The steps to what a fragment points at, a JSON pointer (RFC 6901 § 6) or an anchor.

        It starts at the root, or at what `uri` names here.

        Raises:
            SchemaFault: it leads nowhere; the message begins with the fragment.
        """
        if fragment and not fragment.startswith("/"):
            steps = self.identified.places.get(f"{uri or self.uri}#{fragment}")
            if steps is None:
                raise SchemaFault(f"'#{fragment}' leads nowhere: {self.name} has no such anchor")
            return steps
        steps = self.identified.places.get(uri, ())
        value = part(self.value, steps)
        for token in fragment.split("/")[1:]:
            name = token.replace("~1", "/").replace("~0", "~")
            step: str | int = int(name) if isinstance(value, list) and name.isascii() and name.isdigit() else name
            if not has(value, step):
                raise self._nowhere(fragment, steps, value, name)
            steps, value = (*steps, step), value[step]
        return steps

    def _nowhere(self, fragment: str, steps: Steps, value: Any, name: str) -> SchemaFault:
        where = f"'{'/'.join(map(str, steps))}'" if steps else self.name
        names = [str(key) for key in value] if isinstance(value, dict) else []
        shown = f"it has {', '.join(names[:_NAMES_SHOWN])}{', …' if len(names) > _NAMES_SHOWN else ''}" if names else ""
        hint = did_you_mean(name, names) or shown
        return SchemaFault(f"'#{fragment}' leads nowhere: {where} has no '{name}'", hint=hint)

    def at(self, steps: Steps) -> Any:
        """What stands at some steps."""
        return part(self.value, steps)


def dialect_of(value: Any) -> Dialect:
    """What kind of document a value is."""
    if not isinstance(value, dict):
        return Dialect.JSON_SCHEMA
    if "swagger" in value:
        return Dialect.SWAGGER_2_0
    if "openapi" not in value:
        return Dialect.JSON_SCHEMA
    return Dialect.OPENAPI_3_0 if str(value["openapi"]).startswith("3.0") else Dialect.OPENAPI_3_1


def pointer(steps: Steps) -> str:
    """The JSON pointer of some steps, as the fragment of a URI."""
    return "".join("/" + quote(str(step).replace("~", "~0").replace("/", "~1")) for step in steps)
