"""The path of an operation → the `url` of its request, with variables for what stands in braces.

    path, its parameters ─▶ text with placeholders ─▶ behind the operation's own server, where it has one
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from runner.formats.draft import Comment, Names, literal
from runner.formats.openapi import styles
from runner.formats.openapi.operations import Operation, Parameter
from runner.formats.openapi.servers import Server, servers_of
from runner.formats.openapi.shapes import shape_of
from runner.formats.openapi.values import Maker, active
from runner.formats.openapi.variables import Ours, Variables, is_credential, parameter_name

_TEMPLATE = re.compile(r"\{([^{}]*)\}")
#: What has to be encoded within a part of a path (RFC 3986 § 3.3).
_UNSAFE = re.compile(r"[/?#%\[\]]")


class Urls:
    """Makes URLs; `servers` are those of the document, the first of which is `base_url`."""

    def __init__(self, variables: Variables, names: Names, maker: Maker, servers: Sequence[Server]) -> None:
        self._variables = variables
        self._names = names
        self._maker = maker
        self._servers = [server.url for server in servers]

    def url(self, operation: Operation) -> Ours:
        """The URL of an operation's request; what it needs is declared."""
        known = {each.name: each for each in operation.parameters if each.place == "path"}
        path, used = operation.path.partition("#")[0], set()  # a fragment tells operations apart, and is not sent
        pieces: list[str] = []
        at = 0
        for match in _TEMPLATE.finditer(path):
            used.add(match[1])
            placeholder = self._in_path(match[1], known, path[: match.start()], operation)
            pieces += [_apart(path[at : match.start()]), placeholder]
            at = match.end()
        for name in known.keys() - used:
            known[name].part.lose(f"path parameter '{name}'", f"the path {path} has no place for it")
        url = "".join([*pieces, literal(path[at:])])
        server = self._server(operation)
        return Ours(server.url + url if server is not None else url)

    def _in_path(self, written: str, known: dict[str, Parameter], before: str, operation: Operation) -> str:
        """The placeholder of a path parameter, its variable declared."""
        name = written.strip(";.*+?")
        parameter = known.get(written) or known.get(name)
        if is_credential(name):
            return self._variables.secret(name)
        if parameter is None:
            why = "the document does not declare it"
            operation.part.lose(f"path parameter '{name}'", why, "give its variable a value")
            value, kind, style, explode = name, "", "simple", False
        else:
            value = active(self._maker.sampled(parameter.samples, parameter.schema, parameter_name(name, before)))
            value = styles.as_text(value) if parameter.media else value
            shape = shape_of(parameter.schema)
            kind = repr((shape.type, shape.get("format"), shape.get("pattern"), shape.get("enum")))
            style, explode = parameter.style, parameter.explode
        front, text = styles.in_path(value, name, style, explode)
        kind = text if isinstance(value, (list, dict)) else kind
        encoded = isinstance(value, str) and not isinstance(value, Ours) and _UNSAFE.search(value) is not None
        plain = value if isinstance(value, (int, float, Ours)) else Ours(literal(text or name))
        ours = self._variables.path_parameter(parameter_name(name, before), plain, kind)
        return literal(front) + (f"{{{{url_encode({ours})}}}}" if encoded else f"{{{{{ours}}}}}")

    def _server(self, operation: Operation) -> Server | None:
        """The first of an operation's own servers; None where that is the document's, which environments change."""
        if operation.servers is None:
            return None
        own = servers_of(operation.servers, self._names)
        same = bool(own) and own[0].url == self._servers[0]
        for other in own[1:]:
            if not (same and other.url in self._servers):
                why = "a request has one URL: that of the first server is taken"
                operation.servers.lose(f"server {other.url}", why)
        if not own or same:
            return None
        self._declare(own[0])
        return own[0]

    def _declare(self, server: Server) -> None:
        """Declares the variables of a server, each with the comment that stands before it."""
        waiting: dict[Comment, None] = {}
        for name, value in server.variables.items():
            if isinstance(name, Comment):
                waiting[name] = None
            elif name not in self._variables.plain:
                self._variables.plain |= {**waiting, name: value}
                waiting = {}


def _apart(text: str) -> str:
    """A text before a placeholder: a brace or backslash at its end would join it (RFC 3986 allows neither)."""
    end = len(text.rstrip("{\\"))
    return literal(text[:end]) + quote(text[end:])
