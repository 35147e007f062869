"""Calls and programs of many models -> answers, from the cache and from one worker."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import msgspec

from portlint.catalog import read_table
from portlint.errors import UsageError
from portlint.oracle import protocol
from portlint.oracle.cache import Cache
from portlint.oracle.home import home
from portlint.oracle.interpreter import Interpreter
from portlint.oracle.process import Gone, Worker
from portlint.oracle.protocol import Answer, Node, Query

AHEAD = 32
"""Calls that are asked before the first of them is answered."""
TIMEOUT = 60.0
"""Seconds for one call, or one node of a program."""


class Session:
    """Asks one interpreter; the worker starts with the first call that no cache answers.

    `careful` are operators ("aten::addmm") whose kernel sends some arguments to the host; see
    `Query.wary`.
    """

    def __init__(
        self,
        interpreter: Interpreter,
        careful: Iterable[str] | None = None,
        timeout: float = TIMEOUT,
        folder: pathlib.Path | None = None,
    ) -> None:
        self.interpreter, self.timeout = interpreter, timeout
        self.careful = frozenset(conditional() if careful is None else careful)
        self.cache = Cache(folder or home(), interpreter.versions, self.careful)
        self.starts = 0
        self._worker: Worker | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()
        self.cache.save()

    def ask(self, queries: Sequence[Query]) -> list[Answer]:
        """An answer for each call, in their order; equal calls are asked once."""
        wanted = {msgspec.json.encode(q, order="sorted"): q for q in queries}
        unknown = [q for q in wanted.values() if self.cache.get(q) is None]
        found = {}
        for query, answer in self._asked(unknown):
            found[id(query)] = answer
            self.cache.put(query, answer)  # at once: whatever ends the run later, this one is known
        mine = (wanted[msgspec.json.encode(q, order="sorted")] for q in queries)
        return [found.get(id(q)) or self._known(q) for q in mine]

    def _known(self, query: Query) -> Answer:
        answer = self.cache.get(query)
        assert answer is not None
        return answer

    def _asked(self, queries: Sequence[Query]) -> Iterator[tuple[Query, Answer]]:
        """Ahead of the answers; a call that ends the worker is asked again on its own."""
        done = 0
        while done < len(queries):
            try:
                for answer in self._run(queries[done:]):
                    yield queries[done], answer
                    done += 1
            except Gone:
                self._close()
                yield queries[done], self._alone(queries[done])
                done += 1

    def _run(self, queries: Sequence[Query]) -> Iterator[Answer]:
        worker = self._started()
        for number, query in enumerate(queries[:AHEAD]):
            worker.tell(protocol.query(number, query, self.careful))
        for number in range(len(queries)):
            said = worker.hear(self.timeout)
            if said.id != number or said.status is None:
                raise Gone("an answer to something else", "crash")
            if number + AHEAD < len(queries):
                ahead = number + AHEAD
                worker.tell(protocol.query(ahead, queries[ahead], self.careful))
            yield protocol.answer(said)

    def _alone(self, query: Query) -> Answer:
        try:
            return next(self._run([query]))
        except Gone as gone:
            self._close()
            return Answer(status=gone.status, error=str(gone), executed=False)

    def kernels(self) -> dict[str, tuple[str, ...]]:
        """What the dispatcher has registered, by name and overload ("index.Tensor")."""
        worker = self._started()
        worker.tell(protocol.registered())
        return worker.hear(self.timeout).kernels

    def walk(self, program: pathlib.Path) -> list[Node]:
        """Every node of a program that portlint saved; one that ends the worker is marked."""
        lost: dict[str, Gone] = {}
        while True:
            try:
                return list(self._walked(program, lost))
            except _Lost as end:
                self._close()
                if end.node in lost or not end.node:
                    raise UsageError(f"the oracle cannot read the program: {end.gone}") from end
                lost[end.node] = end.gone

    def _walked(self, program: pathlib.Path, lost: Mapping[str, Gone]) -> Iterator[Node]:
        worker = self._started()
        worker.tell(protocol.program(str(program), lost))
        rows: list[protocol.Said] = []
        at = ""
        while True:
            try:
                said = worker.hear(self.timeout)
            except Gone as gone:
                raise _Lost(at, gone) from gone
            if said.failed:
                raise _Lost("", Gone(said.failed, "error"))
            if said.at:
                at = said.at
            elif said.node:
                rows.append(said)
            else:
                yield from (_node(row, said.hlo, lost) for row in rows)
                return

    def _started(self) -> Worker:
        if self._worker is None:
            try:
                self._worker = Worker(self.interpreter.python)
            except Gone as gone:
                raise UsageError(
                    f"{self.interpreter.python}: torch-xla does not start: {gone}"
                ) from gone
            self.starts += 1
        return self._worker

    def _close(self) -> None:
        if self._worker is not None:
            self._worker.close()
            self._worker = None


class _Lost(Exception):
    """A worker ended while it walked; `node` is where ("" before the first)."""

    def __init__(self, node: str, gone: Gone) -> None:
        super().__init__(node)
        self.node, self.gone = node, gone


def conditional() -> Iterator[str]:
    """The lowered operators that the shipped table has an argument condition for."""
    for row in read_table("aten"):
        if row["xla"] == "lowered" and row["condition"]:
            yield f"aten::{row['op'].removesuffix('.default')}"


def _node(row: protocol.Said, hlo: Mapping[str, Any], lost: Mapping[str, Gone]) -> Node:
    if row.node in lost:
        gone = lost[row.node]
        found = Answer(status=gone.status, error=str(gone), executed=False)
    else:
        found = protocol.answer(msgspec.structs.replace(row, **hlo.get(row.node, {})))
    return Node(node=row.node, op=row.op, place=row.place, answer=found)
