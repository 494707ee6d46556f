"""Requests of included files and settings of extended ones at run time: which variables, auth and paths they have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runner.engine.plan import Selection
from runner.errors import InvalidError

Run = Callable[..., Any]

OTHER = """
base_url: /in
variables: {own: file, both: file, of: "{{outer}}"}
secrets: {hidden: sesame-open}
environments: {local: {both: file-local}, prod: {both: file-prod}}
auth: {type: bearer, token: file-token}
defaults: {headers: {X-A: file, X-B: file}}
tags: [file]
requests:
  - {name: B, url: "/{{own}}/{{both}}/{{of}}/{{group}}", headers: {X-C: "{{hidden}}"}, capture: {taken: status}}
"""
MAIN = """
base_url: http://h
variables: {outer: main, both: main, own: main, group: main}
environments: {local: {both: main-local, outer: main-local}, prod: {}}
auth: {type: basic, username: u, password: p}
defaults: {headers: {X-A: main, X-D: main}}
requests:
  - name: G
    variables: {group: g, both: g}
    include: b.yaml
  - {name: After, url: "/{{taken}}/{{both}}"}
"""


def headers(ran: Any, number: int = 0) -> dict[str, str]:
    return dict(ran.sent[number].headers)


def test_included_variables(run: Run) -> None:
    """An included file's own variables are nearest, then the group's that includes it, then those around it."""
    ran = run(MAIN, others={"b.yaml": OTHER})
    assert ran.urls == ["http://h/in/file/file/main/g", "http://h/200/main"]
    found = headers(ran)
    assert (found["X-A"], found["X-B"], found["X-D"]) == ("file", "file", "main")
    assert found["Authorization"] == "Bearer file-token"
    assert headers(ran, 1)["Authorization"].startswith("Basic ")


def test_included_environments(run: Run, faults: Any) -> None:
    """The chosen environment of an included file covers its variables alone, and it must have it if it has any."""
    ran = run(MAIN, others={"b.yaml": OTHER}, environment="local")
    assert ran.urls == ["http://h/in/file/file-local/main-local/g", "http://h/200/main-local"]
    (fault,) = faults(MAIN, others={"b.yaml": OTHER.replace("prod:", "test:")}, environment="prod")
    assert fault.message == "unknown environment 'prod'"
    assert fault.span.source.path == "requests/b.yaml"
    without = OTHER.replace("environments: {local: {both: file-local}, prod: {both: file-prod}}", "")
    assert faults(MAIN, others={"b.yaml": without}, environment="prod") == []


def test_given_variables_win(run: Run) -> None:
    """--var wins over an included file's variables, too."""
    assert run(MAIN, others={"b.yaml": OTHER}, given={"own": "cli"}).urls[0] == "http://h/in/cli/file/main/g"


def test_included_secrets(run: Run) -> None:
    """An included file's secrets are secrets."""
    ran = run(MAIN, others={"b.yaml": OTHER})
    assert headers(ran)["X-C"] == "sesame-open"
    assert ran.redactor.text("sesame-open") == "***"


def test_included_in_check(plan: Any) -> None:
    """What any environment of an included file declares counts as defined where none is chosen."""
    other = "environments: {local: {only: 1}}\nrequests: [{name: B, url: 'http://h/{{only}}'}]"
    text = "requests: [{name: G, include: b.yaml}]"
    assert plan(text, others={"b.yaml": other}, any_environment=True)
    with pytest.raises(InvalidError, match="undefined variable 'only'") as caught:
        plan(text, others={"b.yaml": other})
    assert caught.value.diagnostics[0].hint == "environment 'local' declares it: choose one with --env"


def test_a_variable_of_an_included_file_is_its_own(faults: Any) -> None:
    """Requests outside do not see it."""
    text = MAIN.replace("{{taken}}", "{{of}}")
    assert [fault.message for fault in faults(text, others={"b.yaml": OTHER})] == ["undefined variable 'of'"]


def test_an_included_file_twice(run: Run) -> None:
    """A file may be included more than once, under names of its own, each time with fresh variables."""
    other = "variables: {id: '{{uuid()}}'}\nrequests: [{name: A, url: 'http://h/{{id}}'}, {name: B, url: 'http://h/{{id}}'}]"
    ran = run("requests: [{name: G, include: b.yaml}, {name: H, include: b.yaml}]", others={"b.yaml": other})
    assert list(ran.outcomes) == ["G / A", "G / B", "H / A", "H / B"]
    assert ran.urls[0] == ran.urls[1] != ran.urls[2] == ran.urls[3]


def test_a_loop_around_an_include(run: Run) -> None:
    """A group that includes may be repeated, and the file sees the row."""
    other = "variables: {id: '{{item}}'}\nrequests: [{name: A, url: 'http://h/{{id}}'}]"
    ran = run("requests: [{name: G, for_each: [1, 2], include: b.yaml}]", others={"b.yaml": other})
    assert ran.urls == ["http://h/1", "http://h/2"]


@pytest.mark.parametrize(
    ("lines", "names", "tags", "found"),
    [
        ((("b.yaml", 10),), (), (), ["G / B"]),
        ((("requests/b.yaml", 10),), (), (), ["G / B"]),
        ((("test.yaml", 10),), (), (), ["G / B"]),
        ((("test.yaml", 11),), (), (), ["G / B", "After"]),
        ((("c.yaml", 10),), (), (), []),
        ((), ("G",), (), ["G / B"]),
        ((), (), ("file",), ["G / B"]),
    ],
    ids=str,
)
def test_selecting_included_requests(
    plan: Any, lines: tuple[tuple[str, int], ...], names: tuple[str, ...], tags: tuple[str, ...], found: list[str]
) -> None:
    """By a line of the file that holds them, or that of the include; by name, and by a tag of their file."""
    selection = Selection(names=names, lines=lines, tags=frozenset(tags))
    chosen = plan(MAIN, others={"b.yaml": OTHER}, selection=selection)
    assert [step.name for step in chosen.steps] == found


# --- extends -------------------------------------------------------------------------------------------------------


def test_a_base_s_variables(run: Run) -> None:
    """Inherited variables see what the file that extends gives; the environment is that of both."""
    base = "variables: {a: base, of: '{{a}}', e: base}\nenvironments: {local: {e: base-local}}"
    text = """
    extends: base.yaml
    variables: {a: own}
    environments: {local: {a: own-local}}
    requests: [{name: A, url: "http://h/{{of}}/{{e}}"}]
    """
    assert run(text, others={"base.yaml": base}).urls == ["http://h/own/base"]
    assert run(text, others={"base.yaml": base}, environment="local").urls == ["http://h/own-local/base-local"]


def test_a_block_without_type_changes_the_base_s(run: Run, faults: Any) -> None:
    """`auth` without a type changes fields of the base's auth, as on a group; with one it takes its place."""
    base = "auth: {type: basic, username: u, password: p}"
    text = "extends: base.yaml\nauth: %s\nrequests: [{name: A, url: 'http://h'}]"
    changed = run(text % "{password: other}", others={"base.yaml": base})
    assert headers(changed)["Authorization"] == "Basic dTpvdGhlcg=="
    whole = run(text % "{type: bearer, token: t}", others={"base.yaml": base})
    assert headers(whole)["Authorization"] == "Bearer t"
    (fault,) = faults(text % "{token: t}", others={"base.yaml": base})
    assert fault.message == "unknown key 'token' in the inherited auth of type 'basic'"
    (fault,) = faults(text % "{token: t}", others={"base.yaml": "variables: {}"})
    assert fault.message == "auth has no type, and there is none to inherit"


def test_a_login_call_of_a_base(run: Run) -> None:
    """A login call in a base, changed in one field, is still the base's."""
    base = "base_url: http://h\nauth: {type: request, request: {url: /login}, token: body.access_token}"
    text = "extends: base.yaml\nauth: {prefix: X}\nrequests: [{name: A, url: /a}]"
    ran = run(text, others={"base.yaml": base})
    assert [request.url for request in ran.asked] == ["http://h/login"]
    assert headers(ran)["Authorization"] == "X token-1"


def test_paths_start_at_the_file_that_wrote_them(run: Run) -> None:
    """A file that a base names lies beside the base, one that an included file names beside that."""
    asked = []

    class Files:
        def locate(self, file: str, path: str) -> str:
            asked.append((file, path))
            return path

    others = {
        "deep/base.yaml": "defaults: {verify: ca.pem}",
        "inc/b.yaml": "requests: [{name: B, url: 'http://h', client_cert: {cert: c.pem}}]",
    }
    text = "extends: deep/base.yaml\nrequests: [{name: A, url: 'http://h'}, {name: G, include: inc/b.yaml}]"
    run(text, others=others, disk=Files())
    assert set(asked) == {("requests/deep/base.yaml", "ca.pem"), ("requests/inc/b.yaml", "c.pem")}


def test_same_full_names(faults: Any) -> None:
    """Two requests with the same full name are a fault, however it came about."""
    text = "requests: [{name: G / B, url: 'http://h'}, {name: G, include: b.yaml}]"
    (fault,) = faults(text, others={"b.yaml": "requests: [{name: B, url: 'http://h'}]"})
    assert fault.message == "two requests have the full name 'G / B'"
    assert fault.hint == "the first is requests/test.yaml:1:19"


def test_faults_of_names_in_every_file(faults: Any) -> None:
    """Undefined names are told in the file that uses them, this file's first."""
    others = {"b.yaml": "requests: [{name: B, url: 'http://h/{{nob}}'}]", "a.yaml": "variables: {x: '{{noa}}'}"}
    text = "extends: a.yaml\nrequests: [{name: G, include: b.yaml}, {name: A, url: 'http://h/{{no}}'}]"
    assert [fault.span.where for fault in faults(text, others=others)] == [
        "requests/test.yaml:2:67", "requests/a.yaml:1:19", "requests/b.yaml:1:39",
    ]  # fmt: skip
