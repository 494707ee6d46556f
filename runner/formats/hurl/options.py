"""The options of an entry → settings of its request; a table says which have one, and why the others have none."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from runner.formats.draft import Data
from runner.formats.entries import Entry as Field
from runner.formats.entries import mapping
from runner.formats.hurl.context import Context
from runner.formats.hurl.nodes import Entry, Pair
from runner.formats.texts import Parts, is_literal, joined, plain, spliced, whole
from runner.formats.variables import typed

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)?")
_WORDS = {"true": True, "false": False}
#: As many redirects as Hurl follows, unless `max-redirs` says otherwise; and what stands for any number.
MOST_REDIRECTS = 50
_ANY_NUMBER = 1000
_NETWORK = "connections are made as the system's resolver and settings say"
_SHOWN = "it is about what is printed"

#: Options without a counterpart → why, and what to do.
_LOST: Mapping[str, tuple[str, str]] = {
    "connect-timeout": ("a timeout is for a whole attempt here", "set `timeout`"),
    "connect-to": (_NETWORK, ""),
    "resolve": (_NETWORK, "name the host in /etc/hosts"),
    "ipv4": (_NETWORK, ""),
    "ipv6": (_NETWORK, ""),
    "http1.0": ("HTTP/1.1 and HTTP/2 are spoken here", ""),
    "http3": ("HTTP/1.1 and HTTP/2 are spoken here", ""),
    "limit-rate": ("nothing here slows a transfer down", ""),
    "location-trusted": ("credentials stay at their origin", "send the second request by itself"),
    "negotiate": ("there is no such auth", ""),
    "ntlm": ("there is no such auth", ""),
    "netrc-file": ("`auth: {type: netrc}` reads the user's netrc", "set NETRC to its path"),
    "pinnedpubkey": ("certificates are judged by their authority", "set `verify` to a CA file"),
    "noproxy": ("the environment names hosts without a proxy", "set NO_PROXY"),
    "verbose": (_SHOWN, "runner run --verbose"),
    "very-verbose": (_SHOWN, "runner run --verbose"),
    "verbosity": (_SHOWN, "runner run --verbose"),
}


class Options:
    """Applies the options of entries; `context` knows texts, names and losses."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.url: Parts = ()

    def apply(self, entry: Entry, made: Data) -> None:
        """Puts what the options of an entry mean into its request."""
        self.url = entry.url
        given = [pair for pair in entry.sections.get("options", ()) if isinstance(pair, Pair)]
        for pair in given:
            if plain(pair.name) == "variable":
                self._variable(pair)
        options = {plain(pair.name): pair for pair in given}
        for name, pair in options.items():
            self._one(name, pair, made, options)

    def _one(self, name: str, pair: Pair, made: Data, options: Mapping[str, Pair]) -> None:
        apply = _APPLY.get(name)
        if apply is not None:
            apply(self, pair, made, options)
        elif name not in _HANDLED and not (name in _LOST and self.value(pair) is False):
            why, remedy = _LOST.get(name, ("it is not known here", ""))
            self.lose(pair, name, why, remedy)

    def lose(self, pair: Pair, name: str, why: str, remedy: str = "") -> None:
        self.context.lose(pair.line, f"the option '{name}'", why, remedy)

    # --- values

    def text(self, pair: Pair) -> str:
        return self.context.text(pair.value)

    def value(self, pair: Pair) -> Any:
        """A number or truth value, or the placeholder that gives it."""
        alone = whole(self.context.ours(pair.value))
        return f"{{{{{alone}}}}}" if alone is not None else typed(plain(pair.value))

    def duration(self, pair: Pair, unit: str) -> Any:
        """A duration of ours; Hurl's numbers are in `unit` unless they say otherwise. None where it cannot be had."""
        found = _DURATION.fullmatch(plain(pair.value)) if is_literal(pair.value) else None
        if found is not None:
            return f"{found[1]}{found[2] or unit}"
        fixed = self.context.fixed(pair.value)
        found = _DURATION.fullmatch(fixed) if fixed else None
        return f"{found[1]}{found[2] or unit}" if found else None

    # --- options

    def _variable(self, pair: Pair) -> None:
        name, value = cut(self.context.ours(pair.value), "=")
        ours = self.context.names(plain(name).strip())
        if ours not in self.context.shared:
            self.context.set[ours] = inferred(value)
            self.context.kinds.declare({ours: self.context.set[ours]})


def cut(parts: Parts, separator: str) -> tuple[Parts, Parts]:
    """The parts before and after the first separator."""
    for place, part in enumerate(parts):
        if isinstance(part, str) and separator in part:
            before, _, after = part.partition(separator)
            return tuple(joined([*parts[:place], before])), tuple(joined([after, *parts[place + 1 :]]))
    return parts, ()


def inferred(value: Parts) -> Any:
    """The value of a variable, with the type that Hurl sees in its text."""
    if not is_literal(value):
        return spliced(value)
    text = plain(value)
    if len(text) > 1 and text[0] == text[-1] == '"':
        return spliced((text[1:-1],))
    if text == "null":
        return None
    found = typed(text)
    return spliced((found,)) if isinstance(found, str) else found


Given = Mapping[str, Pair]
_Apply = Callable[[Options, Pair, Data, Given], None]


# --- what an option does ---------------------------------------------------------------------------------------------


def _setting(key: str) -> _Apply:
    def apply(options: Options, pair: Pair, made: Data, given: Given) -> None:
        made[key] = options.value(pair)

    return apply


def _duration(key: str, unit: str) -> _Apply:
    def apply(options: Options, pair: Pair, made: Data, given: Given) -> None:
        seconds = options.duration(pair, unit)
        if seconds is None:
            options.lose(pair, plain(pair.name), "its value is not known before the run")
        else:
            made[key] = seconds

    return apply


def _location(options: Options, pair: Pair, made: Data, given: Given) -> None:
    follows = options.value(pair)
    most = options.value(given["max-redirs"]) if "max-redirs" in given else MOST_REDIRECTS
    if follows is True and most == -1:
        most = _ANY_NUMBER
    made["follow_redirects"] = most if follows is True else follows


def _insecure(options: Options, pair: Pair, made: Data, given: Given) -> None:
    insecure = options.value(pair)
    if isinstance(insecure, str):
        options.lose(pair, "insecure", "`verify` is its contrary, which no template gives")
    elif insecure:
        made["verify"] = False


def _cacert(options: Options, pair: Pair, made: Data, given: Given) -> None:
    made["verify"] = options.context.credential_file(pair, "ca")


def _certificate(options: Options, pair: Pair, made: Data, given: Given) -> None:
    path, password = cut(pair.value, ":")
    made["client_cert"] = {"cert": options.context.credential_file(pair._replace(value=path), "cert")}
    if "key" in given:
        made["client_cert"]["key"] = options.context.credential_file(given["key"], "key")
    if password:
        made["client_cert"]["password"] = options.context.text(password)


def _user(options: Options, pair: Pair, made: Data, given: Given) -> None:
    name, password = (options.context.text(part) for part in cut(pair.value, ":"))
    if "aws-sigv4" in given:
        made["auth"] = {"type": "aws_sigv4", "access_key": name, "secret_key": password, **_aws(options, given)}
    elif "digest" in given and options.value(given["digest"]) is True:
        made["auth"] = {"type": "digest", "username": name, "password": password}
    elif "ntlm" not in given and "negotiate" not in given:
        made["auth"] = {"type": "basic", "username": name, "password": password}


def _aws(options: Options, given: Given) -> Data:
    """The region and service of `aws:amz:region:service`."""
    words = [*options.text(given["aws-sigv4"]).split(":"), "", "", "", ""]
    if not words[2] or not words[3]:
        why = "Hurl takes region and service from the host, here they are written"
        options.lose(given["aws-sigv4"], "aws-sigv4", why, "write them")
    return {"region": words[2] or "us-east-1", "service": words[3] or "execute-api"}


def _header(options: Options, pair: Pair, made: Data, given: Given) -> None:
    name, value = cut(options.context.ours(pair.value), ":")
    value = tuple(joined([value[0].lstrip(), *value[1:]])) if value and isinstance(value[0], str) else value
    made["headers"] = {**made.get("headers", {}), **mapping([Field(name, value)])}


def _netrc(options: Options, pair: Pair, made: Data, given: Given) -> None:
    if options.value(pair) is True:
        made["auth"] = {"type": "netrc"}


def _http2(options: Options, pair: Pair, made: Data, given: Given) -> None:
    made["http2"] = options.value(pair)


def _http11(options: Options, pair: Pair, made: Data, given: Given) -> None:
    if options.value(pair) is True:
        made["http2"] = False


def _output(options: Options, pair: Pair, made: Data, given: Given) -> None:
    path = options.text(pair)
    if path == "-":
        options.lose(pair, "output", _SHOWN, "runner run --show-body")
    elif path.startswith(("/", "..")) or "{{" in path:
        why = "a body is saved within the project only, under a path that is known"
        options.lose(pair, "output", why, "set `save_to`")
    else:
        made["save_to"] = path


def _repeat(options: Options, pair: Pair, made: Data, given: Given) -> None:
    times = options.value(pair)
    if times == 0:
        made["skip"] = True
    elif isinstance(times, int) and times > 1:
        made["for_each"] = f"range(`{times}`)"
    elif times != 1:
        options.lose(pair, "repeat", "a request is done a number of times that is known", "set `for_each`")


def _retry(options: Options, pair: Pair, made: Data, given: Given) -> None:
    """Hurl's retry waits until every assertion is true: `poll`."""
    times = options.value(pair)
    interval = options.duration(given["retry-interval"], "ms") if "retry-interval" in given else "1s"
    if times == 0:
        return
    if not isinstance(times, int) or interval is None or times < 0:
        options.lose(pair, "retry", "it ends at a time that is known", "set `poll: {interval, timeout}`")
        return
    amount, unit = re.fullmatch(r"([\d.]+)(\D+)", interval).groups()  # type: ignore[union-attr]
    total = float(amount) * times
    made["poll"] = {"interval": interval, "timeout": f"{total:g}{unit}" if total else "1s"}


def _skip(options: Options, pair: Pair, made: Data, given: Given) -> None:
    skips = options.value(pair)
    if isinstance(skips, str):
        made["when"] = f"!{skips[2:-2]}"
    elif skips:
        made["skip"] = True


def _compressed(options: Options, pair: Pair, made: Data, given: Given) -> None:
    """Nothing: compressed answers are always asked for."""


def _unix_socket(options: Options, pair: Pair, made: Data, given: Given) -> None:
    made["proxy"] = f"unix:{options.text(pair)}"


def _path_as_is(options: Options, pair: Pair, made: Data, given: Given) -> None:
    if options.value(pair) is True:
        made["url"] = options.context.text(options.url)


def _proxy(options: Options, pair: Pair, made: Data, given: Given) -> None:
    proxy = options.text(pair)
    made["proxy"] = proxy if "://" in proxy or proxy.startswith("{{") else f"http://{proxy}"


_APPLY: Mapping[str, _Apply] = {
    "cacert": _cacert,
    "cert": _certificate,
    "compressed": _compressed,
    "delay": _duration("delay", "ms"),
    "header": _header,
    "http1.1": _http11,
    "http2": _http2,
    "insecure": _insecure,
    "location": _location,
    "location-trusted": _location,
    "max-filesize": _setting("max_body"),
    "max-time": _duration("timeout", "s"),
    "netrc": _netrc,
    "netrc-optional": _netrc,
    "output": _output,
    "path-as-is": _path_as_is,
    "proxy": _proxy,
    "repeat": _repeat,
    "retry": _retry,
    "skip": _skip,
    "unix-socket": _unix_socket,
    "user": _user,
}

#: Options that are looked at together with another one.
_HANDLED = frozenset({"aws-sigv4", "digest", "key", "max-redirs", "retry-interval", "variable"})
