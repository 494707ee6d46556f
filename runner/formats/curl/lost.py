"""Options of curl that have no counterpart: why, and what to do. Those of its output need none, and lose nothing."""

from __future__ import annotations

from collections.abc import Mapping

_TLS = "TLS is set up by the system's OpenSSL"
_NETWORK = "connections are made as the system's resolver and settings say"
_PROXY_TLS = "a proxy's TLS has no settings of its own"
_OTHER_PROTOCOL = "only HTTP is spoken here"
_NO_AUTH = "there is no such auth"

#: Option → why it is lost, and what to do.
LOST: Mapping[str, tuple[str, str]] = {
    "abstract-unix-socket": ("sockets are files here", "`proxy: unix:PATH`"),
    "alt-svc": (_NETWORK, ""),
    "anyauth": ("a way to authenticate is not tried out", "write `auth: {type: digest}`, if it is that"),
    "capath": ("certificates of authorities stand in one file", "set `verify` to a CA file"),
    "cert-status": ("a certificate's status is not asked for", ""),
    "cert-type": ("certificates are PEM files", "convert it: openssl x509 -inform DER -outform PEM"),
    "ciphers": (_TLS, ""),
    "config": ("its file could not be read", "put its options into the command"),
    "connect-timeout": ("a timeout is for a whole attempt here", "set `timeout`"),
    "connect-to": (_NETWORK, ""),
    "continue-at": ("a body is taken from its beginning", "send a Range header"),
    "crlf": ("a body goes as it is", ""),
    "crlfile": (_TLS, ""),
    "curves": (_TLS, ""),
    "delegation": (_NO_AUTH, ""),
    "dns-interface": (_NETWORK, ""),
    "dns-ipv4-addr": (_NETWORK, ""),
    "dns-ipv6-addr": (_NETWORK, ""),
    "dns-servers": (_NETWORK, ""),
    "doh-url": (_NETWORK, ""),
    "ech": (_TLS, ""),
    "egd-file": (_TLS, ""),
    "engine": (_TLS, ""),
    "etag-compare": ("what another run saved is not read", "send an If-None-Match header"),
    "etag-save": ("a run saves bodies only", "capture headers.etag"),
    "ftp-port": (_OTHER_PROTOCOL, ""),
    "haproxy-clientip": (_NETWORK, ""),
    "haproxy-protocol": (_NETWORK, ""),
    "hsts": ("a run knows nothing of earlier ones", "write https://"),
    "http1.0": ("HTTP/1.1 and HTTP/2 are spoken here", ""),
    "http2-prior-knowledge": ("HTTP/2 is agreed upon in TLS", "`http2: true` with https"),
    "http3": ("HTTP/1.1 and HTTP/2 are spoken here", "`http2: true`"),
    "http3-only": ("HTTP/1.1 and HTTP/2 are spoken here", "`http2: true`"),
    "ignore-content-length": ("an answer is read as HTTP frames it", ""),
    "interface": (_NETWORK, ""),
    "ip-tos": (_NETWORK, ""),
    "ipv4": (_NETWORK, ""),
    "ipv6": (_NETWORK, ""),
    "junk-session-cookies": ("cookies of other runs are not read", ""),
    "key-type": ("keys are PEM files", "convert it: openssl pkey -inform DER -outform PEM"),
    "krb": (_OTHER_PROTOCOL, ""),
    "limit-rate": ("nothing here slows a transfer down", ""),
    "list-only": (_OTHER_PROTOCOL, ""),
    "local-port": (_NETWORK, ""),
    "location-trusted": ("credentials stay at their origin", "send the second request by itself"),
    "login-options": (_OTHER_PROTOCOL, ""),
    "mail-auth": (_OTHER_PROTOCOL, ""),
    "mail-from": (_OTHER_PROTOCOL, ""),
    "mail-rcpt": (_OTHER_PROTOCOL, ""),
    "negotiate": (_NO_AUTH, ""),
    "netrc-file": ("`auth: {type: netrc}` reads the user's own", "set NETRC to its path"),
    "ntlm": (_NO_AUTH, ""),
    "ntlm-wb": (_NO_AUTH, ""),
    "output-dir": ("its path could not be joined with that of the output", "set `save_to`"),
    "pinnedpubkey": ("certificates are judged by their authority", "set `verify` to a CA file"),
    "post301": ("redirects are followed as browsers do", "send the second request by itself"),
    "post302": ("redirects are followed as browsers do", "send the second request by itself"),
    "post303": ("redirects are followed as browsers do", "send the second request by itself"),
    "preproxy": ("there is one proxy at most", ""),
    "proto-default": ("a URL without a scheme is http's", "write the scheme"),
    "proxy-anyauth": ("a proxy is given basic credentials", ""),
    "proxy-cacert": (_PROXY_TLS, ""),
    "proxy-capath": (_PROXY_TLS, ""),
    "proxy-cert": (_PROXY_TLS, ""),
    "proxy-cert-type": (_PROXY_TLS, ""),
    "proxy-ciphers": (_PROXY_TLS, ""),
    "proxy-crlfile": (_PROXY_TLS, ""),
    "proxy-digest": ("a proxy is given basic credentials", ""),
    "proxy-header": ("headers go to the server alone", ""),
    "proxy-insecure": (_PROXY_TLS, ""),
    "proxy-key": (_PROXY_TLS, ""),
    "proxy-key-type": (_PROXY_TLS, ""),
    "proxy-negotiate": ("a proxy is given basic credentials", ""),
    "proxy-ntlm": ("a proxy is given basic credentials", ""),
    "proxy-pass": (_PROXY_TLS, ""),
    "proxy-pinnedpubkey": (_PROXY_TLS, ""),
    "proxy-tls13-ciphers": (_PROXY_TLS, ""),
    "proxy-tlsauthtype": (_PROXY_TLS, ""),
    "proxy-tlspassword": (_PROXY_TLS, ""),
    "proxy-tlsuser": (_PROXY_TLS, ""),
    "proxytunnel": ("a proxy is asked for a tunnel for https alone", ""),
    "quote": (_OTHER_PROTOCOL, ""),
    "random-file": (_TLS, ""),
    "rate": ("requests are sent one after the other", "set `delay`"),
    "remote-header-name": ("the path that a body is saved to is known before", "set `save_to`"),
    "request-target": ("the target is that of the URL", ""),
    "resolve": (_NETWORK, "name the host in /etc/hosts, or send a Host header to the address"),
    "retry-max-time": ("attempts are counted", "set `retry: {attempts}`"),
    "skip-existing": ("what was saved before is not looked at", ""),
    "sigalgs": (_TLS, ""),
    "socks4": ("SOCKS is spoken in version 5", "`proxy: socks5://…`"),
    "socks4a": ("SOCKS is spoken in version 5", "`proxy: socks5h://…`"),
    "socks5-gssapi": ("a proxy is given basic credentials", ""),
    "speed-limit": ("a timeout is for a whole attempt here", "set `timeout`"),
    "speed-time": ("a timeout is for a whole attempt here", "set `timeout`"),
    "ssl-allow-beast": (_TLS, ""),
    "ssl-no-revoke": (_TLS, ""),
    "sslv2": (_TLS, ""),
    "sslv3": (_TLS, ""),
    "tls-max": (_TLS, ""),
    "tls13-ciphers": (_TLS, ""),
    "tlsauthtype": (_TLS, ""),
    "tlspassword": (_TLS, ""),
    "tlsuser": (_TLS, ""),
    "tlsv1": (_TLS, ""),
    "tlsv1.0": (_TLS, ""),
    "tlsv1.1": (_TLS, ""),
    "tlsv1.2": (_TLS, ""),
    "tlsv1.3": (_TLS, ""),
    "tr-encoding": ("answers are compressed by Content-Encoding alone", ""),
    "upload-flags": (_OTHER_PROTOCOL, ""),
    "use-ascii": (_OTHER_PROTOCOL, ""),
    "variable": ("variables of curl are not read", "declare it in `variables`"),
    "vlan-priority": (_NETWORK, ""),
}

#: Options that change what curl shows, keeps or how it waits, and nothing of the request.
_OF_OUTPUT = """
    alpn append basic buffer ca-native clobber compressed compressed-ssh create-dirs create-file-mode disable
    disable-eprt disable-epsv disallow-username-in-url doh-cert-status doh-insecure dump-header eprt epsv
    expect100-timeout fail fail-early fail-with-body false-start form-escape ftp-account ftp-alternative-to-user
    ftp-create-dirs ftp-method ftp-pasv ftp-pret ftp-skip-pasv-ip ftp-ssl-ccc ftp-ssl-ccc-mode ftp-ssl-control
    happy-eyeballs-timeout-ms help hostpubmd5 hostpubsha256 http0.9 include ipfs-gateway keepalive keepalive-cnt
    keepalive-time libcurl mail-rcpt-allowfails manual metalink mptcp npn out-null parallel parallel-immediate
    parallel-max parallel-max-host progress-bar progress-meter proto proto-redir proxy-basic proxy-ca-native
    proxy-http2 proxy-service-name proxy-ssl-allow-beast proxy-ssl-auto-client-cert proxy-tlsv1 pubkey raw
     remote-time remove-on-error sasl-authzid sasl-ir service-name sessionid show-error silent
    socks5-basic socks5-gssapi-nec socks5-gssapi-service ssl ssl-auto-client-cert ssl-reqd
    ssl-revoke-best-effort stderr styled-output suppress-connect-headers tcp-fastopen tcp-nodelay telnet-option
    tftp-blksize tftp-no-options tls-earlydata trace trace-ascii trace-config trace-ids trace-time verbose
    version write-out xattr
"""
NO_LOSS = frozenset(_OF_OUTPUT.split())
