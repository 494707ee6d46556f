"""Postman's dynamic variables (`{{$guid}}`), each as an expression of ours; those without an equal get a stand-in.

A stand-in is a value of the right form that is not as random as Postman's, which takes its words from a list of
thousands; one that is a word is written as it is. This file knows names and expressions, nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Dynamic(NamedTuple):
    """An expression; `kind` is the JSON type that it gives. A stand-in is reported as a loss."""

    expression: str
    kind: str = "string"
    stand_in: bool = False

    @property
    def word(self) -> str | None:
        """The text that it always is; None for what is computed."""
        is_text = self.expression.startswith("'") and "'" not in self.expression[1:-1]
        return self.expression[1:-1] if is_text else None


def _integer(low: int, high: int) -> str:
    return f"random_int(`{low}`, `{high}`)"


def _digits(low: int, high: int) -> Dynamic:
    return Dynamic(f"to_string({_integer(low, high)})")


def _decimal(low: int, high: int, divisor: int) -> Dynamic:
    return Dynamic(f"divide({_integer(low, high)}, `{divisor}`)", "number")


_SHORT_ID = "match(uuid(), '^.{8}')[0]"
_IP = ", ".join([f"to_string({_integer(1, 254)})"] * 4)

_EQUAL: Mapping[str, Dynamic] = {
    "$guid": Dynamic("uuid()"),
    "$randomUUID": Dynamic("uuid()"),
    "$timestamp": Dynamic("timestamp()", "number"),
    "$isoTimestamp": Dynamic("now()"),
    "$randomInt": Dynamic(_integer(0, 1000), "number"),
    "$randomBoolean": Dynamic(f"{_integer(0, 1)} == `1`", "boolean"),
    "$randomAlphaNumeric": Dynamic("match(uuid(), '^.')[0]"),
    "$randomPassword": Dynamic("match(replace(uuid(), '-', ''), '^.{15}')[0]"),
    "$randomHexColor": Dynamic("join('', ['#', match(uuid(), '^.{6}')[0]])"),
    "$randomIP": Dynamic(f"join('.', [{_IP}])"),
    "$randomPrice": _decimal(0, 100_000, 100),
    "$randomLatitude": _decimal(-900_000, 900_000, 10_000),
    "$randomLongitude": _decimal(-1_800_000, 1_800_000, 10_000),
    "$randomBankAccount": _digits(10_000_000, 99_999_999),
    "$randomCreditCardMask": _digits(1000, 9999),
    "$randomPhoneNumber": Dynamic(f"join('-', ['555', '555', to_string({_integer(1000, 9999)})])"),
    "$randomSemver": Dynamic(f"join('.', [to_string({_integer(0, 9)}), '0', to_string({_integer(0, 9)})])"),
}

#: A unique word within a text of the right form.
_WITH_ID: Mapping[str, tuple[str, str]] = {
    "$randomEmail": ("user-", "@example.com"),
    "$randomExampleEmail": ("user-", "@example.com"),
    "$randomUserName": ("user-", ""),
    "$randomUrl": ("https://", ".example.com"),
    "$randomDomainName": ("", ".example.com"),
    "$randomDomainWord": ("host-", ""),
    "$randomFileName": ("file-", ".txt"),
    "$randomCommonFileName": ("file-", ".txt"),
    "$randomLoremSlug": ("lorem-ipsum-", ""),
    "$randomBitcoin": ("1BoatSLRHtKNngkdXEeobR", ""),
}

_WORDS: Mapping[str, str] = {
    "$randomFirstName": "Ada",
    "$randomLastName": "Lovelace",
    "$randomFullName": "Ada Lovelace",
    "$randomNamePrefix": "Dr.",
    "$randomNameSuffix": "II",
    "$randomJobTitle": "Engineer",
    "$randomJobArea": "Research",
    "$randomJobDescriptor": "Senior",
    "$randomJobType": "Engineer",
    "$randomPhoneNumberExt": "1-555-555-0100",
    "$randomLocale": "en",
    "$randomCity": "Zurich",
    "$randomStreetName": "Main Street",
    "$randomStreetAddress": "1 Main Street",
    "$randomCountry": "Switzerland",
    "$randomCountryCode": "CH",
    "$randomColor": "blue",
    "$randomCompanyName": "Contoso",
    "$randomCompanySuffix": "Ltd",
    "$randomDepartment": "Books",
    "$randomProduct": "Chair",
    "$randomProductName": "Plain Wooden Chair",
    "$randomProductAdjective": "Plain",
    "$randomProductMaterial": "Wooden",
    "$randomCurrencyCode": "CHF",
    "$randomCurrencyName": "Swiss Franc",
    "$randomCurrencySymbol": "$",
    "$randomTransactionType": "payment",
    "$randomBankAccountName": "Savings Account",
    "$randomBankAccountIban": "CH9300762011623852957",
    "$randomBankAccountBic": "POFICHBEXXX",
    "$randomMonth": "May",
    "$randomWeekday": "Monday",
    "$randomDatePast": "2020-01-01T00:00:00Z",
    "$randomDateFuture": "2099-01-01T00:00:00Z",
    "$randomDateRecent": "2024-01-01T00:00:00Z",
    "$randomWord": "lorem",
    "$randomWords": "lorem ipsum dolor",
    "$randomNoun": "system",
    "$randomVerb": "copy",
    "$randomIngverb": "copying",
    "$randomAdjective": "open",
    "$randomAbbreviation": "HTTP",
    "$randomPhrase": "Copy the open system",
    "$randomLoremWord": "lorem",
    "$randomLoremWords": "lorem ipsum dolor",
    "$randomProtocol": "https",
    "$randomDomainSuffix": "com",
    "$randomIPV6": "2001:db8::1",
    "$randomMACAddress": "02:00:00:00:00:01",
    "$randomUserAgent": "Mozilla/5.0",
    "$randomFileExt": "txt",
    "$randomFileType": "text",
    "$randomCommonFileExt": "txt",
    "$randomCommonFileType": "text",
    "$randomMimeType": "text/plain",
    "$randomFilePath": "/tmp/file.txt",
    "$randomDirectoryPath": "/tmp",
    "$randomDatabaseColumn": "id",
    "$randomDatabaseType": "int",
    "$randomDatabaseCollation": "utf8_bin",
    "$randomDatabaseEngine": "InnoDB",
    "$randomImageDataUri": "data:image/svg+xml,%3Csvg%2F%3E",
}

_SENTENCE = "Lorem ipsum dolor sit amet."


def find(name: str) -> Dynamic | None:
    """What stands for a dynamic variable, by its name with `$`; None for one that Postman does not know either."""
    if name in _EQUAL:
        return _EQUAL[name]
    if name in _WITH_ID:
        before, after = (f"'{part}'" for part in _WITH_ID[name])
        return Dynamic(f"join('', [{before}, {_SHORT_ID}, {after}])", stand_in=True)
    if name in _WORDS:
        return Dynamic(f"'{_WORDS[name]}'", stand_in=True)
    if name.startswith("$random") and name.endswith("Image"):
        return Dynamic("'https://example.com/image.png'", stand_in=True)
    if name.startswith(_SENTENCES):
        return Dynamic(f"'{_SENTENCE}'", stand_in=True)
    return None


_SENTENCES = ("$randomLorem", "$randomCatchPhrase", "$randomBs")


def names() -> tuple[str, ...]:
    """The names of the dynamic variables, those with an equal first."""
    return (*_EQUAL, *_WITH_ID, *_WORDS)
