"""`leadloop keys`: made once, shown once, listed without their secret, and revoked."""

from tests.cli.commands_for_tests import leadloop


def keys(root, *words):
    return leadloop("keys", *words, "--workspace", root)


def test_a_key_is_shown_once_and_listed_by_its_id_until_it_is_revoked(tmp_path):
    assert b"no key" in keys(tmp_path, "list").stdout
    made = keys(tmp_path, "new", "scorer", "--name", "web form", "--expires", "90d")
    assert made.returncode == 0, made.stderr
    text = made.stdout.decode().strip()
    prefix, identity, secret = text.split("_")
    assert prefix == "leadloop"
    assert "good until 2" in made.stderr.decode()
    listed = keys(tmp_path, "list").stdout.decode()
    assert all(word in listed for word in (identity, "scorer", "web form", "until 2"))
    assert secret not in listed
    assert keys(tmp_path, "revoke", identity).returncode == 0
    assert "revoked 2" in keys(tmp_path, "list").stdout.decode()


def test_what_cannot_be_is_refused_at_once(tmp_path):
    wrong = keys(tmp_path, "new", "owner", "--name", " ", "--expires", "never")
    assert wrong.returncode == 2
    assert all(word in wrong.stderr for word in (b"role", b"name", b"expires"))
    assert keys(tmp_path, "revoke", "nobody").returncode == 2
