"""Who looks at a page, and what they may see and do."""

from __future__ import annotations

from dataclasses import dataclass

from leadloop.flows.upkeep.key_ring import Caller
from leadloop.flows.upkeep.telling import Teller


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in."""

    caller: Caller
    """Whose key it is."""
    called: str
    """What the key was made for, in its maker's words; empty where nobody needs one."""

    @property
    def role(self) -> str:
        """The key's role."""
        return self.caller.role

    @property
    def may_tell(self) -> bool:
        """Whether they may say what became of leads: what the service lets the same key send."""
        return self.caller.may("feedback")

    @property
    def may_study(self) -> bool:
        """Whether they may look at models, measures and everything that is listed."""
        return self.caller.may("analyst")

    @property
    def may_run(self) -> bool:
        """Whether they may do everything."""
        return self.caller.role == "admin"

    @property
    def teller(self) -> Teller:
        """By which they stand in the record of what they tell."""
        return Teller(self.caller.name)
