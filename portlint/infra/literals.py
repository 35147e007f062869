"""C and C++ text -> the same text with comments and literals blanked, by one pass of searches."""

import re

OPENER = re.compile(r'//|/\*|R"|"|\'')
STRING = re.compile(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"?', re.DOTALL)
CHARACTER = re.compile(r"'[^'\\\n]*(?:\\.[^'\\\n]*)*'?", re.DOTALL)
RAW = re.compile(r'R"([^()\\\s]{0,16})\(')


def blanked(text: str) -> str:
    """The text with comments and literals replaced by spaces, offsets and lines kept."""
    pieces: list[str] = []
    position = 0
    while found := OPENER.search(text, position):
        end = _literal_end(text, found)
        pieces.append(text[position : found.start()])
        pieces.append(_spaces(text[found.start() : end]))
        position = end
    pieces.append(text[position:])
    return "".join(pieces)


def _literal_end(text: str, found: re.Match[str]) -> int:
    start, opener = found.start(), found[0]
    if opener == "//":
        end = text.find("\n", start)
        while end > 0 and text[end - 1] == "\\":
            end = text.find("\n", end + 1)
        return end if end >= 0 else len(text)
    if opener == "/*":
        end = text.find("*/", start + 2)
        return end + 2 if end >= 0 else len(text)
    if opener == 'R"':
        raw = RAW.match(text, start)
        if raw is None:
            return start + 1
        end = text.find(f'){raw[1]}"', raw.end())
        return end + len(raw[1]) + 2 if end >= 0 else len(text)
    if opener == "'" and text[start - 1 : start].isalnum():
        return start + 1  # 1'000'000
    literal = (STRING if opener == '"' else CHARACTER).match(text, start)
    return literal.end() if literal else start + 1


def _spaces(text: str) -> str:
    if "\n" not in text:
        return " " * len(text)
    return "\n".join(" " * len(line) for line in text.split("\n"))
