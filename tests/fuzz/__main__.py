"""`python -m tests.fuzz [KIND…]`: tries inputs for a time or a number, keeps what goes wrong."""

import argparse
import importlib.util
import os
import pathlib
import signal
import subprocess
import sys
import time

from tests.fuzz import child, limits
from tests.fuzz.slate import Slate

ROOT = pathlib.Path(__file__).parents[2]
STUCK = 60.0
"""Seconds of a clock without another input, after which a child is ended."""


def arguments() -> argparse.Namespace:
    """What to try, how long, and where to keep it."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument(
        "kinds", nargs="*", metavar="KIND", help="default: all, one after the other"
    )
    parser.add_argument("--time", type=float, default=600, help="seconds for all kinds together")
    parser.add_argument("--count", type=int, default=1 << 40, help="inputs for each kind")
    parser.add_argument("--into", type=pathlib.Path, default=ROOT / ".fuzz", help="for files")
    parser.add_argument("--blind", action="store_true", help="do not look at coverage")
    parser.add_argument("--chance", type=int, default=int(time.time()), help="where chance begins")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--once", type=pathlib.Path, metavar="FILE", help="try this input alone")
    return parser.parse_args()


def main() -> int:
    """Kind by kind; ends with 1 where something went wrong."""
    asked = arguments()
    asked.into.mkdir(parents=True, exist_ok=True)
    if asked.once is not None:
        return _once(asked)
    blind = asked.blind or importlib.util.find_spec("atheris") is None
    if asked.child:
        (kind,) = asked.kinds
        child.run(child.Task(kind, asked.into, asked.count, asked.chance, blind))
        return 0
    from tests.fuzz.kinds import KINDS

    names = asked.kinds or list(KINDS)
    if unknown := [name for name in names if name not in KINDS]:
        raise SystemExit(f"no kind named {', '.join(unknown)}: there are {' '.join(KINDS)}")
    if blind and not asked.blind:
        print("atheris is not installed: inputs are tried without a look at coverage")
    for number, name in enumerate(names):
        began = time.monotonic()
        share = asked.time / (len(names) - number)
        _kind(name, asked, share, blind)
        asked.time -= min(time.monotonic() - began, asked.time)
    return int(any((asked.into / "crashes").glob("*")))


def _once(asked: argparse.Namespace) -> int:
    from tests.fuzz.kinds import KINDS

    limits.confine()
    (kind,) = asked.kinds
    with limits.in_time():
        KINDS[kind].check(asked.once.read_bytes())
    return 0


def _kind(name: str, asked: argparse.Namespace, seconds: float, blind: bool) -> None:
    """Children one after the other, until time or number are used up."""
    slate = Slate(asked.into / f"{name}.slate")
    start, began, chance = slate.count, time.monotonic(), asked.chance
    while (done := slate.count - start) < asked.count:
        left = seconds - (time.monotonic() - began)
        if left <= 0:
            break
        words = [name, "--child", "--count", str(asked.count - done), "--into", str(asked.into)]
        words += ["--chance", str(chance), *(["--blind"] if blind else [])]
        if not _child(words, slate, left, name, asked.into):
            break
        chance += 1
    spent = time.monotonic() - began
    print(f"{name}: {slate.count - start} inputs in {spent:.0f} s", flush=True)


def _child(words: list[str], slate: Slate, left: float, name: str, into: pathlib.Path) -> bool:
    """One child; whether another one makes sense. What kills it is kept."""
    from tests.fuzz.crashes import Crashes

    until, last, moved, stuck = time.monotonic() + left, slate.count, time.monotonic(), False
    env = os.environ | {"PORTLINT_NO_CACHE": "1", "PYTHONHASHSEED": "0"}
    with (into / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz", *words], env=env, stderr=log
        )
        while process.poll() is None:
            time.sleep(0.2)
            if slate.count != last:
                last, moved = slate.count, time.monotonic()
            stuck = time.monotonic() - moved > STUCK
            if stuck or time.monotonic() > until:
                process.send_signal(signal.SIGKILL)
                process.wait()
    data = slate.now
    if stuck and data:
        Crashes(name, into / "crashes").keep(data, "never comes back", lambda some: False)
    elif process.returncode not in (0, -signal.SIGKILL):
        cause = f"ends the process with {process.returncode}"
        keeper = Crashes(name, into / "crashes")
        if not data:
            print(f"{name}: a child ended with {process.returncode}: see {into / name}.log")
            return False
        keeper.keep(data, cause, lambda some: _dies(some, name, into))
    return True


def _dies(data: bytes, name: str, into: pathlib.Path) -> bool:
    file = into / "tried"
    file.write_bytes(data)
    words = [sys.executable, "-m", "tests.fuzz", name, "--once", str(file), "--into", str(into)]
    return subprocess.run(words, capture_output=True).returncode < 0


if __name__ == "__main__":
    sys.exit(main())
