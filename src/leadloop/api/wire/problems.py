"""What the service refuses, as RFC 9457 asks: `application/problem+json`, every mistake at once, nothing of our insides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus

import msgspec
from starlette.responses import Response

from leadloop.errors import Problem, tell_briefly

MEDIA_TYPE = "application/problem+json"
_LONGEST = 300

TITLES: Mapping[int, str] = {
    400: "This cannot be read",
    401: "A key is needed",
    403: "This key may not do that",
    404: "There is no such thing",
    405: "This can be asked for in another way only",
    408: "The body took too long",
    409: "That cannot be done now",
    413: "This is too much at once",
    415: "This form is not read here",
    422: "This cannot be understood",
    429: "Too many attempts",
    500: "This is our mistake",
    503: "That cannot be done now, but may be later",
    507: "There is no room to store that",
}
"""The title of each status that the service answers with."""


MOST_TOLD = 100
"""How many mistakes an answer lists."""


class Refusal(Exception):
    """A request that is refused: its status, and every reason."""

    def __init__(
        self, status: int, problems: Iterable[Problem] | Problem, *, headers: Mapping[str, str] | None = None
    ) -> None:
        self.status = status
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        self.headers = dict(headers or {})
        super().__init__(status, self.problems)


def problem_body(status: int, problems: Iterable[Problem], *, path: str, request_id: str) -> bytes:
    """The body of a refusal.

    >>> problem_body(404, [Problem("path", "is no route")], path="/nowhere", request_id="r1").decode()
    '{"type":"about:blank","title":"There is no such thing","status":404,"detail":"path is no route","instance":"/nowhere",...
    """
    told = list(problems)
    return msgspec.json.encode(
        {
            "type": "about:blank",
            "title": TITLES.get(status) or HTTPStatus(status).phrase,
            "status": status,
            "detail": tell_briefly(told[:3]) + ("; and more" if told[3:] else ""),
            "instance": path,
            "request_id": request_id,
            "errors": tell_all(told),
        }
    )


def tell_all(problems: Sequence[Problem]) -> list[dict[str, str]]:
    """Mistakes as they stand in an answer; of very many the first, and how many more there are."""
    told = [as_json(one) for one in problems[:MOST_TOLD]]
    if left := len(problems) - len(told):
        told.append(as_json(Problem("errors", f"{left:,} more are not listed", "mend these first")))
    return told


def as_json(problem: Problem) -> dict[str, str]:
    """One mistake as it stands in an answer, each part cut where it is too long to read."""
    return {"where": _short(problem.where), "what": _short(problem.what), "how_to_mend": _short(problem.mend)}


def problem_response(refusal: Refusal, *, path: str, request_id: str) -> Response:
    """The answer to a request that is refused."""
    body = problem_body(refusal.status, refusal.problems, path=path, request_id=request_id)
    return Response(body, refusal.status, refusal.headers, MEDIA_TYPE)


def _short(text: str) -> str:
    text = text.encode("utf-8", "replace").decode()  # half a character, which JSON can write and UTF-8 cannot
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
