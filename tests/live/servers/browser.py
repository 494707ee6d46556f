"""A browser without a window, and the person who sits before it: logs in, consents, follows every redirect.

python browser.py [--user NAME] [--code USER_CODE] [--deny] [--state TEXT] [--issuer URL] [--note FILE] URL
    --deny           the person refuses, at the first page that lets them
    --state, --issuer  what a redirect that ends the journey carries instead of its own `state` or `iss`
    --note FILE      the journey as JSON: {"urls": [...], "page": text of the last page}

Works as $BROWSER: `BROWSER="python browser.py --note journey.json %s"`.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import urllib.request
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

MOST_PAGES = 12


class Page(HTMLParser):
    """The first form of a page, its links, and its text."""

    def __init__(self, url: str, html: str) -> None:
        super().__init__()
        self.url = url
        self.action: str | None = None
        self.inputs: dict[str, str] = {}
        self.links: list[str] = []
        self.text = ""
        self._unread = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._unread = tag in ("style", "script")
        if tag == "form" and self.action is None:
            self.action = urljoin(self.url, values.get("action", ""))
        elif tag == "input" and self.action is not None and "name" in values:
            self.inputs[values["name"]] = values.get("value", "")
        elif tag == "a":
            self.links.append(urljoin(self.url, values.get("href", "")))

    def handle_endtag(self, tag: str) -> None:
        self._unread = False

    def handle_data(self, data: str) -> None:
        if not self._unread and data.strip():
            self.text += re.sub(r"\s+", " ", data).strip() + "\n"


class Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, and may change what the one back to the application carries."""

    def __init__(self, changes: dict[str, str], urls: list[str]) -> None:
        self.changes = changes
        self.urls = urls

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        parts = urlsplit(newurl)
        query = parse_qsl(parts.query)
        if {"code", "error"} & {name for name, _ in query}:
            query = [(name, self.changes.get(name, value)) for name, value in query]
            newurl = urlunsplit(parts._replace(query=urlencode(query)))
        self.urls.append(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class Browser:
    """Cookies, redirects, and answers to the forms that come."""

    def __init__(self, answers: dict[str, str], changes: dict[str, str], deny: bool) -> None:
        self.answers = answers
        self.deny = deny
        self.urls: list[str] = []
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        nowhere = urllib.request.ProxyHandler({})
        self.opener = urllib.request.build_opener(nowhere, cookies, Redirects(changes, self.urls))

    def open(self, url: str, form: dict[str, str] | None = None) -> Page:
        data = None if form is None else urlencode(form).encode()
        self.urls.append(url)
        try:
            answer = self.opener.open(url, data, timeout=20)
        except HTTPError as refusal:
            answer = refusal
        with answer:
            return Page(answer.geturl(), answer.read().decode("utf-8", "replace"))

    def journey(self, url: str) -> Page:
        """From `url` to the page that asks nothing more."""
        page = self.open(url)
        for _ in range(MOST_PAGES):
            ways_out = [link for link in page.links if link.endswith("/abort")]
            if self.deny and ways_out:
                return self.open(ways_out[0])
            if page.action is not None:
                form = {name: self.answers.get(name, value) for name, value in page.inputs.items()}
                page = self.open(page.action, form)
            else:
                return page
        raise SystemExit(f"no end after {MOST_PAGES} pages: {self.urls}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--user", default="ada")
    parser.add_argument("--code", default="")
    parser.add_argument("--deny", action="store_true")
    parser.add_argument("--state", dest="changed_state")
    parser.add_argument("--issuer", dest="changed_issuer")
    parser.add_argument("--note", type=Path)
    words = parser.parse_args()
    answers = {"login": words.user, "password": "any will do"} | ({"user_code": words.code} if words.code else {})
    changes = {"state": words.changed_state, "iss": words.changed_issuer}
    browser = Browser(answers, {name: value for name, value in changes.items() if value is not None}, words.deny)
    page = browser.journey(words.url)
    if words.note:
        words.note.write_text(json.dumps({"urls": browser.urls, "page": page.text}), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
