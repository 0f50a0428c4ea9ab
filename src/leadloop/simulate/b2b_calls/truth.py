"""The truth of the world of calls: how likely a company goes on to the next stage, and whether Voice AI fits it."""

from __future__ import annotations

import numpy as np

from leadloop.simulate import arrivals
from leadloop.simulate.agents import Team
from leadloop.simulate.b2b_calls.calls import (
    MESSAGING,
    REFUSED,
    SOURCE_EFFECT,
    TITLE_EFFECT,
    VERIFY,
    VOICE,
    VOICE_AI,
    WANTED,
    WIRELESS,
    Calls,
)
from leadloop.simulate.b2b_calls.companies import (
    AI_TRAITS,
    DEVELOPERS,
    FUNDING_EFFECT,
    INDUSTRY_EFFECT,
    ON_THE_PHONE,
    TRAIT_EFFECT,
    Companies,
)
from leadloop.simulate.drift import Change

_AVERAGE = -1.0
_SHARPNESS = 1.15
_NO_NOTES = -0.3


def worked_at_once(
    times: np.ndarray, companies: Companies, calls: Calls, team: Team, agent: np.ndarray, change: Change
) -> np.ndarray:
    """The probability, 0 to 1, with which each lead goes on if it is followed up without delay."""
    turning = _interest(companies, calls) + SOURCE_EFFECT[calls.source]
    steady = _company(companies) + _call(companies, calls) + _moment(times, calls) + team.skill[agent]
    effects = steady + change.turn * turning
    probability: np.ndarray = 1 / (1 + np.exp(-(_AVERAGE + _SHARPNESS * effects + change.base_rate)))
    return probability


def voice_ai_fits(companies: Companies, calls: Calls, change: Change) -> np.ndarray:
    """The probability, 0 to 1, with which Voice AI turns out to fit the company."""
    voice_ai = calls.products[:, VOICE_AI]
    phone = ON_THE_PHONE[companies.industry]
    clever = np.isin(companies.trait, AI_TRAITS)
    said = (
        np.array([0.0, 2.0, -2.2, -0.1])[voice_ai]
        + np.array([0.0, -0.8, 0.1, 0.9])[calls.volume]
        + 0.9 * ((voice_ai == WANTED) & phone)
    )
    effects = (
        np.where(calls.notes, said, 0.0)
        + 0.9 * phone
        + 0.7 * clever
        + 0.5 * companies.signals[:, 2]
        + 0.4 * companies.signals[:, DEVELOPERS]
        - 0.5 * companies.rival
        + 0.4 * np.tanh(np.nan_to_num(np.log10(companies.told_size), nan=2.0) - 2.0)
    )
    probability: np.ndarray = 1 / (1 + np.exp(-(-2.6 + effects + 0.5 * change.base_rate)))
    return probability


def _interest(companies: Companies, calls: Calls) -> np.ndarray:
    """What they want: the effects that a change of concept turns round, such as a product falling out of fashion."""
    wants, refuses = calls.products == WANTED, calls.products == REFUSED
    phone = ON_THE_PHONE[companies.industry]
    said = (
        0.65 * wants[:, VOICE_AI]
        + 0.5 * (wants[:, VOICE_AI] & phone)
        - 0.45 * refuses[:, VOICE_AI]
        + 0.3 * wants[:, VOICE]
        + 0.15 * wants[:, MESSAGING]
        + 0.4 * (wants[:, VERIFY] & companies.signals[:, 0])
        - 0.35 * wants[:, WIRELESS]
        - 0.35
    )
    return np.where(calls.notes, said, 0.0)


def _company(companies: Companies) -> np.ndarray:
    """Middling companies go on most; a site that talks to customers and takes their money helps."""
    logarithm = np.nan_to_num(np.log10(companies.told_size), nan=1.2)
    size = np.where(np.isnan(companies.told_size), -0.35, 1.1 * np.exp(-(((logarithm - 2.5) / 0.7) ** 2)) - 0.5)
    site = 0.55 * np.tanh((companies.signals.sum(axis=1) - 2.0) / 1.5)
    effects: np.ndarray = (
        size
        + site
        + INDUSTRY_EFFECT[companies.industry]
        + FUNDING_EFFECT[companies.funding]
        + np.append(TRAIT_EFFECT, 0.0)[companies.trait]
        - 0.3 * companies.rival
    )
    return effects


def _call(companies: Companies, calls: Calls) -> np.ndarray:
    """What was said; haste and a booked meeting together are worth more than each alone."""
    large = np.nan_to_num(companies.told_size, nan=0.0) > 500
    said = (
        np.array([0.0, 0.75, 0.3, -0.65])[calls.timeline]
        + np.array([0.0, 0.5, -0.7])[calls.pricing]
        + np.array([-0.3, 0.9, -0.35, -1.1])[calls.next_step]
        + 0.5 * np.tanh(calls.technical / 1.5)
        + 0.35 * ((calls.technical >= 2) & companies.signals[:, DEVELOPERS])
        + np.array([0.0, 0.35, -0.35])[calls.decision]
        - 0.5 * ((calls.decision == 2) & large)
        + np.array([0.0, 0.55, -0.75])[calls.budget]
        + np.array([0.0, 0.55, -0.75])[calls.competitor]
        + np.array([0.0, -0.35, 0.1, 0.45])[calls.volume]
        + 0.5 * ((calls.timeline == 1) & (calls.next_step == 1))
    )
    unwritten = _NO_NOTES + 0.2 * (np.nan_to_num(calls.urgency, nan=2.5) - 2.5)
    effects: np.ndarray = np.where(calls.notes, said, unwritten) + TITLE_EFFECT[calls.title]
    return effects


def _moment(times: np.ndarray, calls: Calls) -> np.ndarray:
    """Very short calls went wrong and very long ones got lost; Friday afternoons promise little."""
    friday = (arrivals.weekdays(times) == 4) & (arrivals.hours(times) >= 14)
    short = np.where(calls.minutes < 12, -0.8, 0.0)
    effects: np.ndarray = short - 0.4 * (calls.minutes > 45) - 0.3 * friday
    return effects
