"""Signatures, against messages that were altered in every way; TEST_MUTATIONS says in how many."""

import base64
import hashlib
import hmac
import os
import random
from datetime import UTC, datetime, timedelta

import pytest

from leadloop.errors import DataError
from leadloop.ingest.signatures import verify_signature

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(range(32, 64))).decode()
BODY = b'{"event_type":"ai_note.generated","id":"aB3dE5fG7h","transcript":"Ann: \\u00e9"}'
MUTATIONS = int(os.environ.get("TEST_MUTATIONS", "400"))


def signed(body=BODY, secret=SECRET, *, at=NOW, message="msg_1", prefix="svix"):
    stamp = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mark = hmac.new(key, f"{message}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        f"{prefix}-id": message,
        f"{prefix}-timestamp": stamp,
        f"{prefix}-signature": "v1," + base64.b64encode(mark).decode(),
    }


@pytest.mark.parametrize("prefix", ["svix", "webhook"])
def test_a_message_is_taken_under_either_name_of_the_headers(prefix):
    known = verify_signature(signed(prefix=prefix), BODY, [SECRET], now=NOW)
    assert (known.id, known.at) == ("msg_1", NOW)


def test_while_secrets_change_either_counts_and_so_does_a_message_that_is_signed_by_both():
    for secret in (SECRET, OTHER):
        assert verify_signature(signed(secret=secret), BODY, [SECRET, OTHER], now=NOW)
    both = signed()
    both["svix-signature"] = f"v1a,abc {signed(secret=OTHER)['svix-signature']} {both['svix-signature']}"
    assert verify_signature(both, BODY, [SECRET], now=NOW)
    with pytest.raises(DataError, match="wrong"):
        verify_signature(signed(secret=OTHER), BODY, [SECRET], now=NOW)
    with pytest.raises(DataError, match="wrong"):
        verify_signature(signed(), BODY, [], now=NOW)


@pytest.mark.parametrize("minutes", [-5.1, 5.1, -60, 1_000_000])
def test_a_message_of_another_time_is_refused_though_it_is_signed_well(minutes):
    with pytest.raises(DataError, match="another time"):
        verify_signature(signed(at=NOW + timedelta(minutes=minutes)), BODY, [SECRET], now=NOW)
    assert verify_signature(signed(at=NOW + timedelta(minutes=4.9)), BODY, [SECRET], now=NOW)


@pytest.mark.parametrize("stamp", ["999999999999", "9" * 20, "0", "00000000000000"])
def test_a_time_that_no_calendar_knows_is_refused_like_any_other_wrong_time(stamp):
    mark = hmac.new(bytes(range(32)), f"msg_1.{stamp}.".encode() + BODY, hashlib.sha256).digest()
    headers = {"svix-id": "msg_1", "svix-timestamp": stamp, "svix-signature": "v1," + base64.b64encode(mark).decode()}
    with pytest.raises(DataError, match=r"of another time|cannot be read"):
        verify_signature(headers, BODY, [SECRET], now=NOW)


def test_a_secret_that_is_none_is_told_without_repeating_it():
    for wrong in ("whsec_short", "whsec_!!!!", ""):
        with pytest.raises(DataError) as refused:
            verify_signature(signed(), BODY, [wrong], now=NOW)
        assert "short" not in str(refused.value)


def mutants(count, seed=7, at=NOW):
    """So many messages, each altered in one way in its body, signature, id, timestamp or the names of its headers."""
    rolls = random.Random(seed)
    for number in range(count):
        headers, body = signed(message=f"msg_{number}", at=at), BODY
        place = rolls.choice(["body", "body", "svix-signature", "svix-id", "svix-timestamp", "headers", "secret"])
        if place == "body":
            body = alter(body, rolls)
        elif place == "headers":
            del headers[rolls.choice(list(headers))]
        elif place == "secret":
            headers = signed(
                secret="whsec_" + base64.b64encode(rolls.randbytes(32)).decode(), message=f"msg_{number}", at=at
            )
        else:
            headers[place] = alter(headers[place].encode(), rolls).decode("latin-1")
        if (headers, body) != (signed(message=f"msg_{number}", at=at), BODY):
            yield headers, body


def alter(text, rolls):
    place = rolls.randrange(len(text))
    way = rolls.randrange(5)
    sign = bytes([rolls.randrange(33, 127)])
    if way == 0:
        return text[:place] + bytes([text[place] ^ (1 << rolls.randrange(7))]) + text[place + 1 :]
    if way == 1:
        return text[:place] + text[place + 1 :]
    if way == 2:
        return text[:place] + sign + text[place:]
    if way == 3:
        return text[:place]
    return text + sign


def test_no_message_that_was_altered_anywhere_is_taken():
    refused = 0
    for headers, body in mutants(MUTATIONS):
        with pytest.raises(DataError):
            verify_signature(headers, body, [SECRET, OTHER], now=NOW)
        refused += 1
    assert refused >= 0.95 * MUTATIONS
