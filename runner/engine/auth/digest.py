"""`type: digest`: the password proves itself by a hash over the server's challenge (RFC 7616, and RFC 2617 servers).

The first request goes out plain; its 401 is answered. The challenge is then remembered for the run of the collection,
so that later requests to the same origin carry their credentials at once, with a nonce count that rises.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from runner.engine.auth.base import Fields, Scheme, put_header
from runner.engine.exchange import Exchange, Headers, Request
from runner.engine.payload import Body, chunks
from runner.errors import AuthError
from runner.language.values import as_text

#: Algorithm → its name in hashlib, from the weakest to the strongest (RFC 7616 § 6.1). SHA-512 is not registered, but
#: in use; SHA-512-256 is missing where Python's OpenSSL does not have it.
ALGORITHMS: Mapping[str, str] = {
    name: of_hashlib
    for name, of_hashlib in (
        ("MD5", "md5"),
        ("SHA-256", "sha256"),
        ("SHA-512", "sha512"),
        ("SHA-512-256", "sha512_256"),
    )
    if of_hashlib in hashlib.algorithms_available
}
#: Qualities of protection in the order of our choice: `auth-int` needs a server that reads the body first.
QOPS = ("auth", "auth-int")

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
#: A parameter, or the name of a scheme with its token68 (RFC 9110 § 11.2, 11.3). Bare values are read generously.
_PART = re.compile(
    rf"""(?P<name>{_TOKEN})[ \t]*+=[ \t]*+(?:"(?P<quoted>(?:[^"\\]|\\.)*+)"|(?P<bare>[^\s,"]++))
    |(?P<scheme>{_TOKEN})(?:[ \t]++[A-Za-z0-9._~+/-]++=*+(?=[ \t]*+(?:,|$)))?+""",
    re.VERBOSE,
)
_ESCAPED = re.compile(r"\\(.)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
#: What an extended value may hold as it is, beside letters and digits (RFC 8187 § 3.2.1).
_ATTR_CHAR = "!#$&+-.^_`|~"
_PORTS = {"http": 80, "https": 443}

Parameters = dict[str, str]
Origin = tuple[str, str, int]


class Challenge(NamedTuple):
    """A challenge that we can answer. `algorithm` is as the server spells it, `qop` is ours; both may be empty."""

    realm: str
    nonce: str
    opaque: str | None
    algorithm: str
    qop: str
    userhash: bool
    utf8: bool

    @property
    def strength(self) -> int:
        return list(ALGORITHMS).index(self._base)

    @property
    def session(self) -> bool:
        return self.algorithm.upper().endswith("-SESS")

    @property
    def _base(self) -> str:
        return _base(self.algorithm)

    def hash(self, *parts: str | bytes) -> str:
        """The hash, in hex, of parts joined by colons; text counts as UTF-8."""
        octets = b":".join(part if isinstance(part, bytes) else part.encode() for part in parts)
        return hashlib.new(ALGORITHMS[self._base], octets, usedforsecurity=False).hexdigest()

    def hash_body(self, body: Body) -> str:
        """The hash of a body, in hex; its files are read."""
        found = hashlib.new(ALGORITHMS[self._base], usedforsecurity=False)
        for chunk in chunks(body):
            found.update(chunk)
        return found.hexdigest()


@dataclass(slots=True, eq=False)
class _Session:
    """A challenge in use. `count` says how many requests its nonce was sent with."""

    challenge: Challenge
    cnonce: str
    count: int = 0


class Login(NamedTuple):
    """Who logs in."""

    username: str
    password: str


def prepare(fields: Fields) -> Scheme:
    """Answers Digest challenges; the password may be empty."""
    password = fields.value("password")
    try:
        login = Login(fields.text("username"), "" if password is None else as_text(password))
    except ValueError as error:
        raise fields.fault("password", f"'password' of auth: {error}") from None
    memory = _Memory(fields.scope.shared.memo, login.username)

    def credentials(request: Request, session: _Session) -> Request:
        parameters = _credentials(request, session, login)
        fields.hide_passing(parameters["response"])
        return put_header(request, "Authorization", f"Digest {_written(parameters)}")

    def apply(request: Request, _: object) -> Request:
        session = memory.recall(request.url)
        return request if session is None else credentials(request, session)

    def answer(request: Request, exchange: Exchange) -> Request | None:
        repeated = _where_asked(request, exchange)
        found = _challenges(exchange.response.headers)
        if repeated is None or not found:
            return None
        if _refused(exchange, memory.recall(repeated.url), found):
            memory.forget(repeated.url)
            return None
        session = _Session(_chosen(found, exchange), _fresh())
        memory.keep(repeated.url, session)
        return credentials(repeated, session)

    return Scheme(apply, answer=answer)


def _fresh() -> str:
    return secrets.token_hex(16)


class _Memory:
    """The challenges in use, by origin: the protection space of one without `domain` (RFC 7616 § 3.3)."""

    def __init__(self, memo: dict[object, _Session], username: str) -> None:
        self._memo = memo
        self._username = username

    def _key(self, url: str) -> object:
        return "digest", _origin(url), self._username

    def recall(self, url: str) -> _Session | None:
        return self._memo.get(self._key(url))

    def keep(self, url: str, session: _Session) -> None:
        self._memo[self._key(url)] = session

    def forget(self, url: str) -> None:
        self._memo.pop(self._key(url), None)


# --- the challenge -------------------------------------------------------------------------------------------------


def _challenges(headers: Headers, name: str = "www-authenticate") -> list[Parameters]:
    """The parameters of every Digest challenge, or credential; several may share one header (RFC 9110 § 11.6.1)."""
    return [found for key, value in headers if key.lower() == name for found in _digests(value)]


def _digests(header: str) -> list[Parameters]:
    found: list[Parameters] = []
    current: Parameters = {}
    for part in _PART.finditer(header):
        if part["scheme"]:
            current = {}
            if part["scheme"].lower() == "digest":
                found.append(current)
        else:
            value = part["bare"] if part["quoted"] is None else _ESCAPED.sub(r"\1", part["quoted"])
            current.setdefault(part["name"].lower(), value)
    return found


def _chosen(found: list[Parameters], exchange: Exchange) -> Challenge:
    """The strongest challenge that can be answered; the server's order decides between equals."""
    known = [challenge for challenge in map(_read, found) if challenge is not None]
    if not known:
        raise _unsupported(found, exchange)
    return max(known, key=lambda challenge: challenge.strength)


def _read(parameters: Parameters) -> Challenge | None:
    algorithm = parameters.get("algorithm", "")
    offered = [qop.strip().lower() for qop in parameters.get("qop", "").split(",") if qop.strip()]
    qop = next((qop for qop in QOPS if qop in offered), "")
    if _base(algorithm) not in ALGORITHMS or "nonce" not in parameters or (offered and not qop):
        return None
    return Challenge(
        realm=parameters.get("realm", ""),
        nonce=parameters["nonce"],
        opaque=parameters.get("opaque"),
        algorithm=algorithm,
        qop=qop,  # none at all: RFC 2069, which RFC 2617 servers may still speak
        userhash=_says_true(parameters, "userhash"),
        utf8=parameters.get("charset", "").lower() == "utf-8",
    )


def _base(algorithm: str) -> str:
    return algorithm.upper().removesuffix("-SESS") or "MD5"  # RFC 7616 § 3.3: absent means MD5


def _says_true(parameters: Parameters, name: str) -> bool:
    return parameters.get(name, "").lower() == "true"


def _unsupported(found: list[Parameters], exchange: Exchange) -> AuthError:
    asked = " or ".join(map(_named, found))
    where = f"{exchange.request.method} {exchange.response.url or exchange.request.url}"
    known = f"the algorithms {', '.join(ALGORITHMS)} (each also with -sess) and qop {' or '.join(QOPS)}"
    return AuthError(
        f"{where} answered {exchange.response.status} and asks for Digest with {asked}; supported are {known}"
    )


def _named(parameters: Parameters) -> str:
    told = [f"{name} {parameters[name]}" for name in ("algorithm", "qop") if name in parameters]
    return " and ".join([*told, *([] if "nonce" in parameters else ["no nonce"])])


def _refused(exchange: Exchange, session: _Session | None, found: list[Parameters]) -> bool:
    """Whether the credentials themselves were refused, so that others with the same password would be, too.

    They were not if only their nonce is stale, if it was used before (a server may drop nonces without a word), or if
    a redirect carried them to another URI than they were made for.
    """
    sent = bool(_challenges(exchange.request.headers, "authorization"))
    again = session is not None and session.count > 1
    return sent and not again and not exchange.response.redirects and not any(_says_true(one, "stale") for one in found)


# --- where it is asked ---------------------------------------------------------------------------------------------


def _where_asked(request: Request, exchange: Exchange) -> Request | None:
    """The request for the URL that gave the 401, which redirects may have led to; None if it cannot be repeated there.

    Another origin gets no credentials. A method that redirects have changed is not guessed.
    """
    asked, response = exchange.request.url, exchange.response
    if not response.redirects:
        return request._replace(url=asked)
    same_method = request.method in ("GET", "HEAD") or all(r.status in (307, 308) for r in response.redirects)
    if not same_method or not _stays(_origin(asked), _origin(response.url)):
        return None
    return request._replace(url=response.url)


def _stays(here: Origin, there: Origin) -> bool:
    """The same origin, or the https of the same host, both at usual ports: where the transport takes credentials."""
    return here == there or (here, there) == (("http", here[1], 80), ("https", here[1], 443))


def _origin(url: str) -> Origin:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:  # no number, or too high: the transport says so
        port = None
    return parts.scheme, parts.hostname or "", port or _PORTS.get(parts.scheme, 0)


def target(url: str) -> str:
    """The request target as it goes over the wire: path and query, where only what may not travel is encoded."""
    written = re.sub(r"\A[^:/?#]*://[^/?#\\]*", "", url.partition("#")[0])
    return quote(written if written.startswith("/") else f"/{written}", safe=_PRINTABLE)


# --- the credentials -----------------------------------------------------------------------------------------------


def _credentials(request: Request, session: _Session, login: Login) -> Parameters:
    """The parameters of the Authorization header, by RFC 7616 § 3.4."""
    challenge = session.challenge
    session.count += 1
    # § 3.4.2: a session's A1 keeps the cnonce of its first request, so that all of them have that one.
    cnonce = session.cnonce if challenge.session or session.count == 1 else _fresh()
    uri, count = target(request.url), f"{session.count:08x}"
    user = _normal(login.username, challenge)
    a1 = challenge.hash(user, challenge.realm, _normal(login.password, challenge))
    if challenge.session:
        a1 = challenge.hash(a1, challenge.nonce, cnonce)
    a2 = challenge.hash(request.method, uri, *_body_hash(request, challenge))
    counted = (count, cnonce, challenge.qop) if challenge.qop else ()
    parameters = {
        **_user(user, challenge),
        "realm": challenge.realm,
        "nonce": challenge.nonce,
        "uri": uri,
        "response": challenge.hash(a1, challenge.nonce, *counted, a2),
    }
    if challenge.algorithm:
        parameters["algorithm"] = challenge.algorithm
    if challenge.opaque is not None:
        parameters["opaque"] = challenge.opaque
    if challenge.qop:
        parameters |= {"qop": challenge.qop, "nc": count}
    if challenge.qop or challenge.session:
        parameters["cnonce"] = cnonce
    return parameters


def _body_hash(request: Request, challenge: Challenge) -> tuple[str, ...]:
    """§ 3.4.3: with `auth-int` the body is part of A2."""
    return (challenge.hash_body(request.body or b""),) if challenge.qop == "auth-int" else ()


def _normal(text: str, challenge: Challenge) -> str:
    """§ 4: with `charset=UTF-8` both sides take names and passwords in Normalization Form C."""
    if text.isascii() or not challenge.utf8:
        return text
    from unicodedata import normalize  # a big table, for those who need it

    return normalize("NFC", text)


def _user(user: str, challenge: Challenge) -> Parameters:
    """The user name: hashed (§ 3.4.4), or as text; `username*` holds what a quoted string cannot (§ 3.4).

    A server that announces UTF-8 knows `username*`. One that does not is older than it, and gets plain octets.
    """
    if challenge.userhash:
        return {"username": challenge.hash(user, challenge.realm), "userhash": "true"}
    if _CONTROL.search(user) or (challenge.utf8 and not user.isascii()):
        return {"username*": f"UTF-8''{quote(user, safe=_ATTR_CHAR)}"}
    return {"username": user}


def _bare(value: str) -> str:
    return value


def _quoted(value: str) -> str:
    """A quoted string (RFC 9110 § 5.6.4), in the octets of UTF-8 that were hashed; the transport writes latin-1."""
    escaped = value.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped.encode().decode("latin-1")}"'


#: Parameters that are written without quotes (RFC 7616 § 3.4); all others have them.
_UNQUOTED: Mapping[str, Callable[[str], str]] = dict.fromkeys(
    ("username*", "algorithm", "qop", "nc", "userhash"), _bare
)


def _written(parameters: Parameters) -> str:
    return ", ".join(f"{name}={_UNQUOTED.get(name, _quoted)(value)}" for name, value in parameters.items())
