"""Settings of a workspace: `leadloop.toml` in its folder, and `LEADLOOP_*` variables, which win.

Every setting is an attribute of `Settings`; `port` is `port = 8000` in the file and `LEADLOOP_PORT` in the environment. What is
not known is refused by name, with the nearest setting that there is, since a setting that nobody reads is one that silently
does not hold.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

from leadloop.errors import LeadLoopError, Problem

FILE = "leadloop.toml"
LOOP = "loop"
"""The table of the file that has the rules of the loop, which are read elsewhere."""
RECOMMENDER = "recommender"
"""The table of the file that has the settings of the recommender, which are read elsewhere too."""
PREFIX = "LEADLOOP_"
FALLBACKS = ("previous", "rules")
LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FORMATS = ("json", "text")
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_LARGEST = 1 << 20
# Read elsewhere: where things are, and how training goes.
_OTHER_VARIABLES = (
    "LEADLOOP_WORKSPACE",
    "LEADLOOP_BUDGET",
    "LEADLOOP_STORAGE",
    "LEADLOOP_MLFLOW_URI",
    "LEADLOOP_MLFLOW_EXPERIMENT",
    "LEADLOOP_DATA",
    "LEADLOOP_PEERS",
    # Secrets: no setting holds one, so none is shown where settings are.
    "LEADLOOP_FELLOW_API_KEY",
    "LEADLOOP_FELLOW_WEBHOOK_SECRETS",
    # Of compose.yaml and the client: an operator who exports them may run commands too.
    "LEADLOOP_GRAFANA_PASSWORD",
    "LEADLOOP_POSTGRES_PASSWORD",
    "LEADLOOP_UID",
    "LEADLOOP_GID",
    "LEADLOOP_KEY",
)


@dataclass(frozen=True)
class Settings:
    """How the service runs. Everything has a default that is safe on one machine."""

    host: str = "127.0.0.1"
    """The address to listen on. Any other than this machine's own asks for a key: `leadloop keys new`."""
    port: int = 8000
    """The port to listen on."""
    workers: int = 1
    """How many processes answer. Each holds every version in memory."""
    database: str = "leadloop.db"
    """Where leads, outcomes, scores and everything else that must not be lost is kept: a file (SQLite) in the workspace, or the
    address of a PostgreSQL database, as in `postgresql://user:password@host/leadloop`."""
    playbooks: tuple[str, ...] = ()
    """The playbooks to serve, by name or folder; where empty, every one that has a saved version."""
    model_version: str = "champion"
    """Which version serves: `champion` is the one in service, `latest` the newest; an id or release pins one of one playbook."""
    fallback: tuple[str, ...] = ()
    """What scores where that version is missing or damaged, in this order: `previous` is the version that was in service before,
    `rules` are the playbook's own rules. Where empty, nothing does: the service says so and scores nothing."""
    calls_playbook: str = "b2b_calls"
    """The playbook behind `/score` and the other routes at the root."""
    marketplace_playbook: str = "marketplace"
    """The playbook behind `/api/v1/ml`."""
    insurance_playbook: str = "insurance"
    """The playbook behind `/api/v1/lead-scoring-ml`."""
    max_batch_size: int = 100
    """The most leads in one request. More are work for `leadloop score`."""
    max_body_bytes: int = 1_000_000
    """The largest body of a request."""
    max_text_bytes: int = 65_536
    """The longest text in a lead, in bytes of UTF-8."""
    max_json_depth: int = 32
    """How deep lists and objects of a body may be nested."""
    body_seconds: float = 10.0
    """How long a client may take to send a body."""
    header_seconds: float = 10.0
    """How long a client may take from opening a connection, or from a request's first byte, to the end of the headers."""
    keep_alive_seconds: int = 5
    """How long a connection may be idle between two requests."""
    max_connections: int = 500
    """How many connections each process takes at once; further ones are told 503 and closed. Each takes an open file, of which
    the system often allows a process 1,024."""
    cache_ttl_minutes: float = 5.0
    """How long the score of a lead is kept for whoever asks about the very same lead again; 0 keeps none. Another version never
    answers with what an earlier one said."""
    cache_leads: int = 10_000
    """Of how many leads the scores are kept at most, in each process."""
    watch_seconds: float = 2.0
    """How often each process looks whether another version has been put in service."""
    model_retention_days: float = 90.0
    """For how long a clean-up keeps a version after it was last in service, or had another name such as `challenger`."""
    requests_per_minute: int = 0
    """How many requests each key may send in a minute, counted by each process for itself; 0 sets no limit."""
    leads_per_minute: int = 0
    """How many leads each key may have scored in a minute, counted by each process for itself; 0 sets no limit."""
    score_log_waiting: int = 20_000
    """How many scores may wait in each process to be written down while the database is away or slow. What finds no room is
    answered all the same, and counted. 0 writes no score down, and nothing can be learned from what was scored."""
    job_workers: int = 1
    """How many processes beside the service do jobs: training, scoring of files and of stored leads. 0 leaves them to `leadloop
    worker`, started elsewhere."""
    job_lease_seconds: float = 30.0
    """How long a worker may be silent before its job is given to another."""
    max_upload_bytes: int = 2_000_000_000
    """The largest file that is taken to be scored as a job."""
    keep_files_days: float = 7.0
    """How long files that were sent to be scored, and their results, are kept."""
    retrain_interval_days: float = 7.0
    """How old the newest version must be before training again is worth while, unless enough was learned since."""
    retrain_new_outcomes: int = 50
    """How many new outcomes (feedback counts as one) make training again worth while, however new the version is."""
    schedules: bool = True
    """Whether workers ask for jobs by the clock (`leadloop schedules`)."""
    alert_urls: tuple[str, ...] = ()
    """Where alerts go, as Apprise writes it: mail, Slack, Teams, webhooks and many more. Where empty, to the log. These hold
    secrets: better set them as LEADLOOP_ALERT_URLS than in a file."""
    alert_cool_down_minutes: float = 240.0
    """How long nobody is told again of an alert that goes on, unless it becomes more urgent."""
    alert_least: str = "warning"
    """The least severity that is told: `info`, `warning` or `critical`. Less is only listed."""
    ab_test_min_sample_size: int = 100
    """How many matured leads every variant of a test made at `/api/v1/ml/ab-tests` must have before there is a verdict."""
    ab_test_significance_level: float = 0.05
    """How often such a test may see a difference where there is none."""
    ab_test_min_effect_size: float = 0.02
    """The smallest difference that such a test finds worth acting on, as a share of leads: 0.02 is two percentage points."""
    log_level: str = "info"
    """The least that is logged: `debug`, `info`, `warning` or `error`."""
    log_format: str = "json"
    """How it is logged: `json`, a line an event, or `text` for people."""
    fellow_subdomain: str = ""
    """The Fellow workspace that calls are fetched from: the first part of its address, as in `acme.fellow.app`."""
    fellow_url: str = ""
    """Another address in place of Fellow's own, as that of `leadloop dev fellow`."""
    fellow_api_key_file: str = ""
    """The file that holds the key to Fellow's API, where LEADLOOP_FELLOW_API_KEY does not."""
    fellow_webhook_secrets_file: str = ""
    """The file with the secrets of Fellow's webhooks, one a line, where LEADLOOP_FELLOW_WEBHOOK_SECRETS does not name them."""
    fellow_requests_per_second: int = 3
    """How often Fellow is asked in any second, by everything that runs here together."""
    fellow_requests_per_day: int = 10_000
    """How often Fellow is asked in a day (UTC). Leave some of its 10,000 to other programs that use the same key."""
    sync_late_hours: float = 26.0
    """How long after the last fetching of calls that came to its end the next one is late."""
    own_names: tuple[str, ...] = ()
    """What our own company goes by in the titles of meetings, as in `["Acme", "Acme Telecom"]`."""
    own_domains: tuple[str, ...] = ()
    """The domains of our own addresses, as in `["acme.com"]`: whoever has one is no customer. Those under them count too."""
    own_people: tuple[str, ...] = ()
    """Names or addresses of people of ours whom no domain of ours tells, such as contractors."""
    user_agent: str = ""
    """How LeadLoop introduces itself to the websites that it reads, with an address where people can learn about it, as in
    `AcmeBot/1.0 (+https://acme.example/bot)`. Where empty, by its own name alone."""
    websites_at: str = ""
    """Where websites are looked for in place of the internet, as in `127.0.0.1:8990`: an address of this machine at which
    `leadloop dev websites` listens. Nothing else is then asked. For trying things out."""
    webhook_origins: tuple[str, ...] = ()
    """Origins inside your own network that webhooks may be sent to, as in `http://127.0.0.1:5678`. Any other address that is not
    of the public internet is refused."""
    enrichment_backlog: int = 50
    """How many leads may wait to be enriched before that is something to look at."""
    dashboard_host: str = "127.0.0.1"
    """The address at which `leadloop dashboard` listens. Any other than this machine's own asks for a key."""
    dashboard_port: int = 8501
    """The port at which it listens."""
    dashboard_session_hours: float = 12.0
    """How long somebody who signed in to the dashboard stays so."""
    dashboard_url: str = ""
    """The address at which people reach the dashboard, as in `https://leads.acme.example`: digests link to it."""
    digest_leads: int = 0
    """How many of the best open leads a digest names. By default it names none: messages leave for mail and chat."""

    @property
    def is_open(self) -> bool:
        """Whether the service listens on more than this machine."""
        return self.host not in LOOPBACK


_RANGES: Mapping[str, tuple[float, float]] = {
    "port": (0, 65_535),
    "workers": (1, 64),
    "max_batch_size": (1, 10_000),
    "max_body_bytes": (1_000, 100_000_000),
    "max_text_bytes": (100, 100_000_000),
    "max_json_depth": (3, 200),
    "body_seconds": (0.1, 600),
    "header_seconds": (0.1, 600),
    "keep_alive_seconds": (1, 3_600),
    "max_connections": (10, 100_000),
    "cache_ttl_minutes": (0, 1_440),
    "cache_leads": (0, 10_000_000),
    "watch_seconds": (0.05, 3_600),
    "model_retention_days": (0, 36_500),
    "requests_per_minute": (0, 1_000_000),
    "leads_per_minute": (0, 10_000_000),
    "score_log_waiting": (0, 10_000_000),
    "job_workers": (0, 16),
    "job_lease_seconds": (0.5, 3_600),
    "max_upload_bytes": (1_000, 1_000_000_000_000),
    "keep_files_days": (0.01, 3_650),
    "retrain_interval_days": (0, 3_650),
    "retrain_new_outcomes": (1, 1_000_000_000),
    "alert_cool_down_minutes": (0, 100_000),
    "ab_test_min_sample_size": (2, 1_000_000_000),
    "ab_test_significance_level": (0.0001, 0.4999),
    "ab_test_min_effect_size": (0, 1),
    "fellow_requests_per_second": (1, 100),
    "fellow_requests_per_day": (1, 100_000_000),
    "sync_late_hours": (0.01, 8_760),
    "enrichment_backlog": (0, 1_000_000_000),
    "dashboard_port": (0, 65_535),
    "dashboard_session_hours": (0.01, 8_760),
    "digest_leads": (0, 50),
}
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "fallback": FALLBACKS,
    "log_level": LOG_LEVELS,
    "log_format": LOG_FORMATS,
    "alert_least": ("info", "warning", "critical"),
}


def read_settings(
    root: Path,
    *,
    environ: Mapping[str, str] | None = None,
    given: Mapping[str, Any] | None = None,
) -> Settings:
    """The settings of the workspace in a folder: what is `given` (on the command line) wins over the environment, and that over
    the file.

    Raises LeadLoopError with everything that is wrong in either at once.
    """
    variables = os.environ if environ is None else environ
    problems: list[Problem] = []
    file = _read_file(root / FILE, problems)
    values = dict(_checked(file, lambda name: f"{FILE}: {name}", problems))
    values |= _checked(_read_variables(variables, problems), lambda name: PREFIX + name.upper(), problems)
    values |= _checked({name: value for name, value in (given or {}).items() if value is not None}, _option, problems)
    if problems:
        raise LeadLoopError("settings", problems)
    return Settings(**values)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _read_file(path: Path, problems: list[Problem]) -> Mapping[str, Any]:
    if not path.is_file():
        return {}
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError("is larger than any settings can be")
        said = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        return {name: value for name, value in said.items() if name not in (LOOP, RECOMMENDER)}
    except (tomllib.TOMLDecodeError, ValueError) as error:
        problems.append(Problem(FILE, f"cannot be read: {error}", "mend the file"))
    except OSError as error:
        problems.append(Problem(FILE, f"cannot be read: {error.strerror}", "see who may read it"))
    return {}


def _read_variables(variables: Mapping[str, str], problems: list[Problem]) -> Mapping[str, Any]:
    kinds = get_type_hints(Settings)
    found: dict[str, Any] = {}
    for name, text in variables.items():
        if not name.startswith(PREFIX) or name in _OTHER_VARIABLES:
            continue
        key = name.removeprefix(PREFIX).lower()
        if key not in kinds:
            known = [PREFIX + one.upper() for one in kinds] + list(_OTHER_VARIABLES)
            problems.append(Problem(name, "is no setting", _nearest(name, known)))
            continue
        if not text.strip() and kinds[key] in (str, int, float) and not _may_be_empty(key):
            problems.append(Problem(name, "is empty", "give it a value, or remove it (`unset`)"))
            continue
        found[key] = _from_text(text, kinds[key])
    return found


def _from_text(text: str, kind: Any) -> Any:
    """What a variable says, as the file would; what cannot be read so is left as it stands, and refused later."""
    bare = text.strip()
    if kind is str:
        return bare
    if kind is bool:
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(bare.lower(), bare)
    if kind in (int, float):
        try:
            return int(bare)
        except ValueError:
            try:
                return float(bare)
            except ValueError:
                return bare
    return [part.strip() for part in bare.split(",") if part.strip()]


def _checked(said: Mapping[str, Any], where: Callable[[str], str], problems: list[Problem]) -> Mapping[str, Any]:
    """The values that are right, each of its type; the others are added to the problems."""
    kinds = get_type_hints(Settings)
    values: dict[str, Any] = {}
    for name, value in said.items():
        if name not in kinds:
            problems.append(Problem(where(name), "is no setting", _nearest(name, kinds)))
        elif wrong := _explain(name, value, kinds[name]):
            problems.append(Problem(where(name), *wrong))
        else:
            values[name] = tuple(value) if isinstance(value, list) else value
    return values


def _explain(name: str, value: Any, kind: Any) -> tuple[str, str] | None:
    """What is wrong with a value and how to mend it; None where nothing is."""
    if kind is str:
        if not isinstance(value, str):
            return "is not text", "put it in quotation marks"
        if not value and not _may_be_empty(name):
            return "is empty", "give it a value, or take it out"
        return _explain_choice(name, [value])
    if kind is bool:
        return None if isinstance(value, bool) else ("is neither true nor false", "give one of them")
    if kind in (int, float):
        low, high = _RANGES[name]
        whole = kind is int
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            return f"is not a {'whole ' if whole else ''}number", f"give one from {low:g} to {high:,.0f}"
        if not low <= value <= high:
            return f"is {value:,}", f"give a number from {low:g} to {high:,.0f}"
        return None
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) and one for one in value):
        return "is not a list of texts", 'write it as ["one", "another"]'
    return _explain_choice(name, value)


def _may_be_empty(name: str) -> bool:
    """Whether a setting means something where it is empty: that there is none."""
    return bool(getattr(Settings, name) == "")


def _explain_choice(name: str, values: Iterable[str]) -> tuple[str, str] | None:
    choices = _CHOICES.get(name)
    unknown = [value for value in values if choices and value not in choices]
    return (f"is “{unknown[0]}”", f"give one of {', '.join(choices or ())}") if unknown else None


def _nearest(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else "the settings are in the reference"
