"""A request → the options of its command, but for credentials and body."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from runner.formats.curl.expansions import Shell
from runner.formats.flat import Flat, expects_success
from runner.formats.symbols import Value, changed, first_text, is_known, joined, pieces
from runner.language.values import as_text
from runner.language.values import size as size_of
from runner.redaction import URL_READABLE

#: What may stand in a URL as it is (RFC 3986), and `%`.
_URL_SAFE = "%:/?#[]@!$&'()*+,;=-._~"
#: And in an entry of the query; without `$`, which a reader might take for a variable.
_QUERY_SAFE = URL_READABLE.replace("$", "")
#: Methods that are not tried again unless the file says so.
_ONCE = frozenset({"POST", "PATCH"})
_GLOB = re.compile(r"[\[\]{}]")
_DOTS = re.compile(r"/\.\.?(?:/|$)")


def options(flat: Flat, shell: Shell) -> Iterator[str]:
    """The options about what a request is and where it goes, the URL first."""
    yield "-sS --fail-with-body" if expects_success(flat) else "-sS"
    if _GLOB.search(_literal(flat.url)):
        yield "--globoff"
    if _DOTS.search(re.sub(r"^\w+://", "", _literal(flat.url)).partition("?")[0]):
        yield "--path-as-is"
    yield from _method(flat, shell)
    yield shell.word(_url(flat))
    yield from _query(flat, shell)
    for name, value in flat.headers:
        text = joined(name, ": ", _text(value)) if _text(value) != "" else joined(name, ";")
        yield f"-H {shell.word(text)}"
    if flat.cookies:
        cookies = [joined(name, "=", _text(value)) for name, value in flat.cookies]
        yield f"-b {shell.word(joined(cookies[0], *(joined('; ', cookie) for cookie in cookies[1:])))}"
    yield from _settings(flat, shell)


def _text(value: Value) -> Value:
    return as_text(value) if is_known(value) else value


def _literal(value: Value) -> str:
    return "".join(piece for piece in pieces(value) if isinstance(piece, str))


def _method(flat: Flat, shell: Shell) -> Iterator[str]:
    """The method, where curl would take another one."""
    usual = "POST" if flat.kind else "GET"
    if flat.method == "HEAD" and not flat.kind:
        yield "-I"
    elif flat.method != usual:
        yield f"-X {shell.word(flat.method)}"


def _url(flat: Flat) -> Value:
    """The URL, encoded as the run encodes it, with the query that is known."""
    url = _encoded(flat.url)
    if not flat.query or not _is_literal(flat):
        return url
    pairs = [f"{_in_query(name)}={quote(as_text(value), safe=_QUERY_SAFE)}" for name, value in flat.query]
    mark = "?" if "?" not in _literal(url) else "" if _literal(url).endswith(("?", "&")) else "&"
    return joined(url, mark + "&".join(pairs))


def _encoded(url: Value) -> Value:
    """Everything behind the host; the host may be an IDN."""
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*", first_text(url))
    if scheme is None:
        return changed(url, lambda text: quote(text, safe=_URL_SAFE))
    rest = joined(*(piece for piece in (first_text(url)[scheme.end() :], *pieces(url)[1:])))
    return joined(scheme.group(), changed(rest, lambda text: quote(text, safe=_URL_SAFE)))


def _in_query(name: Any) -> str:
    """A name, in which a `$` at the beginning (OData) stays readable."""
    text = as_text(name)
    first = "$" if text.startswith("$") else ""
    return first + quote(text[len(first) :], safe=_QUERY_SAFE)


def _is_literal(flat: Flat) -> bool:
    return all(is_known(name) and is_known(value) for name, value in flat.query)


def _query(flat: Flat, shell: Shell) -> Iterator[str]:
    """Query entries whose values only a run knows: curl encodes them."""
    if not flat.query or _is_literal(flat):
        return
    yield from (in_query(flat, name, _text(value), shell) for name, value in flat.query)


def in_query(flat: Flat, name: Value, value: Value, shell: Shell) -> str:
    """The option for a query entry that curl encodes."""
    encoded = changed(name, lambda text: quote(text, safe=""))
    return f"{'--url-query' if flat.kind else '-G --data-urlencode'} {shell.word(joined(encoded, '=', value))}"


# --- settings --------------------------------------------------------------------------------------------------------


def _settings(flat: Flat, shell: Shell) -> Iterator[str]:
    settings = flat.settings
    redirects = settings.get("follow_redirects", True)
    if redirects is not False and redirects != 0:
        yield "-L" if redirects is True or redirects == 10 else f"-L --max-redirs {shell.word(redirects)}"
    if "timeout" in settings:
        yield f"--max-time {shell.seconds(settings['timeout'])}"
    yield from _tls(settings, shell)
    yield from _proxy(settings.get("proxy"), shell)
    if "http2" in settings:
        yield "--http2" if settings["http2"] is True else "--http1.1"
    if "max_body" in settings:
        limit = size_of(settings["max_body"]) if is_known(settings["max_body"]) else None
        yield f"--max-filesize {shell.word(settings['max_body'] if limit is None else limit)}"
    if "retry" in settings:
        yield from _retry(settings["retry"], flat.method, shell)
    if "save_to" in settings:
        yield f"--create-dirs -o {shell.path(settings['save_to'])}"


def _tls(settings: Any, shell: Shell) -> Iterator[str]:
    verify = settings.get("verify", True)
    if verify is False:
        yield "-k"
    elif verify is not True:
        yield f"--cacert {shell.path(verify)}"
    certificate = settings.get("client_cert", {})
    if certificate:
        yield f"--cert {shell.path(certificate['cert'])}"
    if certificate.get("key"):
        yield f"--key {shell.path(certificate['key'])}"
    if certificate.get("password"):
        yield f"--pass {shell.word(certificate['password'])}"


def _proxy(proxy: Value, shell: Shell) -> Iterator[str]:
    if proxy in ("", False):
        yield "--noproxy '*'"
    elif proxy is not None and first_text(proxy).startswith("unix:"):
        yield f"--unix-socket {shell.word(changed(proxy, lambda text: text.removeprefix('unix:')))}"
    elif proxy is not None:
        yield f"-x {shell.word(proxy)}"


def _retry(retry: Any, method: str, shell: Shell) -> Iterator[str]:
    attempts = retry.get("attempts")
    if not isinstance(attempts, int) or attempts < 2 or (method in _ONCE and "methods" not in retry):
        return
    yield f"--retry {attempts - 1}"
    if retry.get("backoff") == 1:
        yield f"--retry-delay {shell.seconds(retry.get('delay', 1))}"
    for name in ("statuses", "methods"):
        if name in retry:
            shell.lose(f"'{name}' of 'retry'", "curl has its own", "")
