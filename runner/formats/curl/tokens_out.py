"""How a request authenticates → options of curl; the calls for tokens before the first request that needs one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from runner.formats.curl.expansions import Command, Shell
from runner.formats.curl.jq import filter_of
from runner.formats.curl.options_out import in_query
from runner.formats.flat import Auth, Flat
from runner.formats.grants import identity, token_request
from runner.formats.symbols import CAPTURE, Ref, Value, joined
from runner.language import query, shell
from runner.language.model import Expression


class Authorization(NamedTuple):
    """What a request needs: lines before it, and options of its own."""

    lines: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


class Tokens:
    """The tokens of one script: one for each identity."""

    def __init__(self, of: Shell, command: Command) -> None:
        self.shell = of
        self._command = command
        self._names: dict[str, str] = {}

    def of(self, flat: Flat) -> Authorization:
        """How a request authenticates; a header that it writes wins."""
        auth = flat.auth
        if auth is None or flat.header("authorization") is not None:
            return Authorization()
        simple = _SIMPLE.get(auth.type)
        if simple is not None:
            return Authorization((), tuple(simple(auth.fields, self.shell, flat)))
        name, lines = self._token(auth, flat)
        token = Ref(CAPTURE, name)
        return Authorization(lines, tuple(_with_token(auth.fields, token, self.shell, flat)))

    def _token(self, auth: Auth, flat: Flat) -> tuple[str, tuple[str, ...]]:
        """The variable that holds the token, and the lines that fetch it the first time."""
        known = identity(auth)
        if known in self._names:
            return self._names[known], ()
        number = len(self._names) + 1
        name = self._names[known] = "access_token" if number == 1 else f"access_token_{number}"
        lines = self._fetched(auth, name)
        if lines is None:
            why = "no single command fetches it"
            self.shell.lose(f"the token of auth '{auth.type}'", why, f"set {name}: runner token")
            self.shell.want(name, f"the token for {flat.name}")
            return name, ()
        return name, (lines,)

    def _fetched(self, auth: Auth, name: str) -> str | None:
        if auth.type == "request" and auth.login is not None:
            token = auth.fields["token"]
            found = filter_of(query.compile(token.text)) if isinstance(token, Expression) else None
            command = self._command(auth.login, self.of(auth.login).options)
            return None if found is None else _capturing(command, name, found, auth.login.name)
        call = token_request(auth)
        if call is None:
            return None
        found_options = ["-sS --fail-with-body", self.shell.word(call.url)]
        if call.client is not None:
            found_options.append(f"-u {self.shell.word(call.client[0], ':', call.client[1])}")
        found_options += [self._field(name, value) for name, value in call.fields]
        return _capturing(" \\\n  ".join(["curl", *found_options]), name, ".access_token", "Token")

    def _field(self, name: str, value: Value) -> str:
        return f"--data-urlencode {self.shell.word(joined(name, '=', value))}"


def _capturing(command: str, name: str, filter_text: str, title: str) -> str:
    reader = f"printf '%s' \"$response\" | jq -er {shell.word(filter_text)}"
    return f"# {title}\nresponse=$({command})\n{name}=$({reader})\n"


def _with_token(fields: Mapping[str, Value], token: Value, of: Shell, flat: Flat) -> Iterator[str]:
    if fields.get("in") == "query":
        yield in_query(flat, fields.get("name", "access_token"), token, of)
        return
    prefix = fields.get("prefix", "Bearer")
    space = " " if prefix != "" else ""
    yield f"-H {of.word(joined(fields.get('name', 'Authorization'), ': ', prefix, space, token))}"


def _bearer(fields: Mapping[str, Value], of: Shell, flat: Flat) -> Iterator[str]:
    yield f"-H {of.word(joined('Authorization: Bearer ', fields.get('token', '')))}"


def _basic(fields: Mapping[str, Value], of: Shell, flat: Flat) -> Iterator[str]:
    yield f"-u {of.word(joined(fields.get('username', ''), ':', fields.get('password', '')))}"


def _digest(fields: Mapping[str, Value], of: Shell, flat: Flat) -> Iterator[str]:
    yield "--digest"
    yield from _basic(fields, of, flat)


def _api_key(fields: Mapping[str, Value], of: Shell, flat: Flat) -> Iterator[str]:
    name, value = fields.get("name", ""), fields.get("value", "")
    if fields.get("in") == "query":
        yield in_query(flat, name, value, of)
    elif fields.get("in") == "cookie":
        yield f"-b {of.word(joined(name, '=', value))}"
    else:
        yield f"-H {of.word(joined(name, ': ', value))}"


def _aws(fields: Mapping[str, Value], of: Shell, flat: Flat) -> Iterator[str]:
    yield f"--aws-sigv4 {of.word(joined('aws:amz:', fields.get('region', ''), ':', fields.get('service', '')))}"
    yield f"-u {of.word(joined(fields.get('access_key', ''), ':', fields.get('secret_key', '')))}"
    if "session_token" in fields:
        yield f"-H {of.word(joined('x-amz-security-token: ', fields['session_token']))}"


def _netrc(fields: Mapping[str, Value], of: Shell, flat: Flat) -> Iterator[str]:
    yield "-n"


_SIMPLE: Mapping[str, Any] = {
    "bearer": _bearer,
    "basic": _basic,
    "digest": _digest,
    "api_key": _api_key,
    "aws_sigv4": _aws,
    "netrc": _netrc,
}
