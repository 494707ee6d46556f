"""Options about the connection, time, redirects, retries, auth and where the answer goes → keys of a request."""

from __future__ import annotations

import re
from posixpath import basename
from typing import Any
from urllib.parse import unquote

from runner.formats.curl.command import Given
from runner.formats.curl.context import Context
from runner.formats.curl.nodes import Word, literal_text
from runner.formats.curl.values import begins, cut, label, split
from runner.formats.draft import Data, literal
from runner.formats.sealing import from_environment
from runner.formats.texts import Parts, is_literal, plain, spliced, whole
from runner.formats.variables import typed

#: What curl's --retry takes for a passing fault.
_RETRIED = [408, 429, 500, 502, 503, 504]
_ANY_NUMBER = 1000
_PROXY_PORT = 1080
_PROXY_SCHEMES = {"http": "http", "https": "https", "socks5": "socks5", "socks5h": "socks5h"}


def put_settings(given: Given, made: Data, context: Context) -> None:
    """Puts the settings of a command into its request."""
    _redirects(given, made)
    _tls(given, made, context)
    _proxy(given, made, context)
    timeout = given.last("max-time")
    if timeout is not None and (seconds := _seconds(context.values.parts(timeout))):
        made["timeout"] = seconds
    size = given.last("max-filesize")
    if size is not None:
        made["max_body"] = _size(context.values.text(size))
    if given.is_on("http2"):
        made["http2"] = True
    if given.is_on("http1.1"):
        made["http2"] = False
    _retry(given, made, context)


def _redirects(given: Given, made: Data) -> None:
    if not (given.is_on("location") or given.is_on("location-trusted")):
        made["follow_redirects"] = False
        return
    most = literal_text(given.last("max-redirs") or ())
    number = typed(most) if most else None
    if isinstance(number, int):
        made["follow_redirects"] = number if number >= 0 else _ANY_NUMBER


def _seconds(parts: Parts) -> str | None:
    """A duration; curl's zero means that there is no limit."""
    if not is_literal(parts):
        expression = whole(parts)
        return f"{{{{to_number({expression})}}}}" if expression else None
    text = plain(parts).strip()
    return f"{text}s" if re.fullmatch(r"\d+(?:\.\d+)?", text) and float(text) else None


def _size(text: str) -> Any:
    found = re.fullmatch(r"(\d+)([kKmMgG]?)", text)
    if found is None:
        return text
    unit = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}[found[2].lower()]
    return int(found[1]) * unit


def _retry(given: Given, made: Data, context: Context) -> None:
    times = given.last("retry")
    if times is None:
        return
    count = typed(literal_text(times) or "")
    if not isinstance(count, int) or isinstance(count, bool):
        context.lose("the option 'retry'", "its number is not known before the run", "set `retry: {attempts}`")
        return
    if count <= 0:
        return
    delay = _seconds(context.values.parts(given.last("retry-delay") or ()))
    made["retry"] = {"attempts": count + 1, "delay": delay or "1s", "backoff": 1 if delay else 2, "statuses": _RETRIED}
    if given.is_on("retry-all-errors"):
        made["retry"]["statuses"] = [408, 425, 429, *range(500, 512)]
    made["retry"]["methods"] = [made.get("method") or ("POST" if has_body(made) else "GET")]


_BODIES = frozenset({"json", "form", "multipart", "text", "file", "graphql"})


def has_body(made: Data) -> bool:
    """Whether a request of a draft has a body."""
    return not _BODIES.isdisjoint(key for key in made if isinstance(key, str))


# --- TLS and proxies -------------------------------------------------------------------------------------------------


def _tls(given: Given, made: Data, context: Context) -> None:
    ca = given.last("cacert")
    if given.is_on("insecure"):
        made["verify"] = False
    elif ca is not None:
        made["verify"] = context.outside(ca, "ca")
    word = given.last("cert")
    if word is None:
        return
    path, password = _certificate(context.values.parts(word))
    made["client_cert"] = {"cert": context.outside_path(path, "cert")}
    key, phrase = given.last("key"), given.last("pass")
    if key is not None:
        made["client_cert"]["key"] = context.outside(key, "key")
    if password or phrase is not None:
        made["client_cert"]["password"] = spliced(password) if password else context.values.text(phrase or ())


def _certificate(parts: Parts) -> tuple[Parts, Parts]:
    """`FILE[:PASSWORD]`; the colon of a drive and one behind a backslash belong to the path."""
    first = begins(parts)
    found = re.match(r"(?:[A-Za-z]:(?=[\\/]))?(?:\\:|[^:])*", first)
    end = found.end() if found else 0
    if end == len(first):
        rest = cut(tuple(parts[1:]), ":")
        return ((first, *rest[0]) if first else rest[0]), rest[1] or ()
    return (first[:end].replace("\\:", ":"),), tuple(filter(None, (first[end + 1 :], *parts[1:])))


def _proxy(given: Given, made: Data, context: Context) -> None:
    socket = given.last("unix-socket")
    if socket is not None:
        made["proxy"] = f"unix:{context.values.text(socket)}"
    hosts = given.last("noproxy")
    if hosts is not None and literal_text(hosts) == "*":
        made["proxy"] = False
    elif hosts is not None:
        why = "the environment names the hosts that need no proxy"
        context.lose("the option 'noproxy'", why, f"set NO_PROXY={label(hosts)}")
    for name, scheme in (("proxy", "http"), ("proxy1.0", "http"), ("socks5", "socks5"), ("socks5-hostname", "socks5h")):
        word = given.last(name)
        if word is not None:
            _proxy_url(context.values.parts(word), scheme, given, made, context)


def _proxy_url(parts: Parts, scheme: str, given: Given, made: Data, context: Context) -> None:
    if not parts:
        made["proxy"] = False
        return
    if not is_literal(parts):
        made["proxy"] = spliced(parts) if "://" in begins(parts) or whole(parts) else f"{scheme}://{spliced(parts)}"
        return
    found = re.fullmatch(r"(?:([A-Za-z0-9]+)://)?(?:([^@/]*)@)?(\[[^\]]*\]|[^:/]*)(?::(\d+))?/?", plain(parts))
    if found is None or (found[1] or scheme).lower() not in _PROXY_SCHEMES:
        context.lose(f"the proxy '{plain(parts)}'", "a proxy speaks HTTP or SOCKS 5", "`proxy: socks5h://HOST:PORT`")
        return
    user = given.last("proxy-user")
    login = literal(found[2] or "")
    if user is not None:
        login = context.values.text(user)
    before = f"{login}@" if login else ""
    made["proxy"] = f"{(found[1] or scheme).lower()}://{before}{found[3]}:{found[4] or _PROXY_PORT}"


# --- auth ------------------------------------------------------------------------------------------------------------


def put_auth(given: Given, made: Data, user: tuple[str, str] | None, context: Context) -> None:
    """Puts `auth` into a request; `user` is what stands before the host of its URL."""
    bearer, word = given.last("oauth2-bearer"), given.last("user")
    aws = given.last("aws-sigv4")
    if bearer is not None:
        made["auth"] = {"type": "bearer", "token": context.values.text(bearer)}
    elif aws is not None and word is not None:
        made["auth"] = _aws(aws, word, context)
    elif word is not None and not _is_other(given):
        _login(given, word, made, context)
    elif user is not None:
        made["auth"] = {"type": "basic", "username": user[0], "password": user[1]}
    elif any(map(given.is_on, ("netrc", "netrc-optional"))):
        made["auth"] = {"type": "netrc"}


def _is_other(given: Given) -> bool:
    return any(map(given.is_on, ("ntlm", "ntlm-wb", "negotiate")))


def _login(given: Given, word: Word, made: Data, context: Context) -> None:
    parts = context.values.parts(word)
    name, password = cut(parts, ":")
    kind = "digest" if given.is_on("digest") else "basic"
    alone = whole(parts)
    if password is None and alone and kind == "basic":  # a variable that holds `user:password`
        made["headers"]["Authorization"] = f"Basic {{{{base64({alone})}}}}"
        return
    if password is None:
        given_from = from_environment("password")
        context.lose(f"the password of '{plain(parts)}'", "curl asks for it", f"set {given_from[6:-2]}")
        made["auth"] = {"type": kind, "username": spliced(name), "password": given_from}
        return
    if not name and kind == "basic":
        made["headers"]["Authorization"] = _without_user(spliced(password), context)
        return
    made["auth"] = {"type": kind, "username": spliced(name), "password": spliced(password)}


def _without_user(password: str, context: Context) -> str:
    """The header for a password alone, which some APIs take for a key; `auth` wants a user."""
    name = context.values.names.fresh("password")
    context.values.variables[name] = password  # a credential by its name: it becomes a secret
    return f"Basic {{{{base64(join('', [':', {name}]))}}}}"


def _aws(option: Word, user: Word, context: Context) -> Data:
    """The region and service of `aws:amz:region:service`."""
    name, password = cut(context.values.parts(user), ":")
    words = [spliced(part) for part in split(context.values.parts(option), ":")] + [""] * 4
    if not words[2] or not words[3]:
        context.lose("the option 'aws-sigv4'", "curl takes region and service from the host", "write them in `auth`")
    return {
        "type": "aws_sigv4",
        "access_key": spliced(name),
        "secret_key": spliced(password or ()),
        "region": words[2] or "us-east-1",
        "service": words[3] or "execute-api",
    }


# --- where the answer goes -------------------------------------------------------------------------------------------


def put_output(given: Given, place: int, url: Parts, made: Data, context: Context) -> None:
    """Puts `save_to` into the request of the URL at a place of the command line."""
    outputs = given.every("output")
    if place < len(outputs):
        path = context.values.parts(outputs[place])
    elif given.is_on("remote-name") and not outputs:
        path = _remote_name(url)
    elif context.redirected:
        path = context.values.parts(context.redirected)
    else:
        return
    folder = given.last("output-dir")
    text = spliced(path)
    if folder is not None:
        text = f"{context.values.text(folder).rstrip('/')}/{text}"
    if text in ("-", "/dev/null", "NUL", "nul", "$null") or text.startswith("/dev/"):
        return
    if text.startswith(("/", "~", "..")) or "/../" in text or re.match(r"[A-Za-z]:", text) or "#" in text:
        context.lose(f"the output '{text}'", "a body is saved within the project only", "set `save_to`")
    elif not is_literal(path):
        context.lose(f"the output '{text}'", "the path that a body is saved to is known before", "set `save_to`")
    else:
        made["save_to"] = text


def _remote_name(url: Parts) -> Parts:
    path = re.sub(r"^[A-Za-z][\w+.-]*://[^/]*", "", plain(cut(url, "?")[0]))
    name = unquote(basename(path))
    return (name,) if name and is_literal(url) else ("-",)
