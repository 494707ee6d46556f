"""Requests of imported documents, judged by the documents themselves, as openapi-core reads them (3.0 and 3.1)."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from werkzeug.datastructures import Headers, ImmutableMultiDict

from runner.engine.exchange import Request
from runner.engine.payload import BodyFile, chunks
from runner.formats.draft import Choices, Foreign, texts
from runner.formats.openapi import load

#: Documents of the corpus that openapi-core reads in a second or two.
NAMES = (
    "Redocly__cafe.yaml", "XeroAPI__xero_assets.yaml", "XeroAPI__xero_bankfeeds.yaml", "XeroAPI__xero_files.yaml",
    "box__openapi-v2025.0.json", "box__openapi.json.gz", "commercetools__checkout.yaml",
    "fixtures/readmeio__3.0-parameters-common.json", "fixtures/readmeio__3.0-petstore.json",
    "fixtures/readmeio__3.0-schema-types.json", "fixtures/readmeio__3.1-petstore.yaml",
    "fixtures/readmeio__3.1-security.yaml", "googlemaps__google-maps-platform-openapi3.json.gz",
    "ogen-go__firecracker.json", "ogen-go__telegram_bot_api.json", "ogen-go__tinkoff.json", "oxidecomputer__drive.yaml",
    "oxidecomputer__github.api.github.com.json.gz", "twilio__twilio_lookups_v2.yaml",
)  # fmt: skip
#: Requests of one document that are judged: a second of openapi-core's time.
MOST = 150
#: What openapi-core says about requests that are right: its own limits, by its words.
LIMITS = {
    "read-only property": "it takes the schema of a parameter for one of a body",
    "could not be resolved": "it takes the bare names of discriminators for paths",
    "mutualTLS": "it does not know that scheme",
    "Value b'": "it does not decode bodies whose types it does not know",
}


class Everything(dict[str, str]):
    """An environment in which each name has a value."""

    def __contains__(self, name: object) -> bool:
        return True

    def __getitem__(self, name: str) -> str:
        return "https://api.test" if name == "API_ORIGIN" else f"the-{name.lower()}"

    def __bool__(self) -> bool:
        return True


class Disk:
    """Files that are all there."""

    def locate(self, file: str, path: str) -> str:
        return path

    def read(self, path: str) -> str:
        return "{}"

    def upload(self, file: str, path: str, span: object) -> BodyFile:
        return BodyFile(path, 6, lambda: iter([b"sample"]))


class Asked:
    """A request as openapi-core wants to see one."""

    def __init__(self, request: Request) -> None:
        parts = urlsplit(request.url)
        self.host_url = f"{parts.scheme}://{parts.netloc}"
        self.path = parts.path
        self.method = request.method.lower()
        self.body = b"".join(chunks(request.body)) if request.body is not None else None
        headers = Headers(list(request.headers))
        self.content_type = headers.get("Content-Type", "")
        pairs = [pair.strip().partition("=") for pair in headers.get("Cookie", "").split(";") if pair.strip()]
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(parse_qsl(parts.query, keep_blank_values=True)),
            header=headers,
            cookie=ImmutableMultiDict([(name, value) for name, _, value in pairs]),
        )


def _fault(document: OpenAPI, request: Request) -> str:
    """What openapi-core says against a request; empty where that is nothing, or one of its limits."""
    asked: Any = Asked(request)
    try:
        document.validate_request(asked)
    except Exception as error:  # it raises whatever its parts raise
        cause: Any = error.__cause__ or error
        said = f"{cause} {[each.message for each in getattr(cause, 'schema_errors', ())]}"
        return "" if any(words in said for words in LIMITS) else f"{request.method} {request.url}: {said[:300]}"
    return ""


@pytest.mark.filterwarnings("ignore:Unsupported scheme type", "ignore::DeprecationWarning")
def test_agreement(
    shared: Path, run: Callable[..., Any], answer: Callable[..., Any], person: Any, record_property: Any
) -> None:
    """Of the requests of real documents, 98 in 100 are valid by the document; the others follow its own wrong examples."""
    folder = shared / "corpora" / "openapi"
    if not folder.is_dir():
        pytest.skip("the corpus of OpenAPI documents is not here")
    login = answer(200, {"access_token": "token", "token_endpoint": "https://t.test/t", "issuer": "https://t.test"})
    faults, judged = [], 0
    for name in NAMES:
        content = (folder / name).read_bytes()
        text = (gzip.decompress(content) if name.endswith(".gz") else content).decode()
        data = json.loads(text) if text.lstrip()[0] == "{" else yaml.load(text, Loader=yaml.CSafeLoader)
        document = OpenAPI.from_dict(data)
        imported = load(Foreign("api", text), Choices(alone=True))
        ran = run(texts(imported, "a.yaml")["a.yaml"], env=Everything(), disk=Disk(), login=[login], person=person())
        assert len(ran.sent) >= len(ran.finished) - 1, name
        judged += len(ran.sent[:MOST])
        faults += [f"{name}: {fault}" for fault in (_fault(document, one) for one in ran.sent[:MOST]) if fault]
    print(f"{judged - len(faults)} of {judged} are valid")
    print("\n".join(faults))
    record_property("judged", judged)
    assert len(faults) < 0.02 * judged
