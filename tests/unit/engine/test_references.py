"""Names judged before anything is sent: undefined ones, cycles, and where chains of variables end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runner.diagnostics import Diagnostic
from runner.engine.plan import missing_environment

Faults = Callable[..., list[Diagnostic]]
One = Callable[..., str]
Plan = Callable[..., Any]

EVERYWHERE = {
    "url": "url: 'http://h/{{usr_id}}'",
    "query value": "url: http://h\nquery: {a: '{{usr_id}}'}",
    "query name": "url: http://h\nquery: {'{{usr_id}}': 1}",
    "header": "url: http://h\nheaders: {A: '{{usr_id}}'}",
    "cookie": "url: http://h\ncookies: {a: '{{usr_id}}'}",
    "json": "url: http://h\njson: [{a: 'x{{usr_id}}'}]",
    "json key": "url: http://h\njson: {'{{usr_id}}': 1}",
    "form": "url: http://h\nform: {a: ['{{usr_id}}']}",
    "text": "url: http://h\ntext: '{{usr_id}}'",
    "method": "url: http://h\nmethod: '{{usr_id}}'",
    "setting": "url: http://h\ntimeout: '{{usr_id}}'",
    "delay": "url: http://h\ndelay: '{{usr_id}}'",
    "when": "url: http://h\nwhen: usr_id == `1`",
    "when, below vars": "url: http://h\nwhen: vars.usr_id == `1`",
    "auth": "url: http://h\nauth: {type: bearer, token: '{{usr_id}}'}",
    "variable": "url: http://h\nvariables: {x: '{{usr_id}}'}",
    "assertion": "url: http://h\nassert: [body.id == vars.usr_id]",
    "expected value": "url: http://h\nassert: [{body.id: '{{usr_id}}'}]",
    "included value": "url: http://h\nassert: [{that: body, includes: {a: ['{{usr_id}}']}}]",
    "message": "url: http://h\nassert: [{that: body.ok, message: '{{usr_id}}'}]",
    "capture": "url: http://h\ncapture: {x: vars.usr_id}",
    "capture's default": "url: http://h\ncapture: {x: {from: body, default: '{{usr_id}}'}}",
}


@pytest.mark.parametrize("request_", EVERYWHERE.values(), ids=EVERYWHERE)
def test_an_undefined_variable_is_found_wherever_it_stands(request_: str, faults: Faults, one: One) -> None:
    """Every place of a request is judged, and the caret stands under the name."""
    found = faults(one(request_, "variables: {user_id: 1}"))
    assert [(fault.message, fault.hint) for fault in found] == [
        ("undefined variable 'usr_id' (did you mean 'user_id'?)", "")
    ]
    assert found[0].span is not None
    assert found[0].span.text == "usr_id"


@pytest.mark.parametrize(
    "collection",
    [
        "base_url: http://{{usr_id}}",
        "auth: {type: bearer, token: '{{usr_id}}'}",
        "defaults: {headers: {A: '{{usr_id}}'}}",
        "defaults: {assert: [body == vars.usr_id]}",
        "variables: {unused: '{{usr_id}}'}",
        "secrets: {unused: ['{{usr_id}}']}",
    ],
)
def test_what_a_collection_declares_is_judged_too(collection: str, faults: Faults, one: One) -> None:
    """Base URL, auth, defaults and variables, used or not."""
    assert [fault.message for fault in faults(one("url: /x", collection))] == ["undefined variable 'usr_id'"]


@pytest.mark.parametrize(
    "request_",
    [
        "url: \"http://h/{{usr_id || 'x'}}\"",
        "url: \"http://h/{{not_null(usr_id, 'x')}}\"",
        "url: http://h\nwhen: not_null(usr_id, `true`)",
        "url: http://h\nassert: [\"(vars.usr_id || 'x') == 'x'\"]",
        "url: http://h\nassert: [\"not_null(vars.usr_id, 'x') == 'x'\"]",
        "url: \"http://h/{{env.NOPE || 'x'}}\"",
        "url: http://h/\\{{usr_id}}",
    ],
)
def test_a_name_that_may_be_missing_is_no_fault(request_: str, faults: Faults, run: Any, one: One) -> None:
    """Names left of `||` or in `not_null` may be missing, everywhere."""
    assert not faults(one(request_))
    assert run(one(request_)).outcomes == {"R": "passed"}


USER = "variables: {user: {name: ada, url: '{{base}}/x', tags: [a]}, base: http://h, nothing: null, copy: '{{user.nmae}}'}"


@pytest.mark.parametrize(
    ("request_", "message", "hint"),
    [
        ("url: 'http://h/{{user.nmae}}'", "'user' has no key 'nmae'", "did you mean 'name'?"),
        ("url: http://h\njson: '{{vars.user.zzz}}'", "'vars.user' has no key 'zzz'", "it has name, url, tags"),
        ("url: http://h\nheaders: {A: '{{user.name.first}}'}", "'user.name' is a string", ""),
        ("url: http://h\ntext: '{{user.tags[1]}}'", "'user.tags' has 1 element, there is no [1]", ""),
        ("url: 'http://h/{{nothing}}'", "'nothing' is null: null cannot stand within text", "`||`"),
        ("url: http://h\ntext: '{{copy}}'", "'user' has no key 'nmae'", "did you mean 'name'?"),
        ("url: http://h\nassert: [body.id: '{{user.nmae}}']", "'user' has no key 'nmae'", "did you mean 'name'?"),
        ("url: http://h\nauth: {type: bearer, token: '{{user.tokn}}'}", "'user' has no key 'tokn'", ""),
        ("url: 'http://h/{{own.b}}'\nvariables: {own: {a: 1}}", "'own' has no key 'b'", "it has a"),
        ("url: 'http://h/{{item}}'\nfor_each: ['{{user.nmae}}']", "'user' has no key 'nmae'", "did you mean 'name'?"),
    ],
)
def test_a_key_that_a_written_variable_lacks_is_found_early(
    request_: str, message: str, hint: str, faults: Faults, one: One
) -> None:
    """Where a variable's value stands in the file, what a path finds nothing of is found before anything is sent."""
    (fault,) = faults(one(request_, USER))
    assert message in fault.message
    assert hint in fault.hint


@pytest.mark.parametrize(
    "request_",
    [
        "url: 'http://h/{{user.name}}/{{user.tags[-1]}}'",
        "url: http://h\njson: '{{nothing}}'",
        "url: 'http://h/{{user.url.host}}'",
        "url: \"http://h/{{user.nmae || 'x'}}\"",
        "url: 'http://h/{{user.nmae}}'\nskip: true",
        "url: 'http://h/{{user.nmae}}'\nwhen: has(user, 'nmae')",
        "url: http://h\njson: '{{user[].x}}'",
        "url: 'http://h/{{item.id}}'\nfor_each: [{id: 1}]",
    ],
)
def test_a_key_that_may_be_there_is_no_fault(request_: str, faults: Faults, one: One) -> None:
    """What a template, a row or a condition decides is not known yet; nor is what an expression may never reach."""
    assert not faults(one(request_, USER.replace("copy:", "unused:")))


def test_a_key_of_a_capture_or_another_environment_is_no_fault(faults: Faults) -> None:
    """A capture of the same name may hold the key, and so may an environment when none is chosen."""
    text = """
    variables: {user: {name: ada}, site: {name: a}}
    environments: {dev: {site: {host: h}}}
    requests:
      - {name: A, url: http://h, capture: {user: body}}
      - {name: B, url: "http://h/{{user.id}}"}
      - {name: C, url: "http://{{site.host}}/"}
    """
    assert not faults(text, any_environment=True)


@pytest.mark.parametrize(
    ("variables", "cycle"),
    [
        ("{a: '{{a}}'}", "a → a"),
        ("{a: '{{b}}', b: 'x{{c}}', c: ['{{a}}']}", "a → b → c → a"),
    ],
)
def test_a_cycle_of_variables_names_it(variables: str, cycle: str, faults: Faults, one: One) -> None:
    """A cycle is found when the file is judged, used or not."""
    (fault,) = faults(one("url: http://h", f"variables: {variables}"))
    assert fault.message == f"variables form a cycle: {cycle}"


def test_a_capture_that_comes_later_has_no_value_yet(faults: Faults) -> None:
    """A request cannot use what only a later one captures; the hint says which."""
    text = 'requests: [{name: A, url: "http://h/{{id}}"}, {name: B, url: http://h, capture: {id: body.id}}]'
    (fault,) = faults(text)
    assert (fault.message, fault.hint) == (
        "variable 'id' has no value yet",
        "it is captured only later, by 'B'",
    )


def test_the_hint_says_which_request_captures_the_name(faults: Faults) -> None:
    """The name that was probably meant stands in the message, its capture beside the caret."""
    text = """
    requests:
      - {name: List users, url: http://h, capture: {user_id: body.id}}
      - {name: B, url: "http://h/{{usr_id}}"}
    """
    assert faults(text)[0].message == "undefined variable 'usr_id' (did you mean 'user_id'?)"
    assert faults(text)[0].hint == "captured by 'List users'"


def test_names_are_seen_from_where_they_stand(faults: Faults) -> None:
    """A group's variables are seen in the group alone, a request's in the request alone."""
    text = """
    requests:
      - {name: G, variables: {in_group: 1}, requests: [{name: A, url: "http://h/{{in_group}}"}]}
      - {name: B, url: "http://h/{{in_group}}", variables: {own: 1}}
      - {name: C, url: "http://h/{{own}}"}
    """
    assert [fault.message for fault in faults(text)] == ["undefined variable 'in_group'", "undefined variable 'own'"]


ENVIRONMENTS = """
environments: {local: {host: h}, prod: {host: p, extra: 1}}
requests: [{name: A, url: "http://{{host}}"}]
"""


def test_names_of_environments_that_are_not_chosen(faults: Faults) -> None:
    """In a run only the chosen environment declares; in `check`, without one, any of them does."""
    (fault,) = faults(ENVIRONMENTS)
    assert fault.hint == "environment 'local' declares it: choose one with --env"
    assert not faults(ENVIRONMENTS, environment="local")
    assert not faults(ENVIRONMENTS, any_environment=True)
    assert not faults(ENVIRONMENTS, overrides={"host": "x"})


def test_an_unknown_environment_is_a_fault(faults: Faults) -> None:
    """A file that has environments but not the one asked for; a file without any takes each."""
    (fault,) = [f for f in faults(ENVIRONMENTS, environment="locl") if "environment" in f.message]
    assert (fault.message, fault.hint) == ("unknown environment 'locl'", "did you mean 'local'?")
    assert not faults("requests: []", environment="locl")


@pytest.mark.parametrize(
    ("request_", "collection", "needed"),
    [
        ("url: 'http://h/{{env.A}}'", "", ["A"]),
        ("url: 'http://h/{{x}}'", "variables: {x: '{{y}}', y: '{{env.A}}'}", ["A"]),
        ("url: 'http://h/{{vars.env.A}}'", "", ["A"]),
        ("url: http://h\nwhen: env.A == 'x'", "", ["A"]),
        ("url: http://h\nassert: [body.a == vars.env.A]", "", ["A"]),
        ("url: http://h", "auth: {type: bearer, token: '{{env.A}}'}", ["A"]),
        ("url: http://h", "variables: {unused: '{{env.A}}'}", []),
        ("url: http://h\nskip: true\ntext: '{{env.A}}'", "", []),
        ("url: \"http://h/{{env.A || 'x'}}\"", "", []),
        ("url: 'http://h/{{env.B}}'", "", []),
        ("url: http://h/x", "base_url: 'http://{{env.A}}'", []),
        ("url: 'http://h/{{env.B}}'", "base_url: 'http://{{env.A}}'", []),
        ("url: /login?next=http://x", "base_url: 'http://{{env.A}}'", ["A"]),
        ("url: '{{env.B}}'", "base_url: 'http://{{env.A}}'", ["A"]),
        ("url: http://h\nheaders: {Authorization: x}", "auth: {type: bearer, token: '{{env.A}}'}", []),
    ],
)
def test_every_environment_variable_that_is_used_is_needed(
    request_: str, collection: str, needed: list[str], plan: Plan, one: One
) -> None:
    """Each `env.NAME` of a request that will be sent must be there before; what is skipped or unused needs none."""
    found = missing_environment(plan(one(request_, collection)), {"B": "1"})
    assert [fault.message for fault in found] == [f"environment variable '{name}' is not set" for name in needed]
