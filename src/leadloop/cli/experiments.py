"""`leadloop experiments`: plan one, let it run, read it, and end it with its winner served."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leadloop.cli.options import WorkspaceOption

if TYPE_CHECKING:
    from leadloop.flows.experiments.planning import AskedArm
    from leadloop.flows.experiments.reading import Results
    from leadloop.flows.place.workspace import Workspace
    from leadloop.store import AbTest

experiments = typer.Typer(
    no_args_is_help=True, help="Try versions, policies or the rules against one another, and serve what wins."
)
Playbook = Annotated[str, typer.Argument(metavar="PLAYBOOK", help="The playbook.", show_default=False)]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The experiment.", show_default=False)]


@experiments.command("plan")
def plan(
    playbook: Playbook,
    name: Name,
    arm: Annotated[
        list[str],
        typer.Option(
            help="An arm as NAME=VERSION:PERCENT, the control first; VERSION is an id, a release, champion or rules. Another "
            "policy: NAME=VERSION@POLICY:PERCENT.",
            show_default=False,
        ),
    ],
    target: Annotated[str, typer.Option(help="The target that decides.", show_default=False)] = "",
    unit: Annotated[str, typer.Option(help="Who is put into an arm: lead, account, user or rep.")] = "lead",
    unit_field: Annotated[
        str, typer.Option(help="The field that names the account, user or rep.", show_default=False)
    ] = "",
    group: Annotated[
        str, typer.Option(help="The group of experiments of which no two have the same leads.", show_default=False)
    ] = "",
    part: Annotated[float | None, typer.Option(help="The percentage of the group's leads that it shall have.")] = None,
    holdout: Annotated[float | None, typer.Option(help="The percentage of leads that no experiment ever gets.")] = None,
    ramp: Annotated[
        str, typer.Option(help="Steps of a ramp as DAY:PERCENT, as in “0:10 3:50 7:100”.", show_default=False)
    ] = "",
    allocation: Annotated[str, typer.Option(help="fixed, or thompson: new leads go where more are won.")] = "fixed",
    matures: Annotated[float | None, typer.Option(help="Days after which an outcome counts as known.")] = None,
    reading: Annotated[str, typer.Option(help="any_time: look as often as you like; at_end: look once.")] = "any_time",
    points: Annotated[
        float | None, typer.Option(help="The smallest difference worth acting on, in percentage points.")
    ] = None,
    lift: Annotated[
        float | None, typer.Option(help="The same in percent of the control; 5 unless points are given.")
    ] = None,
    base_rate: Annotated[
        float | None, typer.Option(help="The share that is won today, in percent; else from the store.")
    ] = None,
    leads_a_day: Annotated[float | None, typer.Option(help="How many leads come a day; else from the store.")] = None,
    weeks: Annotated[float, typer.Option(help="Also say what can be seen in so many weeks.")] = 4.0,
    start: Annotated[bool, typer.Option("--start", help="Let it run at once.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Plan an experiment, and say how long it will take.

    Example: `leadloop experiments plan leads new-model --arm old=champion:50 --arm new=latest:50 --points 2`
    """
    from leadloop.cli.console import say
    from leadloop.flows.experiments.planning import Asked, begin_experiment, plan_experiment
    from leadloop.flows.place.playbook_folder import playbook_name
    from leadloop.flows.place.workspace import open_workspace

    place, known = open_workspace(workspace), playbook_name(playbook)
    relative = None if points is not None and lift is None else (5.0 if lift is None else lift) / 100
    asked = Asked(
        name,
        read_arms(arm),
        target=target or None,
        unit=unit,
        unit_field=unit_field,
        group=group,
        part=part,
        holdout=holdout,
        ramp=_read_ramp(ramp),
        allocation=allocation,
        matures_after_days=matures,
        reading=reading,
        min_effect_absolute=None if points is None else points / 100,
        relative_lift=relative,
    )
    with place.store.transaction():
        test = plan_experiment(place, known, asked)
        test = begin_experiment(place, test) if start else test
    say(f"Experiment “{name}” is {test.state}.")
    for line in _length(place, test, base_rate, leads_a_day, weeks):
        say(line)
    if not start:
        say(f"Start it: leadloop experiments start {playbook} {name}")


def _length(
    place: Workspace, test: AbTest, base_rate: float | None, leads_a_day: float | None, weeks: float
) -> list[str]:
    """How long it will take, in sentences; by what the store knows where it was not said."""
    from leadloop.errors import ExperimentError
    from leadloop.flows.experiments.pace import find_pace
    from leadloop.flows.experiments.planning import plan_length

    known = find_pace(place.store, test.playbook, test.target, now=datetime.now(UTC))
    rate = known.rate if base_rate is None else base_rate / 100
    pace = known.leads_a_day if leads_a_day is None else leads_a_day
    if not rate or not 0 < rate < 1:
        return ["How long it takes depends on the share that is won today: give it as --base-rate."]
    rules = test.settings["rules"]
    effect = rules["min_effect_absolute"] or rules["relative_lift"] * rate
    share = (test.part[1] - test.part[0]) / 100 * (1 - test.holdout / 100)
    shares = [one.traffic_percentage for one in sorted(test.variants, key=lambda one: not one.is_control)]
    more: dict[str, Any] = {
        "leads_a_day": pace * share if pace else None,
        "shares": shares,
        "matures_after_days": float(test.settings["matures_after_days"]),
        "reading": rules["reading"],
    }
    told = []
    for one in ({"effect_absolute": effect}, {"weeks": weeks}):
        try:
            told += [plan.said for plan in plan_length(base_rate=rate, **one, **more)]
        except ExperimentError as error:
            told += [f"No answer: {problem.where} {problem.what}; {problem.mend}." for problem in error.problems]
    return told


@experiments.command("start")
def start_one(playbook: Playbook, name: Name, workspace: WorkspaceOption = None) -> None:
    """Let a planned experiment run, once every arm's version has been loaded and checked.

    Example: `leadloop experiments start leads new-model`
    """
    _begin(playbook, name, "planned", workspace)


@experiments.command("resume")
def resume(playbook: Playbook, name: Name, workspace: WorkspaceOption = None) -> None:
    """Let a paused experiment go on; every lead has the arm that it had.

    Example: `leadloop experiments resume leads new-model`
    """
    _begin(playbook, name, "paused", workspace)


def _begin(playbook: str, name: str, state: str, workspace: Path | None) -> None:
    from leadloop.cli.console import say
    from leadloop.errors import Problem, StoreConflict
    from leadloop.flows.experiments.planning import begin_experiment

    place, test = _find(playbook, name, workspace)
    if test.state != state:
        raise StoreConflict(name, Problem("experiment", f"is {test.state}", f"only what is {state} can"))
    begun = begin_experiment(place, test)
    say(f"Experiment “{name}” runs: {begun.ramp_percent(datetime.now(UTC)):g} % of its leads take part.")


@experiments.command("pause")
def pause(playbook: Playbook, name: Name, workspace: WorkspaceOption = None) -> None:
    """Let an experiment take no part in scoring for a while; its leads stay its own.

    Example: `leadloop experiments pause leads new-model`
    """
    from leadloop.cli.console import say

    place, test = _find(playbook, name, workspace)
    place.store.experiments.pause(test)
    say(f"Experiment “{name}” is paused; the version in service scores its leads.")


@experiments.command("ramp")
def ramp_up(
    playbook: Playbook,
    name: Name,
    percent: Annotated[float, typer.Argument(metavar="PERCENT", help="The share that takes part.", show_default=False)],
    workspace: WorkspaceOption = None,
) -> None:
    """Let a larger share of leads take part; those who do already stay, each in its arm.

    Example: `leadloop experiments ramp leads new-model 50`
    """
    from leadloop.cli.console import say

    place, test = _find(playbook, name, workspace)
    place.store.experiments.ramp(test, percent)
    say(f"{percent:g} % of the leads of “{name}” take part from now on.")


@experiments.command("list")
def list_all(
    playbook: Playbook,
    state: Annotated[str, typer.Option(help="Only those in this state, as running.", show_default=False)] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """List a playbook's experiments, the newest first.

    Example: `leadloop experiments list leads --state running`
    """
    from leadloop.cli.console import add_row, make_table, out, say
    from leadloop.flows.past.stored_past import require_store
    from leadloop.flows.place.playbook_folder import playbook_name
    from leadloop.flows.place.workspace import open_workspace

    place, known = open_workspace(workspace), playbook_name(playbook)
    require_store(place, known)
    found = place.store.experiments.page(known, state=state or None, limit=1_000).items
    if not found:
        say("There is no such experiment.")
        return
    table = make_table("experiment", "state", "arms", "since", "winner")
    for test in found:
        arms = ", ".join(f"{one.variant_name} {one.traffic_percentage:g} %" for one in test.variants)
        add_row(table, test.test_name, test.state, arms, f"{test.start_date:%Y-%m-%d}", test.winner or "")
    out.print(table)


@experiments.command("show")
def show(playbook: Playbook, name: Name, workspace: WorkspaceOption = None) -> None:
    """Show how an experiment was planned and how it stands.

    Example: `leadloop experiments show leads new-model`
    """
    from leadloop.cli.console import add_row, make_table, out, say

    _, test = _find(playbook, name, workspace)
    say(f"“{test.test_name}” is {test.state}, decided by {test.target}, by {test.unit_field or test.unit}.")
    say(f"{test.ramp_percent(datetime.now(UTC)):g} % of its leads take part; {test.holdout:g} % of all are held out.")
    table = make_table("arm", "version", "policy", "share", "", right=("share",))
    for one in test.variants:
        kind = "control" if one.is_control else ""
        add_row(
            table, one.variant_name, one.model_version, one.policy or "its own", f"{one.traffic_percentage:g} %", kind
        )
    out.print(table)


@experiments.command("results")
def results(playbook: Playbook, name: Name, workspace: WorkspaceOption = None) -> None:
    """Say what is known of an experiment by now, and what to do.

    Example: `leadloop experiments results leads new-model`
    """
    from leadloop.cli.console import add_row, make_table, out, say
    from leadloop.experiments import tell

    known = _read(playbook, name, workspace)
    table = make_table("arm", "leads", "matured", "won", "share won", "mean score", right=("leads", "matured", "won"))
    for variant in known.test.variants:
        arm, tally = known.arm(variant.variant_name), known.conversion(variant.variant_name)
        rate, score = known.rate(variant.variant_name), arm.mean_score
        add_row(
            table,
            variant.variant_name,
            f"{arm.tally.units:,}",
            f"{tally.units:,}",
            f"{tally.conversions:,}",
            "" if rate is None else f"{rate:.1%}",
            "" if score is None else f"{score:.1f}",
        )
    out.print(table)
    if known.analysis is None:
        say("Nobody has seen every arm yet.")
        return
    verdict = known.analysis.verdict
    say(f"{known.analysis.open_share:.0%} of the leads are still open, and not counted.")
    for effect in known.analysis.effects:
        say(tell(effect))
    say(f"Verdict: {verdict.decision or 'none'}. {verdict.because} {verdict.would_change}")
    for note in verdict.notes:
        say(note)


@experiments.command("report")
def report(
    playbook: Playbook,
    name: Name,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The file to write.", show_default="NAME.html")
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Write a page about an experiment, with pictures and in plain words; it loads nothing and runs nothing.

    Example: `leadloop experiments report leads new-model -o report.html`
    """
    from leadloop.cli.console import say
    from leadloop.flows.experiments.report_page import write_page

    path = write_page(_read(playbook, name, workspace), output or Path(f"{name}.html"))
    say(f"The report is in {path}.")


@experiments.command("stop")
def stop(
    playbook: Playbook,
    name: Name,
    winner: Annotated[
        str, typer.Option(help="The arm that won, and scores everybody from now on.", show_default=False)
    ] = "",
    why: Annotated[str, typer.Option(help="The reason, for the record.", show_default=False)] = "",
    cancel: Annotated[bool, typer.Option("--cancel", help="Say that it has no result.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """End an experiment; a winner is put in service with it, on the record, or nothing is changed at all.

    Example: `leadloop experiments stop leads new-model --winner new --why "3 points more"`
    """
    from leadloop.cli.console import say
    from leadloop.flows.experiments.ending import end_experiment

    place, test = _find(playbook, name, workspace)
    ended = end_experiment(place, test, who=place.who(), why=why, winner=winner or None, cancelled=cancel)
    say(f"Experiment “{name}” is {ended.test.state}.")
    if ended.served:
        say(f"{ended.served} serves from now on; before it was {ended.previous or 'none'}.")


@experiments.command("allocate")
def allocate(playbook: Playbook, name: Name, workspace: WorkspaceOption = None) -> None:
    """Deal new leads out by what was seen so far, in an experiment that was planned with `--allocation thompson`.

    Run it once a day or so. Leads that have an arm keep it; the control keeps a floor; the shares are on the record.

    Example: `leadloop experiments allocate leads new-model`
    """
    from leadloop.cli.console import say
    from leadloop.flows.experiments.allocating import allocate as deal

    place, test = _find(playbook, name, workspace)
    done = deal(place.store, test, now=datetime.now(UTC))
    for arm, share in done.shares.items():
        say(f"{arm}: {share:.1%} of new leads from now on, {done.before[arm]:.1%} until now.")


@experiments.command("evaluate")
def evaluate(playbook: Playbook, name: Name, workspace: WorkspaceOption = None) -> None:
    """Say what each arm for everybody, and choosing by score, would have brought, from the log of an experiment.

    Example: `leadloop experiments evaluate leads new-model`
    """
    from leadloop.cli.console import add_row, make_table, out, say
    from leadloop.flows.experiments.evaluating import evaluate as weigh

    place, test = _find(playbook, name, workspace)
    found = weigh(place.store, test, now=datetime.now(UTC))
    table = make_table("way to choose", "estimate", "won", "from", "to", right=("won", "from", "to"))
    for one in found:
        for value in one.values:
            method = value.estimator.replace("_", " ")
            add_row(table, value.policy, method, f"{value.value:.2%}", f"{value.low:.2%}", f"{value.high:.2%}")
    out.print(table)
    for one in found:
        if one.instead is not None:
            say(one.instead.said)


def read_arms(given: list[str]) -> list[AskedArm]:
    """Arms from NAME=VERSION[@POLICY]:PERCENT, the first one the control; raises LeadLoopError with every one that is none.

    >>> [(arm.name, arm.version, arm.share, arm.is_control) for arm in read_arms(["old=champion:50", "new=latest:50"])]
    [('old', 'champion', 50.0, True), ('new', 'latest', 50.0, False)]
    """
    from leadloop.errors import LeadLoopError, Problem
    from leadloop.flows.experiments.planning import AskedArm

    arms, problems = [], []
    for place, text in enumerate(given):
        name, _, rest = text.partition("=")
        what, _, percent = rest.rpartition(":")
        version, _, policy = what.partition("@")
        try:
            arms.append(AskedArm(name, version, float(percent), place == 0, policy))
        except ValueError:
            version = ""
        if not name or not version:
            problems.append(
                Problem("--arm", f"“{text[:60]}” is none", "write NAME=VERSION:PERCENT, as old=champion:50")
            )
    if problems:
        raise LeadLoopError("experiment", problems)
    return arms


def _read_ramp(text: str) -> list[tuple[float, float]]:
    from leadloop.errors import LeadLoopError, Problem

    try:
        return [(float(day), float(percent)) for day, percent in (step.split(":") for step in text.split())]
    except ValueError:
        mend = "write DAY:PERCENT for each step, as in “0:10 3:50 7:100”"
        raise LeadLoopError("experiment", Problem("--ramp", f"“{text[:60]}” is none", mend)) from None


def _find(playbook: str, name: str, workspace: Path | None) -> tuple[Workspace, AbTest]:
    from leadloop.flows.experiments.planning import find_experiment
    from leadloop.flows.place.playbook_folder import playbook_name
    from leadloop.flows.place.workspace import open_workspace

    place = open_workspace(workspace)
    return place, find_experiment(place, playbook_name(playbook), name)


def _read(playbook: str, name: str, workspace: Path | None) -> Results:
    from leadloop.flows.experiments.reading import read_experiment

    place, test = _find(playbook, name, workspace)
    return read_experiment(place.store, test, now=datetime.now(UTC), keep=True)
