"""Shop: the requests of shop.yaml, with httpx. Environment: local."""

import base64
import os
import time
import uuid
from pathlib import Path

import httpx

SHOP_SECRET = os.environ["SHOP_SECRET"]  # from the environment
reference = str(uuid.uuid4())


def at(value, *steps):
    """What a path leads to; None where it leads nowhere."""
    for step in steps:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def send_until(done, send, interval, timeout):
    """Sends until a response is what is waited for; fails when the time is over."""
    end = time.monotonic() + timeout
    while not done(response := send()):
        assert time.monotonic() < end, f"not done within {timeout} seconds"
        time.sleep(interval)
    return response


with httpx.Client(follow_redirects=True, timeout=30) as client:
    # Token (RFC 6749)
    response = client.post(
        "http://127.0.0.1:8000/token",
        data={
            "client_id": "shop-front",
            "client_secret": SHOP_SECRET,
            "grant_type": "client_credentials",
            "scope": "orders.read orders.write",
        },
    )
    response.raise_for_status()
    access_token = response.json()["access_token"]

    # Search
    response = client.get(
        "http://127.0.0.1:8000/v1/products?q=tea%20%26%20cake&size=20",
        headers={"Accept": "application/json", "Authorization": f"Bearer {access_token}"},
        timeout=10,
    )
    body = response.json()
    first = body["items"][0]["id"]
    # cheapest = min_by(body.items, &price).id
    assert response.status_code == 200
    assert len(body["items"]) > 0
    assert all(element["price"] > 0 for element in body["items"])

    # Orders / Order it
    response = client.post(
        "http://127.0.0.1:8000/v1/orders",
        headers={"Accept": "application/json", "Authorization": f"Bearer {access_token}"},
        json={
            "product": first,
            "count": 2,
            "reference": reference,
            "notes": ["as a gift", "for " + str(os.environ.get("NAME") or "nobody")],
        },
        timeout=10,
    )
    body = response.json()
    order = body["id"]
    assert response.status_code in [200, 201]
    assert body["reference"] == reference
    assert response.headers.get("location") is not None

    # Orders / See it
    response = client.get(
        f"http://127.0.0.1:8000/v1/orders/{order}",
        headers={
            "Accept": "application/json",
            "X-Trace": str(base64.b64encode(reference.encode()).decode()),
            "Authorization": f"Bearer {access_token}",
        },
        timeout=10,
    )
    response.raise_for_status()

    # Orders / A picture for it
    response = client.put(
        f"http://127.0.0.1:8000/v1/orders/{order}/picture",
        headers={"Accept": "application/json", "Authorization": f"Bearer {access_token}"},
        files=[
            ("title", (None, "A gift")),
            ("picture", (Path("gift.png").name, Path("gift.png").read_bytes())),
        ],
        timeout=10,
    )
    response.raise_for_status()

    # Orders / Wait for it
    def send():
        return client.get(
            f"http://127.0.0.1:8000/v1/orders/{order}",
            headers={"Accept": "application/json", "Authorization": f"Bearer {access_token}"},
            timeout=10,
        )

    response = send_until(
        lambda response: at(response.json(), "state") == "sent",
        send,
        interval=1,
        timeout=60,
    )
    response.raise_for_status()

    # Orders / Not mine
    response = client.get(
        "http://127.0.0.1:8000/v1/orders/0",
        headers={"Accept": "application/json", "Authorization": f"Bearer {access_token}"},
        timeout=10,
    )
    assert response.status_code == 404

    # Old ones
    for item in [2021, 2022]:
        response = client.delete(
            f"http://127.0.0.1:8000/v1/archive/{item}",
            headers={"Accept": "application/json", "Authorization": f"Bearer {access_token}"},
            timeout=10,
        )
        response.raise_for_status()

    # Subscribe
    response = client.post(
        "https://news.test/subscribe",
        headers={"Accept": "application/json"},
        data={"mail": "ada@shop.test", "topics": ["tea", "cake"]},
        timeout=10,
    )
    response.raise_for_status()

    # Later
    # not sent: it is not there yet
