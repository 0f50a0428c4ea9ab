"""Messages that were altered, forged, or are stale are no genuine ones; those of the other implementations are."""

import random

from tests.flows.notify.receivers_for_tests import is_genuine

from leadloop.notify.signature import headers_of, sign

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = 1_700_000_000


def test_the_example_of_the_specification_is_signed_as_it_is_there():
    signed = sign(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_no_altered_message_is_genuine():
    dice = random.Random(5)
    body = b'{"type":"lead.routed","data":{"lead_id":"L-1"}}'
    good = headers_of([SECRET], "msg_1", NOW, body)
    assert is_genuine([SECRET], good, body, now=NOW)
    accepted = 0
    for _ in range(1_000):
        headers, changed = dict(good), bytearray(body)
        part = dice.choice(["body", *headers])
        if part == "body":
            changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
        else:
            text = list(headers[part])
            place = dice.randrange(len(text))
            text[place] = dice.choice([sign for sign in "abcXYZ0123,=" if sign != text[place]])
            headers[part] = "".join(text)
        accepted += is_genuine([SECRET], headers, bytes(changed), now=NOW)
    assert accepted == 0


def test_a_message_is_good_for_five_minutes_and_under_any_secret_that_is_good():
    body, other = b"{}", "whsec_" + "QUFB" * 8
    both = headers_of([other, SECRET], "msg_1", NOW, body)
    for secrets in ([SECRET], [other], [other, SECRET]):
        assert is_genuine(secrets, both, body, now=NOW + 299)
        assert not is_genuine(secrets, both, body, now=NOW + 301)
        assert not is_genuine(secrets, both, body, now=NOW - 301)
    assert not is_genuine([other], headers_of([SECRET], "msg_1", NOW, body), body, now=NOW)
    assert not is_genuine([SECRET], {}, body, now=NOW)
