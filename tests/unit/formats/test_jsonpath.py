"""JSONPath → JMESPath."""

from __future__ import annotations

import pytest

from runner.formats import jsonpath

TABLE = {
    "$": "body",
    "$.a.b": "body.a.b",
    "$['a-b'][0]": 'body."a-b"[0]',
    "$.a[-1]": "body.a[-1]",
    "$.a[1:3]": "body.a[1:3]",
    "$.a[*].b": "body.a[*].b",
    "$.a['b','c']": "body.a.[b, c][*]",
    "$.a[?(@.n)]": "body.a[?n != `null`]",
    "$.a[?(!@.n)]": "body.a[?!(n != `null`)]",
    "$.a[?(@.n>1 && @.k=='x')].id": "body.a[?n > `1` && k == 'x'].id",
    "$.a[?(@.b =~ /x/)]": "body.a[?matches(b, 'x')]",
}
UNTRANSLATABLE = ("$..a", "$.a.length()", "$.a[?(@.n in [1,2])]", "$.", "$.a[", "a.b")


@pytest.mark.parametrize("path", TABLE)
def test_translated(path: str) -> None:
    """Names, places, slices, unions and filters have a counterpart."""
    assert jsonpath.translate((path,), "body").expression == TABLE[path]


@pytest.mark.parametrize("path", UNTRANSLATABLE)
def test_untranslatable(path: str) -> None:
    """What has none is said, never guessed."""
    with pytest.raises(jsonpath.UntranslatableError, match=r"\w"):
        jsonpath.translate((path,), "body")
