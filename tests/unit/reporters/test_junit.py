"""JUnit: cases, suites and what GitLab and Jenkins make of them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

from runner.engine.events import CollectionStarted, TokenFinished
from runner.engine.results import Fault, Outcome, TokenResult


def test_all_failed_assertions_are_in_one_failure(report: Any, made: Any) -> None:
    """GitLab and Jenkins show one failure of a case, so it holds them all; its message is the first."""
    one = made.failed()
    case = ET.fromstring(report("junit", [one._replace(verdicts=one.verdicts * 3)])).find(".//testcase")
    assert case is not None
    (failure,) = case
    assert failure.get("message") == "body.id is number 1, expected number 7 (and 2 more)"
    assert (failure.text or "").count("requests/a.yaml:3:12") == 3
    assert "response body:" in (failure.text or "")


def test_two_of_one_name(report: Any, made: Any) -> None:
    """Readers take two cases of one name for one that was run twice, so the second is numbered."""
    cases = ET.fromstring(report("junit", [made.passed("R"), made.passed("R")])).iter("testcase")
    assert [case.get("name") for case in cases] == ["R", "R [2]"]


def test_a_token_that_failed(report: Any, made: Any) -> None:
    """The token step is a case of its own, and an error where it failed."""
    fault = Fault("auth", "answered 401", (), "", made.span)
    token = TokenResult(
        "client_credentials", "POST", "http://login.test/token", Outcome.ERRORED, 1, fault=fault, span=made.span
    )
    events = made.events_of([made.errored()])
    events.insert(2, TokenFinished(token))
    root = ET.fromstring(report("junit", events=events))
    assert (root.get("tests"), root.get("errors")) == ("2", "2")
    case = next(root.iter("testcase"))
    assert case.get("name") == "token: client_credentials http://login.test/token"
    assert (case.get("file"), case.get("line"), case[0].tag, case[0].get("type")) == (
        "requests/a.yaml",
        "3",
        "error",
        "auth",
    )


def test_a_message_is_one_line(report: Any, made: Any) -> None:
    """Lists show the message beside the name, so line ends in it are shown escaped."""
    message = "first\nsecond\tthird"
    error = ET.fromstring(report("junit", [made.errored(message=message)])).find(".//error")
    assert error is not None
    assert error.get("message") == "first\\nsecond\tthird"


def test_the_suite_starts_with_its_first_request(report: Any, made: Any) -> None:
    """`timestamp` is when the first request was sent, else when the run began, in UTC without a zone."""
    suite = ET.fromstring(report("junit", [made.skipped()])).find("testsuite")
    assert suite is not None
    assert suite.get("timestamp") == "2023-11-14T22:13:20"
    assert suite.get("file") == "requests/a.yaml"


def test_a_run_that_broke_off_leaves_no_half_document(report: Any) -> None:
    """Nothing is written before the run is done."""
    assert report("junit", events=[CollectionStarted("A", "a.yaml", ())]) == ""
