"""What a child left for its parent is data of a stranger: whatever it is, it is read in bounds."""

import struct
import tempfile
from collections.abc import Iterator
from typing import IO

import hypothesis
import msgspec
import pytest
from hypothesis import strategies as st

from portlint.capture import _signal
from portlint.child import answer as answers
from portlint.child.allowance import allowance
from portlint.record import Op, Place, Trace

GOOD = msgspec.msgpack.encode(Trace(model="a", parameters=1))
BETTER = msgspec.msgpack.encode(Trace(model="a", parameters=2))


def framed(data: bytes) -> bytes:
    return struct.pack(">Q", len(data)) + data


@pytest.fixture
def file() -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as made:
        yield made


def last(file: IO[bytes], data: bytes) -> Trace | None:
    file.write(data)
    file.flush()
    return answers.last(file)


def test_the_last_whole_answer_counts(file: IO[bytes]) -> None:
    found = last(file, framed(GOOD) + framed(BETTER) + framed(GOOD)[:-1])
    assert found is not None and found.parameters == 2


def test_no_answer_is_none(file: IO[bytes]) -> None:
    assert last(file, b"") is None


@pytest.mark.parametrize(
    "data",
    [
        b"\xff" * 8,
        b"\xff" * 4000,
        struct.pack(">Q", 1 << 62) + GOOD,
        framed(b""),
        framed(b"\xc1"),
        framed(b"\x91" * 1_000_000),
        framed(GOOD[:-1]),
        framed(msgspec.msgpack.encode({"model": "a", "parameters": "many"})),
        framed(msgspec.msgpack.encode({"model": "a", "captured_by": "magic"})),
    ],
    ids="endless length nothing garbage deep cut type rung huge".split(),
)
def test_what_is_no_trace_is_no_answer(file: IO[bytes], data: bytes) -> None:
    assert last(file, data) is None


def test_a_length_beyond_the_file_costs_nothing(file: IO[bytes]) -> None:
    file.truncate(1 << 40)  # holes only
    file.write(struct.pack(">Q", (1 << 40) - 8))
    file.flush()
    assert answers.last(file) is None


def test_answers_without_end_are_not_all_read(file: IO[bytes]) -> None:
    tiny = framed(b"\xc0")
    assert last(file, tiny * 100_000) is None
    assert file.tell() < 2 * len(tiny) * answers.MOST


def test_lists_that_claim_to_be_long_take_no_memory_of_the_machine(file: IO[bytes]) -> None:
    size = 4_000_000
    nested = b"".join(
        b"\xdd" + struct.pack(">I", size - 6 * depth) for depth in range(200)
    ) + bytes(2 * size)
    op = msgspec.msgpack.encode(Op(id=1, name="a", level="aten"))
    literals = op.replace(b"\xa8literals\x80", b"\xa8literals\x81\xa1a" + nested)
    trace = msgspec.msgpack.encode(Trace(model="a")).replace(
        b"\xa3ops\x90", b"\xa3ops\x91" + literals
    )
    assert nested in trace
    assert last(file, framed(trace)) is None


def test_memory_that_was_lent_is_given_back() -> None:
    with pytest.raises(MemoryError), allowance(1 << 28):
        bytearray(1 << 32)
    assert len(bytearray(1 << 29)) == 1 << 29


@hypothesis.given(st.binary(max_size=200), st.integers(0, 60), st.binary(max_size=8))
def test_any_bytes_are_read_without_an_exception(noise: bytes, at: int, change: bytes) -> None:
    data = framed(GOOD)
    for attempt in (noise, data[:at] + change + data[at + len(change) :], data + noise):
        with tempfile.TemporaryFile() as made:
            last(made, attempt)


def test_a_stack_names_the_innermost_line_of_the_repository(file: IO[bytes]) -> None:
    file.write(b'File "/x/torch/a.py", line 3 in f\nFile "/repo/model.py", line 7 in go \n')
    assert answers.place(file, "/repo") == Place(path="/repo/model.py", line=7, function="go")


@pytest.mark.parametrize(
    "stack",
    [
        b'File "/repo/a.py", line ' + b"9" * 100_000 + b" in f",
        b'File "' * 200_000,
        b'File "/repo/../etc/passwd',
        bytes(range(256)) * 100,
    ],
    ids=["digits", "starts", "open", "binary"],
)
def test_a_forged_stack_is_no_place(file: IO[bytes], stack: bytes) -> None:
    file.write(stack)
    assert answers.place(file, "/repo") is None


def test_a_signal_without_a_name_has_a_number() -> None:
    assert (_signal(11), _signal(40)) == ("SIGSEGV", "signal 40")
