"""Bodies out and in against real servers: forms, files, ranges, codings, GraphQL."""

from __future__ import annotations

import hashlib
import os
from typing import Any

import pytest


def test_a_form_with_files(live: Any, httpbin: Any) -> None:
    """httpbin finds fields and files under their names, odd ones too."""
    (live.place / "a.csv").write_text("x,y\n1,2\n", "utf-8")
    text = """\
    base_url: "{{base}}"
    variables: {who: Ada}
    requests:
      - name: Form
        url: /post
        multipart:
          title: "Hello, {{who}}"
          tag: [one, two]
          "größe \\"1\\"": ü
          meta: {value: {a: [1, true]}}
          file: {file: a.csv}
        assert:
          - body.form.title: Hello, Ada
          - body.form.tag: [one, two]
          - body.form."größe \\"1\\"": ü
          - parse_json(body.form.meta).a: [1, true]
          - body.files.file: "x,y\\n1,2\\n"
          - starts_with(body.headers."Content-Type", 'multipart/form-data; boundary=')
      - name: A boundary of its own
        url: /post
        headers: {Content-Type: multipart/form-data; boundary=own-boundary}
        multipart: {a: b}
        assert:
          - body.form: {a: b}
          - body.headers."Content-Type": multipart/form-data; boundary=own-boundary
      - name: A file alone
        url: /put
        method: PUT
        file: a.csv
        assert:
          - body.data: "x,y\\n1,2\\n"
          - body.headers."Content-Type": text/csv
    """
    live.text(text, base=httpbin.url)


def test_a_redirect_takes_the_file_along(live: Any, httpbin: Any) -> None:
    """307 asks again with the whole body."""
    (live.place / "a.txt").write_text("content", "utf-8")
    text = """\
    requests:
      - name: Around
        url: "{{base}}/redirect-to?url=/anything/there&status_code=307"
        file: a.txt
        assert: [body.data: content, body.method: POST, length(redirects): 1]
    """
    live.text(text, base=httpbin.url)


def test_content_codings(live: Any, httpbin: Any) -> None:
    """gzip, deflate and Brotli are undone, for what is judged and for what is saved."""
    text = """\
    base_url: "{{base}}"
    requests:
      - {name: gzip, url: /gzip, assert: [body.gzipped: true, headers."content-encoding": gzip]}
      - {name: deflate, url: /deflate, assert: [body.deflated: true]}
      - {name: br, url: /brotli, assert: [body.brotli: true, headers."content-encoding": br]}
      - {name: asked, url: /get, assert: [body.headers."Accept-Encoding": "gzip, deflate, br, zstd"]}
      - {name: saved, url: /brotli, save_to: x.json}
    """
    live.text(text, base=httpbin.url)
    assert '"brotli": true' in (live.place / "x.json").read_text("utf-8")


def test_an_image_is_told_by_size_and_type(live: Any, httpbin: Any) -> None:
    """--show-body prints no bytes that nobody can read."""
    said = live.text("requests: [{name: Pig, url: '{{base}}/image/png'}]", "--show-body", base=httpbin.url)
    assert "(8,090 bytes of image/png)" in said


def test_a_page_in_utf8(live: Any, httpbin: Any) -> None:
    """Text is decoded by its charset."""
    text = "requests: [{name: Page, url: '{{base}}/encoding/utf8', assert: [\"contains(text, 'Markus Kuhn [ˈmaʳkʊs kuːn]')\"]}]"
    live.text(text, base=httpbin.url)


@pytest.mark.parametrize("scheme", ["url", "tls_url"])
def test_a_big_file_there_and_back(live: Any, nginx: Any, scheme: str) -> None:
    """Twelve megabytes up and down, over HTTP and TLS, are the same bytes."""
    content = os.urandom(12 << 20)
    (live.place / "up.bin").write_bytes(content)
    text = """\
    defaults: {verify: false}
    requests:
      - {name: Up, method: PUT, url: "{{base}}/put/up.bin", file: up.bin, assert: [status: [201, 204]]}
      - {name: Down, url: "{{base}}/put/up.bin", save_to: down.bin, assert: [size: 12582912]}
    """
    live.text(text, base=getattr(nginx, scheme))
    assert (live.place / "down.bin").read_bytes() == content


def test_a_range(live: Any, nginx: Any) -> None:
    """A part of a file is saved as such, and a 304 leaves what is there."""
    text = """\
    base_url: "{{base}}"
    requests:
      - {name: Part, url: /big/file.bin, headers: {Range: bytes=16-31}, save_to: part.bin, assert: [status: 206, size: 16]}
      - {name: Tag, method: HEAD, url: /big/file.bin, capture: {tag: headers.etag}}
      - {name: Same, url: /big/file.bin, headers: {If-None-Match: "{{tag}}"}, save_to: part.bin, assert: [status: 304]}
      - {name: Beyond, url: /big/file.bin, headers: {Range: bytes=99999999-}, save_to: part.bin, assert: [status: 416]}
    """
    live.text(text, base=nginx.url)
    assert (live.place / "part.bin").read_bytes() == b"0123456789abcdef"


def test_a_server_that_takes_no_large_files(live: Any, nginx: Any) -> None:
    """nginx refuses by its length what it will not read: its 413 is what is shown."""
    with (live.place / "up.bin").open("wb") as file:
        file.truncate(12 << 20)
    text = "requests: [{name: Up, method: PUT, url: '{{base}}/small/up.bin', file: up.bin}]"
    assert "413" in live.text(text, base=nginx.url, expect=1)


def test_a_form_is_stored_as_it_was_sent(live: Any, nginx: Any) -> None:
    """nginx keeps a body untouched: the announced size, and every byte of the file."""
    content = bytes(range(256)) * 100
    (live.place / "x.bin").write_bytes(content)
    text = """\
    requests:
      - name: Up
        method: PUT
        url: "{{base}}/put/form"
        headers: {Content-Type: multipart/form-data; boundary=B}
        multipart: {f: {file: x.bin}}
        assert: [status: [201, 204]]
    """
    live.text(text, base=nginx.url)
    head = b'--B\r\nContent-Disposition: form-data; name="f"; filename="x.bin"\r\nContent-Type: application/octet-stream\r\n\r\n'
    assert (nginx.place / "put/form").read_bytes() == head + content + b"\r\n--B--\r\n"


def test_graphql(live: Any, library: Any) -> None:
    """Queries, variables with their types, mutations, operations by name, documents from files."""
    (live.place / "book.graphql").write_text("query ($id: ID!) { book(id: $id) { author } }", "utf-8")
    text = """\
    base_url: "{{base}}"
    variables: {who: Ada, one: 1}
    requests:
      - name: Books
        url: /
        graphql:
          query: |
            query By($author: String, $first: Int) {
              books(author: $author, first: $first) { id title tags }
            }
            query All { books { id } }
          variables: {author: "{{who}}", first: "{{one}}"}
          operation: By
        assert:
          - body.data.books[*].title: [Sketch of the Analytical Engine]
          - body.data.books[0].tags: [notes, engine]
        capture: {id: "body.data.books[0].id"}
      - name: From a file
        url: /
        graphql: {query: {file: book.graphql}, variables: {id: "{{id}}"}}
        assert: [body.data.book.author: Ada]
      - name: Add
        url: /
        graphql:
          query: "mutation ($book: NewBook!) { add(book: $book) { title tags } }"
          variables: {book: {title: "On {{who}}", author: Me}}
        assert: [body.data.add: {title: On Ada, tags: []}]
      - name: Refused
        url: /
        graphql: {query: "{ boook { id } }"}
        assert: [status: 400, "contains(body.errors[0].message, 'boook')"]
      - name: Expected
        url: /
        graphql: {query: "{ broken }"}
        assert: ["body.errors[0].message == 'the shelf fell down'"]
    """
    live.text(text, base=library.url)


def test_graphql_errors_with_status_200(live: Any, library: Any) -> None:
    """Half an answer is no success: every error is shown, with its place in the document and in the answer."""
    text = """\
    requests:
      - name: Partial
        url: "{{base}}/"
        graphql: {query: "{ book(id: 1) { title review } broken }"}
        assert: [body.data.book.title: Sketch of the Analytical Engine]
    """
    said = live.text(text, base=library.url, expect=1)
    assert "the answer holds 2 errors" in said
    assert "nobody has read Sketch of the Analytical Engine (line 1, column 23; at book.review)" in said
    assert "the shelf fell down (line 1, column 32; at broken)" in said


def test_digest_over_a_file(live: Any, httpbin: Any) -> None:
    """A challenge is met with the same file once more."""
    (live.place / "a.txt").write_text("content", "utf-8")
    text = """\
    requests:
      - name: Protected
        url: "{{base}}/digest-auth/auth/ada/lovelace"
        method: GET
        file: a.txt
        auth: {type: digest, username: ada, password: lovelace}
        assert: [body.authenticated: true]
    """
    live.text(text, base=httpbin.url)


def test_a_file_signed_for_s3(live: Any, nginx: Any) -> None:
    """The hash that S3 is told is that of the file."""
    content = os.urandom(100_000)
    (live.place / "a.bin").write_bytes(content)
    text = """\
    auth: {type: aws_sigv4, access_key: AKEXAMPLE, secret_key: "{{secret}}", region: eu-west-1, service: s3}
    secrets: {secret: some-secret-of-the-test}
    requests:
      - name: Up
        method: PUT
        url: "{{base}}/put/signed.bin"
        file: a.bin
        assert: [status: [201, 204], "request.headers.\\"x-amz-content-sha256\\" == vars.hash"]
    """
    live.text(text, base=nginx.url, hash=hashlib.sha256(content).hexdigest())
