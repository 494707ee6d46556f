"""Postman collections, v2.0 and v2.1, in and out.

    reading       JSON → folders and requests, whatever is odd in them
    dynamic · variables   `{{$guid}}`; names, values, secrets, and what type a value has where it stands
    urls · bodies · schemes · behaviour   the parts of a request
    scripts · sent   what its scripts set, capture, assert and send (`runner.formats.scripts` reads them)
    logins        requests and scripts that fetch a token → `auth`
    requests · collection · usage · finishing   drafts of requests, folders, the whole

    export        drafts → folders and requests
    inherited · pieces · variables_out · schemes_out   what a request inherits, its parts, variables, auth
    spelling · checks · scripts_out · javascript   texts with placeholders; assertions and captures as scripts
    told          what a collection has no words for

`load` reads a collection, `dump` writes one; nothing of it is ever run.
"""

from __future__ import annotations

from runner.formats.postman.collection import load
from runner.formats.postman.export import dump

__all__ = ["dump", "load"]
