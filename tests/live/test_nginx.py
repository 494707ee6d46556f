"""What goes over the wire byte by byte, TLS, and credentials at a border: nginx."""

from __future__ import annotations

import shutil
from typing import Any

import pytest


def test_the_request_line_is_readable(live: Any, nginx: Any) -> None:
    """`$ , : / @ ;` of a query go as they are written; what would change its meaning is encoded."""
    text = """\
requests:
  - name: Raw
    url: "{{base}}/users"
    query: {$top: 5, $select: "id,mail", at: "a@b:1;c/d", amp: "x&y=z", space: "a b", plus: 1+1}
    assert:
      - text == join('', ['GET /users?$top=5&$select=id,mail&at=a@b:1;c/d&', vars.rest, ' ', vars.host])
    variables:
      rest: amp=x%26y%3Dz&space=a%20b&plus=1%2B1
"""
    host = nginx.url.removeprefix("http://")
    live.text(text, base=nginx.url, host=host)


def test_a_query_in_the_url_goes_as_written(live: Any, nginx: Any) -> None:
    """Escapes that the user wrote are neither undone nor done twice."""
    text = """\
requests:
  - name: Raw
    url: "{{base}}/a%20b/%C3%A9?x=%24top&y=1%2C2"
    assert: ["starts_with(text, 'GET /a%20b/%C3%A9?x=%24top&y=1%2C2 ')"]
"""
    live.text(text, base=nginx.url)


def test_an_unknown_certificate_is_a_fault(live: Any, nginx: Any) -> None:
    """A certificate that nobody vouches for ends the request with exit code 4 and its reason."""
    said = live.text("requests: [{name: Safe, url: '{{base}}/x'}]", base=nginx.tls_url, expect=4)
    assert "certificate" in said.lower()


@pytest.mark.parametrize("verify", ["false", "server.crt"])
def test_a_certificate_can_be_named_or_ignored(live: Any, nginx: Any, verify: str) -> None:
    """`verify` takes a CA file beside the collection, or false."""
    shutil.copy(nginx.certificate, live.place)
    text = f"""\
defaults: {{verify: {verify}}}
requests: [{{name: Safe, url: '{{{{base}}}}/x', assert: [text: https /x]}}]
"""
    live.text(text, base=nginx.tls_url)


def test_insecure_wins_over_the_file(live: Any, nginx: Any) -> None:
    """The flag turns off what the file asks for."""
    text = "requests: [{name: Safe, url: '{{base}}/x', verify: true}]"
    live.text(text, "--insecure", base=nginx.tls_url)


@pytest.mark.parametrize(("scheme", "path"), [("url", "/to-tls"), ("tls_url", "/to-plain")])
def test_credentials_stay_at_their_origin(live: Any, nginx: Any, scheme: str, path: str) -> None:
    """A redirect to another scheme and port takes neither the bearer token nor the API key along."""
    text = """\
defaults: {verify: false, headers: {X-Api-Key: "{{key}}"}}
secrets: {key: k3y-with-some-length}
auth: {type: bearer, token: t0ken-with-some-length}
requests:
  - name: Away
    url: "{{base}}{{path}}"
    assert: [length(redirects) == `1`, text: authorization= key=]
  - name: At home
    url: "{{base}}/leaks"
    assert: [text: authorization=Bearer t0ken-with-some-length key=k3y-with-some-length]
"""
    live.text(text, base=getattr(nginx, scheme), path=path)


def test_a_big_body_within_its_limit(live: Any, nginx: Any) -> None:
    """Twelve megabytes are over the default limit of ten, and fine when the file allows them."""
    text = "requests: [{name: Big, url: '{{base}}/big/file.bin', max_body: %s, assert: [size: 12582912]}]"
    live.text(text % "13MB", base=nginx.url)
    live.text(text % "10MB", base=nginx.url, expect=4)
