"""Text -> text that differs in lines, words, characters, line ends or depth."""

import re
from collections.abc import Callable, Sequence
from random import Random

Mutation = Callable[[bytes, bytes, Random], bytes]
"""An input, another of its kind to take from, and chance -> a new input."""
LARGEST = 20_000
"""Bytes of an input: what is slow on more is slow on this already."""
WORD = re.compile(r"[^\W\d]\w*|\d[\w.]*|\s+|.", re.DOTALL)
ODD = (
    *("\ufeff", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\r", "\r\n", "\t", "\xa0", "\u200b"),
    *("\u202e", "é", "é", "ｆ", "ª", "Ⅷ", "𝕏", "🦙", "ſ", "İ", "ß", "\x1b[31m", "\x07", "\x7f"),
    *("\\", "\\\n", "\\ud800", "\\udc00", "\\N{DASH}", "\\x", "\\u12", "\udc80", "\udcff", "\0"),
    *("'", '"', "'''", '"""', "`", "$", "${", "{{", "}}", "{%", "<<", "<<<", "%", "%%", "!", "#"),
    *("&a ", "*a", "? ", "- ", ": ", "| ", ">", "---\n", "...\n", "!!", "<<: *a", "[", "]", "{"),
    *("}", "(", ")", ",", ";", "=", "==", ":", ".", "...", "//", "/*", "*/", "@", "~=", "-r ", "-"),
    *("0", "-1", "1e999", "nan", "9" * 30, "9" * 5000, "0x", "1_0", "0b2", "1.2.3", "00", "-0.0"),
    *("None", "null", "true", "~", "inf", "1979-05-27", "1979-05-27T07:32:00Z", "12:30", "=\n"),
)
"""Characters and words that parsers trip over."""
BRACKETS = (
    *(("(", ")"), ("[", "]"), ("{", "}"), ("{a: ", "}"), ('{"a":', "}"), ("f(", ")"), ("${", "}")),
    *(("if x; then\n", "\nfi"), ("$(", ")"), ("- ", ""), ("/*", "*/"), ("#if A\n", "\n#endif")),
)
"""What nests in one kind or another."""


def text_of(data: bytes) -> str:
    """The input as text; bytes that are none stay what they are."""
    return data.decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes:
    """And back, no longer than inputs may be."""
    try:
        return text.encode("utf-8", "surrogateescape")[:LARGEST]
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")[:LARGEST]


def span(items: Sequence[object], random: Random, most: int = 8) -> tuple[int, int]:
    """A short range of them."""
    start = random.randint(0, max(len(items) - 1, 0))
    return start, min(start + random.randint(1, most), len(items))


def lines(data: bytes, other: bytes, random: Random) -> bytes:
    """Delete, repeat, swap or insert lines."""
    mine, others = data.split(b"\n"), other.split(b"\n")
    (a, b), (c, d) = span(mine, random), span(others, random)
    match random.randrange(5):
        case 0:
            mine[a:b] = []
        case 1:
            mine[a:a] = mine[a:b] * random.choice((1, 1, 2, 40))
        case 2:
            at = random.randint(0, len(mine))
            moved, mine[a:b] = mine[a:b], []
            mine[at:at] = moved
        case 3:
            mine[a:a] = others[c:d]
        case _:
            mine[a:b] = others[c:d]
    return b"\n".join(mine)[:LARGEST]


def words(data: bytes, other: bytes, random: Random) -> bytes:
    """Delete, repeat or exchange words."""
    mine, others = WORD.findall(text_of(data)), WORD.findall(text_of(other))
    (a, b), (c, d) = span(mine, random, 4), span(others, random, 4)
    match random.randrange(5):
        case 0:
            mine[a:b] = []
        case 1:
            mine[a:b] = mine[a:b] * random.choice((2, 3, 200))
        case 2:
            mine[a:b] = others[c:d]
        case 3:
            mine[a : a + 1] = [random.choice(ODD)]
        case _ if mine:
            chosen, new = mine[a], random.choice([*others[c:d], *ODD, "x"])
            mine = [new if word == chosen else word for word in mine]
    return bytes_of("".join(mine))


def odd(data: bytes, other: bytes, random: Random) -> bytes:
    """Insert odd characters."""
    text = text_of(data)
    for _ in range(random.randint(1, 3)):
        at = random.randint(0, len(text))
        text = text[:at] + random.choice(ODD) * random.choice((1, 1, 1, 2, 30)) + text[at:]
    return bytes_of(text)


def octets(data: bytes, other: bytes, random: Random) -> bytes:
    """Turn, delete or insert single bytes."""
    turned = bytearray(data)
    for _ in range(random.randint(1, 4)):
        at = random.randint(0, len(turned))
        turned[at : at + random.randint(0, 1)] = bytes(random.choices(range(256), k=1))
    return bytes(turned[:LARGEST])


def ends(data: bytes, other: bytes, random: Random) -> bytes:
    """Other line ends, all or some; a mark of the encoding; no end, or many."""
    end = random.choice((b"\r\n", b"\r", b"\x0c\n", b" \n", b"\\\n", b"\n\n", b""))
    some = random.random() < 0.5
    found = [
        line + (end if not some or random.random() < 0.2 else b"\n") for line in data.split(b"\n")
    ]
    before = random.choice((b"", b"", b"\xef\xbb\xbf", b"\n", b"# coding: latin-1\n", b"\xff\xfe"))
    return (before + b"".join(found))[:LARGEST]


def cut(data: bytes, other: bytes, random: Random) -> bytes:
    """The beginning of one and the end of another."""
    a, b = random.randint(0, len(data)), random.randint(0, len(other))
    return (data[:a] + (b"" if random.random() < 0.3 else other[b:]))[:LARGEST]


def nested(data: bytes, other: bytes, random: Random) -> bytes:
    """Brackets or indentation around a part, some or many."""
    text = text_of(data)
    a, b = sorted((random.randint(0, len(text)), random.randint(0, len(text))))
    count = random.choice((1, 2, 20, 90, 150, 900))
    before, after = random.choice(BRACKETS)
    if random.random() < 0.2:
        part = re.sub("^", " " * random.choice((1, 4, 40)), text[a:b], flags=re.MULTILINE)
    else:
        part = before * count + text[a:b] + after * count
    return bytes_of(text[:a] + part + text[b:])


ANY: tuple[Mutation, ...] = (lines, lines, words, words, odd, octets, ends, cut, nested)
