"""What a file declares, as frozen dataclasses: the result of decoding, before any variable has a value.

`Template` is text that may hold `{{ }}`, `Expression` is JMESPath; both keep their place in the file and are compiled
through caches by their text (`language.template`, `language.query`). A `Declared` value is plain JSON data in which
texts with placeholders are Templates. Each field that a key of the file fills carries the sentence that documents it,
for the JSON Schema, editors and docs/reference.md: by `key()` in a dataclass, by `Annotated` in a NamedTuple.

This file knows neither YAML nor how anything is evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, NamedTuple

from runner.diagnostics import Diagnostic, Source, Span

#: A JSON value that may hold Templates.
Declared = Any


class _Missing:
    """Stands for a key that is not there, where null is a value."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()


def key(doc: str, default: Any = None) -> Any:
    """A field that a key of the file fills; `doc` is the sentence for docs, schema and editors."""
    if isinstance(default, dict):
        return field(default_factory=dict, metadata={"doc": doc})
    return field(default=default, metadata={"doc": doc})


class Template(NamedTuple):
    """A text that holds at least one `{{ }}` or `\\{{`."""

    text: str
    span: Span


class Expression(NamedTuple):
    """A JMESPath expression."""

    text: str
    span: Span


class Variable(NamedTuple):
    """A variable's declaration; `span` is that of its value."""

    name: str
    value: Declared
    span: Span


Variables = Mapping[str, Variable]


class Environment(NamedTuple):
    """A named set of variables, chosen with `--env`."""

    name: str
    variables: Variables
    span: Span


class Entry(NamedTuple):
    """One entry of `query`, `headers`, `cookies` or `form`; the value null leaves it out."""

    name: str | Template
    value: Declared
    span: Span
    name_span: Span

    @property
    def text(self) -> str:
        return self.name.text if isinstance(self.name, Template) else self.name


class AuthField(NamedTuple):
    """One key of an `auth` block: declared data, an Expression over the login's response, or the login itself."""

    value: Any
    span: Span


class AuthSpec(NamedTuple):
    """An `auth` block. Without a type it changes fields of the inherited one: first of `base`, the extended file's."""

    type: str | None
    fields: Mapping[str, AuthField]
    span: Span
    base: AuthSpec | None = None


class Assertion(NamedTuple):
    """`that` must be true, or equal `equals` (with `one_of`: one of them), or hold what `includes` asks for."""

    that: Annotated[Expression, "Expression over the response: it must be true, or be what stands beside it."]
    equals: Annotated[Declared, "What the expression must equal, deep and typed: `true` is not `1`."] = MISSING
    includes: Annotated[
        Declared, "What it must hold: of an object these keys, at every depth; of a list these elements."
    ] = MISSING
    one_of: bool = False
    message: Annotated[str | Template | None, "What a failure says first, in words of yours."] = None
    span: Span | None = None


class Schema(NamedTuple):
    """What judges `body`: a file, with a pointer behind `#`, or a JSON Schema that stands here.

    `place` says where a part of one that stands here is, by the names and numbers that lead to it.
    """

    value: Declared
    span: Span
    place: Callable[..., Span] | None = None


#: The steps of a path in plain data: names, numbers of elements, and None for every element.
Steps = tuple[str | int | None, ...]


class Snapshot(NamedTuple):
    """The wish to compare status and body with what was kept, but for the parts that `ignore` leads to."""

    span: Span
    ignore: Annotated[tuple[Steps, ...], "Paths that are not compared, such as body.id or body.users[*].created."] = ()


class Capture(NamedTuple):
    """A named value taken from the response."""

    name: str
    source: Annotated[Expression, "Expression over the response that gives the value."]
    secret: Annotated[bool, "true: the value is shown in no output."] = False
    default: Annotated[Declared, "What stands in for null; without it null fails the request."] = MISSING
    span: Span | None = None


class Setting(NamedTuple):
    """A scalar setting, checked at load unless it is a Template."""

    value: Any
    span: Span


class Part(NamedTuple):
    """One part of `multipart`: a `value`, or the path of a `file`.

    A value that turns out to be a list is several parts, unless it is written in the `long` form, as a mapping.
    """

    name: str | Template
    span: Span
    name_span: Span
    value: Annotated[Declared, "What is sent; mappings, and lists below this key, go as JSON."] = MISSING
    file: Annotated[Setting | None, "The path of a file that is sent, in place of a value."] = None
    filename: Annotated[Setting | None, "The file name that is told to the server."] = None
    content_type: Annotated[Setting | None, "The media type of the part; of a file it is guessed from its name."] = None
    long: bool = False

    @property
    def text(self) -> str:
        return self.name.text if isinstance(self.name, Template) else self.name


class GraphQL(NamedTuple):
    """A GraphQL operation: the text of its document, or the path of a `file` that holds it."""

    span: Span
    query: Annotated[str | Template, "The GraphQL document, or {file: path}."] = ""
    file: Annotated[Setting | None, "The path of the file that holds the document, sent as it is."] = None
    variables: Annotated[Declared, "The operation's variables."] = MISSING
    operation: Annotated[Setting | None, "The operation's name, where the document has several."] = None


class Body(NamedTuple):
    """A request body as declared: `kind` is the key it stands under.

    `value` is a Declared (json, text), Entries (form), Parts (multipart), a path as a Setting (file), or a GraphQL.
    """

    kind: str
    value: Any
    span: Span

    def files(self) -> Iterator[Setting]:
        """The paths of the files that it is made of."""
        if self.kind == "file":
            yield self.value
        records = self.value if self.kind == "multipart" else (self.value,) if self.kind == "graphql" else ()
        yield from (record.file for record in records if record.file is not None)


class DataFile(NamedTuple):
    """A file of rows: CSV with a header, or a JSON or YAML list."""

    path: str | Template
    span: Span


class ForEach(NamedTuple):
    """What a request or group is repeated over: a list, an expression that gives one, or a data file."""

    over: list[Declared] | Expression | DataFile
    span: Span


class ClientCert(NamedTuple):
    """The certificate that a client shows in TLS: PEM files; without `key` it stands in the certificate's file."""

    cert: Annotated[Setting, "The certificate: a PEM file, which may hold the key, too."]
    key: Annotated[Setting | None, "Its private key: a PEM file."] = None
    password: Annotated[Setting | None, "The password of an encrypted key."] = None


class Retry(NamedTuple):
    """When and how a request is tried again after a fault; what is absent has its default.

    `attempts` counts the first one, `delay` is the first wait and `backoff` the factor of the next; each of `statuses`
    and `methods` is one or a list, or a Template that gives one.
    """

    attempts: Annotated[Setting | None, "How often it is sent at most; the first time counts."] = None
    delay: Annotated[Setting | None, "The first wait (default 1s); Retry-After goes before it."] = None
    backoff: Annotated[Setting | None, "By which factor each wait is longer than the one before it (default 2)."] = None
    statuses: Annotated[tuple[Setting, ...] | None, "Statuses that are tried again ([429, 502, 503, 504])."] = None
    methods: Annotated[tuple[Setting, ...] | None, "Methods that are tried again (the idempotent ones)."] = None


class Poll(NamedTuple):
    """A request is repeated until `until` is true; without it, until every assertion holds."""

    until: Annotated[Expression | None, "Expression over the response; without it every assertion."] = None
    interval: Annotated[Setting | None, "The wait between two requests (default 1s)."] = None
    timeout: Annotated[Setting | None, "When the request fails if it is not done (default 60s)."] = None


class Paginate(NamedTuple):
    """A request is followed by those for its next pages: `next` gives the URL, `items` the list of each page."""

    next: Annotated[Expression, "Expression over the response that gives the URL of the next page; null ends."]
    items: Annotated[Expression | None, "Expression that gives the list in each page, joined as `items`."] = None
    max_pages: Annotated[Setting | None, "After how many pages it ends (1000 fail)."] = None


@dataclass(frozen=True, slots=True)
class Defaults:
    """Settings that requests inherit, each overridable on a group or a request."""

    headers: tuple[Entry, ...] = key(
        "Headers, merged by name without regard to case; null removes an inherited one.", ()
    )
    query: tuple[Entry, ...] = key("Query entries, merged by name; null leaves one out.", ())
    timeout: Setting | None = key("How long one attempt may take, from connect to the last byte (default 30s).")
    follow_redirects: Setting | None = key("true (at most 10), false, or the number of redirects to follow.")
    verify: Setting | None = key("TLS: true, false, or the path of a file with CA certificates.")
    client_cert: ClientCert | None = key("The client's TLS certificate: {cert, key, password}, PEM files.")
    proxy: Setting | None = key("The proxy's URL (http, https, socks5), unix: and a socket's path, or false for none.")
    http2: Setting | None = key("true offers HTTP/2 to https servers (needs the extra http2).")
    max_body: Setting | None = key("The largest response body that is accepted (default 10MB).")
    max_events: Setting | None = key("How many events of a text/event-stream are read before it is left.")
    retry: Retry | None = key("When a request is tried again after a fault; false: never.")
    asserts: tuple[Assertion, ...] = key("Assertions added to those of each request.", ())


@dataclass(frozen=True, slots=True)
class RequestSpec:
    """A request as declared."""

    name: str = key("The name, unique in its group; the full name is `Group / Request`.")
    url: str | Template = key("The URL; a relative one is appended to base_url with one slash between.")
    span: Span = key("")
    name_span: Span = key("")
    end: int = key("", 0)
    description: str = key("Free text.", "")
    tags: tuple[str, ...] = key("Labels to select by.", ())
    skip: str | bool = key("true or a reason: the request is not sent.", False)
    when: Expression | None = key("Expression over the variables: the request is sent only if it is true.")
    for_each: ForEach | None = key("A list, an expression or a data file: the request is sent once for each row.")
    variables: Variables = key("Variables of this request alone.", {})
    method: str | Template | None = key("The method: GET by default, POST with a body.")
    method_span: Span | None = key("")
    url_span: Span | None = key("")
    cookies: tuple[Entry, ...] = key("Cookies sent beside those of the collection's jar; null holds one back.", ())
    auth: AuthSpec | None = key("How this request authenticates; absent inherits.")
    body: Body | None = key("The body: json, form, multipart, text, file or graphql.")
    delay: Setting | None = key("A wait before the request is sent.")
    poll: Poll | None = key("Repeats the request until an expression, or every assertion, is true.")
    paginate: Paginate | None = key("Follows the links to further pages, and joins their items.")
    captures: tuple[Capture, ...] = key("Values taken from the response for later requests.", ())
    asserts: tuple[Assertion, ...] = key("What must hold of the response.", ())
    save_to: Setting | None = key("The file that a response with a status below 400 is saved to, as it comes.")
    schema: Schema | None = key("What judges `body`: a file with a JSON Schema or an OpenAPI schema, or a JSON Schema.")
    snapshot: Snapshot | None = key("true, or {ignore: [path, …]}: compares status and body with what was kept.")
    settings: Defaults = key("The keys of `defaults`, for this request.", Defaults())


@dataclass(frozen=True, slots=True)
class Group:
    """A folder of requests that share settings.

    An included file is a group without a name within the one that includes it; it alone has secrets and environments.
    """

    name: str = key("The name, unique among its neighbours.")
    span: Span = key("")
    name_span: Span = key("")
    end: int = key("", 0)
    description: str = key("Free text.", "")
    base_url: str | Template | None = key("Prefix of relative URLs; a relative one is appended to the outer one.")
    base_url_span: Span | None = key("")
    variables: Variables = key("Variables of this group.", {})
    auth: AuthSpec | None = key("How the requests of this group authenticate.")
    defaults: Defaults = key("Settings of the requests of this group.", Defaults())
    tags: tuple[str, ...] = key("Labels of all requests of this group.", ())
    skip: str | bool = key("true or a reason: nothing of this group is sent.", False)
    when: Expression | None = key("Expression over the variables: the group is run only if it is true.")
    for_each: ForEach | None = key("A list, an expression or a data file: the group is run once for each row.")
    include: Setting | None = key("A file whose requests stand here, with its own variables, defaults and auth.")
    secrets: Variables = key("", {})
    environments: Mapping[str, Environment] = key("", {})
    requests: tuple[RequestSpec | Group, ...] = key("Requests and groups, in order.", ())


@dataclass(frozen=True, slots=True)
class Collection:
    """One request file."""

    source: Source = key("")
    name: str = key("The name (default: the file's, without its ending).", "")
    description: str = key("Free text.", "")
    extends: Setting | None = key("A file whose variables, secrets, environments, defaults and auth this one inherits.")
    base_url: str | Template | None = key("Prefix of relative URLs.")
    base_url_span: Span | None = key("")
    variables: Variables = key("Variables with their values.", {})
    secrets: Variables = key("Variables whose values are never printed.", {})
    environments: Mapping[str, Environment] = key("Named sets of variables, chosen with --env.", {})
    auth: AuthSpec | None = key("How requests authenticate.")
    defaults: Defaults = key("Settings that requests inherit.", Defaults())
    tags: tuple[str, ...] = key("Labels of all requests.", ())
    overlap: bool = key("Neighbouring safe requests that do not use each other's captures are sent together.", False)
    setup: tuple[RequestSpec | Group, ...] = key(
        "What runs first; its first failure skips what is left but teardown.", ()
    )
    requests: tuple[RequestSpec | Group, ...] = key("Requests and groups, in order.", ())
    teardown: tuple[RequestSpec | Group, ...] = key("What always runs last, also after a failure or Ctrl-C.", ())
    others: tuple[Source, ...] = key("", ())
    warnings: tuple[Diagnostic, ...] = key("", ())

    @property
    def sources(self) -> tuple[Source, ...]:
        """Its file, and those that it extends and includes."""
        return (self.source, *self.others)


#: Keys of the response document, as expressions see it, and what each holds.
RESPONSE_KEYS: Mapping[str, str] = {
    "status": "The status, such as 200; a list means one of them.",
    "reason": "The reason phrase, such as OK.",
    "headers": "The headers, names in lower case; repeated ones joined by `, `.",
    "cookies": "What this exchange set, redirects included: name to value.",
    "set_cookies": "The same as a list, with the cookies' attributes.",
    "body": "The body, parsed whenever it is JSON, else null.",
    "text": "The body as text.",
    "bytes": "The body's bytes, for functions that take them, such as sha256().",
    "size": "The length of the decoded body in bytes.",
    "elapsed_ms": "How long the exchange took, in milliseconds.",
    "url": "The URL that answered, after redirects.",
    "redirects": "The redirects that were followed: a list of {status, url}.",
    "http_version": "The version of HTTP, such as HTTP/1.1.",
    "remote_ip": "The address that answered, the server's or its proxy's; null for a socket of this machine.",
    "tls": "What TLS agreed on, and the server's certificate; null for http.",
    "events": "The events of a text/event-stream: a list of {event, data, json, id, retry}.",
    "request": "The request as it was sent: {method, url, headers, body}.",
    "vars": "The variables, env, and the request's own captures.",
}

#: The key that is there beside them where `paginate` joins the items of pages.
ITEMS_KEY = "items"

#: Names that no variable may have.
RESERVED_NAMES = frozenset({"env", "item", "index", "vars", "data", "iteration"})


#: What is longer than this is no path of a file.
_LONGEST_PATH = 255


def holds_key(value: object) -> bool:
    """Whether a value is the text of a key (PEM, JWK, or base64 of one) and not the path of its file."""
    if not isinstance(value, str):
        return False
    text = value.strip().lstrip("\ufeff")
    return text.startswith("{") or "-----BEGIN " in text or "\n" in text or len(text) > _LONGEST_PATH


class AuthKey(NamedTuple):
    """A key of an auth type, for decoding, docs and schema.

    `wants` is the kind of its value: text, texts (or a list), url, path (of a URL), mapping, duration, statuses, port,
    expression, request (a request mapping), or file (a path, or PEM text).
    """

    doc: str
    required: bool = False
    secret: bool = False
    choices: tuple[str, ...] = ()
    wants: str = "text"


#: How long a token lives, and where it goes: keys of every auth type that fetches one.
_TOKEN_KEYS: Mapping[str, AuthKey] = {
    "leeway": AuthKey("How long before its end a token is renewed (default 300s, or half its life).", wants="duration"),
    "refresh_on": AuthKey("Statuses of the API after which a new token is tried once ([401]).", wants="statuses"),
    "in": AuthKey("Where the token goes (default header).", choices=("header", "query")),
    "name": AuthKey("Name of the header or query entry (default Authorization, or access_token)."),
    "prefix": AuthKey("What stands before the token in a header (default Bearer)."),
    "cache": AuthKey(
        "Where tokens are kept: for this run (the default), or on disk (that of grants that ask a person).",
        choices=("memory", "disk"),
    ),
}

#: Keys that sign a JWT (RFC 7515).
_SIGNING_KEYS: Mapping[str, AuthKey] = {
    "private_key": AuthKey("The signing key: a PEM or JWK file, or its text.", secret=True, wants="file"),
    "key_id": AuthKey("The id of the signing key (`kid`)."),
    "algorithm": AuthKey(
        "How a JWT is signed (default: RS256, ES256 or EdDSA by the key; PS256 with a certificate).",
        choices=("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "HS256"),
    ),
}

#: What each auth type is.
AUTH_TYPES: Mapping[str, str] = {
    "none": "No authentication.",
    "bearer": "A token that is already there (RFC 6750).",
    "basic": "User name and password in each request (RFC 7617).",
    "digest": "User name and password, by challenge and response (RFC 7616).",
    "api_key": "A key in a header, the query or a cookie.",
    "oauth2": "A token of an OAuth 2.0 server (RFC 6749), fetched before it is needed, and renewed.",
    "request": "A token that a login call of any kind gives.",
    "jwt": "A JWT that is signed here (RFC 7519).",
    "aws_sigv4": "AWS Signature Version 4.",
    "netrc": "User name and password of the host in the netrc file.",
}

AUTH_KEYS: Mapping[str, Mapping[str, AuthKey]] = {
    "none": {},
    "bearer": {"token": AuthKey("The token.", required=True, secret=True)},
    "basic": {
        "username": AuthKey("The user name.", required=True),
        "password": AuthKey("The password.", required=True, secret=True),
    },
    "digest": {
        "username": AuthKey("The user name.", required=True),
        "password": AuthKey("The password.", required=True, secret=True),
    },
    "api_key": {
        "name": AuthKey("Name of the header, query entry or cookie.", required=True),
        "value": AuthKey("The key.", required=True, secret=True),
        "in": AuthKey("Where the key goes (default header).", choices=("header", "query", "cookie")),
    },
    "oauth2": {
        "grant": AuthKey(
            "The OAuth 2.0 grant (default client_credentials).",
            choices=(
                "client_credentials",
                "password",
                "refresh_token",
                "authorization_code",
                "device_code",
                "jwt_bearer",
                "token_exchange",
            ),
        ),
        "token_url": AuthKey("URL of the token endpoint.", wants="url"),
        "issuer": AuthKey("The issuer, in place of URLs: its discovery document names the endpoints.", wants="url"),
        "authorization_url": AuthKey("URL of the authorization endpoint, for authorization_code.", wants="url"),
        "device_url": AuthKey("URL of the device authorization endpoint, for device_code.", wants="url"),
        "client_id": AuthKey("The client's id."),
        "client_secret": AuthKey("The client's secret.", secret=True),
        "client_auth": AuthKey(
            "How the client authenticates: in the form (post, the default); by HTTP Basic, form-encoded (RFC 6749 "
            "§ 2.3.1) or raw; by a JWT that it signs (RFC 7523); by GitHub Actions' OIDC token; or not at all.",
            choices=("post", "basic", "basic_raw", "private_key_jwt", "github_actions", "none"),
        ),
        **_SIGNING_KEYS,
        "certificate": AuthKey("The certificate of the signing key, for Entra ID (PS256, x5t#S256).", wants="file"),
        "assertion_audience": AuthKey("The audience of a JWT that is made here (default: the token endpoint)."),
        "client_assertion": AuthKey("A JWT, ready made, by which the client authenticates.", secret=True),
        "client_assertion_file": AuthKey("The file that holds it, read for each token request.", wants="file"),
        "scope": AuthKey("The scope: text, or a list.", wants="texts"),
        "audience": AuthKey("The audience (Auth0 and others): text, or a list.", wants="texts"),
        "resource": AuthKey("The resource (RFC 8707): text, or a list.", wants="texts"),
        "username": AuthKey("The user name, for the grant password."),
        "password": AuthKey("The password, for the grant password.", secret=True),
        "refresh_token": AuthKey("The refresh token to begin with, for refresh_token.", secret=True),
        "assertion": AuthKey("A JWT, ready made, for jwt_bearer.", secret=True),
        "subject": AuthKey("Whom a JWT that is made here speaks for (`sub`), for jwt_bearer."),
        "subject_token": AuthKey("The token to exchange, for token_exchange.", secret=True),
        "subject_token_type": AuthKey("Its type: access_token (default), jwt, id_token, …, or a whole URN."),
        "redirect_host": AuthKey("The host of the redirect URI (default 127.0.0.1), for authorization_code."),
        "redirect_port": AuthKey("Its port (default: any free one).", wants="port"),
        "redirect_path": AuthKey("Its path (default /cb).", wants="path"),
        "extra": AuthKey("More form fields of the token request; they win over all others.", wants="mapping"),
        **_TOKEN_KEYS,
    },
    "request": {
        "request": AuthKey("The login call: a request mapping; it inherits no auth.", True, wants="request"),
        "token": AuthKey("Expression over its response that gives the token.", True, wants="expression"),
        "expires_in": AuthKey("Expression that gives the token's life in seconds.", wants="expression"),
        "expires_at": AuthKey("Expression that gives its end: ISO 8601, or seconds since 1970.", wants="expression"),
        **_TOKEN_KEYS,
    },
    "jwt": {
        **_SIGNING_KEYS,
        "secret": AuthKey("The shared secret, for HS256.", secret=True),
        "claims": AuthKey("The claims; `iat`, `exp` and `jti` are added where they are absent.", wants="mapping"),
        "lifetime": AuthKey("How long each JWT is valid (default 5m).", wants="duration"),
        **{name: _TOKEN_KEYS[name] for name in ("in", "name", "prefix")},
    },
    "aws_sigv4": {
        "access_key": AuthKey("The access key id.", required=True),
        "secret_key": AuthKey("The secret access key.", required=True, secret=True),
        "session_token": AuthKey("The session token of temporary credentials.", secret=True),
        "region": AuthKey("The region, such as eu-west-1.", required=True),
        "service": AuthKey("The service, such as execute-api or s3.", required=True),
    },
    "netrc": {},
}

#: The ways to state a request body, one of which a request may have.
BODY_KEYS: Mapping[str, str] = {
    "json": "A JSON body: any data, in which a template alone keeps its type; null sends null.",
    "form": "A form, URL-encoded: names with values; a list repeats an entry, null leaves it out.",
    "multipart": "A multipart form: names with texts, files {file, filename, content_type}, values, or lists of them.",
    "text": "A text body: text/plain; charset=utf-8, unless a header says otherwise.",
    "file": "The path of a file that is sent as it is, its type guessed from its name.",
    "graphql": "A GraphQL operation: {query, variables, operation}.",
}
