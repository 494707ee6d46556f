"""Servers → `base_url`, variables and environments.

The first server is the default; several are an environment each. Where the document names no host, the environment
variable API_ORIGIN does: nothing is invented.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from runner.formats.draft import Comment, Data, Names, literal, safe_stem, with_placeholders
from runner.formats.openapi.parts import Part
from runner.formats.openapi.variables import Ours, environment_variable
from runner.language.document.words import url_fault

_VARIABLE = re.compile(r"\{([^{}]+)\}")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|\{")
_LONGEST_NAME = 40


class Server(NamedTuple):
    """A server: its URL in our language, the variables in it, and what it is for."""

    url: Ours
    variables: Data
    words: str = ""


def servers_of(holder: Part, names: Names) -> list[Server]:
    """The servers that stand in the root of a document, or in an operation or path for itself.

    Of 2.0 `holder` is whose `schemes` they are.
    """
    root = holder.document.documents.root
    if not root.has("swagger"):
        return list(_of_v3(holder.at("servers"), names))
    hosts = root.at("x-ms-parameterized-host")
    return [_of_template(hosts, names)] if hosts.text("hostTemplate") else list(_of_v2(root, holder))


def without_host(path: str = "", words: str = "") -> Server:
    """A server of which only the path is known."""
    comment = Comment("The document names no host: API_ORIGIN does, as in https://api.example.com")
    return Server(Ours("{{origin}}" + path), {comment: None, "origin": Ours("{{env.API_ORIGIN}}")}, words)


def _of_v3(servers: Part, names: Names) -> Iterator[Server]:
    for part in servers.items():
        url = part.text("url")
        plain = _VARIABLE.sub(lambda match: _default(part.at("variables", match[1])) or "1", url)  # noqa: B023
        fault = url_fault(plain) or ("" if _is_web(plain) else "only http and https are spoken")
        if fault:
            part.lose(f"server '{url}'", fault, "set base_url")
        else:
            yield _server(f"https:{url}" if url.startswith("//") else url, part, names)


def _is_web(url: str) -> bool:
    return urlsplit(url).scheme in ("", "http", "https")


def _server(url: str, part: Part, names: Names) -> Server:
    variables: Data = {}
    text = with_placeholders(url.rstrip("/"), _VARIABLE, lambda name: _variable(name, part, variables, names))
    words = part.text("description") or part.text("name")
    if _ABSOLUTE.match(url):
        return Server(Ours(text), variables, words)
    relative = without_host(f"/{text.lstrip('./')}" if text else "", words)
    return relative._replace(variables={**relative.variables, **variables})


def _variable(name: str, part: Part, variables: Data, names: Names) -> str:
    """A server variable with its default, and its choices as a comment."""
    declared = part.at("variables", name)
    ours = names(name)
    choices = _choices(declared)
    value = _default(declared)
    if not value:
        declared.lose(f"server variable '{name}'", "it has no default", f"set '{ours}'")
    if len(choices) > 1:
        variables[Comment(f"{ours}: one of {', '.join(choices)}")] = None
    variables[ours] = Ours(literal(value or name))
    return ours


def _choices(declared: Part) -> list[str]:
    return [item.text() for item in declared.at("enum").items()]


def _default(declared: Part) -> str:
    """The value of a server variable: its default, else the first of its choices."""
    return declared.text("default") or next(iter(_choices(declared)), "")


def _of_v2(root: Part, holder: Part) -> Iterator[Server]:
    """2.0: host and path, once for each scheme, https first."""
    host, path = root.text("host"), root.text("basePath").strip("/")
    path = literal(f"/{path}") if path else ""
    if not host:
        yield without_host(path)
        return
    named = [item.text() for item in holder.at("schemes").items()]
    fault = url_fault(f"https://{host}")
    if fault:
        root.at("host").lose(f"host '{host}'", fault, "set base_url")
        yield without_host(path)
        return
    for scheme in named:
        if scheme not in ("http", "https"):
            holder.at("schemes").lose(f"scheme '{scheme}'", "only http and https are spoken")
    spoken = {scheme for scheme in named if scheme in ("http", "https")}
    for scheme in sorted(spoken or {"https"}, reverse=True):
        yield Server(Ours(f"{scheme}://{literal(host)}{path}"), {}, scheme)


def _of_template(hosts: Part, names: Names) -> Server:
    """AutoRest's host with parameters in it, for APIs of which each customer has one of their own."""
    variables: Data = {}
    declared = {part.text("name"): part for each in hosts.at("parameters").items() if (part := each.follow())}

    def variable(name: str) -> str:
        ours = names(name)
        known = declared.get(name)
        value = (known.text("default") or known.text("x-ms-example")) if known is not None else ""
        variables[ours] = Ours(literal(value)) if value else environment_variable(name)
        return ours

    text = with_placeholders(hosts.text("hostTemplate").rstrip("/"), _VARIABLE, variable)
    path = hosts.document.documents.root.text("basePath").strip("/")
    scheme = "" if hosts.at("useSchemePrefix").value is False else "https://"
    return Server(Ours(scheme + text + literal(f"/{path}" if path else "")), variables)


def environments(servers: list[Server]) -> Data:
    """An environment for each of several servers, by what it is for or by its host."""
    found: Data = {}
    for server in servers if len(servers) > 1 else ():
        like = safe_stem(server.words) if 0 < len(server.words.strip()) <= _LONGEST_NAME else ""
        host = urlsplit(re.sub(r"\{\{|\}\}", "", server.url)).hostname or "server"
        name, number = like or host, 2
        while name in found:
            name, number = f"{like or host}-{number}", number + 1
        found[name] = {"base_url": server.url, **server.variables}
    return found
