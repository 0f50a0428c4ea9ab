"""What the server below says (a request that is no HTTP, a process that died), in the form of all other lines of the log."""

from __future__ import annotations

import io
import logging
from typing import Any

from leadloop.api.measures.logs import EventLog


class ServerLines(logging.Formatter):
    """Writes a record of Python's logging as an event. Of an exception it tells kind and places: its message may quote a lead."""

    def __init__(self, form: str = "json") -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line = io.StringIO()
        log = EventLog("debug", self._form, line)
        facts = {"logger": record.name}
        if record.exc_info and (error := record.exc_info[1]) is not None:
            log.mistake(error, during=record.msg if isinstance(record.msg, str) else "serving", **facts)
        else:
            write = log.warning if record.levelno >= logging.WARNING else log.info
            write("server", said=record.getMessage(), **facts)
        return line.getvalue().rstrip("\n")


def server_log(form: str) -> dict[str, Any]:
    """The configuration of Python's logging that writes what libraries say of themselves as lines of the log."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"events": {"()": "leadloop.api.measures.server_log.ServerLines", "form": form}},
        "handlers": {"log": {"class": "logging.StreamHandler", "formatter": "events", "stream": "ext://sys.stderr"}},
        "root": {"handlers": ["log"], "level": "WARNING"},
    }
