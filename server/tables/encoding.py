"""Which encoding a text file is in: told by its byte order mark, by what it cannot be, and by what it would say."""

from __future__ import annotations

from typing import NamedTuple

from server.tables.table import TableError

ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "utf-32", "cp949", "cp1252", "cp1250", "cp1251", "shift_jis", "gb18030")
_CONTROLS = [chr(code) for code in range(32) if chr(code) not in "\t\n\r\v\f\x1a"]
_HEAD = 20_000  # bytes that decide between Korean and Western European


class Decoded(NamedTuple):
    text: str
    encoding: str
    sure: bool


def decoded(content: bytes, encoding: str | None = None) -> Decoded:
    """The text of a file, without a byte order mark. Raises TableError for what is no text, or not in the chosen encoding."""
    content = _whole(content)
    if encoding is not None:
        try:
            return Decoded(_text(content.decode(encoding)), encoding, True)
        except (UnicodeDecodeError, LookupError):
            raise TableError("encoding", encoding=encoding) from None
    for candidate, sure in _candidates(content):
        try:
            text = _text(content.decode(candidate))
            return Decoded(text, candidate, sure and not (candidate == "cp1252" and _mostly_accents(text)))
        except UnicodeDecodeError:
            continue
    raise TableError("binary")


def _candidates(content: bytes) -> list[tuple[str, bool]]:
    """The encodings to try, the likeliest first, each with whether it is certain once it works."""
    marks = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
    if content[:4] in (b"\xff\xfe\0\0", b"\0\0\xfe\xff"):
        return [("utf-32", True)]
    if content[:2] in marks:
        return [(marks[content[:2]], True)]
    head = content[:2000]  # UTF-16 without a mark shows by its many zero bytes, which fall on one side
    for zeros, encoding in ((head[1::2], "utf-16-le"), (head[::2], "utf-16-be")):
        if len(zeros) > 1 and zeros.count(0) > 0.6 * len(zeros):
            return [(encoding, True)]
    korean = _reads_as_korean(content)
    legacy = ["cp949", "cp1252"] if korean is not False else ["cp1252", "cp949"]
    return [("utf-8", True), *((name, korean is not None and name == legacy[0]) for name in legacy)]


def _reads_as_korean(content: bytes) -> bool | None:
    """Whether the bytes above 127 are Hangul in CP949; None where both readings make sense.

    Korean text is made of pairs of high bytes that fall on the 2 350 common syllables. Western text has single high bytes beside
    ASCII letters: read as CP949 they are rare syllables, hanja, or nothing.
    """
    common = other = position = 0
    head = content[:_HEAD]
    while position < len(head):  # one or two bytes forward each time
        lead = head[position]
        if lead < 0x80:
            position += 1
            continue
        trail = head[position + 1] if position + 1 < len(head) else 0
        if 0xB0 <= lead <= 0xC8 and trail >= 0xA1:
            common += 1
        elif not (0xA1 <= lead <= 0xA9 and trail >= 0xA1):  # signs such as ㎝ and ℃ speak for neither
            other += 1
        position += 2
    if not common and not other:
        return None
    if common > 2 * other:
        return True if common > 2 else None
    return False


def _whole(content: bytes) -> bytes:
    """Bytes without half a character at their end, where UTF-8 was cut off, and without the sign with which DOS ends a file."""
    content = content.removesuffix(b"\x1a")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and any(byte >= 0x80 for byte in content[: error.start]):
            return content[: error.start]
    return content


def _mostly_accents(text: str) -> bool:
    """Whether most letters have an accent, as in no Western language: rather Cyrillic, Greek or the like, read wrongly."""
    letters = [sign for sign in text if sign.isalpha()]
    return 2 * sum(not sign.isascii() for sign in letters) > len(letters)


def _text(text: str) -> str:
    """Raises TableError for text that has what no text has."""
    if "\0" in text or sum(text.count(sign) for sign in _CONTROLS) > 0.01 * len(text):
        raise TableError("binary")
    return text.removeprefix("\ufeff")
