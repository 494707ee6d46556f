"""Lines of a .http file where a request should be, and is none."""

from __future__ import annotations

import pytest

from runner.formats.draft import Choices, Comment, Foreign, ForeignFault
from runner.formats.http_files import load


def test_text_between_requests() -> None:
    """Text that is no request is a comment and one loss with its line; the requests around it are imported."""
    text = "GET https://api.test/a\n\n### Notes\nSee the wiki for more.\nIt is long.\n\n### B\nGET https://api.test/b\n"
    imported = load(Foreign("x", text), Choices())
    assert [item["name"] for item in imported.collection["requests"] if isinstance(item, dict)] == ["GET /a", "B"]
    (loss,) = imported.losses
    assert (loss.path, loss.what) == ("x.http:4", "'See the wiki for more.'")
    comments = [item.text for item in imported.collection["requests"] if isinstance(item, Comment)]
    assert comments == ["See the wiki for more.\nIt is long."]


def test_directives_without_a_request() -> None:
    """What brings other files in is told, also where no request follows."""
    imported = load(Foreign("x", "import other.http\n\n###\nGET https://api.test/a\n"), Choices())
    assert [loss.what for loss in imported.losses] == ["'import other.http'"]


@pytest.mark.parametrize(
    "url", ["https://api.test/a", "{{host}}/a", "/a", "api.test/a", "localhost:8080", "[::1]:80/a", "localhost", "*"]
)
def test_urls_alone(url: str) -> None:
    """A URL is a request without a method, too."""
    imported = load(Foreign("x", f"{url}\n"), Choices())
    assert len(imported.collection["requests"]) == 1


@pytest.mark.parametrize("text", ["Hello", "null", "42", "NOTE this well", "curl https://api.test", "[]", "a b.test"])
def test_no_request(text: str) -> None:
    """A file in which no line is a request is refused with the first that is none."""
    with pytest.raises(ForeignFault) as caught:
        load(Foreign("x", f"### Title\n{text}\n"), Choices())
    assert (caught.value.message, caught.value.line) == (f"'{text}' is no request", 2)
