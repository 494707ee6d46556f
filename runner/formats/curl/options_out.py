"""A request → the options of its command, but for credentials and body."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from runner.formats.addresses import address, has_known_query
from runner.formats.curl.expansions import Shell
from runner.formats.flat import Flat
from runner.formats.flat_plan import expects_success
from runner.formats.symbols import Value, changed, first_text, is_known, joined, literal_text
from runner.language.values import as_text
from runner.language.values import size as size_of

#: Methods that are not tried again unless the file says so.
_ONCE = frozenset({"POST", "PATCH"})
_GLOB = re.compile(r"[\[\]{}]")
_DOTS = re.compile(r"/\.\.?(?:/|$)")


def options(flat: Flat, shell: Shell) -> Iterator[str]:
    """The options about what a request is and where it goes, the URL first."""
    yield "-sS --fail-with-body" if expects_success(flat) else "-sS"
    if _GLOB.search(literal_text(flat.url)):
        yield "--globoff"
    if _DOTS.search(re.sub(r"^\w+://", "", literal_text(flat.url)).partition("?")[0]):
        yield "--path-as-is"
    yield from _method(flat, shell)
    url = shell.word(address(flat))
    yield url if flat.open_base is None else f'"$(whole {shell.word(flat.open_base)} {url})"'
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


def _method(flat: Flat, shell: Shell) -> Iterator[str]:
    """The method, where curl would take another one."""
    usual = "POST" if flat.kind else "GET"
    if flat.method == "HEAD" and not flat.kind:
        yield "-I"
    elif flat.method != usual:
        yield f"-X {shell.word(flat.method)}"


def _query(flat: Flat, shell: Shell) -> Iterator[str]:
    """Query entries whose values only a run knows: curl encodes them."""
    if not flat.query or has_known_query(flat):
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
    attempts = retry.get("attempts", 3)
    if not isinstance(attempts, int) or attempts < 2 or (method in _ONCE and "methods" not in retry):
        return
    yield f"--retry {attempts - 1}"
    if retry.get("backoff") == 1:
        yield f"--retry-delay {shell.seconds(retry.get('delay', 1))}"
    for name in ("statuses", "methods"):
        if name in retry:
            shell.lose(f"'{name}' of 'retry'", "curl has its own", "")
