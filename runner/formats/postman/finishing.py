"""What can only be done once all requests are drafted: a common base URL, one `auth` for all, names without value."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from runner.formats.draft import COLLECTION_ORDER, GROUP_ORDER, REQUEST_ORDER, Comment, Data, Disabled, ordered
from runner.formats.postman.usage import used
from runner.formats.postman.variables import Variables
from runner.language import query
from runner.language.values import as_text

#: Stands for the capture of a variable that later requests do not see, until all requests are drafted.
LOCAL = object()


def requests_of(draft: Any) -> Iterator[Data]:
    """The requests of a draft, in the order in which they run."""
    for key in ("setup", "requests", "teardown"):
        for item in draft.get(key) or ():
            if isinstance(item, Mapping):
                if "requests" in item:
                    yield from requests_of(item)
                else:
                    yield item  # type: ignore[misc]


# --- auth ----------------------------------------------------------------------------------------------------------


def hoist_auth(draft: Data) -> None:
    """A token step that several requests of a folder have goes to the folder; those that had nothing have `none`."""
    if draft.get("auth") is not None:
        _drop_inherited(draft, draft["auth"])
        return
    items = [item for item in draft["requests"] if isinstance(item, Mapping)]
    for item in items:
        if "requests" in item:
            hoist_auth(item)  # type: ignore[arg-type]
    blocks = [item["auth"] for item in items if _fetches(item.get("auth"))]
    if len(blocks) < 2 or any(block != blocks[0] for block in blocks[1:]):
        return
    for item in items:
        if item.get("auth") == blocks[0]:
            del item["auth"]  # type: ignore[attr-defined]
        elif item.get("auth") is None:
            _put_auth(item, "none")  # type: ignore[arg-type]
    _put_auth(draft, blocks[0])


def without_needless_none(draft: Data, inherited: Any = None) -> None:
    """`auth: none` where there is nothing to inherit says nothing."""
    own = draft.get("auth")
    if own == "none" and inherited in (None, "none"):
        del draft["auth"]
    for key in ("setup", "requests"):
        for item in draft.get(key) or ():
            if isinstance(item, Mapping):
                without_needless_none(item, inherited if own is None else own)  # type: ignore[arg-type]


def _fetches(auth: Any) -> bool:
    return isinstance(auth, Mapping) and auth.get("type") in ("oauth2", "request")


def _drop_inherited(item: Data, auth: Any) -> None:
    for inner in item.get("requests") or ():
        if isinstance(inner, Mapping):
            own = inner.get("auth")
            if own == auth and _fetches(own):
                del inner["auth"]  # type: ignore[attr-defined]
                own = None
            _drop_inherited(inner, auth if own is None else own)  # type: ignore[arg-type]


def _put_auth(item: Data, auth: Any) -> None:
    order = REQUEST_ORDER if "url" in item else COLLECTION_ORDER + GROUP_ORDER
    entries = ordered({**item, "auth": auth}, dict.fromkeys(order))
    item.clear()
    item.update(entries)


# --- URLs ----------------------------------------------------------------------------------------------------------


def relative_urls(draft: Data, variables: Variables) -> None:
    """The beginning that most URLs share becomes `base_url`."""
    found = list(requests_of(draft))
    origins = Counter(origin for request in found if (origin := origin_of(request["url"])))
    base, times = next(iter(origins.most_common(1)), ("", 0))
    if times < 2 or times * 2 <= len(found) or ends_with_slash(base, variables):
        return
    draft["base_url"] = base
    for request in found:
        rest = request["url"].removeprefix(base)
        if origin_of(request["url"]) == base and not rest.startswith("//"):
            request["url"] = rest


def origin_of(url: str) -> str:
    """What stands before the path: `{{base}}`, or scheme and host; empty where there is no path after it."""
    scheme, separator, _ = url.partition("://")
    start = len(scheme) + len(separator) if separator and "{{" not in scheme else 0
    depth, place = 0, start
    while place < len(url):
        if url.startswith("{{", place):
            depth, place = depth + 1, place + 2
        elif url.startswith("}}", place):
            depth, place = depth - 1, place + 2
        elif depth == 0 and url[place] in "/?#":
            break
        else:
            place += 1
    return url[:place]


def ends_with_slash(base: str, variables: Variables) -> bool:
    """Whether a base may end with a slash, so that Postman sends two where we write one."""
    if not base.endswith("}}"):
        return False
    name = base.rpartition("{{")[2].removesuffix("}}")
    sources = (variables.declared, *variables.environments.values())
    return any(str(values.get(name, "")).endswith("/") for values in sources)


# --- names without value -------------------------------------------------------------------------------------------


#: What every request without an assertion on the status is held to; an export writes it down.
IMPLIED = "status < `400`"


def without_implied(draft: Data, outer: tuple[Any, ...] = ()) -> None:
    """An assertion that goes without saying, where no other one looks at the status."""
    inherited = (*outer, *((draft.get("defaults") or {}).get("assert") or ()))
    for key in ("setup", "requests", "teardown"):
        for each in draft.get(key) or ():
            item = each.value if isinstance(each, Disabled) else each
            if not isinstance(item, dict):
                continue
            if "requests" in item:
                without_implied(item, inherited)
            elif IMPLIED in (own := item.get("assert") or []):
                rest = [each for each in own if each != IMPLIED]
                if not any(map(looks_at_status, (*inherited, *rest))):
                    item["assert"] = rest
                    if not rest:
                        del item["assert"]


def looks_at_status(item: Any) -> bool:
    """Whether an assertion judges the status."""
    if isinstance(item, Mapping):
        texts = [item["that"]] if "that" in item else [name for name in item if isinstance(name, str)]
    else:
        texts = [item] if isinstance(item, str) else []
    return any(name.text == "status" for text in texts for name in query.compile(text).names)


#: A text that is one placeholder.
_WHOLE = re.compile(r"\{\{(?:(?!\}\}).)+\}\}")
#: What is made JSON.
_JSON = re.compile(r"^\{\{to_string\((.*)\)\}\}$", re.DOTALL)
_COMPUTED = re.compile(r"(?:computed|json)_\d+")


def _put_back(draft: Data) -> None:
    """What an export lets a script compute for a text of its request stands in that text again."""
    for request in requests_of(draft):
        variables = request.get("variables") or {}
        for name in [name for name in variables if isinstance(name, str) and _COMPUTED.fullmatch(name)]:
            value = variables[name]
            rest = {key: given for key, given in request.items() if key not in ("variables", "url")}
            changed = {**_replaced(rest, name, value), "url": _replaced(request["url"], name, value)}
            others = {other: given for other, given in variables.items() if other != name}
            if name not in used({**changed, "variables": others}).names:
                for key in request.keys() & changed.keys():
                    request[key] = changed[key]
                request["variables"] = variables = others
        if not variables:
            request.pop("variables", None)


def _replaced(value: Any, name: str, given: Any) -> Any:
    """Data in which a value stands for the variable of a name."""
    if isinstance(value, dict):
        return {_replaced(key, name, given): _replaced(item, name, given) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, name, given) for item in value]
    return _replaced_in(value, name, given) if isinstance(value, str) else value


def _replaced_in(text: str, name: str, given: Any) -> Any:
    if not isinstance(given, str):
        whole = text in (f"{{{{{name}}}}}", f"{{{{to_string({name})}}}}")
        return given if whole else text.replace(f"{{{{{name}}}}}", as_text(given))
    if "{{" not in given:
        return text.replace(f"{{{{{name}}}}}", given)
    if _WHOLE.fullmatch(given) is None:
        return text
    if name.startswith("json_"):
        return text.replace(f"{{{{parse_json({name})}}}}", _JSON.sub(r"{{\1}}", given))
    return re.sub(rf"\{{\{{(?:to_string\()?{name}\)?\}}\}}", lambda _: given, text)


def finish(draft: Data, variables: Variables, gone: set[str]) -> None:
    """Declares what is used and has no value; hands on what scripts set before requests; writes the declarations."""
    _hand_on(draft, variables.new_names)
    _put_back(draft)
    without_implied(draft)
    first_used, first_looked_at = _used_too_early(draft, variables)
    variables.stale(variables.captured - first_used)
    for name in sorted(first_used):
        if not _has_value(name, variables):
            variables.outside(name)
    for name in sorted(first_looked_at - first_used):
        if not _has_value(name, variables):
            variables.declared[name] = None
    _of_declarations(variables)
    _forget(draft, variables, gone)
    _hide_once(draft, variables)
    declared = dict(variables.declared)
    draft["variables"] = declared or None
    if variables.secrets:
        draft["secrets"] = {Comment("set these in the environment, or in .env"): None, **variables.secrets}
    draft["environments"] = variables.environments or None


def _has_value(name: str, variables: Variables) -> bool:
    sources = (variables.declared, variables.secrets, *variables.environments.values())
    return any(name in values for values in sources)


def _used_too_early(draft: Data, variables: Variables) -> tuple[set[str], set[str]]:
    """Names that are used before a request captures them: in texts, and in expressions of scripts alone."""
    texts: set[str] = set()
    expressions: set[str] = set()
    captured: set[str] = set()
    for request, outer in _with_outer(draft, ()):
        found = used({**request, "around": [_own(each) for each in outer]})
        known = captured | {name for each in (*outer, request) for name in (each.get("variables") or {})}
        own = set(request.get("capture") or {})
        texts |= found.texts - known
        expressions |= (found.conditions - known - found.texts) | (found.expressions - known - own - found.texts)
        captured |= own
    return texts, expressions


def _own(outer: Mapping[str, Any]) -> Any:
    return {key: outer[key] for key in ("base_url", "auth", "defaults", "variables") if outer.get(key) is not None}


def _with_outer(draft: Any, outer: tuple[Any, ...]) -> Iterator[tuple[Data, tuple[Any, ...]]]:
    here = (*outer, draft)
    for key in ("setup", "requests"):
        for item in draft.get(key) or ():
            if isinstance(item, Mapping):
                if "requests" in item:
                    yield from _with_outer(item, here)
                else:
                    yield item, here  # type: ignore[misc]


def _of_declarations(variables: Variables) -> None:
    """Names within declared values: they too need a value."""
    for _ in range(3):
        sources = [variables.declared, *variables.environments.values()]
        names = {name for values in sources for name in used(values).texts}
        for name in sorted(names - variables.captured):
            if not _has_value(name, variables):
                variables.outside(name)


def _hand_on(draft: Data, new_names: Mapping[str, str]) -> None:
    """What a script sets before a request, later requests see too: it is captured after it, if any of them looks."""
    later: set[str] = set()
    for request in reversed(list(requests_of(draft))):
        own = set(request.get("variables") or {})
        captured = request.get("capture") or {}
        after = {new_names.get(name, name): name for name in sorted(own)}
        more = {name: f"vars.{after[name]}" for name in after.keys() & later if name not in captured}
        kept = {name: given for name, given in captured.items() if given is not LOCAL}
        if more or len(kept) < len(captured):
            last = _comments_at_its_end(request)
            rest = {key: value for key, value in request.items() if key not in last}
            entries = ordered(
                {**rest, "capture": {**dict(sorted(more.items(), key=_own_last)), **kept} or None}, REQUEST_ORDER
            )
            request.clear()
            request.update({**entries, **dict.fromkeys(last)})
        later = (later | used(request).names) - own


def _own_last(entry: tuple[str, str]) -> tuple[bool, str]:
    """Variables that have their own name before the request come first, as an export sets them there."""
    return entry[1] != f"vars.{entry[0]}", entry[0]


def _comments_at_its_end(request: Data) -> list[Any]:
    """Comments behind all that a request has: scripts that were kept."""
    found: list[Any] = []
    for key in reversed(request):
        if not isinstance(key, Comment):
            break
        found.insert(0, key)
    return found


def _hide_once(draft: Data, variables: Variables) -> None:
    """A capture of a name in `secrets` is secret anyway."""
    for request in requests_of(draft):
        captures = request.get("capture") or {}
        for name, given in captures.items():
            if name in variables.secrets and isinstance(given, Mapping) and set(given) == {"from", "secret"}:
                captures[name] = given["from"]


def _forget(draft: Data, variables: Variables, gone: set[str]) -> None:
    """Tokens that an `auth` block fetches need no variable any more."""
    still = used(draft)
    for name in gone - still.names:
        variables.secrets.pop(name, None)
        for values in (variables.declared, *variables.environments.values()):
            values.pop(name, None)
