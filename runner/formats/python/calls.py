"""A request → the call of httpx that sends it: method, URL and keyword arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from runner.engine.media_types import media_type
from runner.formats.addresses import address, has_known_query, in_query, query_mark
from runner.formats.flat import Auth, Flat, Pairs, Part
from runner.formats.python.literals import Code, literal, text
from runner.formats.python.values import Values
from runner.formats.symbols import CAPTURE, Ref, Value, is_known, joined, literal_text
from runner.language.values import as_text

#: Methods of a client that take a body; others take none.
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_WITHOUT = frozenset({"GET", "DELETE", "HEAD", "OPTIONS"})
#: Settings that httpx has for a client, and not for a request.
OF_CLIENTS = ("verify", "client_cert", "proxy", "http2")


class Call(NamedTuple):
    """What is called, and with what."""

    function: str
    arguments: tuple[str, ...]
    keywords: tuple[tuple[str, Any], ...]

    def written(self, before: str, indent: int) -> str:
        """The statement, with `before` at its beginning."""
        start = f"{' ' * indent}{before}{self.function}("
        found = [*self.arguments, *(f"{name}={literal(value)}" for name, value in self.keywords)]
        short = f"{start}{', '.join(found)})"
        if len(short) <= 100 and len(self.keywords) < 3:
            return f"{short}\n"
        inner = indent + 4
        found = [
            *self.arguments,
            *(f"{name}={literal(value, inner, len(name) + 2)}" for name, value in self.keywords),
        ]
        lines = "".join(f"{' ' * inner}{one},\n" for one in found)
        return f"{start}\n{lines}{' ' * indent})\n"


def call(flat: Flat, values: Values, token: Value = None) -> Call:
    """The call for a request; `token` is what its auth fetched."""
    headers = list(flat.headers)
    keywords: dict[str, Any] = dict(_authorized(flat, headers, values, token))
    url = _url(flat, values, keywords.pop("query", ()))
    if flat.cookies or (flat.held_cookies and values.keeps_cookies):
        headers.append(("Cookie", _cookies(flat, url, values)))
    body = dict(_body(flat, headers, values))
    if headers:
        keywords = {"headers": _headers(headers, values), **keywords}
    keywords |= body
    keywords |= dict(_settings(flat, values))
    arguments: tuple[str, ...] = (url,)
    if flat.method in (_WITH_BODY if body else _WITHOUT | _WITH_BODY):
        function = f"client.{flat.method.lower()}"
    else:
        function, arguments = "client.request", (text(flat.method), url)
    return Call(function, arguments, tuple(keywords.items()))


def _url(flat: Flat, values: Values, more: Pairs) -> str:
    url = address(flat)
    parts: list[Value] = [url]
    pairs = [*(() if has_known_query(flat) else flat.query), *more]
    if pairs:
        parts.append(query_mark(url) or ("" if literal_text(url).endswith(("?", "&")) else "&"))
    for place, (name, value) in enumerate(pairs):
        parts += ["&" if place else "", *_pair(name, value, values)]
    code = values.text(*parts)
    return code if flat.open_base is None else Code(f"whole({values.text(flat.open_base)}, {code})")


def _pair(name: Value, value: Value, values: Values) -> list[Value]:
    """An entry of the query; one for each element of what is known to be a list."""
    if isinstance(value, Ref) and value.kind == CAPTURE and values.name(value.name) in values.lists:
        one = values.text(_quoted(name, values), "=", Code("quote(str(one))"))
        return [Code(f'"&".join({one} for one in {values.name(value.name)})')]
    return [_quoted(name, values), "=", _quoted(value, values)]


def _quoted(value: Value, values: Values) -> Value:
    """A name or value of the query, which the script encodes where it is not known."""
    return in_query(value) if is_known(value) else Code(f"quote({values.text(value)})")


def _headers(headers: list[tuple[Value, Value]], values: Values) -> Any:
    found = [(values.text(name), _header(value, values)) for name, value in headers]
    names = [name.lower() for name, _ in found]
    return dict(found) if len(set(names)) == len(names) else found


def _header(value: Value, values: Values) -> Code:
    return value if isinstance(value, Code) else values.text(as_text(value) if is_known(value) else value)


def _cookies(flat: Flat, url: str, values: Values) -> Value:
    """The cookies of a request over those of the client, some of which it holds back."""
    if not values.keeps_cookies:
        found = [joined(name, "=", as_text(value) if is_known(value) else value) for name, value in flat.cookies]
        return joined(*(joined("; " if place else "", one) for place, one in enumerate(found)))
    own: dict[str, Any] = {values.text(name): _header(value, values) for name, value in flat.cookies}
    own |= {values.text(name): None for name in flat.held_cookies}
    return Code(f"cookies(client, {url}, {literal(own)})")


# --- authentication --------------------------------------------------------------------------------------------------


def _authorized(flat: Flat, headers: list[Any], values: Values, token: Value) -> Iterator[tuple[str, Any]]:
    """Adds to the headers, or gives `auth`, or entries for the query; a header that the request writes wins."""
    auth = flat.auth
    if auth is None or flat.header("authorization") is not None:
        return
    fields = auth.fields
    if auth.type == "bearer":
        headers.append(("Authorization", joined("Bearer ", fields.get("token", ""))))
    elif auth.type in ("basic", "digest"):
        pair = tuple(values.text(fields.get(name, "")) for name in ("username", "password"))
        yield "auth", pair if auth.type == "basic" else Code(f"httpx.DigestAuth({', '.join(pair)})")
    elif auth.type == "netrc":
        yield "auth", Code("httpx.NetRCAuth()")
    elif auth.type == "api_key":
        yield from _placed(fields.get("in", "header"), fields.get("name", ""), fields.get("value", ""), headers)
    elif token is not None:
        yield from _token(auth, token, headers)
    else:
        values.lose(f"auth '{auth.type}'", "httpx does not sign requests so", "a library for it")


def _placed(place: Value, name: Value, value: Value, headers: list[Any]) -> Iterator[tuple[str, Any]]:
    if place == "query":
        yield "query", ((name, value),)
    else:
        headers.append(("Cookie", joined(name, "=", value)) if place == "cookie" else (name, value))


def _token(auth: Auth, token: Value, headers: list[Any]) -> Iterator[tuple[str, Any]]:
    fields = auth.fields
    if fields.get("in") == "query":
        yield "query", ((fields.get("name", "access_token"), token),)
        return
    prefix = fields.get("prefix", "Bearer")
    space = " " if prefix != "" else ""
    headers.append((fields.get("name", "Authorization"), joined(prefix, space, token)))


# --- bodies --------------------------------------------------------------------------------------------------------


def _body(flat: Flat, headers: list[Any], values: Values) -> Iterator[tuple[str, Any]]:
    kind, body = flat.kind, flat.body
    if kind == "json" and body is None:
        _typed(flat, headers, "application/json")
        yield "content", "null"
    elif kind == "json":
        yield "json", values.code(body)
    elif kind == "graphql":
        yield "json", _graphql(body, values)
    elif kind == "form":
        yield "data", _form(body, values)
    elif kind == "multipart":
        yield "files", [(values.text(part.name), _part(part, values)) for part in body]
    elif kind == "text":
        _typed(flat, headers, "text/plain; charset=utf-8")
        yield "content", values.text(as_text(body) if is_known(body) else body)
    elif kind == "file":
        _typed(flat, headers, media_type(literal_text(body)))
        yield "content", Code(f"Path({values.text(body)}).read_bytes()")


def _typed(flat: Flat, headers: list[Any], implied: str) -> None:
    """The Content-Type that a body has where no header says another one."""
    if implied and flat.header("content-type") is None:
        headers.append(("Content-Type", implied))


def _graphql(body: Any, values: Values) -> Any:
    document = body["query"]
    if isinstance(document, dict):
        document = Code(f'Path({values.text(document["file"])}).read_text(encoding="utf-8")')
    made = {"query": values.code(document)}
    if body.get("variables") is not None:
        made["variables"] = values.code(body["variables"])
    if "operation" in body:
        made["operationName"] = values.text(body["operation"])
    return made


def _form(pairs: Pairs, values: Values) -> Any:
    """Names with one value or a list of them."""
    made: dict[str, list[Any]] = {}
    for name, value in pairs:
        made.setdefault(values.text(name), []).append(values.text(as_text(value) if is_known(value) else value))
    return {Code(name): found[0] if len(found) == 1 else found for name, found in made.items()}


def _part(part: Part, values: Values) -> tuple[Any, ...]:
    """File name, content and type, as httpx takes a part."""
    kind = () if part.content_type is None else (values.text(part.content_type),)
    name = None if part.filename is None else values.text(part.filename)
    if part.file is not None:
        path = values.text(part.file)
        return (name or Code(f"Path({path}).name"), Code(f"Path({path}).read_bytes()"), *kind)
    if isinstance(part.value, (dict, list)):
        return (name, Code(f"json.dumps({literal(values.code(part.value))})"), *kind)
    return (name, values.text(as_text(part.value) if is_known(part.value) else part.value), *kind)


# --- settings ------------------------------------------------------------------------------------------------------


def _settings(flat: Flat, values: Values) -> Iterator[tuple[str, Any]]:
    redirects = flat.settings.get("follow_redirects", True)
    if redirects is False or redirects == 0:
        yield "follow_redirects", False
    elif redirects is not True and redirects != 10:
        values.lose("'follow_redirects'", "httpx has one number for a client", "max_redirects of the client")
    if "timeout" in flat.settings:
        yield "timeout", values.seconds(flat.settings["timeout"])
    for name, why in _LOST.items():
        if name in flat.settings:
            values.lose(f"'{name}'", *why)


_LOST = {
    "max_body": ("httpx reads a body to its end", "client.stream"),
    "max_events": ("httpx reads a stream to its end", "client.stream"),
}


def client(settings: Mapping[str, Value], values: Values) -> tuple[list[str], dict[str, Any]]:
    """Lines before, and the arguments for, a client whose requests have these settings."""
    made: dict[str, Any] = {}
    lines: list[str] = []
    verify, certificate = settings.get("verify", True), settings.get("client_cert")
    if certificate or not isinstance(verify, bool):
        lines = list(_context(verify, certificate, values))
        made["verify"] = Code("context")
    elif verify is False:
        made["verify"] = False
    if "http2" in settings:
        made["http2"] = settings["http2"]
    if settings.get("proxy") in ("", False):
        made["trust_env"] = False
    elif "proxy" in settings:
        made["proxy"] = values.text(settings["proxy"])
    return lines, made


def _context(verify: Value, certificate: Value, values: Values) -> Iterator[str]:
    """The lines that make a context of TLS."""
    known = isinstance(verify, bool)
    yield f"context = ssl.create_default_context({'' if known else f'cafile={values.text(verify)}'})"
    if verify is False:
        yield "context.check_hostname = False"
        yield "context.verify_mode = ssl.CERT_NONE"
    if certificate:
        names = {"cert": "certfile", "key": "keyfile", "password": "password"}
        found = {theirs: values.text(certificate[ours]) for ours, theirs in names.items() if certificate.get(ours)}
        yield f"context.load_cert_chain({', '.join(f'{name}={value}' for name, value in found.items())})"
