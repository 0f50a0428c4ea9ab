"""What a training report says in plain sentences: is it any good, compared with what, how sure, and what to do.

Every sentence is made from the figures of the report; the page and the Markdown both take their words from here, so
they cannot disagree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from leadloop.learning.evaluation import Measure
from leadloop.learning.report.report import TrainingReport

FEWEST_OUTCOMES = 10
"""With fewer won or fewer lost test leads than this, nothing is claimed."""
ENOUGH_TO_TRUST = 50
"""With fewer won or fewer lost test leads than this, probabilities that chance does not refute are not yet trusted."""
TOO_GOOD = 0.97
"""An AUC from here on is rarely real: some field knows the outcome."""
ROUGH = 0.05
"""Probabilities that are further off than this on average, or than a quarter of the base rate, are called rough."""


def number(value: float, digits: int = 3) -> str:
    """A number with a fixed count of decimals and a true minus sign; a dash where it is not defined.

    >>> number(0.87654), number(-1.5, 1), number(float("nan"))
    ('0.877', '−1.5', '–')
    """
    if not math.isfinite(value):
        return "–"
    text = f"{value:.{digits}f}"
    return text.replace("-", "−") if float(text) else text.lstrip("-")


def percent(share: float, digits: int = 0) -> str:
    """A share as a percentage, with one decimal below 10% where that says more.

    >>> percent(0.34), percent(0.0312, 1), percent(float("nan"))
    ('34%', '3.1%', '–')
    """
    return f"{number(100 * share, digits)}%" if math.isfinite(share) else "–"


def rate(share: float) -> str:
    """A conversion rate: whole per cents from 10% on, one decimal below.

    >>> rate(0.123), rate(0.0312), rate(0.0), rate(0.00002)
    ('12%', '3.1%', '0%', 'under 0.1%')
    """
    if 0 < share < 0.0005:
        return "under 0.1%"
    return percent(share, 1 if 0 < share < 0.0995 else 0)


def count(amount: int, one: str = "", many: str = "") -> str:
    """A count with thousands apart, and its noun in the right form.

    >>> count(41188), count(1, "lead"), count(2772, "lead"), count(2, "discovery", "discoveries")
    ('41,188', '1 lead', '2,772 leads', '2 discoveries')
    """
    noun = one if amount == 1 else many or (f"{one}s" if one else "")
    return f"{amount:,} {noun}".rstrip()


def found(report: TrainingReport, name: str) -> Measure | None:
    """The first measure whose name starts so (`lift at` without knowing the capacity); None where there is none."""
    return next((measure for measure in report.measures if measure.name.startswith(name)), None)


def figure(measure: Measure, value: float) -> str:
    """A value of a measure as people write it: shares as per cents, lift with its times sign, the rest as decimals."""
    return named_figure(measure.name, value)


def named_figure(name: str, value: float) -> str:
    """A value of the measure of this name.

    >>> named_figure("lift at 20%", 2.5), named_figure("gain at 20%", 0.514), named_figure("AUC", 0.8161)
    ('2.50×', '51.4%', '0.816')
    """
    if name.startswith(("gain", "accuracy", "precision at")):
        return percent(value, 1)
    if name.startswith("lift"):
        return f"{number(value, 2)}×" if math.isfinite(value) else "–"
    return number(value)


def span(measure: Measure) -> str:
    """The interval of a measure as people write it."""
    if not (math.isfinite(measure.low) and math.isfinite(measure.high)):
        return "–"
    return f"{figure(measure, measure.low)} to {figure(measure, measure.high)}"


def beside(measure: Measure) -> str:
    """Whether the scores beat the baselines in one measure, in a few words.

    A baseline counts as beaten where it lies outside the interval of the scores, on the worse side.

    >>> auc = Measure("AUC", 0.87, 0.85, 0.89, True, {"prior": 0.5, "rules": 0.86}, "")
    >>> beside(auc)
    'beats prior; not clearly different from rules'
    """
    said = {"beats": [], "not clearly different from": [], "behind": []}  # type: dict[str, list[str]]
    for name, value in measure.baselines.items():
        if not math.isfinite(value) or not math.isfinite(measure.low):
            continue
        if measure.low <= value <= measure.high:
            said["not clearly different from"].append(name)
        elif (value < measure.low) == measure.higher_is_better:
            said["beats"].append(name)
        else:
            said["behind"].append(name)
    if len(said["beats"]) == len(measure.baselines) > 1:
        return "beats all of them"
    return "; ".join(f"{words} {listed(names)}" for words, names in said.items() if names) or "–"


def listed(names: list[str]) -> str:
    """Names as one reads them out.

    >>> listed(["prior"]), listed(["prior", "rules", "majority"])
    ('prior', 'prior, rules and majority')
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def sentence(text: str) -> str:
    """Text that ends as a sentence does.

    >>> sentence("newest 30% for the test"), sentence("Is it?")
    ('newest 30% for the test.', 'Is it?')
    """
    return text if not text or text.rstrip().endswith((".", "!", "?", ":")) else f"{text.rstrip()}."


@dataclass(frozen=True, slots=True)
class Hundred:
    """How many of 100 leads convert when the team picks them in one way."""

    how: str
    converting: float


def of_a_hundred(report: TrainingReport) -> tuple[Hundred, ...]:
    """Of 100 leads that the team works, how many convert: best-scored, by each baseline that sorts, at random.

    Empty where there are too few outcomes to claim anything.
    """
    lift = found(report, "lift at")
    base = report.split.test.base_rate
    if lift is None or not math.isfinite(lift.value) or not enough_outcomes(report):
        return ()
    sorting = [
        Hundred(f"by {name}", 100 * value * base)
        for name, value in lift.baselines.items()
        if math.isfinite(value) and abs(value - 1) > 0.005
    ]
    best = Hundred(f"{best_leads(report)} {percent(report.capacity)}", 100 * lift.value * base)
    return (best, *sorting, Hundred("at random", 100 * base))


def best_leads(report: TrainingReport) -> str:
    """What the leads at the top of the list are called, by what sorts them here."""
    return "most probable" if report.own_order else "best-scored"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement in a few words; `tone` is `good`, `care` or `stop`."""

    tone: str
    words: str
    advice: str


def enough_outcomes(report: TrainingReport) -> bool:
    """Whether enough test leads were won and enough were lost to claim anything."""
    test = report.split.test
    return min(test.positives, test.leads - test.positives) >= FEWEST_OUTCOMES


def _how_many_more(auc: Measure, outcomes: int) -> str:
    """How many outcomes it would take to tell scores as good as these from chance; nothing where they are not."""
    if not auc.value > 0.505:
        return ""
    wanted = outcomes * ((auc.value - auc.low) / (auc.value - 0.5)) ** 2
    rounded = round(wanted, 1 - len(str(int(wanted))))
    return f": if they are as good as they look, about {rounded:,.0f} won test leads would show it, and there were {outcomes:,}"


def judge(report: TrainingReport) -> Verdict:
    """What the test leads say about using these scores, from the gravest doubt to none."""
    auc = found(report, "AUC")
    test = report.split.test
    if auc is None or not math.isfinite(auc.value):
        missing = "was won" if not test.positives else "was lost"
        return Verdict("stop", "Cannot be judged", f"No test lead {missing}: bring leads of both outcomes.")
    if not enough_outcomes(report):
        return Verdict(
            "stop", "Too few outcomes to judge", "Collect more outcomes before anybody relies on these scores."
        )
    if not auc.low > 0.5:
        return Verdict(
            "stop",
            "No better than chance, as far as these leads can tell",
            "Do not sort leads by these scores. Look for fields that say more about a lead, or collect more outcomes"
            f"{_how_many_more(auc, _outcomes(report))}.",
        )
    ahead = [name for name, value in auc.baselines.items() if value >= auc.value]
    if ahead:
        return Verdict("stop", f"No better than {listed(ahead)}", f"Keep to {listed(ahead)}: it is simpler.")
    if auc.value >= TOO_GOOD:
        return Verdict(
            "care",
            "Too good to be true?",
            "Results like this are rarely real. Look at the fields that move the scores most: is one of them filled in "
            "after the outcome is known?",
        )
    close = [name for name, value in auc.baselines.items() if value >= auc.low]
    if close:
        return Verdict(
            "care",
            f"Not clearly better than {listed(close)}",
            f"Try it beside {listed(close)} on new leads before you switch.",
        )
    if _rough(report):
        return Verdict(
            "care",
            "Worth using for the order; mind the probabilities",
            "Work leads from the top of the list, but do not add the probabilities up into a forecast.",
        )
    if auc.low < 0.6:
        return Verdict(
            "care", "Helps a little", "Work leads from the top of the list, and keep some time for the others."
        )
    return Verdict("good", "Worth using", "Let the team work leads from the top of the list.")


def promised(report: TrainingReport) -> tuple[float, float] | None:
    """The mean probability of the test leads, and the share of them that was won."""
    groups = report.curves.calibration
    leads = sum(group[4] for group in groups)
    if not leads:
        return None
    return sum(group[0] * group[4] for group in groups) / leads, sum(group[1] * group[4] for group in groups) / leads


def _rough(report: TrainingReport) -> bool:
    error = found(report, "calibration error")
    most = min(ROUGH, max(0.01, report.split.test.base_rate / 4))
    return error is not None and error.low > 0 and error.value > most


def answer(report: TrainingReport) -> tuple[str, ...]:
    """The whole report in one paragraph that a sales manager can act on, as its sentences."""
    test = report.split.test
    verdict = judge(report)
    sentences = []
    hundred = of_a_hundred(report)
    lift, gain = found(report, "lift at"), found(report, "gain at")
    best = percent(report.capacity)
    if hundred and lift and gain:
        others = [f"{round(each.converting)} when you go {each.how}" for each in hundred[1:-1]]
        others.append(f"{round(hundred[-1].converting)} when you pick at random")
        low, high = (min(100, round(100 * end * test.base_rate)) for end in (lift.low, lift.high))
        sentences += [
            f"Of 100 leads that your team works, about {round(hundred[0].converting)} convert when you take the "
            f"{best_leads(report)} {best}; {', '.join(others)}.",
            f"That top {best} holds {percent(gain.value)} of all leads that convert.",
            f"This was measured on {measured_on(report)}; with other leads of the same kind, expect between {low} and "
            f"{high} of 100 (95% interval).",
        ]
    else:
        sentences.append(f"This was measured on {measured_on(report)}.")
    sentences += [trust_in_probabilities(report), beside_champion(report)]
    trusted = trusted_fields(report)
    if trusted:
        some = "One field" if len(trusted) == 1 else f"{len(trusted)} fields"
        sentences.append(
            f"{some} that may give the outcome away {'is' if len(trusted) == 1 else 'are'} in use on your word; if that was "
            "wrong, all of this is too good."
        )
    sentences.append(verdict.advice)
    return tuple(sentence for sentence in sentences if sentence)


def beside_champion(report: TrainingReport) -> str:
    """How this version does beside the one in service; nothing where there is none, or too few outcomes to tell."""
    other = report.comparison
    if other is None or not enough_outcomes(report):
        return ""
    ahead, behind = ([line.name for line in other.lines if line.verdict == way] for way in ("better", "worse"))
    told = [f"{way} in {listed(names)}" for way, names in (("better", ahead), ("worse", behind)) if names]
    said = " but ".join(told) if told else "not clearly different in any measure"
    unfair = "" if other.unseen_only or other.learned_from == 0 else ", which may know some of these leads"
    return f"Beside the version in service{unfair}, this one is {said}."


def trusted_fields(report: TrainingReport) -> list[str]:
    """Fields that are in use although they were found to give the outcome away, because a person said so."""
    return [
        finding.field
        for finding in report.findings
        if finding.treatment == "used" and (finding.because or finding.severity == "blocks")
    ]


def measured_on(report: TrainingReport) -> str:
    """On what the figures were measured."""
    test = report.split.test
    return f"{count(test.leads, 'lead')} the model had never seen, {count(test.positives)} of them won"


def where(report: TrainingReport) -> str:
    """The note that goes with every figure: which leads, how many, how they were kept apart."""
    test = report.split.test
    text = f"{count(test.leads, 'test lead')}, {count(test.positives)} won ({rate(test.base_rate)})"
    text = f"{text}; {report.split.kind} split"
    return f"Synthetic data. {text}." if report.synthetic else f"{text}."


def trust_in_probabilities(report: TrainingReport) -> str:
    """Whether a probability can be read as one."""
    error, both = found(report, "calibration error"), promised(report)
    if error is None or both is None or not math.isfinite(error.value) or not enough_outcomes(report):
        return ""
    came = f"{rate(both[0])} promised, {rate(both[1])} came true"
    off = f"{number(100 * error.value, 1)} percentage points off on average ({came})"
    if _rough(report):
        return f"Its probabilities are {off}: trust the order more than the number."
    if error.low == 0 and _outcomes(report) < ENOUGH_TO_TRUST:
        return f"Whether its probabilities hold, {count(_outcomes(report), 'outcome')} are too few to say: {off}."
    if error.low == 0:
        return f"Its probabilities can be taken at their word: {off}, no more than chance explains."
    return f"Its probabilities are close: {off}."


def _outcomes(report: TrainingReport) -> int:
    """How many test leads had the rarer outcome."""
    test = report.split.test
    return min(test.positives, test.leads - test.positives)


def change_of_base_rate(report: TrainingReport) -> str:
    """A warning where test leads were won much more or less often than those it learned from; else nothing."""
    train, test = report.split.train, report.split.test
    before, after = train.base_rate, test.base_rate
    if not (math.isfinite(before) and math.isfinite(after)):
        return ""
    both = (train.positives + test.positives) / (train.leads + test.leads)
    error = math.sqrt(both * (1 - both) * (1 / train.leads + 1 / test.leads))
    small, large = sorted((before, after))
    # Beyond chance alone, and large enough to matter: a quarter more or less, or five points.
    if abs(after - before) <= 3 * error or (large < 1.25 * small and large - small < 0.05):
        return ""
    said = (
        f"The test leads were won {'more' if after > before else 'less'} often than those it learned from: {rate(after)} "
        f"instead of {rate(before)}."
    )
    if report.maybe_open and after < before:
        return f"{said} {maybe_open(report)}"
    return (
        f"{said} Something changed between the two (the market, the campaigns, what gets recorded); "
        "trust the order of the leads more than their probabilities, and retrain as soon as new outcomes are in."
    )


def maybe_open(report: TrainingReport) -> str:
    """A warning where values that count as lost stand in far more of the test leads: they may be open ones; else nothing."""
    if not report.maybe_open:
        return ""
    each = ", ".join(f"“{value}” in {rate(now)} of them ({rate(was)} before)" for value, was, now in report.maybe_open)
    return (
        f"Some of what counts as lost stands mostly in the newest leads: {each}. If such leads are still being worked, name the "
        "values under `open` of the target, and train again: until then the test leads look worse than they are."
    )
