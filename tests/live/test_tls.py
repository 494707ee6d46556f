"""TLS with nginx: what is trusted, what is wrong with a certificate, and what the response document says of it."""

from __future__ import annotations

from typing import Any

import pytest

ONE = "requests: [{name: One, url: '{{base}}/x'}]"


def test_a_ca_file_is_trusted(live: Any, nginx: Any) -> None:
    """`--cacert` and `verify` trust what that CA has signed; without it the CA is named as unknown."""
    authority = str(nginx.place / "ca.crt")
    live.text(ONE, "--cacert", authority, base=nginx.h2_url)
    text = "requests: [{name: One, url: '{{base}}/x', verify: '{{env.CA}}'}]"
    live.text(text, base=nginx.h2_url, env={"CA": authority})
    said = live.text(ONE, base=nginx.h2_url, expect=4)
    assert "is from a CA that is not trusted" in said
    assert "trust its CA with `verify: FILE` or `--cacert FILE`" in said


@pytest.mark.parametrize(
    ("name", "words", "hint"),
    [
        ("old", "has expired", "renew the certificate on the server"),
        ("other", "is for another address", "is the host in the URL right?"),
    ],
)
def test_a_bad_certificate_is_named(live: Any, nginx: Any, name: str, words: str, hint: str) -> None:
    """Each fault of a certificate has its own words and its own advice; `--insecure` takes it all the same."""
    said = live.text(ONE, "--cacert", str(nginx.place / "ca.crt"), base=nginx.bad_urls[name], expect=4)
    assert f"the certificate of {nginx.bad_urls[name].partition('://')[2]} {words}" in said
    assert hint in said
    live.text(ONE, "--insecure", base=nginx.bad_urls[name])


def test_self_signed(live: Any, nginx: Any) -> None:
    """A self-signed certificate is called so."""
    assert "is self-signed" in live.text(ONE, base=nginx.tls_url, expect=4)


def test_the_certificate_in_the_response(live: Any, nginx: Any) -> None:
    """`tls` shows what was agreed on and the server's certificate, whether it was verified or not."""
    text = """\
requests:
  - name: Its certificate
    url: "{{base}}/x"
    assert:
      - tls.subject: {CN: good, O: Live}
      - tls.issuer.CN: Authority of the tests
      - tls.san: ["127.0.0.1"]
      - tls.expires_in_days: 30
      - tls.not_before < now() && now() < tls.not_after
      - matches(tls.version, '^TLSv1')
      - length(tls.cipher) > `5`
      - remote_ip: 127.0.0.1
"""
    live.text(text, "--cacert", str(nginx.place / "ca.crt"), base=nginx.h2_url)
    live.text(text, "--insecure", base=nginx.h2_url)


def test_an_expired_certificate_can_be_looked_at(live: Any, nginx: Any) -> None:
    """Without the check of the certificate its days can be asserted, also those that are over."""
    text = """\
requests:
  - {name: Old, url: "{{base}}/x", verify: false, assert: ["tls.expires_in_days < `0`", status: 200]}
"""
    live.text(text, base=nginx.bad_urls["old"])


def test_a_client_certificate_that_is_asked_for(live: Any, nginx: Any) -> None:
    """nginx asks for one over HTTP: its page is shown; with `--cert` and `--key` it is content."""
    said = live.text(ONE, "--insecure", base=nginx.mutual_url, expect=1)
    assert "No required SSL certificate was sent" in said
    flags = ["--cert", str(nginx.place / "client.crt"), "--key", str(nginx.place / "client.key")]
    live.text(ONE, "--insecure", *flags, base=nginx.mutual_url)


def test_plain_http_has_no_tls(live: Any, nginx: Any) -> None:
    """`tls` of plain http is null, and a path into it says so."""
    said = live.text("requests: [{name: One, url: '{{base}}/x', assert: [tls.issuer.CN: x]}]", base=nginx.url, expect=1)
    assert "'tls' is null" in said
