"""A command line of curl → its options and URLs, in order: https://curl.se/docs/manpage.html

Knows which options take an argument, and nothing of what they mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from runner.diagnostics import did_you_mean
from runner.formats.curl.nodes import Word, joined, literal_text

_WITH_ARGUMENT = """
    abstract-unix-socket alt-svc aws-sigv4 cacert capath cert cert-type ciphers config connect-timeout
    connect-to continue-at cookie cookie-jar create-file-mode crlfile curves data data-ascii data-binary
    data-raw data-urlencode delegation dns-interface dns-ipv4-addr dns-ipv6-addr dns-servers doh-url dump-header
    ech egd-file engine etag-compare etag-save expect100-timeout form form-string ftp-account
    ftp-alternative-to-user ftp-method ftp-port ftp-ssl-ccc-mode happy-eyeballs-timeout-ms haproxy-clientip
    header hostpubmd5 hostpubsha256 hsts interface ip-tos ipfs-gateway json keepalive-cnt keepalive-time key
    key-type krb libcurl limit-rate local-port login-options mail-auth mail-from mail-rcpt max-filesize
    max-redirs max-time netrc-file noproxy oauth2-bearer output output-dir parallel-max parallel-max-host pass
    pinnedpubkey preproxy proto proto-default proto-redir proxy proxy-cacert proxy-capath proxy-cert
    proxy-cert-type proxy-ciphers proxy-crlfile proxy-header proxy-key proxy-key-type proxy-pass
    proxy-pinnedpubkey proxy-service-name proxy-tls13-ciphers proxy-tlsauthtype proxy-tlspassword proxy-tlsuser
    proxy-user proxy1.0 pubkey quote random-file range rate referer request request-target resolve retry
    retry-delay retry-max-time sasl-authzid service-name sigalgs socks4 socks4a socks5 socks5-gssapi-service
    socks5-hostname speed-limit speed-time stderr telnet-option tftp-blksize time-cond tls-max tls13-ciphers
    tlsauthtype tlspassword tlsuser trace trace-ascii trace-config unix-socket upload-file upload-flags url
    url-query user user-agent variable vlan-priority write-out
"""
_TAKING = frozenset(_WITH_ARGUMENT.split())
_WITHOUT = """
    alpn anyauth append basic buffer ca-native cert-status clobber compressed compressed-ssh create-dirs crlf
    digest disable disable-eprt disable-epsv disallow-username-in-url doh-cert-status doh-insecure eprt epsv
    fail fail-early fail-with-body false-start form-escape ftp-create-dirs ftp-pasv ftp-pret ftp-skip-pasv-ip
    ftp-ssl ftp-ssl-ccc ftp-ssl-control ftp-ssl-reqd get globoff haproxy-protocol head help http0.9 http1.0
    http1.1 http2 http2-prior-knowledge http3 http3-only ignore-content-length include insecure ipv4 ipv6
    junk-session-cookies keepalive list-only location location-trusted mail-rcpt-allowfails manual metalink
    mptcp negotiate netrc netrc-optional next npn ntlm ntlm-wb out-null parallel parallel-immediate path-as-is
    post301 post302 post303 progress-bar progress-meter proxy-anyauth proxy-basic proxy-ca-native proxy-digest
    proxy-http2 proxy-insecure proxy-negotiate proxy-ntlm proxy-ssl-allow-beast proxy-ssl-auto-client-cert
    proxy-tlsv1 proxytunnel raw remote-header-name remote-name remote-name-all remote-time remove-on-error
    retry-all-errors retry-connrefused sasl-ir sessionid show-error show-headers silent skip-existing
    socks5-basic socks5-gssapi socks5-gssapi-nec ssl ssl-allow-beast ssl-auto-client-cert ssl-no-revoke ssl-reqd
    ssl-revoke-best-effort sslv2 sslv3 styled-output suppress-connect-headers tcp-fastopen tcp-nodelay
    tftp-no-options tls-earlydata tlsv1 tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 tr-encoding trace-ids trace-time
    use-ascii verbose version xattr
"""
_SWITCHES = frozenset(_WITHOUT.split())
#: Other names of the same option.
_ALIASES = {"show-headers": "include", "socks": "socks5", "proxy-tlsv1": "proxy-tlsv1", "ftp-ssl": "ssl",
            "data-ascii": "data", "request-method": "request"}  # fmt: skip
_SHORT = {
    "0": "http1.0", "1": "tlsv1", "2": "sslv2", "3": "sslv3", "4": "ipv4", "6": "ipv6", "a": "append",
    "A": "user-agent", "b": "cookie", "B": "use-ascii", "c": "cookie-jar", "C": "continue-at", "d": "data",
    "D": "dump-header", "e": "referer", "E": "cert", "f": "fail", "F": "form", "g": "globoff", "G": "get",
    "h": "help", "H": "header", "i": "include", "I": "head", "j": "junk-session-cookies", "J": "remote-header-name",
    "k": "insecure", "K": "config", "l": "list-only", "L": "location", "m": "max-time", "M": "manual", "n": "netrc",
    "N": "no-buffer", "o": "output", "O": "remote-name", "p": "proxytunnel", "P": "ftp-port", "q": "disable",
    "Q": "quote", "r": "range", "R": "remote-time", "s": "silent", "S": "show-error", "t": "telnet-option",
    "T": "upload-file", "u": "user", "U": "proxy-user", "v": "verbose", "V": "version", "w": "write-out",
    "x": "proxy", "X": "request", "y": "speed-time", "Y": "speed-limit", "z": "time-cond", "Z": "parallel",
    ":": "next", "#": "progress-bar",
}  # fmt: skip


class Option(NamedTuple):
    """One option by its long name, or `url`; `value` is its argument, `on` is false for `--no-NAME`."""

    name: str
    value: Word = ()
    on: bool = True

    @property
    def takes_argument(self) -> bool:
        """Whether it has an argument, which may be empty."""
        return self.name in _TAKING or self.name.startswith("expand-")


#: Says that something was lost: what, why, what to do.
Lose = Callable[[str, str, str], None]


@dataclass(slots=True)
class _Words:
    """The words of a command line, taken from the front."""

    words: list[Word]
    lose: Lose
    position: int = field(default=0)

    def take(self) -> Word:
        self.position += 1
        return self.words[self.position - 1]

    def argument(self, option: str) -> Word | None:
        if self.position < len(self.words):
            return self.take()
        self.lose(f"the option '{option}'", "its argument is missing", "")
        return None


def parse(words: Iterable[Word], lose: Lose) -> Iterator[Option]:
    """The options and URLs after the word `curl`; what is not known is told to `lose`."""
    line = _Words(list(words), lose)
    only_urls = False
    while line.position < len(line.words):
        word = line.take()
        first = word[0] if word and isinstance(word[0], str) else ""
        if only_urls or not first.startswith("-") or word == ("-",):
            yield Option("url", word)
        elif word == ("--",):
            only_urls = True
        elif first.startswith("--"):
            yield from _long(word, first, line)
        else:
            yield from _short(word, first, line)


def _long(word: Word, first: str, line: _Words) -> Iterator[Option]:
    name, equals, rest = first[2:].partition("=")
    if not equals and len(word) > 1:
        name = literal_text(word[:1]) or name
    found = _found(name)
    if not found:
        line.lose(f"the option '--{name}'", "curl has no such option", did_you_mean(name, _TAKING | _SWITCHES))
    elif found in _TAKING:
        value = tuple(joined([rest, *word[1:]])) if equals else line.argument(f"--{name}")
        if value is not None:
            yield Option(found, value)
    else:
        yield _switch(found)


def _found(name: str) -> str:
    """The whole name of an option, whose beginning is enough where no other begins alike; empty for none."""
    known = [*_TAKING, *_SWITCHES, *_ALIASES, *(f"no-{switch}" for switch in _SWITCHES)]
    if name not in known:
        like = [whole for whole in known if whole.startswith(name)] if name else []
        name = like[0] if len(like) == 1 else f"expand-{name[7:]}" if name[:7] == "expand-" else ""
    return _ALIASES.get(name, name)


def _switch(name: str) -> Option:
    plain = name.removeprefix("no-")
    return Option(plain, (), on=plain == name)


def _short(word: Word, first: str, line: _Words) -> Iterator[Option]:
    """Letters, the last of which may take what is left of the word, or the next word."""
    for place, letter in enumerate(first[1:], 2):
        name = _SHORT.get(letter)
        if name is None:
            line.lose(f"the option '-{letter}'", "curl has no such option", "")
        elif name in _TAKING:
            rest = tuple(joined([first[place:], *word[1:]]))
            value = rest or line.argument(f"-{letter}")
            if value is not None:
                yield Option(name, value)
            return
        else:
            yield _switch(name)
