"""Keys: known by their hash, each with a role."""

import pytest

from leadloop.api.keys import Caller, HashedKeys
from leadloop.errors import LeadLoopError
from leadloop.flows.keys import ROLES, hash_key, make_key


def test_a_key_is_found_by_its_hash_and_another_is_not():
    (key, line), (_, other) = make_key("analyst"), make_key("scorer")
    ring = HashedKeys([line, other])
    assert ring.find(key).role == "analyst"
    assert ring.find(key + "x") is None
    assert ring.find("") is None
    assert not ring.is_empty
    assert HashedKeys().is_empty


def test_the_name_of_a_caller_tells_nothing_of_the_key():
    key, line = make_key("admin")
    assert key not in HashedKeys([line]).find(key).name + line


def test_every_line_that_is_no_key_is_refused_at_once():
    with pytest.raises(LeadLoopError) as refused:
        HashedKeys(["scorer:secret", f"owner:{hash_key('x')}", f"admin:{hash_key('x')}"])
    assert [problem.where for problem in refused.value.problems] == ["api_keys, 1", "api_keys, 2"]


def test_keys_are_long_and_never_the_same():
    keys = {make_key("scorer")[0] for _ in range(50)}
    assert len(keys) == 50
    assert min(map(len, keys)) > 40


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_its_own_and_admin_may_do_everything(role):
    assert [other for other in ROLES if Caller("x", role).may(other)] == (list(ROLES) if role == "admin" else [role])


def test_a_key_is_made_for_a_role_that_there_is():
    with pytest.raises(LeadLoopError, match="scorer, feedback, analyst, admin"):
        make_key("owner")
