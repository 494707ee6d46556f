"""The directory: invented people and groups, held in memory, changed under a lock.

Ids are derived from names, so they are the same at every start. This file knows no HTTP and no OData.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from typing import Any

from runner.demo.credentials import TENANT, TENANT_ID

Record = dict[str, Any]

#: The properties of a user: those that Graph shows unasked, then those that `$select` must name.
USER_DEFAULTS = (
    "businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation",
    "preferredLanguage", "surname", "userPrincipalName", "id",
)  # fmt: skip
USER_PROPERTIES = (
    *USER_DEFAULTS, "accountEnabled", "companyName", "createdDateTime", "department", "mailNickname",
    "usageLocation",
)  # fmt: skip
GROUP_PROPERTIES = (
    "id", "createdDateTime", "description", "displayName", "groupTypes", "mail", "mailEnabled",
    "mailNickname", "securityEnabled", "visibility",
)  # fmt: skip

#: given name, surname, alias, job title, department, office, language
_PEOPLE = (
    ("Ada", "Byrne", "ada", "Staff Engineer", "Engineering", "Dublin/2", "en-IE"),
    ("Alma", "Okafor", "alma", "Product Manager", "Product", "Lagos/1", "en-NG"),
    ("Bruno", "Castell", "bruno", "Engineer", "Engineering", "Girona/4", "ca-ES"),
    ("Chidi", "Larsen", "chidi", "Site Reliability Engineer", "Operations", "Bergen/1", "nb-NO"),
    ("Dana", "Whitlock", "dana", "Head of Finance", "Finance", "Leeds/3", "en-GB"),
    ("Emre", "Solberg", "emre", "Support Engineer", "Support", "Bergen/1", "nb-NO"),
    ("Farah", "Lindqvist", "farah", "Designer", "Product", "Lund/2", "sv-SE"),
    ("Goran", "Petit", "goran", "Engineer", "Engineering", "Lyon/1", "fr-FR"),
    ("Hana", "Kowal", "hana", "Recruiter", "People", "Poznań/1", "pl-PL"),
    ("Ilse", "Brandt", "ilse", "Data Analyst", "Finance", "Kiel/1", "de-DE"),
    # A quote in an address: an OData filter has to double it.
    ("Maeve", "O'Riordan", "maeve.o'riordan", "Legal Counsel", "Legal", "Cork/1", "en-IE"),
)

#: display name, description, visibility, aliases of the members
_GROUPS = (
    ("Engineering", "Those who build", "Private", ("ada", "bruno", "goran")),
    ("Everyone", "All staff", "Public", tuple(alias for _, _, alias, *_ in _PEOPLE)),
    ("On call", "Those who carry the pager this month", "Private", ("chidi", "emre")),
)

_STARTED = "2024-03-01T08:00:00Z"


class Directory:
    """Users and groups. What it gives out are copies."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = {record["id"]: record for record in (*map(_person, _PEOPLE), _service_account())}
        self._groups = {record["id"]: record for record in map(_group, _GROUPS)}
        self._members = {_id(name): [_id(alias) for alias in aliases] for name, _, _, aliases in _GROUPS}

    def users(self) -> list[Record]:
        with self._lock:
            return [dict(record) for record in self._users.values()]

    def groups(self) -> list[Record]:
        return [dict(record) for record in self._groups.values()]

    def user(self, key: str) -> Record | None:
        """A user by id or userPrincipalName, in any case."""
        wanted = key.lower()
        return next((u for u in self.users() if wanted in (u["id"], u["userPrincipalName"].lower())), None)

    def group(self, key: str) -> Record | None:
        return self._groups.get(key.lower())

    def members(self, group_id: str) -> list[Record]:
        with self._lock:
            return [dict(self._users[key]) for key in self._members[group_id] if key in self._users]

    def add_user(self, properties: Mapping[str, Any]) -> Record | None:
        """The new user, None when its userPrincipalName is taken."""
        record = {**_blank(str(uuid.uuid4())), **properties}
        name = record["userPrincipalName"].lower()
        with self._lock:
            if any(user["userPrincipalName"].lower() == name for user in self._users.values()):
                return None
            self._users[record["id"]] = record
        return dict(record)

    def change_user(self, user_id: str, properties: Mapping[str, Any]) -> None:
        with self._lock:
            if user_id in self._users:
                self._users[user_id] = {**self._users[user_id], **properties}

    def remove_user(self, user_id: str) -> None:
        with self._lock:
            self._users.pop(user_id, None)


def _id(name: str) -> str:
    return str(uuid.uuid5(uuid.UUID(TENANT_ID), name))


def _blank(user_id: str) -> Record:
    empty: Record = dict.fromkeys(USER_PROPERTIES)
    return {**empty, "id": user_id, "businessPhones": [], "accountEnabled": True, "createdDateTime": _STARTED}


def _person(row: tuple[str, str, str, str, str, str, str]) -> Record:
    given, surname, alias, title, department, office, language = row
    return {
        **_blank(_id(alias)),
        "displayName": f"{given} {surname}",
        "givenName": given,
        "surname": surname,
        "mailNickname": alias,
        "mail": f"{alias}@contoso.com",
        "userPrincipalName": f"{alias}@{TENANT}",
        "jobTitle": title,
        "department": department,
        "officeLocation": office,
        "preferredLanguage": language,
        "usageLocation": language[-2:],
        "companyName": "Contoso",
    }


def _service_account() -> Record:
    """An account without a mailbox: `mail` is null, as it is for many accounts of a real tenant."""
    names = {"displayName": "Sync Service", "mailNickname": "sync", "userPrincipalName": f"sync@{TENANT}"}
    return {**_blank(_id("sync")), **names, "accountEnabled": False}


def _group(row: tuple[str, str, str, tuple[str, ...]]) -> Record:
    name, description, visibility, _ = row
    alias = name.lower().replace(" ", "-")
    return {
        "id": _id(name),
        "createdDateTime": _STARTED,
        "description": description,
        "displayName": name,
        "groupTypes": ["Unified"],
        "mail": f"{alias}@contoso.com",
        "mailEnabled": True,
        "mailNickname": alias,
        "securityEnabled": False,
        "visibility": visibility,
    }
