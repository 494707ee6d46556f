"""A server's reply in words, for the messages of a token step: what was asked, the status, and what stands in it.

It knows no grant and no expected answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from runner.engine.exchange import Exchange, Response, decode_text
from runner.language.values import parse_json

#: Characters of a page that are kept. Reporters show less of them, when secrets are masked: half of one is none.
_LONGEST = 4_000
# Patterns are compiled when something went wrong: a run whose token was kept on disk reads no reply.
_BREAK = r"\s*[\r\n\v\f\x85\u2028\u2029]\s*"
_MARKUP = r"(?si)<(script|style)\b.*?</\1\s*>|<[^>]*>"


def asked(exchange: Exchange) -> str:
    """What was asked and which status came: the beginning of every message here."""
    return f"{exchange.request.method} {exchange.request.url} answered {exchange.response.status}"


def text_of(response: Response) -> str:
    """The body as text."""
    return decode_text(response.content, response.header("content-type"))


def json_object(text: str) -> dict[str, Any]:
    """The JSON object in a text; empty if it holds none."""
    try:
        answer = parse_json(text)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def one_line(text: str) -> str:
    """A text without its line breaks; other spaces stay, or a secret that has them would not be known any more."""
    return re.sub(_BREAK, " ", text.strip())


def words_of(answer: Mapping[str, Any], text: str) -> str:
    """What an unexpected answer holds, in one line: its keys, the words of a page, or nothing."""
    if answer:
        return _own_words(answer) or f"it has the keys {', '.join(answer)}"
    answered = text
    if text.lstrip().startswith("<"):
        text = _page_words(text)
    words = one_line(text)
    if not words:
        return "a page without words" if answered.strip() else "an empty body"
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"


#: Where APIs put their own words about an error, and its code, beside OAuth's `error` and `error_description`.
_MESSAGES = ("error_description", "errorSummary", "message", "detail", "error_message", "title", "error")
_CODES = ("errorCode", "code")


def _own_words(answer: Mapping[str, Any]) -> str:
    """What an API says about its error, in its own words; empty where it says nothing."""
    inner = answer.get("error")
    if isinstance(inner, dict):
        return _own_words(inner)
    said = next((answer[name] for name in _MESSAGES if isinstance(answer.get(name), str) and answer[name]), "")
    code = next((answer[name] for name in _CODES if isinstance(answer.get(name), str) and answer[name]), "")
    return one_line(f"{code}: {said}" if code and said else said or code)


def _page_words(page: str) -> str:
    """The words of an HTML page: a proxy or a sign-in page answered in place of the endpoint."""
    from html import unescape

    return " ".join(unescape(re.sub(_MARKUP, " ", page)).split())
