"""`paginate`: a request is followed by those for its next pages, and the lists in them are joined.

    send ─▶ a status below 400? ─▶ items ─▶ next ─▶ a URL: send its page …
                    └ no: end                └ null, false, '': end

Headers go with every page, `query` and what secrets there are only where they belong: a page of another origin is asked
without credentials. Bodies of earlier pages are dropped. It must not know steps or assertions.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from runner.engine import assertions
from runner.engine.auth.base import Scheme
from runner.engine.build import setting
from runner.engine.exchange import Request, ResponseDocument
from runner.engine.origins import away, is_home, without_entries
from runner.engine.results import Verdict
from runner.engine.retry import Attempts
from runner.engine.scope import Scope
from runner.engine.sending import Sent
from runner.language.model import Expression, Paginate
from runner.language.values import Value, kind, show

#: Pages without a written `max_pages`: more are taken for a list that never ends.
MOST_PAGES = 1000


class Paged(NamedTuple):
    """What paging came to: the last page or a fault, how many pages there were, their items, and what went wrong."""

    sent: Sent
    pages: int
    items: list[Value] | None = None
    verdict: Verdict | None = None


def paginate(
    attempts: Attempts, request: Request, scheme: Scheme | None, declared: Paginate, scope: Scope
) -> Generator[Any, Any, Paged]:
    """Asks for page after page until there is no next one.

    Raises:
        ResolveError: `max_pages` has no valid value.
    """
    most = setting(declared.max_pages, "max_pages", scope, MOST_PAGES)
    reading = _Reading(declared, most, [] if declared.items else None, {_plain(request.url)})
    sent = yield from attempts.send(request, scheme)
    home = sent.request
    added = home.secret_query - request.secret_query
    while True:
        reading.pages += 1
        url = reading.read(sent, scope) if _is_page(sent) else ""
        if not url:
            return Paged(sent, reading.pages, reading.items, reading.verdict)
        attempts.leave(sent.exchange)
        page = request._replace(url=url)
        if is_home(request.url, url):
            page = page._replace(url=without_entries(url, added))  # what the scheme adds, the link may hold already
            sent = yield from attempts.send(page, scheme)
        else:
            sent = yield from attempts.send(away(page, home), None)


def _is_page(sent: Sent) -> bool:
    return sent.fault is None and sent.exchange.response.status < 400


@dataclass(slots=True, eq=False)
class _Reading:
    """What was read so far. `verdict` says why it cannot go on."""

    declared: Paginate
    most: int
    items: list[Value] | None
    seen: set[str]
    pages: int = 0
    verdict: Verdict | None = None

    def read(self, sent: Sent, scope: Scope) -> str:
        """Takes the items of a page; the URL of the next one, empty where there is none or something is wrong."""
        document = sent.exchange.view(scope)
        return self._next(document, sent) if self._collected(document) else ""

    def _collected(self, document: ResponseDocument) -> bool:
        if self.declared.items is None or self.items is None:
            return True
        found, self.verdict = assertions.read(self.declared.items, document, "items")
        if self.verdict is None and not isinstance(found, list):
            self._fail(self.declared.items, document, "items", f"is {_shown(found)}, not a list", found)
        if self.verdict is None:
            self.items += found
        return self.verdict is None

    def _next(self, document: ResponseDocument, sent: Sent) -> str:
        found, self.verdict = assertions.read(self.declared.next, document, "next")
        if self.verdict is not None or found is None or found is False or found == "":
            return ""
        url, problem = _resolved(sent.exchange.response.url or sent.request.url, found)
        if not problem and self.pages >= self.most:
            if self.declared.max_pages is not None:
                return ""
            problem = f"leads on after {self.pages} pages: write 'max_pages' if there are more"
        if not problem and url in self.seen:
            problem = f"leads to a page that was seen before: {url}"
        if problem:
            self._fail(self.declared.next, document, "next", problem, found)
            return ""
        self.seen.add(url)
        return url

    def _fail(
        self, expression: Expression, document: ResponseDocument, subject: str, problem: str, found: Value
    ) -> None:
        notes = (f"in page {self.pages}",) if self.pages > 1 else ()
        self.verdict = assertions.wrong(expression, document, subject, problem, notes=notes, actual=(found,))


def _resolved(base: str, found: Value) -> tuple[str, str]:
    """A link as a URL (RFC 3986 § 5), and what is wrong with it."""
    if not isinstance(found, str):
        return "", f"is {_shown(found)}, not a URL"
    try:
        url = _plain(urljoin(base, found))
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        good = None
    return (url, "") if good else ("", "is not a URL of http or https")


def _plain(url: str) -> str:
    """A URL without its fragment, which is never sent."""
    return url.partition("#")[0]


def _shown(value: Value) -> str:
    """A value with its type; of a structure the type alone."""
    name = kind(value)
    if isinstance(value, (list, dict)):
        return f"an {name}"
    return name if value is None else f"{name} {show(value)}"
