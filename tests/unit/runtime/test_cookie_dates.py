"""The dates of cookies, as RFC 6265 § 5.1.1 reads them."""

from __future__ import annotations

import pytest

from runner.runtime.transport import CookieJar
from runner.runtime.transport.cookie_dates import plain_date


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("Wed, 09 Jun 2021 10:18:14 GMT", "09 Jun 2021 10:18:14 GMT"),
        ("Wednesday, 09-Nov-99 23:12:40 GMT", "09 Nov 1999 23:12:40 GMT"),
        ("Sun Nov  6 08:49:37 1994", "06 Nov 1994 08:49:37 GMT"),
        ("1 january 2030 1:2:3", "01 Jan 2030 01:02:03 GMT"),
        ("01 Jan 70 00:00:00", "01 Jan 1970 00:00:00 GMT"),
        ("01 Jan 69 00:00:00", "01 Jan 2069 00:00:00 GMT"),
        ("01-Jan-75 00:00:00 GMT", "01 Jan 1975 00:00:00 GMT"),
        ("10:00:00 31 Dec 1900", "01 Jan 1970 00:00:00 GMT"),
        ("Fri, 31 Dec 9999 23:59:59 GMT", "31 Dec 9999 23:59:59 GMT"),
        ("31 Feb 2020 10:00:00", ""),
        ("1 Jan 2020 25:00:00", ""),
        ("1 Jan 1600 10:00:00", ""),
        ("1 Jan 2020", ""),
        ("2030-01-02T03:04:05Z", ""),
        ("soon", ""),
        ("", ""),
    ],
)
def test_dates(text: str, date: str) -> None:
    """Parts are found in any order; two digits are a year from 1970 to 2069; what is no date does not count."""
    assert plain_date(text) == date


def test_two_digits_in_the_jar() -> None:
    """A year of two digits is not the nearest one: 75 is over, 60 is not; a date that is none leaves the cookie."""
    jar = CookieJar()
    dates = {"old": "Wed, 01-Jan-75 00:00:00 GMT", "new": "Thu, 01-Jan-60 00:00:00 GMT", "none": "soon"}
    jar.store("http://api.example/", [f"{name}=1; Expires={date}" for name, date in dates.items()])
    assert jar.header("http://api.example/") == "new=1; none=1"
