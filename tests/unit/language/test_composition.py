"""`extends` and `include`: what a file takes from other files, and how it is told where that goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from runner.diagnostics import Diagnostic, Source
from runner.errors import InvalidError
from runner.language import document
from runner.language.model import Collection

Load = Callable[..., Collection]

REQUESTS = "requests: [{name: A, url: /}]\n"


def values(declared: Mapping[str, Any]) -> dict[str, Any]:
    return {name: variable.value for name, variable in declared.items()}


def faults(load: Load, text: str, **others: str) -> list[Diagnostic]:
    files = {f"{name}.yaml": text for name, text in others.items()}
    with pytest.raises(InvalidError) as caught:
        load(text, others=files)
    return list(caught.value.diagnostics)


def messages(load: Load, text: str, **others: str) -> list[str]:
    return [fault.message for fault in faults(load, text, **others)]


# --- extends -------------------------------------------------------------------------------------------------------

BASE = """
    name: Base
    description: of the base
    base_url: http://base
    variables: {a: 1, b: 1}
    secrets: {s: "{{env.S}}", t: base}
    environments: {local: {a: 2, b: 2}, prod: {a: 3}}
    auth: {type: basic, username: u, password: p}
    tags: [base]
    defaults:
      headers: {X-A: base, X-B: base}
      query: {q: base}
      timeout: 1s
      verify: false
      assert: [status: 200]
    setup: [{name: S, url: /}]
    requests: [{name: R, url: /}]
    teardown: [{name: T, url: /}]
"""


def test_what_is_inherited(load: Load) -> None:
    """Variables, secrets, environments, auth, base_url and defaults are; name, tags, requests and so on are not."""
    made = load("extends: base.yaml\n" + REQUESTS, others={"base.yaml": BASE})
    assert (made.name, made.description, made.tags) == ("test", "", ())
    assert [item.name for item in made.requests] == ["A"]
    assert (made.setup, made.teardown) == ((), ())
    assert values(made.variables) == {"a": 1, "b": 1}
    assert set(made.secrets) == {"s", "t"}
    assert made.base_url == "http://base"
    assert made.auth is not None
    assert made.auth.type == "basic"
    assert made.defaults.timeout is not None
    assert made.defaults.timeout.value == 1
    assert [source.path for source in made.sources] == ["requests/test.yaml", "requests/base.yaml"]


def test_by_name_or_whole(load: Load) -> None:
    """Variables, secrets, environments and headers are merged by name, every other default is replaced whole."""
    text = """
        extends: base.yaml
        base_url: /own
        variables: {b: 9, c: 9}
        secrets: {t: own}
        environments: {local: {b: 9}, test: {a: 4}}
        auth: {type: bearer, token: x}
        defaults: {headers: {x-b: own, X-C: null}, query: {r: own}, timeout: 9s, assert: [body.ok: true]}
    """
    made = load(f"{text}\n        {REQUESTS}", others={"base.yaml": BASE})
    assert values(made.variables) == {"a": 1, "b": 9, "c": 9}
    assert made.secrets["t"].value == "own"
    found = {name: values(environment.variables) for name, environment in made.environments.items()}
    assert found == {"local": {"a": 2, "b": 9}, "prod": {"a": 3}, "test": {"a": 4}}
    assert [(entry.name, entry.value) for entry in made.defaults.headers] == [
        ("X-A", "base"), ("x-b", "own"), ("X-C", None),
    ]  # fmt: skip
    assert [entry.name for entry in made.defaults.query] == ["r"]
    assert [assertion.that.text for assertion in made.defaults.asserts] == ["body.ok"]
    assert made.defaults.timeout is not None
    assert made.defaults.timeout.value == 9
    assert made.defaults.verify is not None
    assert made.defaults.verify.value is False
    assert made.auth is not None
    assert (made.auth.type, set(made.auth.fields), made.base_url) == ("bearer", {"token"}, "/own")


def test_chains(load: Load) -> None:
    """A base may extend another one: the nearest wins."""
    others = {
        "deep/b.yaml": "extends: c.yaml\nvariables: {b: b, c: b}",
        "deep/c.yaml": "variables: {a: c, b: c, c: c}",
    }
    made = load("extends: deep/b.yaml\nvariables: {c: a}\n" + REQUESTS, others=others)
    assert values(made.variables) == {"a": "c", "b": "b", "c": "a"}
    assert [source.path for source in made.sources][1:] == ["requests/deep/b.yaml", "requests/deep/c.yaml"]


def test_values_know_the_file_that_wrote_them(load: Load) -> None:
    """The place of an inherited value is in the base, so that a path in it starts there."""
    made = load("extends: deep/b.yaml\n" + REQUESTS, others={"deep/b.yaml": "defaults: {verify: ca.pem}"})
    assert made.defaults.verify is not None
    assert made.defaults.verify.span.where == "requests/deep/b.yaml:1:20"


def test_a_base_needs_no_requests(load: Load) -> None:
    """A base may lack requests, or have some; those are not looked at. A file that is run must have its own."""
    assert load("extends: b.yaml\n" + REQUESTS, others={"b.yaml": "variables: {a: 1}"})
    assert load("extends: b.yaml\n" + REQUESTS, others={"b.yaml": "requests: [{nonsense: 1}]"})
    (fault,) = faults(load, "extends: b.yaml", b="variables: {a: 1}")
    assert (fault.message, fault.hint) == (
        "a collection has no 'requests'",
        "those of the file that it extends are not inherited",
    )


def test_a_secret_stays_one(load: Load) -> None:
    """What a base calls secret may be given anew under secrets, not under variables; an environment may give it."""
    assert messages(load, "extends: b.yaml\nvariables: {s: 1}\n" + REQUESTS, b="secrets: {s: x}") == [
        "'s' is one of the secrets of requests/b.yaml"
    ]
    made = load("extends: b.yaml\nsecrets: {s: own-secret}\n" + REQUESTS, others={"b.yaml": "variables: {s: open}"})
    assert (set(made.variables), set(made.secrets)) == (set(), {"s"})
    text = "extends: b.yaml\nenvironments: {local: {s: literal-secret}}\n" + REQUESTS
    made = load(text, others={"b.yaml": "secrets: {s: '{{env.S}}'}"})
    assert "literal-secret" in made.source.secrets
    assert made.source.line(2) == "environments: {local: {s: ***}}"


def test_changed_auth_holds_a_credential(load: Load) -> None:
    """A block without a type is judged by the base's: its literal credential is known."""
    made = load("extends: b.yaml\nauth: {password: changed}\n" + REQUESTS, others={"b.yaml": BASE})
    assert made.auth is not None
    assert made.auth.base is not None
    assert made.auth.base.type == "basic"
    assert "changed" in made.source.secrets


# --- include -------------------------------------------------------------------------------------------------------


def test_include(load: Load) -> None:
    """A group takes the requests of a file, which keeps what is its own within the group."""
    other = """
        variables: {a: 1}
        secrets: {s: x}
        environments: {local: {a: 2}}
        base_url: /in
        tags: [in]
        auth: none
        defaults: {timeout: 1s}
        requests: [{name: B, url: /}, {name: C, url: /}]
    """
    text = "requests: [{name: G, variables: {outer: 1}, include: b.yaml}]"
    (group,) = load(text, others={"b.yaml": other}).requests
    (inner,) = group.requests
    assert (group.name, values(group.variables), inner.name) == ("G", {"outer": 1}, "")
    assert [item.name for item in inner.requests] == ["B", "C"]
    assert (values(inner.variables), set(inner.secrets), set(inner.environments)) == ({"a": 1}, {"s"}, {"local"})
    assert (inner.base_url, inner.tags, inner.auth.type, inner.defaults.timeout.value) == ("/in", ("in",), "none", 1)


def test_nested_includes(load: Load) -> None:
    """An included file includes others by paths from itself, may extend one, and one file may be included twice."""
    others = {
        "deep/b.yaml": "extends: ../base.yaml\nrequests: [{name: G, include: c.yaml}, {name: H, include: c.yaml}]",
        "deep/c.yaml": REQUESTS,
        "base.yaml": "variables: {a: 1}",
    }
    made = load("requests: [{name: X, include: deep/b.yaml}]", others=others)
    inner = made.requests[0].requests[0]
    assert [group.name for group in inner.requests] == ["G", "H"]
    assert values(inner.variables) == {"a": 1}
    paths = {source.path.removeprefix("requests/") for source in made.sources}
    assert paths == {"test.yaml", "deep/b.yaml", "deep/c.yaml", "base.yaml"}


def test_a_file_extends_what_includes_it(load: Load) -> None:
    """A base's own requests do not count: one may include a file that extends the base."""
    others = {"login.yaml": "extends: test.yaml\n" + REQUESTS, "test.yaml": "variables: {a: 1}"}
    made = load("variables: {a: 1}\nrequests: [{name: G, include: login.yaml}]", others=others)
    assert values(made.requests[0].requests[0].variables) == {"a": 1}


def test_setup_of_an_included_file_is_warned_of(load: Load) -> None:
    """Only requests are taken: a file that has setup or teardown as well gives a warning, through every level."""
    others = {"b.yaml": "requests: [{name: H, include: c.yaml}]", "c.yaml": REQUESTS + "setup: [{name: S, url: /}]"}
    (warning,) = load("requests: [{name: G, include: b.yaml}]", others=others).warnings
    assert warning.severity == "warning"
    assert "'setup' of requests/c.yaml is not run here" in warning.message
    assert warning.span is not None
    assert warning.span.where == "requests/b.yaml:1:31"


# --- faults --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "others", "found"),
    [
        ("extends: b.yaml", {}, ["'extends': no such file: 'b.yaml'"]),
        (
            "extends: b.yaml",
            {"b": "extends: c.yaml", "c": "extends: b.yaml"},
            ["'extends': these files extend one another: requests/b.yaml → requests/c.yaml → requests/b.yaml"],
        ),
        (
            "requests: [{name: G, include: b.yaml}]",
            {"b": "requests: [{name: G, include: test.yaml}]", "test": "x"},
            ["'include': these files include one another: requests/test.yaml → requests/b.yaml → requests/test.yaml"],
        ),
        (
            "requests: [{name: G, include: b.yaml, requests: []}]",
            {"b": REQUESTS},
            ["a group has 'requests' or 'include', not both"],
        ),
        ("requests: [{name: G, include: '{{x}}.yaml'}]", {}, ["'include' cannot hold {{ }}"]),
        ("requests: [{include: b.yaml}]", {"b": REQUESTS}, ["a group has no 'name'"]),
        ("requests: [{name: G, include: b.yaml}]", {"b": ""}, ["the file is empty"]),
        ("requests: [{name: G, include: b.yaml}]", {"b": "a: [}"}, None),
        ("requests: [{name: G, include: b.yaml}]", {"b": "variables: {a: 1}"}, ["a collection has no 'requests'"]),
        ("requests: [{name: G, url: /, include: b.yaml}]", {"b": REQUESTS}, ["unknown key 'url' in a group"]),
    ],
    ids=str,
)
def test_faults(load: Load, text: str, others: dict[str, str], found: list[str] | None) -> None:
    """A file that is missing, faulty, or names itself in the end is told at its place."""
    said = messages(load, f"{text}\n{REQUESTS}" if text.startswith("extends") else text, **others)
    assert said == found if found is not None else len(said) == 1


def test_faults_of_all_files_at_once(load: Load) -> None:
    """The faults of this file come first, then those of the others, each once however often the file is named."""
    text = "requests: [{name: G, include: b.yaml}, {name: H, include: b.yaml}, {name: I, urll: /}]"
    found = faults(load, text, b="requests: [{name: A}]")
    assert [(fault.message, fault.span.source.path) for fault in found if fault.span] == [
        ("a request has no 'url'", "requests/test.yaml"),
        ("unknown key 'urll' in a request", "requests/test.yaml"),
        ("a request has no 'url'", "requests/b.yaml"),
    ]


def test_depth_is_bounded() -> None:
    """Files that lie within one another without end are refused, before Python's stack is at its end."""

    def read(source: Source, path: str) -> Source:
        number = int(source.path.removesuffix(".yaml"))
        return Source(f"{number + 1}.yaml", f"requests: [{{name: G, include: {number + 2}.yaml}}]")

    with pytest.raises(InvalidError, match="files lie deeper than 20 within one another"):
        document.load(Source("1.yaml", "requests: [{name: G, include: 2.yaml}]"), read)


def test_unfolding_is_bounded() -> None:
    """Ten includes of ten includes and so on are refused before they fill the memory."""

    def read(source: Source, path: str) -> Source:
        number = int(path.removesuffix(".yaml"))
        groups = ", ".join(f"{{name: G{n}, include: {number + 1}.yaml}}" for n in range(10))
        last = ", ".join(f"{{name: R{n}, url: /}}" for n in range(10))
        return Source(path, f"requests: [{last if number > 10 else groups}]")

    with pytest.raises(InvalidError, match="unfolds to more than 100,000 requests"):
        document.load(Source("1.yaml", "requests: [{name: G, include: 2.yaml}]"), read)


def test_a_text_from_nowhere_names_no_files() -> None:
    """A text that was read from no file cannot extend or include any."""
    with pytest.raises(InvalidError, match=r"'b.yaml' is not looked for: this text was read from no file"):
        document.load(Source("<text>", "extends: b.yaml\n" + REQUESTS))


# --- for_each, setup and teardown ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("[1, '{{x}}']", "list"),
        ("ids", "Expression"),
        ("'ids[?a == `1`]'", "Expression"),
        ("rows.csv", "DataFile"),
        ("a/ROWS.JSON", "DataFile"),
        ("'{{name}}.yml'", "DataFile"),
        ("rows.yaml", "DataFile"),
    ],
)
def test_for_each(load: Load, written: str, kind: str) -> None:
    """A list is one; a text is a path by its ending, else an expression."""
    (request,) = load(f"requests: [{{name: A, url: /, for_each: {written}}}]").requests
    assert request.for_each is not None
    assert type(request.for_each.over).__name__ == kind
    (group,) = load(f"requests: [{{name: A, requests: [], for_each: {written}}}]").requests
    assert type(group.for_each.over).__name__ == kind


def test_setup_and_teardown(load: Load) -> None:
    """They hold requests and groups, and are judged as requests are."""
    made = load(REQUESTS + "setup: [{name: S, url: /}]\nteardown: [{name: G, requests: [{name: T, url: /}]}]")
    assert ([item.name for item in made.setup], [item.name for item in made.teardown]) == (["S"], ["G"])
    assert messages(load, REQUESTS + "setup: [{name: S}, {name: S, url: /}]\nteardown: {}") == [
        "a request has no 'url'",
        "two requests are named 'S'",
        "'teardown' wants a list, not a mapping",
    ]
