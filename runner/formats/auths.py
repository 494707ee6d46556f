"""What `auth` blocks of all importers have in common: fields that lack get a variable, callbacks are taken apart."""

from __future__ import annotations

from urllib.parse import urlsplit

from runner.diagnostics import Source, Span
from runner.formats.draft import Data, Imported
from runner.language.document.auth import lacking
from runner.language.model import AuthField

_NOWHERE = Span(Source("", ""), 0, 0)
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
#: Fields that may be empty: a user may have no password.
_MAY_BE_EMPTY = frozenset({"username", "password", "prefix"})


def completed(auth: Data, imported: Imported, place: str) -> Data:
    """The block without empty fields; those without which it does not work come from variables of their names."""
    kept = {key: value for key, value in auth.items() if value not in ("", None) or key in _MAY_BE_EMPTY}
    kind = str(kept.get("type", ""))
    if kind != "basic" and kind != "digest":
        kept = {key: value for key, value in kept.items() if value != "" or key == "prefix"}
    needed = list(lacking(kind, {key: AuthField(value, _NOWHERE) for key, value in kept.items()}))
    for first, *_ in needed:
        name = first if first != "value" else "api_key"
        kept[first] = f"{{{{{name}}}}}"
        imported.lose(place, f"'{first}' of auth", "the foreign file does not say it", f"set {name}")
    return kept


def callback(url: str, imported: Imported, place: str) -> Data:
    """The redirect URI of `authorization_code`, which has to be one of this machine."""
    if not url or "{{" in url:
        if url:
            why = "the redirect URI is made of host, port and path here"
            imported.lose(place, f"the redirect URI '{url}'", why, "set redirect_host, redirect_port and redirect_path")
        return {}
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if parts.scheme != "http" or host not in _LOOPBACK:
        why = "the answer is awaited on this machine, at an address of 127.0.0.1 or localhost"
        imported.lose(
            place, f"the redirect URI '{url}'", why, "register http://127.0.0.1 with the authorization server"
        )
        return {}
    found: Data = {"redirect_host": host, "redirect_path": parts.path or "/"}
    return {**found, "redirect_port": port} if port else found
