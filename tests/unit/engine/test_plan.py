"""What runs: expansion, selection by name, line and tag, and what the selected requests capture from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runner.engine.plan import Selection, names

Plan = Callable[..., Any]
Load = Callable[..., Any]
Run = Callable[..., Any]

TREE = """\
tags: [all]
requests:
  - name: Login
    url: http://h/login
    capture: {token: body.token}

  # before users
  - name: Users
    tags: [users]
    requests:
      - name: List
        url: http://h/users
        headers:
          A: "{{token}}"
        capture: {user: "body[0]"}
      - name: Get
        tags: [slow]
        url: http://h/users/{{user}}

      - name: Other
        url: http://h/other

  - name: "Users [x]"
    url: http://h/x
"""
ALL = ["Login", "Users / List", "Users / Get", "Users / Other", "Users [x]"]


def chosen(plan: Plan, text: str = TREE, **selection: Any) -> list[str]:
    overrides = selection.pop("overrides", None)
    return [step.name for step in plan(text, selection=Selection(**selection), overrides=overrides).steps]


def test_without_a_selection_everything_runs(plan: Plan, load: Load) -> None:
    """All requests, by their full names, in the order of the file."""
    assert chosen(plan) == ALL == names(load(TREE))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("Login", ["Login"]),
        ("Users / Other", ["Users / Other"]),
        ("Users / List", ["Login", "Users / List"]),
        ("Users / Get", ["Login", "Users / List", "Users / Get"]),
        ("Users", ["Login", "Users / List", "Users / Get", "Users / Other"]),
        ("Users*", ["Login", "Users / List", "Users / Get", "Users / Other", "Users [x]"]),
        ("*Other", ["Users / Other"]),
        ("U*er", ["Users / Other"]),
        ("*/ O?her", ["Users / Other"]),
        ("Users [x]", ["Users [x]"]),
        ("other", []),
        ("Other", []),
        ("User", []),
        ("*", ALL),
    ],
)
def test_selection_by_name(wanted: str, found: list[str], plan: Plan) -> None:
    """An exact full name of a request or group first, then a glob whose `*` crosses ` / `; captures come along."""
    assert chosen(plan, names=(wanted,)) == found


def test_several_names_unite(plan: Plan) -> None:
    """Each -k adds to the selection."""
    assert chosen(plan, names=("Login", "Users [x]")) == ["Login", "Users [x]"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (1, []),
        (3, ["Login"]),
        (4, ["Login"]),
        (5, ["Login"]),
        (8, []),
        (11, ["Login", "Users / List"]),
        (13, ["Login", "Users / List"]),
        (15, ["Login", "Users / List"]),
        (16, ["Login", "Users / List", "Users / Get"]),
        (18, ["Login", "Users / List", "Users / Get"]),
        (20, ["Users / Other"]),
        (21, ["Users / Other"]),
        (23, ["Users [x]"]),
        (24, ["Users [x]"]),
        (99, []),
    ],
)
@pytest.mark.parametrize("path", ["requests/test.yaml", "test.yaml", "./requests/test.yaml"])
def test_selection_by_line(line: int, found: list[str], path: str, plan: Plan) -> None:
    """Any line of a request picks that request and no other."""
    assert chosen(plan, lines=((path, line),)) == found


def test_a_line_of_another_file_picks_nothing(plan: Plan) -> None:
    """The file of FILE:LINE must be this one, not one whose name ends alike."""
    assert chosen(plan, lines=(("est.yaml", 3),)) == []
    assert chosen(plan, lines=(("other/test.yaml", 3),)) == []


@pytest.mark.parametrize(
    ("tags", "excluded", "wanted", "found"),
    [
        ({"users"}, set(), (), ["Login", "Users / List", "Users / Get", "Users / Other"]),
        ({"slow"}, set(), (), ["Login", "Users / List", "Users / Get"]),
        ({"all"}, set(), (), ALL),
        ({"nope"}, set(), (), []),
        ({"users"}, set(), ("Login",), []),
        ({"users"}, set(), ("Users / Other",), ["Users / Other"]),
        (set(), {"slow"}, (), ["Login", "Users / List", "Users / Other", "Users [x]"]),
        (set(), {"users"}, ("Users",), []),
        ({"users"}, {"slow"}, (), ["Login", "Users / List", "Users / Other"]),
        (set(), {"all"}, (), []),
    ],
)
def test_selection_by_tag(tags: set[str], excluded: set[str], wanted: Any, found: list[str], plan: Plan) -> None:
    """Tags are inherited; -t must hold beside -k; --exclude-tag always wins."""
    assert chosen(plan, tags=frozenset(tags), excluded=frozenset(excluded), names=wanted) == found


def test_exclusion_wins_over_what_is_captured_from(plan: Plan, run: Run) -> None:
    """An excluded request does not run even if a selected one captures from it; that one says what it waits for."""
    text = TREE.replace("  - name: Login\n", "  - name: Login\n    tags: [slow]\n")
    selection = Selection(names=("Users / List",), excluded=frozenset({"slow"}))
    assert chosen(plan, text, **selection._asdict()) == ["Users / List"]
    ran = run(text, selection=selection)
    assert ran["Users / List"].reason == "waits for 'token': 'Login', which captures it, is not selected"


@pytest.mark.parametrize(
    "uses",
    [
        'url: "http://h/{{id}}"', "url: http://h\n    when: id == `1`", "url: http://h\n    when: vars.id == `1`",
        "url: http://h\n    assert: [body == vars.id]", 'url: http://h\n    assert: [{body: "{{id}}"}]',
        'url: http://h\n    auth: {type: bearer, token: "{{id}}"}', 'url: "http://h/{{derived}}"',
        "url: http://h\n    capture: {x: vars.id}", "url: \"http://h/{{id || 'x'}}\"", "url: /x",
    ],
)  # fmt: skip
def test_what_a_request_captures_from_runs_too(uses: str, plan: Plan) -> None:
    """Found in templates, `vars.x`, `when`, auth, assertions, variables and base_url; theirs in turn."""
    text = f"""
base_url: "http://{{{{id}}}}"
variables: {{derived: "x{{{{id}}}}"}}
requests:
  - {{name: First, url: http://h, capture: {{first: body}}}}
  - {{name: Second, url: "http://h/{{{{first}}}}", capture: {{id: body}}}}
  - {{name: Between, url: http://h}}
  - name: Last
    {uses}
"""
    assert chosen(plan, text, names=("Last",)) == ["First", "Second", "Last"]
    assert chosen(plan, text, names=("Last",), overrides={"id": "x"}) == ["Last"]
    assert chosen(plan, text, names=("Last",), overrides={"first": "x"}) == ["Second", "Last"]


def test_the_nearest_request_before_gives_the_capture(plan: Plan) -> None:
    """Of several that capture a name, the last one before runs."""
    text = """
    requests:
      - {name: A, url: http://h, capture: {id: body}}
      - {name: B, url: http://h, capture: {id: body}}
      - {name: C, url: "http://h/{{id}}"}
      - {name: D, url: http://h, capture: {id: body}}
    """
    assert chosen(plan, text, names=("C",)) == ["B", "C"]


def test_what_a_request_captures_itself_brings_no_other_along(plan: Plan) -> None:
    """An assertion over the request's own capture needs no earlier request that captures the same name."""
    text = """
    requests:
      - {name: A, url: http://h, capture: {id: body.id}}
      - {name: B, url: http://h, capture: {id: body.id}, assert: [vars.id == body.id]}
    """
    assert chosen(plan, text, names=("B",)) == ["B"]


def test_tags_skips_and_conditions_add_up_through_groups(plan: Plan) -> None:
    """A step has the tags and conditions of its groups, and the outermost skip."""
    text = """
    tags: [a]
    requests:
      - name: G
        tags: [b]
        when: "`true`"
        skip: outer
        requests: [{name: R, url: http://h, tags: [c], when: "`false`", skip: inner}]
    """
    (step,) = plan(text).steps
    assert (step.tags, step.skip) == ({"a", "b", "c"}, "outer")
    assert [condition.expression.text for condition in step.conditions] == ["`true`", "`false`"]


def test_assertions_of_defaults_are_added(plan: Plan) -> None:
    """Those of the request come first, then those of the collection and the groups."""
    text = """
    defaults: {assert: [status < `500`]}
    requests:
      - name: G
        defaults: {assert: [size > `0`]}
        requests: [{name: R, url: http://h, assert: [{status: 200}]}]
    """
    (step,) = plan(text).steps
    assert [assertion.that.text for assertion in step.asserts] == ["status", "status < `500`", "size > `0`"]


def test_a_plan_counts_what_was_selected(plan: Plan) -> None:
    """The plan knows its environment, the values given, and who captures what."""
    made = plan(TREE, overrides={"token": "t"})
    assert (made.selected, made.captured_by) == (5, {"token": "Login", "user": "Users / List"})
    assert made.overrides == {"token": "t"}
