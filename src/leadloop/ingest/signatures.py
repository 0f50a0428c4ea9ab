"""Whether a message really comes from whom it says: signatures of the Standard Webhooks scheme, under either name of the headers.

Source: Standard Webhooks 1.0.0 (standardwebhooks.com); Svix signs in the same way and calls its headers `svix-*`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from leadloop.errors import DataError, Problem

TOLERANCE = timedelta(minutes=5)
_PREFIXES = ("webhook", "svix")
_SECRET_MARK = "whsec_"
_MESSAGE_ID = re.compile(r"[!-~]{1,255}")
_MOST_SIGNATURES = 20


@dataclass(frozen=True)
class Signed:
    """A message whose signature is right."""

    id: str
    """The same however often it is sent."""
    at: datetime
    """When it was sent, this time."""


def verify_signature(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], *, now: datetime) -> Signed:
    """Hold a message against the secrets that sign such, several while one takes the place of another.

    `headers` are by their name in lower case, `body` the very bytes that came. Raises DataError where the signature is missing,
    wrong, or of another time than within five minutes of `now`; and never says which secret was close.

    >>> headers = {
    ...     "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    ...     "webhook-timestamp": "1614265330",
    ...     "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ... }
    >>> moment = datetime.fromtimestamp(1614265330, UTC)
    >>> verify_signature(headers, b'{"test": 2432232314}', ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], now=moment).id
    'msg_p5jXN8AQM9LWM0D4loKWxJek'
    """
    given = next((prefix for prefix in _PREFIXES if f"{prefix}-signature" in headers), _PREFIXES[0])
    message, stamp, signatures = (headers.get(f"{given}-{name}", "") for name in ("id", "timestamp", "signature"))
    if not (message and stamp and signatures):
        raise DataError("message", Problem("signature", "is missing", f"send {given}-id, -timestamp and -signature"))
    if not _MESSAGE_ID.fullmatch(message) or not re.fullmatch(r"[0-9]{1,12}", stamp, re.ASCII):
        raise DataError(
            "message", Problem(f"{given}-id", "or the timestamp cannot be read", "send them as the scheme says")
        )
    signed = b".".join((message.encode(), stamp.encode(), body))
    right = False
    for secret in secrets:
        told = b"v1," + base64.b64encode(hmac.digest(key_of(secret), signed, hashlib.sha256))
        for one in signatures.split(" ")[:_MOST_SIGNATURES]:
            right |= hmac.compare_digest(told, one.encode())
    if not right:
        raise DataError(
            "message", Problem("signature", "is wrong", "sign the very bytes that are sent, with this secret")
        )
    # As a number: twelve digits may be a year that no calendar has.
    if abs(int(stamp) - now.timestamp()) > TOLERANCE.total_seconds():
        what = "is of another time: a message counts for five minutes"
        raise DataError("message", Problem("timestamp", what, "sign it anew, and see to the clocks"))
    return Signed(message, datetime.fromtimestamp(int(stamp), UTC))


def key_of(secret: str) -> bytes:
    """The key that a secret such as `whsec_...` stands for; raises DataError, without the secret, where it is none."""
    try:
        key = base64.b64decode(secret.strip().removeprefix(_SECRET_MARK), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < 16:
        problem = Problem("secret", "is none", f"copy it whole, as it was shown once: {_SECRET_MARK}...")
        raise DataError("message", problem)
    return key
