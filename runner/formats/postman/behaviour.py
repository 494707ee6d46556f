"""`protocolProfileBehavior`, proxy and certificate of a request → its settings; a table says which have an equal."""

from __future__ import annotations

from typing import Any

from runner.formats.draft import Data
from runner.formats.postman.reading import Item, mapping, plain
from runner.formats.postman.variables import Variables

#: What has no effect on what we send, or is how we do it anyway.
_SAME = frozenset(
    {"disableBodyPruning", "removeRefererHeaderOnRedirect", "insecureHTTPParser", "tlsPreferServerCiphers",
     "protocolVersion"}
)  # fmt: skip
_WHY = {
    "disableUrlEncoding": "spaces and control characters in a URL are always encoded",
    "disableCookies": "the cookies of a collection go with all its requests; `cookies: {name: null}` holds one back",
    "followOriginalHttpMethod": "a redirect of 301, 302 or 303 is followed by GET",
    "followAuthorizationHeader": "credentials stay at their origin",
    "tlsDisabledProtocols": "TLS is as the system has it",
    "tlsCipherSelection": "TLS is as the system has it",
    "disabledSystemHeaders": "the headers of the client itself are always sent",
}


def behaviour(item: Item, variables: Variables) -> Data:
    """Settings of a request or, as `defaults`, of a folder or collection."""
    path = f"{item.path}.protocolProfileBehavior" if item.path else "protocolProfileBehavior"
    found: Data = {}
    given = item.settings
    if isinstance(given.get("maxRedirects"), int) and not isinstance(given["maxRedirects"], bool):
        found["follow_redirects"] = max(given["maxRedirects"], 0)
    follow, verify = given.get("followRedirects"), given.get("strictSSL")
    if follow is False or (follow is True and "follow_redirects" not in found):
        found["follow_redirects"] = follow
    if isinstance(verify, bool):
        found["verify"] = verify
    for name, value in given.items():
        if name not in ("maxRedirects", "followRedirects", "strictSSL", *_SAME) and value not in (False, None, [], {}):
            why = _WHY.get(name, "there is no such setting")
            variables.imported.lose(f"{path}.{name}", f"the setting {name}", why)
    found |= _proxy(item, variables)
    return found


def _proxy(item: Item, variables: Variables) -> Data:
    proxy = mapping(item.request.get("proxy"))
    found: Data = {}
    if plain(proxy.get("host")) and proxy.get("disabled") is not True:
        port = plain(proxy.get("port")) or "8080"
        found["proxy"] = variables.text(f"http://{plain(proxy['host'])}:{port}")
    certificate = mapping(item.request.get("certificate"))
    files: dict[str, Any] = {
        ours: plain(mapping(certificate.get(theirs)).get("src")) for ours, theirs in (("cert", "cert"), ("key", "key"))
    }
    if files["cert"]:
        why = "certificates lie elsewhere on each machine"
        path = f"{item.path}.request.certificate"
        variables.imported.lose(
            path, f"the client certificate '{files['cert']}'", why, "set client_cert, or use --cert"
        )
    return found
