"""What the server and libraries say of themselves stands in the log as every other line does."""

import json
import logging
import logging.config

import pytest

from leadloop.api.measures.server_log import ServerLines, server_log


def line(form="json", error=None):
    said = "Invalid HTTP %s received."
    record = logging.LogRecord(
        "uvicorn.error", logging.WARNING, "", 0, said, ("request",), error and (type(error), error, error.__traceback__)
    )
    return ServerLines(form).format(record)


def test_a_line_of_the_server_is_json_with_time_and_level():
    told = json.loads(line())
    assert (told["event"], told["said"], told["level"]) == ("server", "Invalid HTTP request received.", "warning")
    assert told["timestamp"]
    assert told["logger"] == "uvicorn.error"


def test_for_people_it_is_text():
    with pytest.raises(ValueError, match="line 1"):
        json.loads(line("text"))


def test_an_exception_is_told_by_its_kind_and_not_by_what_it_quotes():
    told = line(error=RuntimeError("secret lead value"))
    assert "RuntimeError" in told
    assert "secret" not in told


def test_the_configuration_is_one_that_logging_takes(capsys):
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        logging.config.dictConfig(server_log("json"))
        logging.getLogger("uvicorn.error").warning("gone")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    assert json.loads(capsys.readouterr().err)["said"] == "gone"
