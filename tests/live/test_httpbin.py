"""HTTP in all its manners, against httpbin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
PASSING = ["httpbin_methods.yaml", "httpbin_answers.yaml", "httpbin_cookies.yaml", "httpbin_auth.yaml"]


@pytest.mark.parametrize("collection", PASSING)
def test_every_request_of_the_collection_passes(live: Any, httpbin: Any, collection: str) -> None:
    """Each of these collections states what httpbin does, and every statement holds."""
    live.collection(collection, base=httpbin.url)


def test_the_tour_that_users_get_passes(live: Any, httpbin: Any) -> None:
    """`requests/httpbin.yaml` states what httpbin does today."""
    live.file("requests/httpbin.yaml", cwd=ROOT, httpbin=httpbin.url)


def test_all_collections_pass_side_by_side(live: Any, httpbin: Any) -> None:
    """A folder of collections runs as one, with several of them at once."""
    for collection in PASSING[1:]:
        live.collection(collection, base=httpbin.url)
    live.file(".", "-j", "4", cwd=live.place, base=httpbin.url)


def test_a_status_of_400_or_more_fails_when_nothing_asks_for_it(live: Any, httpbin: Any) -> None:
    """A request without an assertion on `status` is held to `status < 400`."""
    said = live.text("requests: [{name: Broken, url: '{{base}}/status/500'}]", expect=1, base=httpbin.url)
    assert "Broken" in said
    assert "500" in said


def test_a_wrong_password_fails_the_request(live: Any, httpbin: Any) -> None:
    """Basic auth is no token step: its refusal is a failed request, and the password stays unsaid."""
    text = """\
    base_url: "{{base}}"
    secrets: {password: not-the-right-one}
    requests:
      - name: Refused
        url: /basic-auth/ada/opensesame
        auth: {type: basic, username: ada, password: "{{password}}"}
    """
    said = live.text(text, "--verbose", expect=1, base=httpbin.url)
    assert "401" in said
    assert "not-the-right-one" not in said
    assert "YWRhOm5vdC10aGUtcmlnaHQtb25l" not in said


def test_a_missing_bearer_token_fails_the_request(live: Any, httpbin: Any) -> None:
    """Without auth the API's 401 is a failed assertion, not an auth failure."""
    live.text("requests: [{name: Anonymous, url: '{{base}}/bearer'}]", expect=1, base=httpbin.url)


def test_more_redirects_than_allowed_is_a_fault(live: Any, httpbin: Any) -> None:
    """`follow_redirects: 2` gives up at the third one, and says so."""
    text = "requests: [{name: Around, url: '{{base}}/redirect/3', follow_redirects: 2}]"
    assert "redirect" in live.text(text, expect=4, base=httpbin.url).lower()


def test_a_timeout_is_a_fault_with_its_own_name(live: Any, httpbin: Any) -> None:
    """An answer that comes too late ends the request, and the run goes on with the next one."""
    text = """\
    base_url: "{{base}}"
    requests:
      - {name: Late, url: /delay/5, timeout: 500ms}
      - {name: After it, url: /get}
    """
    said = live.text(text, expect=4, base=httpbin.url)
    assert "timeout" in said.lower() or "timed out" in said.lower()
    assert "After it" in said


def test_a_timeout_covers_the_whole_answer(live: Any, httpbin: Any) -> None:
    """Bytes that drip in one by one do not start the clock anew."""
    text = "requests: [{name: Drip, url: '{{base}}/drip?duration=6&numbytes=12&delay=0', timeout: 1s}]"
    said = live.text(text, expect=4, base=httpbin.url)
    assert "timeout" in said.lower() or "timed out" in said.lower()


def test_a_body_over_the_limit_is_a_fault(live: Any, httpbin: Any) -> None:
    """`max_body` ends a download that is too large."""
    text = "requests: [{name: Large, url: '{{base}}/stream-bytes/90000?chunk_size=1000', max_body: 10KB}]"
    said = live.text(text, expect=4, base=httpbin.url)
    assert "max_body" in said or "limit" in said


def test_an_assertion_on_a_page_that_is_no_json_says_so(live: Any, httpbin: Any) -> None:
    """The message tells that the body is not JSON, and not only that a value is missing."""
    text = "requests: [{name: Page, url: '{{base}}/html', assert: [body.id: 1]}]"
    said = live.text(text, expect=1, base=httpbin.url)
    assert "not JSON" in said
    assert "inline.yaml:1" in said


def test_a_capture_that_finds_nothing_fails_and_skips_what_waits_for_it(live: Any, httpbin: Any) -> None:
    """A null capture is a failure; the request that needs it is not sent."""
    text = """\
    base_url: "{{base}}"
    requests:
      - {name: Take, url: /json, capture: {wanted: body.slideshow.nothing}}
      - {name: Use, url: "/status/{{wanted}}"}
      - {name: Unconcerned, url: /get}
    """
    said = live.text(text, expect=1, base=httpbin.url)
    assert "wanted" in said
    assert "nothing" in said


def test_nobody_listens(live: Any) -> None:
    """A refused connection is a fault with a name, not a traceback."""
    said = live.text("requests: [{name: Nobody, url: 'http://127.0.0.1:1/x'}]", expect=4)
    assert "refused" in said.lower()


def test_a_failed_assertion_shows_what_came(live: Any, httpbin: Any) -> None:
    """Place, expected and actual value stand in the report."""
    text = """\
requests:
  - name: Wrong
    url: "{{base}}/json"
    assert:
      - body.slideshow.title: Another title
"""
    said = live.text(text, expect=1, base=httpbin.url)
    assert "inline.yaml:5" in said
    assert "Sample Slide Show" in said
    assert "Another title" in said
