"""What a person needs to see of a cell or a line that was refused."""

SHOWN_CHARACTERS = 80


def shorten(text: str, characters: int = SHOWN_CHARACTERS) -> str:
    r"""The beginning of a text, on one line, in characters that every terminal can show.

    >>> print(shorten("two\nlines and more", 14))
    two\nlines an…
    """
    shown = "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text[: characters + 1]
    )
    return shown if len(shown) <= characters else shown[: characters - 1] + "…"
