"""What a site allows robots to read (robots.txt, RFC 9309), and how long they are to wait between pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

_MOST_RULES = 2_000
_LONGEST_RULE = 500
_AGENT = re.compile(r"[A-Za-z_-]+")


@dataclass(frozen=True)
class Robots:
    """The rules for one robot."""

    rules: tuple[tuple[bool, str], ...] = ()
    """(whether it allows, the beginning of paths); `*` stands for anything, `$` at the end for the end."""
    delay: float = 0.0
    """The seconds that the site wants between two pages; 0 where it does not say."""

    def allows(self, path: str) -> bool:
        """Whether a path may be read: the longest rule that fits decides, and of two as long the kinder one."""
        wanted = unquote(path)
        fitting = [(len(rule), allow) for allow, rule in self.rules if _fits(rule, wanted)]
        return max(fitting)[1] if fitting else True


ANYTHING, NOTHING = Robots(), Robots(((False, "/"),))


def read_robots(text: str, agent: str) -> Robots:
    """The rules for the robot of a User-Agent, or else for all.

    >>> robots = read_robots("User-agent: *\\nDisallow: /private\\nAllow: /private/team$", "LeadLoop/1.0")
    >>> robots.allows("/about"), robots.allows("/private/x"), robots.allows("/private/team")
    (True, False, True)
    """
    token = _token(agent)
    groups: list[tuple[list[str], list[tuple[bool, str]], list[float]]] = []
    names_follow = False
    for line in text.replace("\ufeff", "").splitlines()[: 10 * _MOST_RULES]:
        name, colon, value = line.partition("#")[0].partition(":")
        name, value = name.strip().lower(), value.strip()
        if not colon:
            continue
        if name == "user-agent":
            if not names_follow:
                groups.append(([], [], []))
            groups[-1][0].append("*" if value == "*" else _token(value))
            names_follow = True
            continue
        names_follow = False
        if not groups:
            continue
        if name in ("allow", "disallow") and value and len(value) <= _LONGEST_RULE:
            groups[-1][1].append((name == "allow", unquote(value)))
        elif name == "crawl-delay" and re.fullmatch(r"\d{1,5}(\.\d{1,3})?", value):
            groups[-1][2].append(float(value))
    for wanted in (token, "*"):
        mine = [group for group in groups if wanted and wanted in group[0]]
        if mine:
            rules = [rule for group in mine for rule in group[1]][:_MOST_RULES]
            return Robots(tuple(rules), max([delay for group in mine for delay in group[2]], default=0.0))
    return ANYTHING


def _token(agent: str) -> str:
    found = _AGENT.match(agent.strip())
    return found[0].lower() if found else ""


def _fits(rule: str, path: str) -> bool:
    """Whether a path begins as a rule says; each part is looked for once, so the time is that of reading the path."""
    ends = rule.endswith("$")
    first, *others = (rule[:-1] if ends else rule).split("*")
    if not path.startswith(first):
        return False
    place = len(first)
    for number, part in enumerate(others):
        if ends and number == len(others) - 1:
            return len(path) - len(part) >= place and path.endswith(part)
        found = path.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    return not ends or place == len(path)
