"""What a collection has no words for, and what Postman does otherwise: told, request by request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from runner.engine.credentials import holds_credential
from runner.formats.draft import Data
from runner.formats.postman.spelling import Lose
from runner.formats.postman.usage import used
from runner.formats.postman.variables import snake

#: Keys of a request or group for which a collection has no words: why, and what to do.
_LOST: Mapping[str, tuple[str, str]] = {
    "tags": ("Postman has no labels for requests", "run a folder"),
    "for_each": ("it is sent once", "give the rows to the collection runner as a data file"),
    "timeout": ("it is a setting of Postman, not of a request", "set it in Settings, or with --timeout-request"),
    "client_cert": ("certificates are settings of Postman", "add it in Settings / Certificates"),
    "http2": ("it is a setting of Postman", "choose it in the request's settings"),
    "retry": ("a request is sent once", ""),
    "max_body": ("it is a setting of Postman", "set it in Settings"),
    "max_events": ("Postman reads a stream until it is stopped", ""),
    "poll": ("a request is sent once", "pm.setNextRequest in its test script repeats it"),
    "paginate": ("only the first page is fetched", "pm.setNextRequest in its test script repeats it"),
    "snapshot": ("Postman does not compare with what was kept", "write assertions"),
    "overlap": ("Postman sends one request after the other", ""),
    "save_to": ("a person saves a response in Postman", "Send and Download"),
}


def tell(given: Data, lose: Lose) -> None:
    """Keys of a request, or of what is shared by several, that have no like."""
    for key in given:
        if isinstance(key, str) and key in _LOST and given[key] not in (None, False):
            lose(f"'{key}'", *_LOST[key])
    if given.get("proxy") is False:
        lose("that no proxy is used", "proxies are settings of Postman", "turn them off in Settings / Proxy")
    for name, value in (given.get("cookies") or {}).items():
        if isinstance(name, str) and value is None:
            lose(f"that the cookie '{name}' is held back", "Postman sends its whole jar", "remove it there")
    for name, capture in (given.get("capture") or {}).items():
        if isinstance(capture, Mapping) and capture.get("secret") and not holds_credential(snake(str(name))):
            lose(f"that '{name}' is secret", "Postman shows what a script sets")


def tell_of_overridden(given: Data, outer: Iterable[str], sources: Iterable[Data], lose: Lose) -> None:
    """A variable of the collection sees those of the collection; in Postman it sees the request's own, too."""
    own = {*outer, *(name for name in given.get("variables") or () if isinstance(name, str))}
    for name in sorted(used({**given, "variables": {}}).names - own):
        for values in sources:
            inner = sorted(used(values.get(name)).names & own)
            if inner:
                why = f"Postman puts the '{inner[0]}' of the request into it"
                lose(f"the variable '{name}'", why, "give it another name")
                break
