"""Signatures of messages by Standard Webhooks 1.0.0 (HMAC-SHA256 over id, time and the very bytes), and their secrets.

No secret is stored. An endpoint's secret is computed from a key, which lies in a file beside the workspace, and from the salt of
the endpoint, which lies in the database; neither alone is of use.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable

PREFIX = "whsec_"
_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


def secret_of(key: bytes, salt: str) -> str:
    """The secret of an endpoint as its owner is shown it, 32 bytes that only the key and the salt together give."""
    raw = hmac.new(key, b"leadloop webhook secret\0" + bytes.fromhex(salt), hashlib.sha256).digest()
    return PREFIX + base64.b64encode(raw).decode()


def mark_of(key: bytes) -> str:
    """By what a key is known again, and cannot be guessed from."""
    return hmac.new(key, b"leadloop webhook key", hashlib.sha256).hexdigest()[:16]


def sign(secret: str, message: str, timestamp: int, body: bytes) -> str:
    """The signature of a message.

    The example of the specification:

    >>> secret, name = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    >>> sign(secret, name, 1614265330, b'{"test": 2432232314}')
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    raw = base64.b64decode(secret.removeprefix(PREFIX))
    signed = hmac.new(raw, f"{message}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def headers_of(secrets: Iterable[str], message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of a message, signed with every secret that is good now."""
    signatures = " ".join(sign(secret, message, timestamp, body) for secret in secrets)
    return dict(zip(_HEADERS, (message, str(timestamp), signatures), strict=True))
