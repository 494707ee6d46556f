"""`type: aws_sigv4`: a request signed with AWS Signature Version 4, in headers.

Follows "AWS Signature Version 4 for API requests" of the IAM User Guide ("Create a signed AWS API request", steps 1 to
6) and, for the rules of S3, "Authenticating Requests (AWS Signature Version 4)" of the S3 API Reference.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes, urlsplit

from runner.engine.auth.base import Fields, Scheme, put_header
from runner.engine.build import with_headers
from runner.engine.exchange import Headers, Request
from runner.engine.payload import Body, chunks

_ALGORITHM = "AWS4-HMAC-SHA256"
_UNRESERVED = "-_.~"
#: Services whose paths are names of objects, signed as they are; they want the body's hash in a header.
_OBJECTS = frozenset({"s3", "s3express", "s3-object-lambda", "s3-outposts"})
#: Headers that the transport or a proxy sets, changes or drops: what is signed must arrive as it was.
_UNSIGNED = frozenset(
    {
        "accept-encoding",
        "authorization",
        "baggage",
        "connection",
        "content-length",
        "cookie",
        "expect",
        "forwarded",
        "keep-alive",
        "max-forwards",
        "te",
        "traceparent",
        "tracestate",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "via",
        "x-amzn-trace-id",
    }
)
_UNSIGNED_KINDS = ("proxy-", "x-forwarded-")
_TIMESTAMP = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_SPACES = re.compile(r"\s+", re.ASCII)
_PORTS = {"http": 80, "https": 443}


def _now() -> datetime:
    return datetime.now(UTC)


class Keys(NamedTuple):
    """Who signs, and for which service of which region."""

    access_key: str
    secret_key: str
    session_token: str
    region: str
    service: str


def prepare(fields: Fields) -> Scheme:
    """Signs each request at the time when it goes out."""
    keys = Keys(*map(fields.text, Keys._fields))

    def apply(request: Request, _: object) -> Request:
        ready = _with_headers(request, keys)
        timestamp = _given(ready, "x-amz-date")
        if not _TIMESTAMP.fullmatch(timestamp):
            raise fields.fault("type", f"X-Amz-Date wants a time such as 20150830T123600Z, not '{timestamp}'")
        signature, signed = _signature(ready, keys, timestamp)
        fields.hide_passing(signature)
        credential = "/".join([keys.access_key, *_scope(keys, timestamp)])
        value = f"{_ALGORITHM} Credential={credential}, SignedHeaders={signed}, Signature={signature}"
        return put_header(ready, "Authorization", value)

    return Scheme(apply)


# --- the headers that are part of it -------------------------------------------------------------------------------


def _with_headers(request: Request, keys: Keys) -> Request:
    """The request with the headers that AWS wants signed; what the user gave stays."""
    if request.header("host") is None:
        request = _with(request, "Host", _host(request.url))
    if not _given(request, "x-amz-date"):
        request = _with(request, "X-Amz-Date", _now().strftime("%Y%m%dT%H%M%SZ"))
    if keys.service in _OBJECTS and request.header("x-amz-content-sha256") is None:
        request = _with(request, "X-Amz-Content-Sha256", _sha256(request.body or b""))
    if keys.session_token:
        request = put_header(request, "X-Amz-Security-Token", keys.session_token)
    return request


def _with(request: Request, name: str, value: str) -> Request:
    return request._replace(headers=with_headers(request.headers, name, value))


def _given(request: Request, name: str) -> str:
    """What a header says, or the query entry of that name: AWS looks at both."""
    entries = (part.partition("=")[::2] for part in _parts(request.url)[1].split("&"))
    in_query = {_decoded(key).lower(): _decoded(value) for key, value in entries}
    return (request.header(name) or "").strip() or in_query.get(name.encode(), b"").decode("utf-8", "replace")


def _host(url: str) -> str:
    """The Host header as the transport writes it: ASCII, in lower case, without the usual port."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        name = host if host.isascii() else host.encode("idna").decode("ascii")
        port = parts.port
    except ValueError:  # no host, or no port: the transport says so
        return host
    name = f"[{name}]" if ":" in name else name
    return name if port in (None, _PORTS.get(parts.scheme)) else f"{name}:{port}"


# --- the canonical request (step 1) --------------------------------------------------------------------------------


def _canonical(request: Request, keys: Keys, headers: dict[str, str]) -> str:
    path, query = _parts(request.url)
    payload = headers.get("x-amz-content-sha256") or _sha256(request.body or b"")
    lines = [f"{name}:{value}\n" for name, value in headers.items()]
    path = _object_path(path) if keys.service in _OBJECTS else _path(path)
    return "\n".join([request.method, path, _query(query), "".join(lines), ";".join(headers), payload])


def _parts(url: str) -> tuple[str, str]:
    """Path and query as they are written; both go over the wire like that, `engine.build` has encoded them."""
    written = re.sub(r"\A[^:/?#]*://[^/?#\\]*", "", url.partition("#")[0])
    path, _, query = written.partition("?")
    return path or "/", query


def _path(path: str) -> str:
    """Dot segments and repeated slashes go; each segment is encoded, once more where it is encoded already."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    slash = "/" if kept and path.endswith("/") else ""
    return quote(f"/{'/'.join(kept)}{slash}", safe=f"/{_UNRESERVED}")


def _object_path(path: str) -> str:
    """The name of an object, encoded once; dots and slashes belong to it."""
    return quote(unquote_to_bytes(path), safe=f"/{_UNRESERVED}")


def _query(query: str) -> str:
    """Entries sorted by name, then value, once both are encoded."""
    entries = [part.partition("=") for part in query.split("&") if part]
    pairs = sorted((_encoded(name), _encoded(value)) for name, _, value in entries)
    return "&".join(f"{name}={value}" for name, value in pairs)


def _encoded(text: str) -> str:
    return quote(_decoded(text), safe=_UNRESERVED)


def _decoded(text: str) -> bytes:
    """A `+` of a query is read as a space, as the services read it."""
    return unquote_to_bytes(text.replace("+", " "))


def _headers(headers: Headers) -> dict[str, str]:
    """The headers to sign, sorted, in lower case; spaces collapse, repeated ones are joined in their order."""
    joined: dict[str, list[str]] = {}
    for name, value in headers:
        joined.setdefault(name.lower(), []).append(_SPACES.sub(" ", value).strip())
    return {
        name: ",".join(joined[name])
        for name in sorted(joined)
        if name not in _UNSIGNED and not name.startswith(_UNSIGNED_KINDS)
    }


# --- the signature (steps 2 to 5) ----------------------------------------------------------------------------------


def _signature(request: Request, keys: Keys, timestamp: str) -> tuple[str, str]:
    """The signature, and the names of the headers that it covers."""
    headers = _headers(request.headers)
    # A lone surrogate has no UTF-8; the transport refuses it, and may say so.
    canonical = _canonical(request, keys, headers).encode("utf-8", "surrogatepass")
    to_sign = "\n".join([_ALGORITHM, timestamp, "/".join(_scope(keys, timestamp)), _sha256(canonical)])
    key = f"AWS4{keys.secret_key}".encode()
    for part in _scope(keys, timestamp):
        key = _hmac(key, part)
    return _hmac(key, to_sign).hex(), ";".join(headers)


def _scope(keys: Keys, timestamp: str) -> tuple[str, ...]:
    """What a derived key is good for: a day, a region, a service."""
    return timestamp[:8], keys.region, keys.service, "aws4_request"


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


def _sha256(body: Body) -> str:
    """The hash of a body; its files are read."""
    found = hashlib.sha256()
    for chunk in chunks(body):
        found.update(chunk)
    return found.hexdigest()
