"""`type: netrc`: user name and password for the request's host from the user's netrc file, as curl's --netrc has it."""

from __future__ import annotations

from urllib.parse import urlsplit

from runner.engine.auth.base import Fields, Scheme, put_header
from runner.engine.auth.basic import basic_credentials
from runner.engine.exchange import Request, Token
from runner.errors import AuthError


def prepare(fields: Fields) -> Scheme:
    """Sends `Authorization: Basic …` with what netrc has for the host."""

    def apply(request: Request, _: Token | None) -> Request:
        host = urlsplit(request.url).hostname or ""
        try:
            found = fields.scope.shared.files.netrc_login(host)
        except ValueError as error:
            raise AuthError(f"the netrc file cannot be used: {error}") from None
        if found is None:
            hint = f"add `machine {host} login … password …` to ~/.netrc, or name another file in $NETRC"
            raise AuthError(f"netrc has no entry for '{host}'", hint=hint)
        header = basic_credentials(*found)
        fields.hide(found[1])
        fields.hide(header.removeprefix("Basic "))
        return put_header(request, "Authorization", header)

    return Scheme(apply)
