"""The truth of the marketplace: how good each posting is for its users, from what can be read in it."""

from __future__ import annotations

import numpy as np

from leadloop.simulate import arrivals
from leadloop.simulate.drift import Change
from leadloop.simulate.marketplace import phrases
from leadloop.simulate.marketplace.postings import (
    GIG_PAY,
    TECHNICAL,
    TOLD,
    TRAINED,
    UNTRAINED,
    USUAL_PAY,
    VAGUE,
    Postings,
)

_SHARPNESS = 1.3
_CATEGORY = np.array([one[3] for one in phrases.CATEGORIES])
_PLACE = np.array([*(one[2] for one in phrases.LOCATIONS), -0.3])  # Last: not told.


def appeal(postings: Postings, change: Change) -> np.ndarray:
    """The log-odds of each posting, before any step of its way; steps add their own constant."""
    steady = _offer(postings) + _trust(postings) + _freshness(postings)
    turning = _field(postings)
    effects: np.ndarray = _SHARPNESS * (steady + change.turn * turning) + change.base_rate
    return effects


def _field(postings: Postings) -> np.ndarray:
    """What it is and where: the effects that a change of concept turns round."""
    tech = TECHNICAL[postings.category]
    away = postings.remote == 1
    effects: np.ndarray = (
        _CATEGORY[postings.category]
        + _PLACE[postings.location]
        + np.array([0.15, -0.25, 0.3, -0.1, -0.7])[postings.subcategory]
        + np.where(away, 0.25 + 0.4 * tech, 0.0)
        - 0.3 * (postings.remote == 2)
        - 0.2
    )
    return effects


def _offer(postings: Postings) -> np.ndarray:
    """Pay within reason for its kind of work, and experience asked for in moderation; technologies where they belong."""
    usual = np.log(np.nan_to_num(postings.pay, nan=1.0) / USUAL_PAY[postings.category])
    pay = np.where(np.isnan(postings.pay), -0.35, 0.25 + 0.9 * np.tanh(2.0 * usual) - 0.8 * np.maximum(usual - 0.5, 0))
    years = np.nan_to_num(postings.years, nan=0.0)
    asked = np.where(postings.experience == TRAINED, 0.7 * np.exp(-(((years - 4.5) / 2.5) ** 2)) - 0.1, 0.0)
    gig = USUAL_PAY[postings.category] < GIG_PAY
    hurry = np.where(gig, np.array([0.0, 0.8, -0.4])[postings.hurry], np.array([0.0, -0.35, -0.2])[postings.hurry])
    effects: np.ndarray = (
        pay
        + asked
        - 0.4 * (postings.experience == UNTRAINED)
        - 0.2 * (postings.said_pay == VAGUE)
        + 0.2 * (postings.said_pay == TOLD)
        + 0.55 * np.tanh(postings.technologies / 2.0)
        + hurry
        + np.array([0.0, 0.15, 0.35, 0.25])[postings.seniority]
        + np.array([0.0, 0.15, -0.15])[postings.size]
    )
    return effects


def _trust(postings: Postings) -> np.ndarray:
    """Who can be reached, and who had better not be."""
    both = postings.has_email & postings.has_phone
    effects: np.ndarray = (
        np.where(postings.has_email, 0.3, -0.35)
        + 0.35 * postings.has_phone
        + 0.4 * (both & postings.has_name)
        + np.array([0.0, -0.6, 0.35])[postings.poster]
        - 2.2 * postings.dubious
        - 0.7 * postings.shouting
        + np.where(postings.fillers < 0, -0.6, 0.3 * np.exp(-(((postings.fillers - 7) / 3.5) ** 2)))
    )
    return effects


def _freshness(postings: Postings) -> np.ndarray:
    """A posting that is found within hours has not been answered by everybody else; those of the night are few and odd."""
    hour, weekday = arrivals.hours(postings.posted), arrivals.weekdays(postings.posted)
    office = (weekday < 5) & (hour >= 8) & (hour < 18)
    effects: np.ndarray = (
        1.1 * np.exp(-postings.lag_hours / 18.0) - 0.5 * (postings.lag_hours > 96) + np.where(office, 0.15, -0.2)
    )
    return effects
