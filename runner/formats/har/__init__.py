"""HAR files, as browsers and proxies export them → a collection of the calls in them.

    text ─reading─▶ calls without noise ─requests─▶ a draft ◀─correlation─ captures, variables

Static files, preflights and headers of the browser are left out, and a comment says so; cookies and tokens become
captures where a response gave them, else secrets.
"""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import urlsplit

from runner.formats.attached import Attachments
from runner.formats.draft import Choices, Comment, Data, Foreign, Imported, Names, Unique
from runner.formats.finishing import finish
from runner.formats.har.correlation import Repeated, Sources, is_telling
from runner.formats.har.reading import Call, Log, read
from runner.formats.har.requests import Converter, telling_values
from runner.formats.sealing import Vault

_ORIGIN = re.compile(r"https?://[^/?#]+", re.IGNORECASE)
_BEARER = re.compile(r"Bearer \S+")
_NUMBERED = re.compile(r"\d+")


def load(foreign: Foreign, choices: Choices) -> Imported:
    """The collection of the calls in a HAR.

    Raises:
        ForeignFault: it is none.
    """
    log = read(foreign.text)
    names, imported = Names(), Imported({})
    made: Data = {"name": foreign.name, "variables": {}, "secrets": {}}
    repeated = Repeated(names, made["variables"])
    for call in log.calls:
        repeated.count(telling_values(call))
    files, sources = Attachments(foreign, imported, names, made["variables"]), Sources(names)
    made["requests"] = _requests(log, Converter(imported, names, files, sources, repeated), sources)
    for place, what, why in log.lost:
        imported.lose(place, what, why)
    _put_away(made, Vault(names, made["secrets"]))
    _share_origins(made, names)
    _share_token(made)
    _share_headers(made)
    made = {**{Comment(line): None for line in _told(log)}, **made}
    imported.collection = finish(imported, made, names)
    return imported


def _requests(log: Log, converter: Converter, sources: Sources) -> list[Data]:
    unique = Unique()
    drafts = []
    for number, call in enumerate(log.calls):
        drafts.append(converter.request(call, unique(_name(call))))
        sources.learn(number, call.answer, call.set_cookies)
    for number, captures in sources.captures.items():
        drafts[number]["capture"] = captures
    return drafts


def _name(call: Call) -> str:
    """`GET /users/…/posts`: numbers and ids of paths say nothing."""
    try:
        path = urlsplit(call.url).path
    except ValueError:
        path = ""
    shown = ["…" if _NUMBERED.fullmatch(part) or is_telling(part) else part for part in path.split("/")]
    return f"{call.method} {'/'.join(shown) or '/'}"


def _told(log: Log) -> list[str]:
    kinds = [f"{kind} ({count})" for kind, count in log.left_out.items() if count]
    if not kinds:
        return []
    return [f"Left out: {', '.join(kinds)}; and the headers that browsers send by themselves."]


# --- what requests share ---------------------------------------------------------------------------------------------


def _put_away(made: Data, vault: Vault) -> None:
    """Cookies from before are credentials, all of them."""
    for item in made["requests"]:
        item["cookies"] = {
            name: vault.put(value.replace("\\{{", "{{"), f"{name}_cookie") if value else value
            for name, value in item["cookies"].items()
        }


def _share_origins(made: Data, names: Names) -> None:
    """The origin of most requests is `base_url`; others that come again are variables."""
    origins = Counter(match[0] for item in made["requests"] if (match := _ORIGIN.match(item["url"])))
    if not origins:
        return
    base, count = origins.most_common(1)[0]
    if len(made["requests"]) > 1 and count > 1:
        made["base_url"] = base
    variables = {origin: names.fresh(_label(origin)) for origin, n in origins.items() if n > 1 and origin != base}
    for item in made["requests"]:
        origin = _ORIGIN.match(item["url"])
        if origin and origin[0] in variables:
            item["url"] = f"{{{{{variables[origin[0]]}}}}}" + item["url"][origin.end() :]
        elif origin and origin[0] == made.get("base_url"):
            rest = item["url"][origin.end() :]
            item["url"] = item["url"] if rest.startswith("//") else rest
    made["variables"] = {**{name: origin for origin, name in variables.items()}, **made["variables"]}


def _label(origin: str) -> str:
    host = origin.partition("://")[2].partition(":")[0]
    labels = [label for label in host.split(".") if label not in ("www", "com", "net", "org", "io")]
    return f"{labels[0] if labels else host}_url"


def _share_token(made: Data) -> None:
    """One bearer token for all that send one: the collection's `auth`."""
    holders = [(item, name) for item in made["requests"] for name in item["headers"] if name.lower() == "authorization"]
    values = {item["headers"][name] for item, name in holders}
    if len(values) != 1 or len(holders) < 2:
        return
    value = values.pop()
    if not _BEARER.fullmatch(value):
        return
    made["auth"] = {"type": "bearer", "token": value.removeprefix("Bearer ")}
    for item in made["requests"]:
        item.setdefault("auth", "none")
    for item, name in holders:
        del item["headers"][name]
        del item["auth"]


def _share_headers(made: Data) -> None:
    """Headers that all requests send alike are defaults."""
    requests = made["requests"]
    if len(requests) < 2:
        return
    first = requests[0]["headers"]
    common = {n: v for n, v in first.items() if all(item["headers"].get(n) == v for item in requests)}
    common = {name: value for name, value in common.items() if name.lower() != "content-type"}
    for item in requests:
        item["headers"] = {name: value for name, value in item["headers"].items() if name not in common}
    if common:
        made["defaults"] = {"headers": common}
