"""Settings: one place for all, and no setting that is silently not read."""

import json
from dataclasses import fields

import pytest

from leadloop.errors import LeadLoopError
from leadloop.flows.place.settings import Settings, read_settings


def write(folder, text):
    (folder / "leadloop.toml").write_text(text, encoding="utf-8")
    return folder


def test_without_a_file_or_variables_the_documented_defaults_hold(tmp_path):
    settings = read_settings(tmp_path, environ={})
    assert settings == Settings()
    assert (settings.host, settings.port, settings.max_batch_size, settings.cache_ttl_minutes) == (
        "127.0.0.1", 8000, 100, 5,
    )  # fmt: skip


def test_the_environment_wins_over_the_file_and_the_command_line_over_both(tmp_path):
    write(tmp_path, 'port = 9000\nworkers = 2\nlog_level = "debug"\nplaybooks = ["insurance"]\n')
    settings = read_settings(
        tmp_path, environ={"LEADLOOP_PORT": "9001", "LEADLOOP_WORKERS": "3"}, given={"port": 9002, "host": None}
    )
    assert (settings.port, settings.workers, settings.log_level, settings.playbooks) == (
        9002, 3, "debug", ("insurance",),
    )  # fmt: skip


def test_a_list_in_the_environment_is_separated_by_commas(tmp_path):
    assert read_settings(tmp_path, environ={"LEADLOOP_FALLBACK": "previous, rules"}).fallback == ("previous", "rules")


def test_everything_wrong_is_told_at_once_with_the_nearest_setting(tmp_path):
    write(tmp_path, 'prot = 1\nworkers = "two"\nfallback = ["guess"]\nmax_batch_size = 0\nhost = 7\n')
    with pytest.raises(LeadLoopError) as refused:
        read_settings(tmp_path, environ={"LEADLOOP_CACHE_TTL_MINUTE": "5", "LEADLOOP_PORT": "many"})
    told = {problem.where: problem for problem in refused.value.problems}
    assert set(told) == {
        *("leadloop.toml: prot", "leadloop.toml: workers", "leadloop.toml: fallback", "leadloop.toml: max_batch_size"),
        *("leadloop.toml: host", "LEADLOOP_CACHE_TTL_MINUTE", "LEADLOOP_PORT"),
    }
    assert "port" in told["leadloop.toml: prot"].mend
    assert "LEADLOOP_CACHE_TTL_MINUTES" in told["LEADLOOP_CACHE_TTL_MINUTE"].mend
    assert "previous, rules" in told["leadloop.toml: fallback"].mend


def test_a_file_that_is_no_toml_is_refused_with_the_place(tmp_path):
    with pytest.raises(LeadLoopError, match="line 1"):
        read_settings(write(tmp_path, "port 9000"), environ={})


def test_variables_that_other_commands_read_are_no_mistake(tmp_path):
    environ = {"LEADLOOP_WORKSPACE": "x", "LEADLOOP_BUDGET": "1", "LEADLOOP_STORAGE": "postgresql://x", "PATH": "/"}
    assert read_settings(tmp_path, environ=environ) == Settings()


@pytest.mark.parametrize("field", fields(Settings), ids=lambda field: field.name)
def test_every_setting_can_be_set_to_its_default_in_the_file(tmp_path, field):
    default = field.default
    shown = list(default) if isinstance(default, tuple) else default
    text = str(shown) if isinstance(shown, list) else json.dumps(shown)
    assert read_settings(write(tmp_path, f"{field.name} = {text}"), environ={}) == Settings()


def test_only_this_machines_own_addresses_are_not_open():
    assert [Settings(host=host).is_open for host in ("127.0.0.1", "localhost", "::1", "0.0.0.0", "10.0.0.4")] == [
        False, False, False, True, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "name", ["LEADLOOP_GRAFANA_PASSWORD", "LEADLOOP_POSTGRES_PASSWORD", "LEADLOOP_UID", "LEADLOOP_KEY"]
)
def test_variables_of_the_containers_and_the_client_keep_no_command_from_running(tmp_path, name):
    assert read_settings(tmp_path, environ={name: "x"}) == Settings()


@pytest.mark.parametrize("name", ["LEADLOOP_HOST", "LEADLOOP_PORT"])
def test_an_empty_variable_is_called_empty(tmp_path, name):
    with pytest.raises(LeadLoopError, match=f"{name}  is empty; give it a value, or remove it"):
        read_settings(tmp_path, environ={name: ""})
