"""The media type that the ending of a file's name stands for.

A table of our own: Python's differs from version to version, and reads what the machine adds to it.
"""

from __future__ import annotations

from collections.abc import Mapping

UNKNOWN = "application/octet-stream"

_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"

#: Ending, in lower case → its type in IANA's registry, or the one in use where there is none.
TYPES: Mapping[str, str] = {
    "7z": "application/x-7z-compressed", "aac": "audio/aac", "avif": "image/avif", "avro": "application/avro",
    "bin": UNKNOWN, "bmp": "image/bmp", "br": UNKNOWN, "bz2": "application/x-bzip2", "cbor": "application/cbor",
    "cer": "application/pkix-cert", "css": "text/css", "csv": "text/csv", "doc": "application/msword",
    "docx": f"{_OFFICE}.wordprocessingml.document", "eml": "message/rfc822", "epub": "application/epub+zip",
    "flac": "audio/flac", "geojson": "application/geo+json", "gif": "image/gif", "graphql": "application/graphql",
    "gz": "application/gzip", "heic": "image/heic", "htm": "text/html", "html": "text/html", "ico": "image/x-icon",
    "ics": "text/calendar", "jar": "application/java-archive", "jpeg": "image/jpeg", "jpg": "image/jpeg",
    "js": "text/javascript", "json": "application/json", "jsonl": "application/x-ndjson",
    "jsonld": "application/ld+json", "jxl": "image/jxl", "log": "text/plain", "m4a": "audio/mp4",
    "md": "text/markdown", "mjs": "text/javascript", "mov": "video/quicktime", "mp3": "audio/mpeg",
    "mp4": "video/mp4", "mpeg": "video/mpeg", "mpg": "video/mpeg", "ndjson": "application/x-ndjson",
    "odp": f"{_OPEN}.presentation", "ods": f"{_OPEN}.spreadsheet", "odt": f"{_OPEN}.text", "ogg": "audio/ogg",
    "opus": "audio/opus", "otf": "font/otf", "parquet": "application/vnd.apache.parquet", "pdf": "application/pdf",
    "pem": "application/x-pem-file", "png": "image/png", "ppt": "application/vnd.ms-powerpoint",
    "pptx": f"{_OFFICE}.presentationml.presentation", "proto": "text/plain", "rtf": "application/rtf",
    "sql": "application/sql", "svg": "image/svg+xml", "tar": "application/x-tar", "tgz": "application/gzip",
    "tif": "image/tiff", "tiff": "image/tiff", "toml": "application/toml", "tsv": "text/tab-separated-values",
    "ttf": "font/ttf", "txt": "text/plain", "vcf": "text/vcard", "wasm": "application/wasm", "wav": "audio/wav",
    "webm": "video/webm", "webp": "image/webp", "woff": "font/woff", "woff2": "font/woff2",
    "xls": "application/vnd.ms-excel", "xlsx": f"{_OFFICE}.spreadsheetml.sheet", "xml": "application/xml",
    "xz": "application/x-xz", "yaml": "application/yaml", "yml": "application/yaml", "zip": "application/zip",
    "zst": "application/zstd",
}  # fmt: skip


def media_type(name: str) -> str:
    """The media type of a file of this name; `application/octet-stream` where the ending is not known."""
    _, dot, ending = name.rpartition(".")
    return TYPES.get(ending.lower(), UNKNOWN) if dot else UNKNOWN
