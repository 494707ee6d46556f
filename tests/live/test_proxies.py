"""Proxies: tinyproxy for HTTP and for tunnels, with and without a login, microsocks for SOCKS5, a socket of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

ONE = "requests: [{name: One, url: '{{base}}/x', proxy: '{{way}}', assert: [%s]}]"


def host(server: Any) -> str:
    """Host and port of a server."""
    return str(server.url.partition("://")[2])


def test_http_goes_through_the_proxy(live: Any, nginx: Any, proxy: Any) -> None:
    """`proxy` leads http through a proxy, and `remote_ip` is that of whoever answered the connection."""
    live.text(ONE % "\"contains(headers.via, 'tinyproxy')\", remote_ip: 127.0.0.1", base=nginx.url, way=proxy.url)
    assert f"GET http://{host(nginx)}/x" in proxy.saw()


def test_https_goes_through_a_tunnel(live: Any, nginx: Any, proxy: Any) -> None:
    """https is spoken with the server itself: its certificate is the one that `tls` shows."""
    text = "requests: [{name: One, url: '{{base}}/x', proxy: '{{way}}', assert: [tls.subject.CN: good, status: 200]}]"
    live.text(text, "--cacert", str(nginx.place / "ca.crt"), base=nginx.h2_url, way=proxy.url)
    assert f"CONNECT {nginx.h2_url.partition('://')[2]} " in proxy.saw()


def test_the_flag_wins_over_the_file(live: Any, nginx: Any, proxy: Any) -> None:
    """`--proxy` takes the place of `proxy`, and `--proxy ''` of both of them."""
    gone = "http://127.0.0.1:1"
    live.text(ONE % "headers.via != `null`", "--proxy", proxy.url, base=nginx.url, way=gone)
    live.text(ONE % "headers.via: null", "--proxy", "", base=nginx.url, way=gone)
    said = live.text(ONE % "", base=nginx.url, way=gone, expect=4)
    assert "connection refused by proxy 127.0.0.1:1" in said


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_wants_a_login(live: Any, nginx: Any, guarded_proxy: Any, scheme: str) -> None:
    """Without a login the 407 is told in words, for http and for a tunnel; with one it goes through, and stays secret."""
    base = nginx.url if scheme == "http" else nginx.tls_url
    text = """\
secrets: {way: "{{env.WAY}}"}
requests: [{name: One, url: "{{base}}/x", proxy: "{{way}}", verify: false}]
"""
    said = live.text(text, base=base, env={"WAY": guarded_proxy.url}, expect=4)
    assert "the proxy answered 407" in said
    assert "credentials for it go into its URL" in said
    said = live.text(text, "--verbose", base=base, env={"WAY": guarded_proxy.url_with_login})
    assert "pr0xy" not in said


def test_a_password_in_a_template_is_secret(live: Any, nginx: Any, guarded_proxy: Any) -> None:
    """A proxy's password is masked although no one declared it as a secret."""
    text = "requests: [{name: One, url: '{{base}}/pr0xy-pass-word', proxy: '{{env.WAY}}'}]"
    said = live.text(text, "--verbose", base=nginx.url, env={"WAY": guarded_proxy.url_with_login})
    assert "pr0xy-pass-word" not in said


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_the_environment_names_the_proxy(live: Any, nginx: Any, proxy: Any, name: str) -> None:
    """The variables that curl reads count where the file says nothing; NO_PROXY and `proxy: false` make exceptions."""
    text = "requests: [{name: One, url: '{{base}}/x', assert: ['%s']}]"
    live.text(text % "headers.via != `null`", base=nginx.url, env={name: proxy.url})
    live.text(text % "headers.via == `null`", base=nginx.url, env={name: proxy.url, "NO_PROXY": "localhost,127.0.0.1"})
    off = "defaults: {proxy: false}\n" + text % "headers.via == `null`"
    live.text(off, base=nginx.url, env={name: proxy.url})


def test_the_environment_names_a_tunnel(live: Any, nginx: Any, guarded_proxy: Any) -> None:
    """HTTPS_PROXY is for https, its login included."""
    text = "requests: [{name: One, url: '{{base}}/tunnelled', verify: false}]"
    seen = guarded_proxy.saw().count("CONNECT")
    live.text(text, base=nginx.tls_url, env={"HTTPS_PROXY": guarded_proxy.url_with_login})
    assert guarded_proxy.saw().count("CONNECT") > seen


def test_the_token_goes_the_same_way(live: Any, faulty: Any, proxy: Any) -> None:
    """The token step honours the proxy of the request that needs the token."""
    text = """\
auth: {type: oauth2, token_url: "{{base}}/token", client_id: me, client_secret: a-secret-of-the-tests}
defaults: {proxy: "{{way}}"}
requests: [{name: One, url: "{{base}}/api/x", assert: [body.authorization: Bearer a-good-token-of-the-tests]}]
"""
    live.text(text, base=faulty.url, way=proxy.url)
    assert f"POST http://{host(faulty)}/token" in proxy.saw()


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_socks(live: Any, nginx: Any, socks_proxy: str, scheme: str) -> None:
    """A SOCKS5 proxy with a login carries http and https."""
    text = """\
defaults: {proxy: "{{scheme}}://{{env.LOGIN}}", verify: false}
requests:
  - {name: Plain, url: "{{base}}/x", assert: ["starts_with(text, 'GET /x')"]}
  - {name: Safe, url: "{{safe}}/x", assert: [text: https /x]}
"""
    live.text(text, base=nginx.url, safe=nginx.tls_url, scheme=scheme, env={"LOGIN": socks_proxy})


def test_refusals_of_socks(live: Any, nginx: Any, proxy: Any, socks_proxy: str) -> None:
    """A login that is wrong or lacking, and a server that cannot be reached, each have words of their own."""
    at = socks_proxy.rpartition("@")[2]
    ways = {
        "asks for user name and password": f"socks5://{at}",
        "refused user name and password": f"socks5://ada:nonsense@{at}",
    }
    for words, way in ways.items():
        assert words in live.text(ONE % "", base=nginx.url, way=way, expect=4)
    said = live.text(ONE % "", base="http://127.0.0.1:1", way=f"socks5://{socks_proxy}", expect=4)
    assert "could not connect to the server: connection refused" in said


# --- a socket of this machine -------------------------------------------------------------------------------------------


def test_a_socket_beside_the_file(live: Any, unix_httpbin: Path) -> None:
    """`proxy: unix:…` leads everything into a socket, whatever the host is; its path is relative to the file."""
    text = """\
base_url: http://docker.example
defaults: {proxy: "unix:here/the.sock"}
requests:
  - name: Through the socket
    url: /anything/x
    query: {a: 1}
    assert: [body.url: "http://docker.example/anything/x?a=1", remote_ip: null, tls: null]
  - name: A redirect stays in it
    url: /redirect/2
    assert: [length(redirects) == `2`]
"""
    (live.place / "here").mkdir()
    (live.place / "here/the.sock").symlink_to(unix_httpbin)
    live.text(text)


def test_a_socket_by_the_flag(live: Any, unix_httpbin: Path) -> None:
    """The flag's path is relative to the working folder, and the socket may lie outside the project."""
    text = "requests: [{name: One, url: http://any.example/status/204, assert: [status: 204]}]"
    live.text(text, "--proxy", f"unix:{unix_httpbin}")
    (live.place / "the.sock").symlink_to(unix_httpbin)
    live.text(text, "--proxy", "unix:the.sock")


def test_a_socket_that_is_not_there(live: Any) -> None:
    """A socket that nobody opened is named by its path."""
    said = live.text("requests: [{name: One, url: http://any.example/, proxy: 'unix:gone.sock'}]", expect=4)
    assert "there is no socket" in said
    assert "gone.sock" in said
