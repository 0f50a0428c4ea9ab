"""Work that takes longer than anybody waits: training, scoring of stored leads and of files that are sent, as jobs.

The service only asks for jobs and tells how they are; workers, which are other processes, do them.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from anyio import to_thread
from starlette.requests import ClientDisconnect
from starlette.responses import FileResponse, Response

from leadloop.api.requests.idempotency import Received, receiving
from leadloop.api.requests.routes import Body, Call, Query, Route
from leadloop.api.served.playbooks import declared
from leadloop.api.wire.arguments import PAGE
from leadloop.api.wire.problems import Refusal
from leadloop.api.wire.shapes import FLAG, NUMBER, TEXT, WHOLE, array, maybe, record
from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.training.given_settings import LARGEST_SPLIT, SMALLEST_SPLIT, explain_settings
from leadloop.flows.training.retrain import ask_to_retrain as ask_to_retrain_flow
from leadloop.flows.training.retrain import look_at_retraining
from leadloop.flows.work.jobs import ASKED_OVER_HTTP, KINDS, SCORE, STATES, ask_for, retry_job
from leadloop.flows.work.uploads import Upload, find_upload, new_upload, remove_upload

if TYPE_CHECKING:
    from leadloop.store import Job

_CSV, _LINES, _PARQUET = "text/csv", "application/x-ndjson", "application/vnd.apache.parquet"
_UNNAMED = "application/octet-stream"
_FORMATS: Mapping[str, str] = {
    _CSV: "csv",
    _LINES: "jsonl",
    "application/jsonl": "jsonl",
    "application/jsonlines": "jsonl",
    _PARQUET: "parquet",
    "application/x-parquet": "parquet",
}
_MEDIA_TYPES = {"csv": _CSV, "jsonl": _LINES, "parquet": _PARQUET}
_ENDINGS = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
_PLAYBOOK = {"playbook": "The playbook's name."}
_JOB_PARTS = {**_PLAYBOOK, "job": "The job's number."}


async def ask(call: Call) -> dict[str, Any]:
    """Ask for a job."""
    playbook = await _playbook(call)
    body = await call.json()
    problems = [
        Problem(name, "is not read here", "a job has a kind and arguments")
        for name in body
        if name not in ("kind", "arguments")
    ]
    kind, told = body.get("kind"), body.get("arguments", {})
    if kind not in ASKED_OVER_HTTP:
        problems.append(Problem("kind", "is none that can be asked for", f"take {', '.join(ASKED_OVER_HTTP)}"))
    if not isinstance(told, dict):
        problems.append(Problem("arguments", "is no object", "give arguments by their name"))
    if problems:
        raise Refusal(422, problems)
    return await to_thread.run_sync(lambda: _asked(call, str(kind), playbook, told))


@receiving
async def send_file(call: Call) -> Received:
    """Take a file to be scored, piece by piece; then a job is asked for that does it."""
    playbook = await _playbook(call)
    told = {
        "format": _format(call),
        **{
            name: call.query(name) for name in ("version", "output", "reasons", "keep_columns", "allow_missing_columns")
        },
    }
    KINDS[SCORE].read(told)
    upload = await to_thread.run_sync(new_upload, call.service.workspace)
    try:
        size, digest = await _receive(call, upload.data)
        if not size:
            raise Refusal(422, Problem("body", "is empty", "send the file of leads as the body"))
    except BaseException:
        remove_upload(upload)
        raise

    def work() -> dict[str, Any]:
        return {**_asked(call, SCORE, playbook, told, own={"file": upload.id}), "bytes": size}

    return Received(digest, work, lambda: remove_upload(upload))


async def _receive(call: Call, path: Path) -> tuple[int, str]:
    """Write the body into a file as it comes; gives its length in bytes and its SHA-256.

    Raises Refusal where it is too large, too slow, or broke off.
    """
    settings = call.service.settings
    most = settings.max_upload_bytes
    length = call.request.headers.get("content-length", "")
    too_large = Refusal(
        413, Problem("body", f"has more than {most:,} bytes", "send it in parts"), headers={"Connection": "close"}
    )
    if length.isdigit() and int(length) > most:
        raise too_large
    size, content = 0, hashlib.sha256()

    def keep(piece: bytes) -> None:
        content.update(piece)
        file.write(piece)

    stream = call.request.stream().__aiter__()
    file: BinaryIO = await to_thread.run_sync(lambda: path.open("wb"))
    try:
        while True:
            try:
                async with asyncio.timeout(settings.body_seconds):
                    piece = await anext(stream, None)
            except TimeoutError:
                what = f"stood still for {settings.body_seconds:g} seconds"
                raise Refusal(
                    408, Problem("body", what, "send it in one go"), headers={"Connection": "close"}
                ) from None
            except ClientDisconnect:
                raise Refusal(400, Problem("body", "broke off", "send all of it")) from None
            if piece is None:
                return size, content.hexdigest()
            size += len(piece)
            if size > most:
                raise too_large
            if piece:
                await to_thread.run_sync(keep, piece)
    except OSError as error:
        problem = Problem("file", f"cannot be kept: {error.strerror}", "make room, then send it again")
        raise Refusal(507, problem, headers={"Retry-After": "60", "Connection": "close"}) from None
    finally:
        await to_thread.run_sync(file.close)


def _format(call: Call) -> str:
    """The format of a file by its Content-Type, else by its name; raises Refusal where neither tells."""
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _FORMATS:
        return _FORMATS[kind]
    ending = Path(call.query("name").lower().removesuffix(".gz")).suffix
    if kind in ("", _UNNAMED, "application/gzip") and ending in _ENDINGS:
        return _ENDINGS[ending]
    what = f"is {kind[:60] or 'missing'}"
    mend = f"send {_CSV}, {_LINES} or {_PARQUET}, or {_UNNAMED} with the file's name in the query"
    raise Refusal(415, Problem("Content-Type", what, mend))


async def list_jobs(call: Call) -> dict[str, Any]:
    """Jobs of a playbook, the newest first."""
    playbook = await _playbook(call)
    state, after, limit = call.query("state"), call.query("after"), call.query("limit")
    if state is not None and state not in STATES:
        raise Refusal(422, Problem("query state", f"is “{state[:40]}”", f"give one of {', '.join(STATES)}"))
    page = await call.look_up(lambda store: store.jobs.page(state=state, playbook=playbook, after=after, limit=limit))
    return {"jobs": [job_body(one) for one in page.items], "next": page.next}


async def show_job(call: Call) -> dict[str, Any]:
    """One job, and how far it is."""
    return job_body(await _find(call))


async def cancel(call: Call) -> dict[str, Any]:
    """Let a job not be done."""
    job = await _find(call)
    done = await call.look_up(lambda store: store.jobs.cancel(job.id))
    if not done:
        raise Refusal(409, Problem(f"job {job.id}", "is over already", "there is nothing left to cancel"))
    return job_body(await _find(call))


async def retry(call: Call) -> dict[str, Any]:
    """Let a parked job be tried again."""
    job = await _find(call)
    return job_body(await to_thread.run_sync(retry_job, call.service.workspace, job.id))


async def result(call: Call) -> Response:
    """The scores of a file that was sent."""
    job = await _find(call)
    upload, told = _upload(call, job), job.payload
    path = upload.result(told["output"])
    return _file(path, _MEDIA_TYPES[told["output"]], f"scores-{job.id}{path.suffix}")


async def rejects(call: Call) -> Response:
    """The rows of a file that could not be read, each with its line and reason."""
    job = await _find(call)
    return _file(_upload(call, job).rejects, _CSV, f"rejects-{job.id}.csv")


def _upload(call: Call, job: Job) -> Upload:
    if job.kind != SCORE:
        raise Refusal(404, Problem(f"job {job.id}", "makes no file", "its result stands in the job itself"))
    if job.state != "done":
        headers = {"Retry-After": "2"} if job.state in ("waiting", "running") else {}
        problem = Problem(f"job {job.id}", f"is {job.state}", "ask for the job, and come back when it is done")
        raise Refusal(409, problem, headers=headers)
    try:
        return find_upload(call.service.workspace, job.payload["file"])
    except LeadLoopError as error:
        raise Refusal(404, error.problems) from None


def _file(path: Path, media_type: str, name: str) -> Response:
    if not path.is_file():
        raise Refusal(404, Problem("file", "is not there", "there is none, or it was removed after some days"))
    return FileResponse(path, media_type=media_type, filename=name)


def job_body(job: Job) -> dict[str, Any]:
    """A job as it is told of."""
    told = {name: value for name, value in job.payload.items() if name not in ("playbook", "who", "file")}
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "arguments": told,
        "progress": round(job.progress, 4),
        "note": job.note,
        "attempts": job.attempts,
        "result": job.result,
        "error": job.error,
        "created_at": job.created_at.isoformat(),
        "finished_at": job.finished_at.isoformat() if job.finished_at else None,
    }


async def ask_to_retrain(call: Call, playbook: str) -> dict[str, Any]:
    """Ask for a training, unless it is not worth while and nobody insists."""
    await declared(call, playbook)
    body = await call.json() if await call.request.body() else {}
    known = ("force_retrain", "validation_split", "params")
    problems = [Problem(name, "is not read here", f"give {', '.join(known)}") for name in body if name not in known]
    force, split, params = body.get("force_retrain", False), body.get("validation_split"), body.get("params") or {}
    if not isinstance(force, bool):
        problems.append(Problem("force_retrain", "is neither true nor false", "give one of them"))
    problems += explain_settings(split, params)
    if problems:
        raise Refusal(422, problems)
    told = {"validation_split": split, "params": dict(params) or None}

    def decide() -> dict[str, Any]:
        looked = look_at_retraining(call.service.workspace, playbook)
        if not (force or looked.due):
            mend = "wait, or ask with force_retrain: true"
            raise Refusal(409, [Problem("retraining", reason, mend) for reason in looked.reasons])
        given = {name: value for name, value in told.items() if value is not None}
        asked = ask_to_retrain_flow(call.service.workspace, playbook, given, who=call.caller.name)
        return {
            "success": True,
            "job_id": asked.id,
            "state": asked.state,
            "forced": force and not looked.due,
            "reasons": list(looked.reasons),
            "new_outcomes": looked.new_outcomes,
            "model_version": looked.newest,
            "age_days": None if looked.age_days is None else round(looked.age_days, 2),
        }

    return await to_thread.run_sync(decide)


def _asked(
    call: Call, kind: str, playbook: str, told: Mapping[str, Any], *, own: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    place = call.service.workspace
    number = ask_for(place, kind, playbook, told, who=call.caller.name, own=own)
    job = place.store.jobs.get(number)
    assert job is not None
    return job_body(job)


async def _playbook(call: Call) -> str:
    """The playbook of a request; one that cannot score yet may be trained all the same."""
    name = call.path("playbook")
    await declared(call, name)
    return name


async def _find(call: Call) -> Job:
    """The job that is asked about; those who may not see all see only what they asked for themselves."""
    playbook, text = call.path("playbook"), call.path("job")
    job = None
    if text.isascii() and text.isdigit() and len(text) <= 18:
        job = await call.look_up(lambda store: store.jobs.get(int(text)))
    mine = job is not None and job.payload.get("playbook") == playbook
    if job is None or not mine or not (call.caller.role == "admin" or job.payload.get("who") == call.caller.name):
        raise Refusal(404, Problem("job", f"“{text[:40]}” is not known here", "see the jobs of this playbook"))
    return job


_JOB: dict[str, Any] = {
    "id": WHOLE,
    "kind": TEXT,
    "state": {"type": "string", "enum": list(STATES)},
    "arguments": {"type": "object"},
    "progress": NUMBER,
    "note": TEXT,
    "attempts": WHOLE,
    "result": {},
    "error": maybe(TEXT),
    "created_at": TEXT,
    "finished_at": maybe(TEXT),
}
RETRAINING = record(
    {
        "success": FLAG,
        "job_id": WHOLE,
        "state": TEXT,
        "forced": FLAG,
        "reasons": array(TEXT),
        "new_outcomes": WHOLE,
        "model_version": maybe(TEXT),
        "age_days": maybe(NUMBER),
    }
)
RETRAIN_BODY = Body(
    record(
        {},
        {
            "force_retrain": FLAG,
            "validation_split": maybe({"type": "number", "minimum": SMALLEST_SPLIT, "maximum": LARGEST_SPLIT}),
            "params": maybe({"type": "object"}),
        },
    ),
    {"force_retrain": True, "validation_split": 0.2, "params": {"learners": ["XGBoost"], "trials": 20}},
)
_FILE_QUERY = {
    "name": Query("", "The file's name, where the Content-Type does not tell its format."),
    "version": Query("champion", "A version's id or release, `champion` (in service) or `latest`."),
    "output": Query("csv", "The format of the scores: csv, jsonl or parquet."),
    "reasons": Query(True, "Whether reasons are written beside the scores; leaving them out is faster."),
    "keep_columns": Query(False, "Whether the lead's own columns are written beside the score."),
    "allow_missing_columns": Query(False, "Whether to score although the file lacks columns; they count as not given."),
}
_TABLE = {"type": "string", "format": "binary"}

ROUTES = [
    Route(
        "POST", "/v1/{playbook}/jobs", "admin", ask,
        "Ask for work that takes longer: `train` on what is stored, or `score_leads` that are stored.",
        record(_JOB),
        Body(record({"kind": {"type": "string", "enum": list(ASKED_OVER_HTTP)}}, {"arguments": {"type": "object"}}),
             {"kind": "score_leads", "arguments": {"days": 7}}),
        _PLAYBOOK, {}, (404, 503), writes=True,
    ),
    Route(
        "GET", "/v1/{playbook}/jobs", "admin", list_jobs,
        "Jobs of a playbook, the newest first, a page at a time.",
        record({"jobs": array(record(_JOB)), "next": maybe(TEXT)}), None, _PLAYBOOK,
        {**PAGE, "state": Query(None, "Only jobs in this state.", "text")}, (404, 503),
    ),
    Route(
        "GET", "/v1/{playbook}/jobs/{job}", "scorer", show_job, "One job, how far it is, and what came of it.",
        record(_JOB), None, _JOB_PARTS, {}, (404, 503),
    ),
    Route(
        "DELETE", "/v1/{playbook}/jobs/{job}", "scorer", cancel, "Let a job not be done; one that is being done is stopped.",
        record(_JOB), None, _JOB_PARTS, {}, (404, 409, 503), writes=True,
    ),
    Route(
        "POST", "/v1/{playbook}/jobs/{job}/retry", "admin", retry,
        "Let a job that was given up (`parked`) be tried again from the start.",
        record(_JOB), None, _JOB_PARTS, {}, (404, 409, 503), writes=True,
    ),
    Route(
        "POST", "/v1/{playbook}/files", "scorer", send_file,
        "Send a file of leads, up to `max_upload_bytes`, to be scored as a job: CSV, JSON lines or Parquet as the body.",
        record({**_JOB, "bytes": WHOLE}),
        Body({}, "lead_id,created_at\nL-1,2024-05-03\n", (_CSV, _LINES, _PARQUET, _UNNAMED)),
        _PLAYBOOK, _FILE_QUERY, (404, 503), writes=True,
    ),
    Route(
        "GET", "/v1/{playbook}/jobs/{job}/result", "scorer", result, "The scores of a file that was sent.",
        _TABLE, None, _JOB_PARTS, {}, (404, 409, 503), "application/octet-stream",
    ),
    Route(
        "GET", "/v1/{playbook}/jobs/{job}/rejects", "scorer", rejects,
        "The rows of a file that could not be read, each with its line and reason.",
        _TABLE, None, _JOB_PARTS, {}, (404, 409, 503), "text/csv",
    ),
]  # fmt: skip
