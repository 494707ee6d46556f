"""Options about the connection, time, redirects, retries, auth and where the answer goes → keys of a request."""

from __future__ import annotations

import re
from posixpath import basename
from typing import Any
from urllib.parse import quote, unquote

from runner.formats.curl.command import Given
from runner.formats.curl.context import Context
from runner.formats.curl.nodes import Word, literal_text
from runner.formats.curl.values import begins, cut, label, split, without
from runner.formats.draft import Data, literal
from runner.formats.sealing import from_environment
from runner.formats.texts import Parts, Placeholder, is_literal, plain, spliced, whole
from runner.formats.variables import typed

#: What curl's --retry takes for a passing fault.
_RETRIED = [408, 429, 500, 502, 503, 504]
_ANY_NUMBER = 1000
#: Schemes of proxies, and curl's ports for them.
_PROXY_PORTS = {"http": 1080, "https": 443, "socks5": 1080, "socks5h": 1080}


def put_settings(given: Given, made: Data, context: Context) -> None:
    """Puts the settings of a command into its request."""
    _redirects(given, made, context)
    _tls(given, made, context)
    _proxy(given, made, context)
    timeout = given.last("max-time")
    if timeout is not None and (seconds := _seconds(context.values.parts(timeout))):
        made["timeout"] = seconds
    size = given.last("max-filesize")
    if size is not None and (limit := _size(context.values.text(size))):  # curl's zero is no limit
        made["max_body"] = limit
    version = given.last_of("http1.0", "http1.1", "http2", "http2-prior-knowledge", "http3", "http3-only")
    if version in ("http1.1", "http2"):
        made["http2"] = version == "http2"
    _retry(given, made, context)


def _redirects(given: Given, made: Data, context: Context) -> None:
    if not (given.is_on("location") or given.is_on("location-trusted")):
        made["follow_redirects"] = False
        return
    most = literal_text(given.last("max-redirs") or ())
    number = typed(most) if most else None
    if isinstance(number, int):
        made["follow_redirects"] = number if number >= 0 else _ANY_NUMBER
    elif given.last("max-redirs"):
        context.lose("the option 'max-redirs'", "its number is not known before the run", "set `follow_redirects`")


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
        return
    if hosts is not None:
        why = "the environment names the hosts that need no proxy"
        context.lose("the option 'noproxy'", why, f"set NO_PROXY={label(hosts)}")
    found = [name for name in _PROXIES if given.last(name) is not None]
    for name in found:
        _proxy_url(context.values.parts(given.last(name) or ()), _PROXIES[name], given, made, context)
    if given.last("proxy-user") and not found:
        why = "the proxy that it is for is not in the command"
        context.lose("the option 'proxy-user'", why, "`proxy: http://USER:PASSWORD@HOST:PORT`")


#: Options that name a proxy → its scheme, where its URL has none.
_PROXIES = {"proxy": "http", "proxy1.0": "http", "socks5": "socks5", "socks5-hostname": "socks5h"}


def _proxy_url(parts: Parts, scheme: str, given: Given, made: Data, context: Context) -> None:
    if not parts:
        made["proxy"] = False
        return
    user = context.values.parts(given.last("proxy-user") or ())
    if not is_literal(parts):
        made["proxy"] = _open_proxy(parts, scheme, user, context)
        return
    found = re.fullmatch(r"(?:([A-Za-z0-9]+)://)?(?:(.*)@)?(\[[^\]]*\]|[^:/]*)(?::(\d+))?/?", plain(parts))
    if found is None or (found[1] or scheme).lower() not in _PROXY_PORTS:
        context.lose(f"the proxy '{plain(parts)}'", "a proxy speaks HTTP or SOCKS 5", "`proxy: socks5h://HOST:PORT`")
        return
    scheme = (found[1] or scheme).lower()
    login = _proxy_login(user or ((unquote(found[2]),) if found[2] else ()), context)
    made["proxy"] = f"{scheme}://{login}{found[3]}:{found[4] or _PROXY_PORTS[scheme]}"


def _open_proxy(parts: Parts, scheme: str, user: Parts, context: Context) -> str:
    """A proxy that variables name, or a part of it."""
    if whole(parts):  # with its scheme, and where there are any with its credentials
        if user:
            why = "the proxy is a variable, whose URL has the credentials"
            context.lose("the option 'proxy-user'", why, "write them into it: http://USER:PASSWORD@HOST:PORT")
        return spliced(parts)
    before, found, _ = begins(parts).partition("://")
    rest = without(parts, len(before) + 3) if found else parts
    return f"{before if found else scheme}://{_proxy_login(user, context)}{spliced(rest)}"


def _proxy_login(user: Parts, context: Context) -> str:
    """`user:password@` as a URL has it (RFC 3986 § 3.2.1)."""
    if not user:
        return ""
    name, password = cut(user, ":")
    if password and is_literal(password):  # outside it is kept as it is, and not as a URL writes it
        password = (Placeholder(context.values.credential("proxy_password", literal(plain(password)))),)
    return f"{spliced(_within_url(name))}:{spliced(_within_url(password or ()))}@"


def _within_url(parts: Parts) -> Parts:
    return tuple(
        quote(part, safe="") if isinstance(part, str) else Placeholder(f"url_encode({part.expression})")
        for part in parts
    )


# --- auth ------------------------------------------------------------------------------------------------------------


def put_auth(given: Given, made: Data, user: Parts, context: Context) -> None:
    """Puts `auth` into a request; `user` is `user:password` before the host of its URL, which `-u` wins over."""
    bearer, word = given.last("oauth2-bearer"), given.last("user")
    login = user if word is None else context.values.parts(word)
    aws = given.last("aws-sigv4")
    if bearer is not None:
        made["auth"] = {"type": "bearer", "token": context.values.text(bearer)}
    elif aws is not None:
        _aws(aws, login, made, context)
    elif (word is not None or user) and not _is_other(given):
        _login(given, login, made, context)
    elif any(map(given.is_on, ("netrc", "netrc-optional"))) or given.last("netrc-file"):
        made["auth"] = {"type": "netrc"}


def _is_other(given: Given) -> bool:
    return any(map(given.is_on, ("ntlm", "ntlm-wb", "negotiate")))


def _login(given: Given, parts: Parts, made: Data, context: Context) -> None:
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
    name = context.values.credential("password", password)
    return f"Basic {{{{base64(join('', [':', {name}]))}}}}"


def _aws(option: Word, user: Parts, made: Data, context: Context) -> None:
    """The region and service of `aws:amz:region:service`."""
    if not user:
        context.lose("the option 'aws-sigv4'", "curl signs nothing without -u KEY:SECRET", "`auth: {type: aws_sigv4}`")
        return
    name, password = cut(user, ":")
    words = [spliced(part) for part in split(context.values.parts(option), ":")] + [""] * 4
    if not words[2] or not words[3]:
        context.lose("the option 'aws-sigv4'", "curl takes region and service from the host", "write them in `auth`")
    made["auth"] = {
        "type": "aws_sigv4",
        "access_key": spliced(name),
        "secret_key": spliced(password or ()),
        "region": words[2] or "us-east-1",
        "service": words[3] or "execute-api",
    }


# --- where the answer goes -------------------------------------------------------------------------------------------


def put_output(given: Given, place: int, url: Parts, made: Data, context: Context) -> None:
    """Puts `save_to` into the request of the URL at a place of the command line."""
    option = given.outputs[place] if place < len(given.outputs) else None
    if option is not None and option.name == "output":
        path = context.values.parts(option.value)
    elif (option is not None and option.on) or (option is None and given.is_on("remote-name-all")):
        path = _remote_name(url)
    elif context.redirected:
        path = context.values.parts(context.redirected)
    else:
        return
    folder = given.last("output-dir")
    text = spliced(path)
    if folder is not None:
        text = f"{context.values.text(folder).rstrip('/')}/{text}"
    if text in ("", "-", "/dev/null", "NUL", "nul", "$null") or text.startswith("/dev/"):
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
