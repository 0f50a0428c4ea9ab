"""The log of the service: one line an event, with its request, and nothing of any lead."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import structlog

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class EventLog:
    """Writes events to standard error, as JSON or as text for people."""

    def __init__(self, level: str = "info", form: str = "json", file: Any = None) -> None:
        shown: Any = (
            structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
        )
        self._logger = structlog.wrap_logger(
            structlog.PrintLogger(file or sys.stderr),
            processors=[
                self._mark,
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                shown,
            ],
            wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
            cache_logger_on_first_use=True,
        )
        self._marks: Callable[[], Mapping[str, str]] | None = None

    def mark_with(self, marks: Callable[[], Mapping[str, str]]) -> None:
        """Put these into every line from now on, as of its moment: the ids of its trace."""
        self._marks = marks

    def _mark(self, logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if self._marks is not None:
            event.update(self._marks())
        return event

    def info(self, event: str, **facts: Any) -> None:
        """Write down what happened."""
        self._logger.info(event, **facts)

    def warning(self, event: str, **facts: Any) -> None:
        """Write down what somebody should look at."""
        self._logger.warning(event, **facts)

    def mistake(self, error: BaseException, **facts: Any) -> None:
        """Write down a mistake of ours: its kind, and the lines that led there; its message may quote a lead."""
        frames = traceback.extract_tb(error.__traceback__)[-6:]
        places = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames]
        if isinstance(error, OSError) and error.strerror:
            facts = {"why": error.strerror, **facts}  # the system's own words, which quote nothing
        self._logger.error("our mistake", kind=type(error).__name__, places=places, **facts)
