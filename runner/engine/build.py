"""RequestSpec × scope → Request: everything rendered, joined and encoded, ready for the wire.

Auth is put on afterwards (`engine.auth`). Each fault names its place in the file. Nothing is sent from here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus, urlsplit

from runner.diagnostics import Span
from runner.engine.exchange import ClientCertificate, Connection, Headers, Request
from runner.engine.scope import Scope, resolve
from runner.errors import ResolveError
from runner.language.document import SETTINGS
from runner.language.model import ClientCert, Declared, Defaults, Entry, RequestSpec, Setting, Template
from runner.language.values import Value, as_text, dump_json, kind
from runner.redaction import URL_READABLE

ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
#: What may stand in a URL as it is: RFC 3986's reserved and unreserved characters, and `%`.
_URL_SAFE = "%:/?#[]@!$&'()*+,;=-._~"
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
        for name in ("timeout", "follow_redirects", "verify", "client_cert", "max_body", "retry"):
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
    form = spec.body.value or () if spec.body and spec.body.kind == "form" else ()
    entries = {"query": settings.query, "headers": settings.headers, "cookies": spec.cookies, "form": form}
    for key, found in entries.items():
        yield from ((key, [entry.name, entry.value]) for entry in found)
    scalars = {key: getattr(settings, key) for key in ("timeout", "follow_redirects", "verify", "max_body")}
    scalars |= {"delay": spec.delay, **(settings.client_cert._asdict() if settings.client_cert else {})}
    for key, scalar in (*scalars.items(), *_repeats(spec, settings)):
        if scalar is not None and isinstance(scalar.value, Template):
            yield key, scalar.value
    if spec.body is not None and spec.body.kind != "form":
        yield spec.body.kind, spec.body.value


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
    if content_type and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", content_type))
    return Request(
        method=_method(spec, scope),
        url=url,
        headers=tuple(headers),
        body=body,
        timeout=flags.timeout or setting(settings.timeout, "timeout", scope, 30.0),
        max_redirects=setting(settings.follow_redirects, "follow_redirects", scope, 10),
        max_body=setting(settings.max_body, "max_body", scope, 10_000_000),
        connection=connection(settings, scope, flags),
        secret_headers=frozenset(name.lower() for name in secret_headers),
        secret_query=frozenset(secret_query),
        held_cookies=held,
    )


def connection(settings: Defaults, scope: Scope, flags: Flags) -> Connection:
    """The TLS and proxy settings of a request, and of the token request made for it."""
    certificate = flags.certificate or _client_certificate(settings.client_cert, scope)
    if flags.verify is not None:
        return Connection(flags.verify, flags.proxy, certificate)
    verify = setting(settings.verify, "verify", scope, True)
    if isinstance(verify, str):
        assert settings.verify is not None
        verify = file_path(settings.verify.value, verify, "verify", settings.verify.span, scope)
    return Connection(verify, flags.proxy, certificate)


def _client_certificate(declared: ClientCert | None, scope: Scope) -> ClientCertificate | None:
    if declared is None:
        return None
    cert, key = (
        file_path(part.value, _rendered(part.value, name, part.span, scope), name, part.span, scope) if part else ""
        for name, part in (("cert", declared.cert), ("key", declared.key))
    )
    if declared.password is None:
        return ClientCertificate(cert, key)
    password = _rendered(declared.password.value, "password", declared.password.span, scope)
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
    url = _rendered(spec.url, "url", spec.url_span, scope)
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
        url = _rendered(base.url, "base_url", base.span, scope)
        joined = url if ABSOLUTE.match(url) else _append(joined, url)
    return joined


def _append(base: str, url: str) -> str:
    """`/v1.0` + `/users` is `/v1.0/users`; an empty url, `?x=1` and `#x` are appended as they are."""
    if not base or not url or url[0] in "?#":
        return base + url
    return f"{base.rstrip('/')}/{url.lstrip('/')}"


def _rendered(text: str | Template, name: str, span: Span | None, scope: Scope) -> str:
    if isinstance(text, str):
        return text
    value = scope.render(text)
    try:
        return as_text(value)
    except ValueError as error:
        raise ResolveError(f"'{name}' is {kind(value)}: {error}", span) from None


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
            pairs += [(name, text) for text in _texts(entry, scope)]
        if watch.secret and secret is not None:
            secret.add(name)
    return pairs


def entry_name(entry: Entry, scope: Scope) -> str:
    """An entry's name, rendered."""
    return _rendered(entry.name, "name", entry.name_span, scope)


def _texts(entry: Entry, scope: Scope) -> list[str]:
    value = resolve(entry.value, scope)
    items = value if isinstance(value, list) else [value]
    try:
        return [as_text(item) for item in items if item is not None]
    except ValueError as error:
        raise ResolveError(f"'{entry.text}': {error}", entry.span) from None


def _headers(entries: Iterable[Entry], scope: Scope, secret: set[str]) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for entry in entries:
        found = _pairs([entry], scope, secret)
        if any(_HEADER_LINE.search(value) for _, value in found):
            raise ResolveError(f"the header '{entry.text}' holds a line break", entry.span)
        pairs += found
    return pairs


def _cookies(entries: Iterable[Entry], scope: Scope) -> tuple[str, frozenset[str]]:
    values = [(entry_name(entry, scope), _texts(entry, scope)) for entry in entries]
    held = frozenset(name for name, texts in values if not texts)
    return "; ".join(f"{name}={text}" for name, texts in values for text in texts), held


# --- method and body -----------------------------------------------------------------------------------------------


def _method(spec: RequestSpec, scope: Scope) -> str:
    if spec.method is None:
        return "GET" if spec.body is None else "POST"
    return _rendered(spec.method, "method", spec.method_span, scope)


def _json(value: Value, span: Span) -> tuple[bytes, str]:
    try:
        return dump_json(value).encode("utf-8", "backslashreplace"), "application/json"  # \\ud800 as JSON spells it
    except ValueError as error:
        raise ResolveError(f"'json' cannot be written: {error}", span) from None


def _text(value: Value, span: Span) -> tuple[bytes, str]:
    try:
        return as_text(value).encode(), "text/plain; charset=utf-8"
    except ValueError as error:
        raise ResolveError(f"'text': {error}", span) from None


def form_encode(pairs: Iterable[tuple[str, str]]) -> bytes:
    """application/x-www-form-urlencoded (WHATWG URL § 5.2)."""
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs).encode("ascii")


_BODIES: dict[str, Callable[[Value, Span], tuple[bytes, str]]] = {"json": _json, "text": _text}


def _body(spec: RequestSpec, scope: Scope) -> tuple[bytes | None, str]:
    if spec.body is None:
        return None, ""
    if spec.body.kind == "form":
        return form_encode(_pairs(spec.body.value, scope)), "application/x-www-form-urlencoded"
    return _BODIES[spec.body.kind](resolve(spec.body.value, scope), spec.body.span)


def with_headers(headers: Headers, name: str, value: str) -> Headers:
    """The headers with one set, in place of those of its name."""
    kept = tuple((key, text) for key, text in headers if key.lower() != name.lower())
    return (*kept, (name, value))
