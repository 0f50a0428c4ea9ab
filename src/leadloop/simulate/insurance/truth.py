"""The truth of the insurance world: how likely a lead is to buy if it is worked at once, from what can be seen of it."""

from __future__ import annotations

import numpy as np

from leadloop.simulate import arrivals
from leadloop.simulate.agents import Team
from leadloop.simulate.drift import Change
from leadloop.simulate.insurance.contacts import BUSINESS, NO_EMAIL, STATE_EFFECT, THROWAWAY, Contacts
from leadloop.simulate.insurance.types import BY_SOURCE, of_line
from leadloop.simulate.insurance.visits import CAMPAIGN_EFFECT, Visits

_SHARPNESS = 1.4
_NOBODY = -0.35


def worked_at_once(
    times: np.ndarray, visits: Visits, contacts: Contacts, team: Team, agent: np.ndarray, change: Change
) -> np.ndarray:
    """The probability, 0 to 1, with which each lead buys if an agent takes it up the moment it comes in."""
    steady = (
        _browsing(visits) + _contact(visits, contacts) + _moment(times, visits) + np.append(team.skill, _NOBODY)[agent]
    )
    turning = _origin(visits)
    effects = steady + change.turn * turning
    average = of_line("average", visits.line) - 0.35
    probability: np.ndarray = 1 / (1 + np.exp(-(average + _SHARPNESS * effects + change.base_rate)))
    return probability


def _origin(visits: Visits) -> np.ndarray:
    """Where the lead comes from and on what: the effects that a change of concept turns round."""
    source = BY_SOURCE[visits.line, visits.source]
    effects: np.ndarray = (
        source + CAMPAIGN_EFFECT[visits.campaign] + of_line("mobile", visits.line) * (visits.mobile - 0.55)
    )
    return effects


def _browsing(visits: Visits) -> np.ndarray:
    """Time on the site helps up to a point; very many pages mean care in one line and endless comparing in another."""
    time = np.tanh((np.log(visits.seconds) - 5.0) / 0.9)
    many = 1 / (1 + np.exp(-(visits.pages - 9.0) / 1.5))
    robot = (visits.pages >= 30) & (visits.seconds < 30)
    seen = of_line("browsing", visits.line) * time + of_line("many_pages", visits.line) * many
    effects: np.ndarray = (
        np.where(visits.tracked, np.where(robot, -3.0, seen), -0.2)
        + of_line("quote", visits.line) * (visits.quote - 0.4)
        + of_line("form", visits.line) * (visits.form - 0.6)
        + of_line("returns", visits.line) * (visits.returned - 0.25)
        + 0.45 * (visits.quote & visits.returned)  # Who comes back for a quote means it.
    )
    return effects


def _contact(visits: Visits, contacts: Contacts) -> np.ndarray:
    """Who can be called can be sold to; the more so where a quote was asked for."""
    effects: np.ndarray = (
        of_line("phone", visits.line) * (contacts.has_phone - 0.7)
        + 0.5 * ((contacts.has_phone & visits.quote) - 0.3)
        + of_line("address", visits.line) * (contacts.has_address - 0.5)
        + of_line("business_mail", visits.line) * (contacts.email_kind == BUSINESS)
        - 0.6 * (contacts.email_kind == NO_EMAIL)
        - 1.6 * (contacts.email_kind == THROWAWAY)
        - 0.4 * ~contacts.has_name
        + 0.6 * STATE_EFFECT[contacts.state]
    )
    return effects


def _moment(times: np.ndarray, visits: Visits) -> np.ndarray:
    """Evenings, weekends and seasons, which each line feels in its own way."""
    hour, weekday = arrivals.hours(times), arrivals.weekdays(times)
    month = times.astype("datetime64[M]").astype(np.int64) % 12 + 1
    day = (times.astype("datetime64[D]") - times.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) + 1
    enrolment = (month >= 11) | ((month == 1) & (day <= 15))
    effects: np.ndarray = (
        of_line("evening", visits.line) * ((hour >= 18) & (hour < 23))
        + of_line("weekend", visits.line) * (weekday >= 5)
        + of_line("spring", visits.line) * ((month >= 3) & (month <= 6))
        + of_line("enrolment", visits.line) * enrolment
        - 0.5 * (hour < 5)
    )
    return effects
