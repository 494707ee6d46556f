"""What a browser adds to an export that says nothing about the API: static files, headers, cookies of analytics.

Tables only. What is left out is counted in a comment of the collection.
"""

from __future__ import annotations

import re

#: Types of resources, as Chrome and Firefox name them, that are part of a page and no calls.
STATIC_TYPES = frozenset(
    {"image", "stylesheet", "script", "font", "media", "manifest", "texttrack", "imageset", "other"}
)
BACKGROUND_TYPES = frozenset({"ping", "beacon", "csp_report", "cspviolationreport", "preflight", "signedexchange"})
STATIC_MIME = re.compile(
    r"(?:image|font|audio|video)/|text/css\b|(?:application|text)/(?:x-)?(?:javascript|ecmascript)\b"
    r"|application/(?:font|x-font|vnd\.ms-fontobject|wasm|manifest\+json)",
    re.IGNORECASE,
)
STATIC_PATH = re.compile(
    r"\.(?:css|js|mjs|map|png|jpe?g|gif|svg|ico|webp|avif|bmp|woff2?|ttf|otf|eot|mp[34]|webm|ogg|wasm)$", re.IGNORECASE
)
#: Headers that a browser or its proxy sets by itself; `sec-…`, `:authority` and the like are left out, too.
HEADERS = frozenset(
    {"host", "connection", "content-length", "accept-encoding", "accept-language", "user-agent", "origin", "referer",
     "cache-control", "pragma", "dnt", "upgrade-insecure-requests", "te", "priority", "if-none-match",
     "if-modified-since", "x-client-data", "save-data", "purpose", "cookie", "cookie2", "keep-alive", "dpr",
     "proxy-connection", "transfer-encoding", "downlink", "rtt", "ect", "device-memory", "viewport-width"}
)  # fmt: skip
#: Cookies that count visitors.
COOKIES = re.compile(r"_ga|_gid|_gat|__utm|_fbp|_gcl_|_hj|__cf_bm|_clck|_clsk|ajs_|mp_|amplitude_|optimizely|_dd_s")
#: What a browser accepts for a page, and for anything.
ACCEPT = ("*/*", "text/html,application/xhtml+xml")


def is_noise(header: str) -> bool:
    """Whether a header, in lower case, is a browser's own."""
    return header in HEADERS or header.startswith((":", "sec-"))
