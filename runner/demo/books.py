"""A small catalogue of books, for what judges a whole answer: schemas, snapshots, XML.

    GET /books          {"books": […], "served_at": …}; the time is another in each answer
    GET /books/{id}     one of them, 1 to 3; 404 for another
    GET /books.xml      all of them as XML

Nothing changes it: a DemoServer that runs for days gives what it gave first.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from runner.demo.messages import Call, Reply, Route, json_reply

_BOOKS: tuple[dict[str, Any], ...] = (
    {
        "id": 1,
        "isbn": "978-0-14-043908-5",
        "title": "Frankenstein",
        "author": {"name": "Mary Shelley", "born": 1797},
        "published": "1818-01-01",
        "price": 7.5,
        "tags": ["novel", "gothic"],
        "preface_by": None,
        "homepage": "https://example.com/frankenstein",
    },
    {
        "id": 2,
        "isbn": "978-0-14-043331-1",
        "title": "Middlemarch",
        "author": {"name": "George Eliot", "born": 1819},
        "published": "1871-12-01",
        "price": 9.0,
        "tags": ["novel"],
        "preface_by": "Rosemary Ashton",
        "homepage": "https://example.com/middlemarch",
    },
    {
        "id": 3,
        "isbn": "978-0-486-27543-7",
        "title": "Flatland & other dimensions",
        "author": {"name": "Edwin Abbott", "born": 1838},
        "published": "1884-11-01",
        "price": 4.25,
        "tags": ["novel", "geometry"],
        "preface_by": None,
        "homepage": "https://example.com/flatland",
    },
)


def routes() -> list[Route]:
    """The routes of the catalogue."""
    return [
        Route("GET", "/books", lambda call: json_reply({"books": _BOOKS, "served_at": _now()})),
        Route("GET", "/books.xml", lambda call: Reply(200, _xml().encode(), (("Content-Type", "application/xml"),))),
        Route("GET", "/books/{number}", _book),
    ]


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def _book(call: Call, number: str) -> Reply:
    found = next((book for book in _BOOKS if str(book["id"]) == number), None)
    if found is None:
        return json_reply({"error": f"there is no book {number}"}, 404)
    return json_reply({**found, "served_at": _now()})


def _xml() -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<books>\n{"".join(map(_element, _BOOKS))}</books>\n'


def _element(book: dict[str, Any]) -> str:
    tags = "".join(f"<tag>{escape(tag)}</tag>" for tag in book["tags"])
    return (
        f'  <book id={quoteattr(str(book["id"]))}><title lang="en">{escape(book["title"])}</title>'
        f"<author>{escape(book['author']['name'])}</author>{tags}</book>\n"
    )
