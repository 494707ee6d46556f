"""One curl command → the requests of a draft: one for each URL.

    options ─▶ Given ─▶ headers, body, settings, auth ─▶ name, url, query, …

What is known from the script (variables, standard input, files beside it) comes through the Converter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from runner.formats.curl.bodies import put_body
from runner.formats.curl.command import Given, transfers
from runner.formats.curl.config import expanded
from runner.formats.curl.context import Context
from runner.formats.curl.headers import put_headers
from runner.formats.curl.lost import LOST, NO_LOSS
from runner.formats.curl.nodes import Word, joined, literal_text
from runner.formats.curl.options import Option, parse
from runner.formats.curl.settings import has_body, put_auth, put_output, put_settings
from runner.formats.curl.urls import Target, encoded, entries, targeted
from runner.formats.curl.values import cut, label
from runner.formats.draft import Data
from runner.formats.texts import Part, Parts, spliced
from runner.formats.texts import joined as joined_parts
from runner.formats.undefined import names_of

#: Options of an alias that Windows PowerShell has for a command of its own.
_INVOKE = frozenset({"-uri", "-headers", "-method", "-body", "-outfile", "-contenttype"})


class Converter(Context):
    """Translates the commands of one script, in order."""

    def requests(self, words: Iterable[Word], name: str = "") -> list[Data]:
        """The requests of a command line; `words` are those after `curl`."""
        words = list(words)
        if any((literal_text(word) or "").lower() in _INVOKE for word in words):
            self.lose("the command", "these are options of Invoke-WebRequest, and not of curl", "write curl.exe")
            return []
        made: list[Data] = []
        for given in transfers(expanded(parse(words, self.lose), self)):
            self._tell_losses(given)
            self.jars.update(given.every("cookie-jar"))
            made += self._transfer(given)
        for request in made:
            request["name"] = self.unique(name or _name(request))
        return made

    def _tell_losses(self, given: Given) -> None:
        told = dict.fromkeys(given.names())
        for option in told:
            if option in LOST:
                why, remedy = LOST[option]
                if not (option == "speed-time" and "speed-limit" in told) and not _is_handled(option, given):
                    self.lose(f"the option '{option}'", why, remedy)
            elif option.startswith("expand-"):
                self.lose(f"the option '{option}'", *LOST["variable"])
        sends_nothing = {"version", "help", "manual"} & set(told)
        if not given.urls and not sends_nothing:
            self.lose("the command", "it has no URL")
        elif sends_nothing and not given.urls:
            self.lose("the command", "it sends nothing")

    def _transfer(self, given: Given) -> Iterator[Data]:
        for place, word in enumerate(given.urls):
            yield self._request(given, place, word)

    def _request(self, given: Given, place: int, word: Word) -> Data:
        url = self.values.parts(word)
        target = targeted(url, self.values, as_is=given.is_on("path-as-is"), globs=not given.is_on("globoff"))
        made: Data = {"name": "", "headers": {}}
        put_headers(given, made, self)
        authorization, given_auth = made.pop("auth", None), Data(headers={})
        put_auth(given, given_auth, target.user, self)
        _merge_auth(made, authorization, given_auth)
        uploads = given.every("upload-file")
        one = replace(given, values={**given.values})
        one.values["upload-file"] = uploads[place : place + 1]
        put_body(one, made, self)
        self._method(one, made)
        self._url(one, target, made)
        put_settings(one, made, self)
        put_output(one, place, target.url, made, self)
        self._variables(made)
        if not made["headers"]:
            del made["headers"]
        return made

    def _method(self, given: Given, made: Data) -> None:
        """The method, where it is not the one that our language has for the request."""
        request = given.last("request")
        usual = "POST" if has_body(made) else "GET"
        if request is not None:
            method = spliced(self.values.parts(request))
        elif given.is_on("head"):
            method = "HEAD"
        elif given.every("upload-file"):
            method = "PUT"
        else:
            method = "POST" if (given.data or given.forms) and not given.is_on("get") else "GET"
        if method != usual:
            made["method"] = method

    def _url(self, given: Given, target: Target, made: Data) -> None:
        url = target.url
        uploads = given.every("upload-file")
        if uploads and (name := literal_text(uploads[0])):
            url = _with_file_name(url, name)
        query = [*target.query]
        more = self._pieces(given.data) if given.is_on("get") else []
        more += self._pieces([_as_query(Option("url-query", word)) for word in given.every("url-query")])
        if more and query and not query[-1]:  # the `&` is there already
            query.pop()
        query += more
        found = entries(query) if query else None
        if found:
            made["query"] = found
        elif query or target.query:
            url = tuple(joined_parts([*url, "?", *_between(query, "&")]))
        made["url"] = spliced(url)
        if target.rows is not None:
            made["for_each"] = target.rows

    def _pieces(self, data: list[Option]) -> list[Parts]:
        found: list[Parts] = []
        for option in data:
            parts = self.data_parts(option, form=False)
            if parts is None:
                text = self.text_of_file(option.value)
                if text is None:
                    self.lose(f"the data {label(option.value)}", "its file cannot be read", "write it out")
                parts = (re.sub(r"[\r\n\0]", "", text),) if text else ()
            rest: Parts | None = parts
            while rest is not None:
                piece, rest = cut(rest, "&")
                found.append(piece)
        return found

    def _variables(self, made: Data) -> None:
        """The variables that the script set anew, where the request uses them."""
        if self.values.later:
            used = names_of(made)
            found = {name: value for name, value in self.values.later.items() if name in used}
            if found:
                made["variables"] = found


def _is_handled(option: str, given: Given) -> bool:
    """Options that were translated after all, with others beside them."""
    if option == "output-dir":
        return bool(given.outputs) or given.is_on("remote-name-all")
    if option in ("ntlm", "negotiate", "anyauth", "ntlm-wb"):
        return given.last("oauth2-bearer") is not None
    return option in NO_LOSS


def _merge_auth(made: Data, header: Data | None, given: Data) -> None:
    """An Authorization header wins over `-u`, as it does in curl."""
    auth = header or given.get("auth")
    written = any(isinstance(name, str) and name.lower() == "authorization" for name in made["headers"])
    if given.get("headers") and not header and not written:
        made["headers"].update(given["headers"])
    elif auth and not written:
        made["auth"] = auth


def _as_query(option: Option) -> Option:
    """`--url-query` is as `--data-urlencode`, and with `+` as it is."""
    first = option.value[0] if option.value and isinstance(option.value[0], str) else ""
    if first.startswith("+"):
        return Option("data-raw", tuple(joined([first[1:], *option.value[1:]])))
    return Option("data-urlencode", option.value)


def _with_file_name(url: Parts, path: str) -> Parts:
    """An upload to a URL that ends with `/`, or has no path, gets the name of the file."""
    last = url[-1] if url else ""
    rest = re.sub(r"^[A-Za-z][\w+.-]*://[^/]*", "", last) if isinstance(last, str) else "/x"
    if not isinstance(last, str) or not (rest == "" or rest.endswith("/")) or path in ("-", "."):
        return url
    name = encoded((re.split(r"[\\/]", path)[-1],), form=False)
    return tuple(joined_parts([*url, *(() if rest else ("/",)), *name]))


def _between(pieces: list[Parts], separator: str) -> Iterator[Part]:
    for place, piece in enumerate(pieces):
        if place:
            yield separator
        yield from piece


def _name(made: Data) -> str:
    """`GET /users/{id}`: commands have no names."""
    method = made.get("method") or ("POST" if has_body(made) else "GET")
    path = re.sub(r"^(?:[A-Za-z][\w+.-]*://[^/?#{]*|(?:\w+://)?\{\{[^}]*\}\})", "", str(made["url"])).partition("?")[0]
    path = re.sub(r"\{\{\s*(?:env\.)?([^}]*?)\s*\}\}", r"{\1}", path).replace("\\{{", "{{")
    return f"{method} {path or '/'}"
