"""What a script without any runner does: python bare.py URL COUNT, two JMESPath answers a request."""

from __future__ import annotations

import sys

import httpx
import jmespath


def main(url: str, count: int) -> None:
    """Sends the requests one after the other and stops at the first wrong answer."""
    identity = jmespath.compile("id")
    mail = jmespath.compile("owner.mail")
    with httpx.Client(verify=False) as client:
        for number in range(count):
            response = client.get(f"{url}/items/{number}")
            body = response.json()
            if response.status_code != 200 or identity.search(body) != 7 or not mail.search(body):
                sys.exit(f"request {number}: {response.status_code}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
