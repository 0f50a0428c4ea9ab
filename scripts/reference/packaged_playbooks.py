"""A page for each playbook that comes with LeadLoop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference.markdown import code, page, table

if TYPE_CHECKING:
    from leadloop.playbook import Playbook, Policy, Target


def packaged_playbook(name: str) -> str:
    """The page of a playbook that comes with LeadLoop: what it predicts, its features, levels, routes and rules."""
    from leadloop.flows.feature_list import list_features
    from leadloop.flows.place.playbook_folder import read_playbook

    found, listed = read_playbook(name), list_features(name).features
    playbook = found.playbook
    policy = playbook.policy
    features = [
        (
            code(one.name),
            ", ".join(code(field) for field in one.reads),
            one.known_at,
            one.meaning + (" *" if one.fitted else ""),
            one.example,
        )
        for one in listed
    ]
    parts = [
        playbook.description,
        f"It predicts {' and '.join(code(target.name) for target in playbook.targets)} and scores at "
        f"{code(playbook.scores_at)}.{''.join(_outcome(target) for target in playbook.targets)}{_composed(playbook)}",
        "## Features",
        f"What `leadloop features {name}` tells. Of what is marked * the training leads decide: a word in capitals stands "
        "for what they hold, and what never differs is left out. Examples are those of one lead.",
        table(("feature", "reads", "known at", "meaning", "example"), features),
        "## Levels and routes",
        table(
            ("from a score of", "level", "about its share of leads"),
            [(f"{band.lowest:g}", code(band.name), f"{band.share:.0%}") for band in policy.bands],
        ),
        table(*_routes(policy)),
    ]
    if found.rules:
        from leadloop.features.functions import first_sentence

        rules = [(code(rule.__name__), f"{rule.points:g}", first_sentence(rule.__doc__ or "")) for rule in found.rules]
        parts += ["## Rules", "They score until there are outcomes to learn from, and are what a model must beat."]
        parts.append(table(("rule", "points", "meaning"), rules))
    return page(f"Playbook: {name}", *parts)


def _outcome(target: Target) -> str:
    """Where the outcome of a target stands."""
    if not target.column:
        return ""
    within = f", within {target.within_days:g} days" if target.within_days else ""
    missing = " (while too few leads have one, this target is left out)" if target.optional else ""
    return f" The outcome of {code(target.name)} stands in {code(target.column)}{within}{missing}."


def _composed(playbook: Playbook) -> str:
    """What the score is made of, where that is more than the main target."""
    if not playbook.is_composed:
        return ""
    parts = " and ".join(f"{weight:.0%} {code(name)}" for name, weight in playbook.weights.items())
    return f" The score is composed of {parts}."


def _routes(policy: Policy) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The routes, with what else they ask for and how urgent they are where any says so."""
    asks, urges = any(route.when for route in policy.routes), any(route.priority for route in policy.routes)
    head = ("from a score of", *(["and a score of"] if asks else []), "route", *(["priority"] if urges else []))
    rows = [
        (
            f"{route.lowest:g}",
            *([", ".join(f"{code(name)} from {least:g}" for name, least in route.when)] if asks else []),
            code(route.name),
            *([code(route.priority) if route.priority else ""] if urges else []),
        )
        for route in policy.routes
    ]
    return head, rows


def our_playbooks() -> list[str]:
    """The playbooks that come with LeadLoop, by name."""
    from leadloop.flows.place.packaged import list_packaged

    return [one.name for one in list_packaged() if one.module.startswith("leadloop_playbooks.")]
