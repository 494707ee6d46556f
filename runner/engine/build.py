"""RequestSpec × scope → Request: everything rendered, joined and encoded, ready for the wire.

Auth is put on afterwards (`engine.auth`). Each fault names its place in the file. Nothing is sent from here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus, urlsplit

from runner.diagnostics import Span
from runner.engine.exchange import ClientCertificate, Connection, Headers, Request, SaveTo
from runner.engine.payload import Body, Multipart, files
from runner.engine.scope import Scope, resolve
from runner.engine.texts import json_bytes, rendered, texts
from runner.errors import ResolveError
from runner.language.document import METHOD, SETTINGS, UNIX, proxy_credentials, standard_method
from runner.language.model import ClientCert, Declared, Defaults, Entry, RequestSpec, Setting, Template
from runner.language.values import Value, as_text, kind
from runner.redaction import URL_READABLE

ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
#: What may stand in a URL as it is: RFC 3986's reserved and unreserved characters, and `%`.
_URL_SAFE = "%:/?#[]@!$&'()*+,;=-._~"
_Pairs = list[tuple[str, str]]
_HEADER_LINE = re.compile(r"[\r\n\0]")


class Flags(NamedTuple):
    """What the command line says about every request; it wins over the file. `timeout` in seconds."""

    timeout: float | None = None
    verify: bool | str | None = None
    proxy: str | None = None
    certificate: ClientCertificate | None = None


class BaseUrl(NamedTuple):
    """A `base_url` and its place."""

    url: str | Template
    span: Span | None


#: The settings with a value of their own, in `Defaults` and in the request file.
_SCALARS = ("timeout", "follow_redirects", "verify", "proxy", "http2", "max_body", "max_events")


def merge(chain: Iterable[Defaults]) -> Defaults:
    """Settings from the outermost to the nearest: headers and query by name, the rest whole, nearest wins."""
    headers: dict[str, Entry] = {}
    query: dict[str, Entry] = {}
    merged: dict[str, Any] = {}
    asserts: list[Any] = []
    for settings in chain:
        headers.update({entry.text.lower(): entry for entry in settings.headers})
        query.update({entry.text: entry for entry in settings.query})
        asserts += settings.asserts
        for name in (*_SCALARS, "client_cert", "retry"):
            found = getattr(settings, name)
            if found is not None:
                merged[name] = found
    return Defaults(headers=tuple(headers.values()), query=tuple(query.values()), asserts=tuple(asserts), **merged)


def declared_values(
    spec: RequestSpec, settings: Defaults, base_urls: tuple[BaseUrl, ...]
) -> Iterator[tuple[str, Declared]]:
    """Every declared value that is rendered to build a request, with the key that it stands under."""
    yield "url", spec.url
    yield "method", spec.method
    relative = not ABSOLUTE.match(spec.url if isinstance(spec.url, str) else spec.url.text)
    for base in base_urls if relative else ():
        yield "base_url", base.url
    entries = {"query": settings.query, "headers": settings.headers, "cookies": spec.cookies}
    for key, found in entries.items():
        yield from ((key, [entry.name, entry.value]) for entry in found)
    scalars = {key: getattr(settings, key) for key in _SCALARS}
    scalars |= {"delay": spec.delay, "save_to": spec.save_to}
    scalars |= settings.client_cert._asdict() if settings.client_cert else {}
    for key, scalar in (*scalars.items(), *_repeats(spec, settings)):
        if scalar is not None and isinstance(scalar.value, Template):
            yield key, scalar.value
    if spec.body is not None:
        yield from ((spec.body.kind, declared) for declared in _within(spec.body.value))


def _within(value: Any) -> Iterator[Declared]:
    """The declared values of records such as Entries and Parts, or the one value itself."""
    if isinstance(value, Template) or not isinstance(value, tuple):
        yield value
    elif not isinstance(value, Span):
        for field in value:
            yield from _within(field)


def _repeats(spec: RequestSpec, settings: Defaults) -> Iterator[tuple[str, Setting | None]]:
    """The settings of `retry`, `poll` and `paginate`."""
    if settings.retry is not None:
        attempts, delay, backoff, statuses, methods = settings.retry
        yield from (("retry", found) for found in (attempts, delay, backoff, *(statuses or ()), *(methods or ())))
    if spec.poll is not None:
        yield from (("poll", found) for found in (spec.poll.interval, spec.poll.timeout))
    if spec.paginate is not None:
        yield "paginate", spec.paginate.max_pages


def build(spec: RequestSpec, settings: Defaults, base_urls: tuple[BaseUrl, ...], scope: Scope, flags: Flags) -> Request:
    """The request as it goes out, without what `auth` adds.

    Raises:
        ResolveError: a template fails, or gives something that cannot stand in its place.
    """
    secret_query: set[str] = set()
    secret_headers: set[str] = set()
    url = join_url(_url(spec, base_urls, scope), _pairs(settings.query, scope, secret_query))
    headers = _headers(settings.headers, scope, secret_headers)
    cookies, held = _cookies(spec.cookies, scope)
    if cookies:
        headers.append(("Cookie", cookies))
    body, content_type = _body(spec, scope)
    if any(name.lower() == "content-type" for name, _ in headers):
        body, headers = _as_written(body, headers, settings)
    elif content_type:
        headers.append(("Content-Type", content_type))
    save_to = _save_to(spec, scope)
    return Request(
        method=_method(spec, scope),
        url=url,
        headers=tuple(headers),
        body=body,
        timeout=flags.timeout or setting(settings.timeout, "timeout", scope, 30.0),
        max_redirects=setting(settings.follow_redirects, "follow_redirects", scope, 10),
        max_body=setting(settings.max_body, "max_body", scope, 10_000_000),
        max_events=setting(settings.max_events, "max_events", scope, None),
        connection=connection(settings, scope, flags),
        secret_headers=frozenset(name.lower() for name in secret_headers),
        secret_query=frozenset(secret_query),
        held_cookies=held,
        each_wait=save_to is not None or any(files(body)),
        save_to=save_to,
    )


def connection(settings: Defaults, scope: Scope, flags: Flags) -> Connection:
    """The TLS and proxy settings of a request, and of the token request made for it."""
    return Connection(
        verify=_verify(settings.verify, scope) if flags.verify is None else flags.verify,
        proxy=_proxy(settings.proxy, scope) if flags.proxy is None else _hiding(flags.proxy, scope),
        certificate=flags.certificate or _client_certificate(settings.client_cert, scope),
        http2=setting(settings.http2, "http2", scope, False),
    )


def _verify(declared: Setting | None, scope: Scope) -> bool | str:
    verify: bool | str = setting(declared, "verify", scope, True)
    if isinstance(verify, str):
        assert declared is not None
        return file_path(declared.value, verify, "verify", declared.span, scope)
    return verify


def _proxy(declared: Setting | None, scope: Scope) -> str | None:
    """The proxy's URL. The path of a socket is relative to the request file; it is an address and no file that is
    read, so it may lie anywhere."""
    if declared is not None:
        _hiding(rendered(declared.value, "proxy", declared.span, scope), scope)
    proxy: str | None = setting(declared, "proxy", scope, None)
    if proxy is None or not proxy.startswith(UNIX):
        return proxy
    path = declared.span.source.path if declared is not None else scope.shared.path
    return UNIX + os.path.join(os.path.dirname(path), proxy.removeprefix(UNIX))


def _hiding(proxy: str, scope: Scope) -> str:
    """The proxy's URL, after its password was made secret."""
    for part in proxy_credentials(proxy):
        scope.shared.redactor.add(part)
    return proxy


def _client_certificate(declared: ClientCert | None, scope: Scope) -> ClientCertificate | None:
    if declared is None:
        return None
    cert, key = (
        file_path(part.value, rendered(part.value, name, part.span, scope), name, part.span, scope) if part else ""
        for name, part in (("cert", declared.cert), ("key", declared.key))
    )
    if declared.password is None:
        return ClientCertificate(cert, key)
    password = rendered(declared.password.value, "password", declared.password.span, scope)
    scope.shared.redactor.add(password)
    return ClientCertificate(cert, key, password)


_WHOLE_ENV = re.compile(r"\{\{\s*env\.\w+\s*\}\}", re.ASCII)


def from_outside(declared: Declared) -> bool:
    """Whether the environment alone names a file, which may then lie outside the project."""
    return isinstance(declared, Template) and _WHOLE_ENV.fullmatch(declared.text) is not None


def file_path(declared: Declared, path: str, name: str, span: Span | None, scope: Scope) -> str:
    """The path of a file that a key names: relative to the file that wrote it and within the project root.

    Raises:
        ResolveError: it lies outside the root, or is no file.
    """
    if from_outside(declared):
        return path
    try:
        return scope.shared.locate(path, span)
    except ValueError as error:
        raise ResolveError(f"'{name}': {error}", span) from None


def setting(declared: Setting | None, name: str, scope: Scope, default: Any) -> Any:
    """The value of a scalar setting; a template's value is held to the same rule as a literal one."""
    if declared is None:
        return default
    if not isinstance(declared.value, Template):
        return declared.value
    value = scope.render(declared.value)
    read = SETTINGS[name].read(value)
    if read is None:
        raise ResolveError(f"'{name}' wants {SETTINGS[name].wanted}, not {_shown(value)}", declared.span)
    return read


def _shown(value: Value) -> str:
    return f"{kind(value)} '{value}'" if isinstance(value, (str, int, float)) else kind(value)


# --- URL -----------------------------------------------------------------------------------------------------------


def _url(spec: RequestSpec, base_urls: tuple[BaseUrl, ...], scope: Scope) -> str:
    url = rendered(spec.url, "url", spec.url_span, scope)
    if not ABSOLUTE.match(url):
        url = _append(base_url(base_urls, scope), url)
    if not ABSOLUTE.match(url):
        hint = "give the collection a base_url, or write the whole URL"
        raise ResolveError(f"'{url}' has no host", spec.url_span, hint)
    scheme, _, rest = url.partition("://")
    if scheme.lower() not in ("http", "https") or not re.split(r"[/?#]", rest, maxsplit=1)[0]:
        raise ResolveError(f"'{url}' is not a URL of http or https", spec.url_span)
    authority, rest = re.match(r"([^/?#]*)(.*)", rest, re.DOTALL).groups()  # type: ignore[union-attr]
    try:
        urlsplit(f"{scheme}://{authority}")  # remembers what it has seen
    except ValueError as error:
        raise ResolveError(f"'{url}' is not a URL: {error}", spec.url_span) from None
    return f"{scheme}://{authority}{quote(rest, safe=_URL_SAFE)}"  # the host is the transport's: it may be an IDN


def base_url(base_urls: tuple[BaseUrl, ...], scope: Scope) -> str:
    """The base URLs of collection and groups, joined from the outermost in."""
    joined = ""
    for base in base_urls:
        url = rendered(base.url, "base_url", base.span, scope)
        joined = url if ABSOLUTE.match(url) else _append(joined, url)
    return joined


def _append(base: str, url: str) -> str:
    """`/v1.0` + `/users` is `/v1.0/users`; an empty url, `?x=1` and `#x` are appended as they are."""
    if not base or not url or url[0] in "?#":
        return base + url
    return f"{base.rstrip('/')}/{url.lstrip('/')}"


def join_url(url: str, pairs: list[tuple[str, str]]) -> str:
    """The URL with query entries added after those that it has; a fragment is dropped (it is never sent)."""
    url = url.partition("#")[0]
    if not pairs:
        return url
    added = "&".join(f"{quote(name, safe=URL_READABLE)}={quote(value, safe=URL_READABLE)}" for name, value in pairs)
    if "?" not in url:
        return f"{url}?{added}"
    return url + ("" if url.endswith(("?", "&")) else "&") + added


# --- entries -------------------------------------------------------------------------------------------------------


def _pairs(entries: Iterable[Entry], scope: Scope, secret: set[str] | None = None) -> list[tuple[str, str]]:
    """Names and values as text: null is left out, a list repeats its name."""
    pairs: list[tuple[str, str]] = []
    for entry in entries:
        with scope.watching() as watch:
            name = entry_name(entry, scope)
            pairs += [(name, text) for text in texts(entry.value, entry.text, entry.span, scope)]
        if watch.secret and secret is not None:
            secret.add(name)
    return pairs


def entry_name(entry: Entry, scope: Scope) -> str:
    """An entry's name, rendered."""
    return rendered(entry.name, "name", entry.name_span, scope)


def _headers(entries: Iterable[Entry], scope: Scope, secret: set[str]) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for entry in entries:
        found = _pairs([entry], scope, secret)
        if any(_HEADER_LINE.search(value) for _, value in found):
            raise ResolveError(f"the header '{entry.text}' holds a line break", entry.span)
        pairs += found
    return pairs


def _cookies(entries: Iterable[Entry], scope: Scope) -> tuple[str, frozenset[str]]:
    values = [(entry_name(entry, scope), texts(entry.value, entry.text, entry.span, scope)) for entry in entries]
    held = frozenset(name for name, given in values if not given)
    return "; ".join(f"{name}={text}" for name, given in values for text in given), held


# --- method and body -----------------------------------------------------------------------------------------------


def _method(spec: RequestSpec, scope: Scope) -> str:
    if spec.method is None:
        return "GET" if spec.body is None else "POST"
    method = rendered(spec.method, "method", spec.method_span, scope)
    if not METHOD.fullmatch(method):
        raise ResolveError(f"'{method}' is not a method", spec.method_span)
    return standard_method(method)


def _json(value: Value, span: Span) -> tuple[bytes, str]:
    return json_bytes(value, "json", span), "application/json"


def _text(value: Value, span: Span) -> tuple[bytes, str]:
    try:
        return as_text(value).encode(), "text/plain; charset=utf-8"
    except ValueError as error:
        raise ResolveError(f"'text': {error}", span) from None


def form_encode(pairs: Iterable[tuple[str, str]]) -> bytes:
    """application/x-www-form-urlencoded (WHATWG URL § 5.2)."""
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs).encode("ascii")


_BODIES: dict[str, Callable[[Value, Span], tuple[bytes, str]]] = {"json": _json, "text": _text}


def _body(spec: RequestSpec, scope: Scope) -> tuple[Body | None, str]:
    """The body, and the Content-Type that it has unless a header says otherwise."""
    if spec.body is None:
        return None, ""
    if spec.body.kind == "form":
        return form_encode(_pairs(spec.body.value, scope)), "application/x-www-form-urlencoded"
    if spec.body.kind in _BODIES:
        return _BODIES[spec.body.kind](resolve(spec.body.value, scope), spec.body.span)
    from runner.engine import bodies  # few files have one of these

    return bodies.BODIES[spec.body.kind](spec.body, scope)


def _as_written(body: Body | None, headers: _Pairs, settings: Defaults) -> tuple[Body | None, _Pairs]:
    """A Content-Type header stays as it is written; a multipart body takes its boundary, or lends it its own."""
    if not isinstance(body, Multipart):
        return body, headers
    from runner.engine import bodies

    written = next(value for name, value in headers if name.lower() == "content-type")
    try:
        body, whole = bodies.as_written(body, written)
    except ValueError as error:
        entry = next((entry for entry in settings.headers if entry.text.lower() == "content-type"), None)
        raise ResolveError(str(error), entry and entry.span, bodies.HEADER_HINT) from None
    return body, list(with_headers(tuple(headers), "Content-Type", whole))


def _save_to(spec: RequestSpec, scope: Scope) -> SaveTo | None:
    if spec.save_to is None:
        return None
    path, span = rendered(spec.save_to.value, "save_to", spec.save_to.span, scope), spec.save_to.span
    try:
        return scope.shared.files.download(span.source.path, path, span)
    except ValueError as error:
        raise ResolveError(f"'save_to': {error}", span) from None


def with_headers(headers: Headers, name: str, value: str) -> Headers:
    """The headers with one set, in place of those of its name."""
    kept = tuple((key, text) for key, text in headers if key.lower() != name.lower())
    return (*kept, (name, value))
