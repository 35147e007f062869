"""Shell script -> its simple commands, each with the test for CUDA that it stands behind."""

import re

from portlint.infra.levels import Block, Command, Level, guard_of
from portlint.infra.shellwords import Token, Word, body_end, expand, token

ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
SUBSTITUTION = re.compile(r"\$\(([^()]*)\)|`([^`]*)`")
OPENERS = {"if": "if", "while": "loop", "until": "loop", "for": "loop", "case": "case", "{": "{"}
CLOSERS = {"fi": "if", "done": "loop", "esac": "case", "}": "{"}
LEADERS = frozenset(["then", "do", "else", "elif", "!", "time"])
SHORT = 500
"""Characters of a value worth remembering; keeps `A=$A$A` from growing."""
UNKNOWN = "$(…)"
"""Stands for what a command substitution gives."""
ARRAY = "=("
"""Opens the values of an array, which are no command."""
DEEP = 100
"""Levels of nesting beyond which the reader stops going deeper."""


def commands(text: str, variables: dict[str, str] | None = None) -> list[Command]:
    """All simple commands; assignments with a known value are remembered in `variables`."""
    return Reader(text, {} if variables is None else variables).read()


class Reader:
    """Walks the tokens once, with a stack of levels for `(…)`, `$(…)` and backticks."""

    def __init__(self, text: str, variables: dict[str, str], guard: str | None = None) -> None:
        self.text = text
        self.variables = variables
        self.guard = guard
        self.levels = [Level("")]
        self.documents: list[tuple[str, Level]] = []
        self.done: list[Command] = []

    def read(self) -> list[Command]:
        """Read to the end; what is left open there is closed."""
        position = 0
        while position < len(self.text):
            position = self._take(token(self.text, position))
        while self.levels:
            self._end_command("")
            self.levels.pop()
        return self.done

    def _take(self, item: Token) -> int:
        match item.name:
            case "space":
                self._end_word()
            case "end":
                return self._separator(item)
            case "open":
                self._open(item)
            case "close":
                self._close(item.end)
            case "heredoc":
                self._end_word()
                self.documents.append((item.mark, self.levels[-1]))
            case "redirect":
                self._end_word()
                self.levels[-1].skip = not item.text[-1].isdigit()
            case "plain" if item.text[0] == "#" and not self.levels[-1].pieces:
                stop = self.text.find("\n", item.start)
                return stop if stop >= 0 else len(self.text)
            case _:
                self._piece(item)
        return item.end

    def _separator(self, item: Token) -> int:
        end = item.end
        if item.text == "\n":
            for mark, level in self.documents:
                stop, after = body_end(self.text, end, mark)
                level.body = (end, stop)
                end = after
            self.documents = []
        self._end_command(item.text)
        return end

    def _piece(self, item: Token) -> None:
        level = self.levels[-1]
        if not level.pieces:
            level.start, level.bare = item.start, True
        text = item.text
        if item.name in ("single", "double"):
            level.bare = False
            text = text[1:].removesuffix(text[0])
        if item.name == "double":
            self._substitutions(text, item.start + 1)
            text = text.replace("\\\n", "").replace('\\"', '"')
        elif item.name == "escaped":
            text = text[1:]
        if item.name != "single":
            text = expand(text, self.variables)
        level.pieces.append(text)
        level.end = item.end

    def _substitutions(self, text: str, offset: int) -> None:
        """Commands inside a quoted string: "$(nvidia-smi -L | wc -l)"."""
        for found in SUBSTITUTION.finditer(text) if "`" in text or "$(" in text else ():
            group = 1 if found[1] is not None else 2
            inner = Reader(found[group], self.variables, self._guard()).read()
            self.done += [moved(command, offset + found.start(group)) for command in inner]

    def _end_word(self) -> None:
        level = self.levels[-1]
        if not level.pieces:
            return
        text, level.pieces = "".join(level.pieces), []
        text = expand(text, self.variables) if level.bare else text
        word = Word(text, level.start, level.end)
        if level.skip:
            level.skip = False
        elif level.words or not (level.bare and self._reserved(text, level)):
            if not level.words and ASSIGNMENT.match(text):
                level.assignments.append(word)
            else:
                level.words.append(word)

    def _reserved(self, word: str, level: Level) -> bool:
        block = level.block
        if word in OPENERS:
            if len(level.blocks) < DEEP:
                level.blocks.append(Block(OPENERS[word]))
            return word != "case" and word != "for"
        if word in CLOSERS:
            if block and block.kind == CLOSERS[word]:
                level.blocks.pop()
            return True
        if word in LEADERS and block:
            if word in ("then", "else", "do", "elif"):
                block.turn(word)
            return True
        return word in LEADERS

    def _end_command(self, separator: str) -> None:
        self._end_word()
        level = self.levels[-1]
        block = level.block
        text = " ".join(word.text for word in level.words)[:1000]
        if block and block.kind == "case" and block.testing and separator == "|":
            return  # `cuda|gpu)`: one label
        if block and block.testing:
            block.test = f"{block.test} {text}"[-2000:]
        if (level.words or level.assignments) and level.opener != ARRAY:
            guard = self._guard() or level.before
            if separator == "||":
                guard = guard or "its failure is caught by `||`"
            self._emit(level, guard)
        chained = separator in ("&&", "||")
        level.before = (guard_of(text) or level.before) if chained else None
        if block and block.kind == "case" and separator.startswith(";;"):
            block.testing, block.guard = True, None
        level.words, level.assignments, level.body, level.skip = [], [], None, False

    def _emit(self, level: Level, guard: str | None) -> None:
        if not (level.words and level.words[0].text in ("for", "case")):
            conditional = any(b.kind in ("if", "case") for lv in self.levels for b in lv.blocks)
            words = tuple(level.assignments), tuple(level.words)
            taken = any(lv.opener in ("$(", "`") for lv in self.levels)
            self.done.append(Command(*words, guard, level.body, conditional, taken))
        if not level.words:
            for word in level.assignments:
                name, _, value = word.text.partition("=")
                if UNKNOWN not in value and len(value) < SHORT:
                    self.variables[name.removesuffix("+")] = value

    def _guard(self) -> str | None:
        for level in self.levels:
            for block in level.blocks:
                if block.guard:
                    return block.guard
                if block.testing and block.kind == "if":
                    return "asked for in a condition"
        return self.guard

    def _open(self, item: Token) -> None:
        level = self.levels[-1]
        if item.text == "`" and level.opener == "`":
            self._leave(item.end)
            return
        if len(self.levels) >= DEEP:
            return
        if item.text == "(" and level.pieces and level.pieces[-1].endswith("="):
            self.levels.append(Level(ARRAY))
            return
        if item.text == "(":
            self._end_word()
            if len(level.words) == 1 and self.text[item.end : item.end + 1] == ")":
                level.words = []  # the head of a function
            else:
                self._end_command("(")
        elif not level.pieces:
            level.start, level.bare = item.start, False
        self.levels.append(Level(item.text))

    def _close(self, end: int) -> None:
        level = self.levels[-1]
        block = level.block
        if block and block.kind == "case" and block.testing:
            self._end_word()
            label = " ".join(word.text for word in level.words)
            block.testing, block.guard = False, guard_of(label)
            level.words = []
        elif level.opener in ("(", "$(", ARRAY):
            self._leave(end)
        else:
            self._end_command(")")

    def _leave(self, end: int) -> None:
        self._end_command(")")
        opener = self.levels.pop().opener
        level = self.levels[-1]
        if opener != "(":
            level.pieces.append(UNKNOWN)
            level.end = end


def moved(command: Command, by: int) -> Command:
    """The command of a substitution in a quoted string, placed in the whole."""

    def move(words: tuple[Word, ...]) -> tuple[Word, ...]:
        return tuple(Word(w.text, w.start + by, w.end + by) for w in words)

    body = command.body and (command.body[0] + by, command.body[1] + by)
    return command._replace(
        assignments=move(command.assignments), words=move(command.words), body=body, taken=True
    )
