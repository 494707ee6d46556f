"""A REST API with accounts, ETags, paging and batches: Kinto."""

from __future__ import annotations

from typing import Any


def test_a_whole_life_of_records(live: Any, kinto: Any) -> None:
    """Accounts, records, preconditions, refusals, batches and pages, each fed by the requests before."""
    live.collection("kinto.yaml", base=kinto.url)


def test_two_users_at_once(live: Any, kinto: Any) -> None:
    """Two runs with other variables do not meet."""
    live.collection("kinto.yaml", base=kinto.url, user="grace", bucket="shelf")


def test_a_refusal_that_nobody_expected(live: Any, kinto: Any) -> None:
    """The server's own words stand in the report of a refused request."""
    said = live.text("requests: [{name: Refused, url: '{{base}}/v1/buckets'}]", expect=1, base=kinto.url)
    assert "401" in said
    assert "Please authenticate yourself" in said


def test_all_pages_of_a_list(live: Any, kinto: Any) -> None:
    """Next-Page is followed to its end, or for as many pages as are wanted, with credentials on each of them."""
    said = live.collection("kinto_pages.yaml", base=kinto.url)
    assert "3 pages" in said
    assert "2 pages" in said


def test_all_pages_of_overlapping_lists(live: Any, kinto: Any) -> None:
    """Lists that are paged through at the same time do not meet."""
    live.collection("kinto_pages.yaml", "--overlap", base=kinto.url, user="overlapping", bucket="overlapping")
