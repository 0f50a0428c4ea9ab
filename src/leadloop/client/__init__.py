"""Ask a LeadLoop service from Python: scores with their reasons, leads and what became of them, versions.

`Client` waits for each answer; `AsyncClient` has the same methods, to be awaited. Both send a request again where that helps, and
what they tell the service is stored once, however often it arrives. Install it with `pip install 'leadloop[client]'`.
"""

from leadloop.client.answers import (
    Card,
    DatabaseReady,
    FeedbackTaken,
    InService,
    Job,
    Kept,
    KeptLead,
    KeptLeads,
    ModelLine,
    Models,
    PastFeedback,
    PastScore,
    PlaybookReady,
    Readiness,
    Reason,
    TargetScore,
    UnscoredLead,
    WonWithin,
)
from leadloop.client.async_client import AsyncClient
from leadloop.client.problems import (
    Conflict,
    NotAllowed,
    NotFound,
    NotPromised,
    NotUnderstood,
    ServiceProblem,
    TooMany,
    Unavailable,
)
from leadloop.client.sync_client import Client
from leadloop.client.told import Event, Feedback, Outcome
from leadloop.errors import Problem

__all__ = [
    "AsyncClient",
    "Card",
    "Client",
    "Conflict",
    "DatabaseReady",
    "Event",
    "Feedback",
    "FeedbackTaken",
    "InService",
    "Job",
    "Kept",
    "KeptLead",
    "KeptLeads",
    "ModelLine",
    "Models",
    "NotAllowed",
    "NotFound",
    "NotPromised",
    "NotUnderstood",
    "Outcome",
    "PastFeedback",
    "PastScore",
    "PlaybookReady",
    "Problem",
    "Readiness",
    "Reason",
    "ServiceProblem",
    "TargetScore",
    "TooMany",
    "Unavailable",
    "UnscoredLead",
    "WonWithin",
]
