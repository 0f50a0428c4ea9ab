"""What the service refuses, as exceptions: the status, every reason, and the number by which its log knows the request."""

from __future__ import annotations

from collections.abc import Iterable

from leadloop.errors import LeadLoopError, Problem


class ServiceProblem(LeadLoopError):
    """The service refused, or could not be asked. Catch one of the kinds below to do something about it.

    >>> print(NotFound("GET /v1/{playbook}/models", 404, [Problem("playbook", "“leds” is not served here")], "r1"))
    GET /v1/{playbook}/models (404, request r1): 1 problem
      playbook  “leds” is not served here
    """

    status: int | None
    """The status of the answer; None where there was none."""
    request_id: str
    """By what the service's log knows the request; empty where there was no answer."""
    retry_after: float | None
    """The seconds after which the service asks to be asked again."""

    def __init__(
        self,
        asked: str,
        status: int | None,
        problems: Iterable[Problem],
        request_id: str = "",
        retry_after: float | None = None,
    ) -> None:
        self.asked, self.status, self.request_id, self.retry_after = asked, status, request_id, retry_after
        told = [str(status)] if status else ["no answer"]
        super().__init__(
            f"{asked} ({', '.join([*told, *([f'request {request_id}'] if request_id else [])])})", problems
        )
        self.args = (asked, status, self.problems, request_id, retry_after)


class NotAllowed(ServiceProblem):
    """The key is missing, not known, or not one of a role that may do this (401, 403)."""


class NotFound(ServiceProblem):
    """There is no such playbook, lead or version (404)."""


class NotUnderstood(ServiceProblem):
    """The request says something that cannot be right, or too much at once (400, 413, 415, 422); `problems` has all of it."""


class Conflict(ServiceProblem):
    """It cannot be done as things stand (409)."""


class TooMany(ServiceProblem):
    """The key asked for more than it may in a minute (429)."""


class Unavailable(ServiceProblem):
    """The service could not be reached, or cannot do this now (no answer, 408, 502, 503, 504, 507)."""


class NotPromised(ServiceProblem):
    """The answer is not one that the service gives: something else answers there, or the two differ too much in age."""


def kind_of(status: int) -> type[ServiceProblem]:
    """The kind of problem that a status stands for.

    >>> kind_of(403).__name__, kind_of(500).__name__
    ('NotAllowed', 'ServiceProblem')
    """
    return _KINDS.get(status, ServiceProblem)


_KINDS: dict[int, type[ServiceProblem]] = {
    **dict.fromkeys((401, 403), NotAllowed),
    404: NotFound,
    **dict.fromkeys((400, 413, 415, 422), NotUnderstood),
    409: Conflict,
    429: TooMany,
    **dict.fromkeys((408, 502, 503, 504, 507), Unavailable),
}
