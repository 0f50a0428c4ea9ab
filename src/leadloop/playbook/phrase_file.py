"""Files of phrases beside a playbook, which a person can edit without knowing TOML.

Text in, lists out: which file it came from is somebody else's business.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import PurePosixPath

from leadloop.errors import Problem

LONGEST_PHRASE = 12
_WORD = re.compile(r"\w+")
_ENDINGS = (".txt", ".toml")

Lists = tuple[tuple[str, tuple[str, ...]], ...]


def parse_phrases(text: str, file: str) -> tuple[Lists, list[Problem]]:
    r"""The named lists of phrases in a file, and every mistake in it.

    A `.txt` file is one list, named as the file: a phrase a line; blank lines and what follows a # do not count. A `.toml`
    file holds any number of lists, as a playbook's own `[phrases]` does.

    >>> parse_phrases("# how urgent it is\nASAP\nright away", "phrases/urgency.txt")
    ((('urgency', ('ASAP', 'right away')),), [])
    >>> parse_phrases('"voice AI" = ["voice AI", "voice agent"]', "products.toml")[0]
    (('voice AI', ('voice AI', 'voice agent')),)
    """
    if file.endswith(".toml"):
        return _parse_tables(text, file)
    lines = [(number, line.split("#")[0].strip()) for number, line in enumerate(text.splitlines(), start=1)]
    phrases = [(number, line) for number, line in lines if line]
    problems = [problem for number, line in phrases for problem in _wrong(f"{file}, line {number}", line)]
    if all(line.startswith("!") for _, line in phrases):
        problems.append(Problem(file, "holds no phrase", "write one on each line, or leave the file out"))
    return ((PurePosixPath(file).stem, tuple(line for _, line in phrases)),), problems


def _parse_tables(text: str, file: str) -> tuple[Lists, list[Problem]]:
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        return (), [Problem(file, f"is not TOML: {error}", "mend that line first")]
    problems: list[Problem] = []
    lists = []
    for name, phrases in table.items():
        if not isinstance(phrases, list) or not all(isinstance(phrase, str) for phrase in phrases):
            problems.append(
                Problem(f"{file}: {name}", "is no list of texts", f'write {name} = ["a phrase", "another"]')
            )
            continue
        lists.append((name, tuple(phrases)))
        problems += find_phrase_problems(f"{file}: {name}", tuple(phrases))
    if not table:
        problems.append(Problem(file, "holds no list", 'write one, as in price = ["price", "how much"]'))
    return tuple(lists), problems


def find_phrase_problems(where: str, phrases: tuple[str, ...]) -> list[Problem]:
    """What is wrong with a list of phrases."""
    if all(phrase.startswith("!") for phrase in phrases):
        return [Problem(where, "holds no phrase", "write one, or leave the list out")]
    return [problem for phrase in phrases for problem in _wrong(where, phrase)]


def _wrong(where: str, phrase: str) -> Iterator[Problem]:
    words = len(_WORD.findall(phrase))
    if not 1 <= words <= LONGEST_PHRASE:
        yield Problem(
            where, f"“{phrase[:60]}” has {words or 'no'} words", f"write phrases of 1 to {LONGEST_PHRASE} words"
        )


def find_file_problems(files: tuple[str, ...]) -> Iterator[Problem]:
    """What is wrong with the names of phrase files: they lie beside the playbook or in folders there, nowhere else."""
    for file in dict.fromkeys(files):
        place = PurePosixPath(file)
        if not file.endswith(_ENDINGS):
            yield Problem("phrase_files", f"“{file}” is neither a .txt nor a .toml file", 'write "phrases/urgency.txt"')
        elif place.is_absolute() or ".." in place.parts or "\\" in file or ":" in file:
            yield Problem("phrase_files", f"“{file}” lies outside the playbook's folder", 'write "phrases/urgency.txt"')
        elif files.count(file) > 1:
            yield Problem("phrase_files", f"names “{file}” twice", "name it once")
