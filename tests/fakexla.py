"""A program that looks like a Python with torch-xla, to whoever starts it as the oracle does.

It is told by the operators it is asked about what it has to do: `aten.crash.default` ends it,
`aten.hang.default` lets it sleep, and so on; any other operator is lowered, and what is called
`aten.grid_sampler_2d.default` falls back. Runs on its own: no test imports it.
"""

import ctypes
import json
import os
import pathlib
import shutil
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

HERE = pathlib.Path(sys.argv[1])
"""The folder of this fake: `versions.json` says what it claims to have."""
Send = Callable[[Any], None]


def main(words: list[str]) -> int:
    versions = json.loads((HERE / "versions.json").read_text())
    if words[0] == "-c":
        if "ensurepip" in words[1]:
            print(json.dumps([versions.get("kind", "CPython"), versions["python"]]))
        else:
            print(json.dumps({name: versions[name] for name in ("python", "torch", "torch_xla")}))
        return 0
    if words[:2] == ["-m", "venv"]:
        return venv(pathlib.Path(words[2]))
    if words[:2] == ["-m", "pip"]:
        return pip(words[2:])
    return worker(int(words[1]), int(words[2]), versions)


def venv(folder: pathlib.Path) -> int:
    (folder / "bin").mkdir(parents=True)
    shutil.copy(HERE / "python", folder / "bin" / "python")
    return 0


def pip(words: list[str]) -> int:
    """`pip.txt` is what it says: a line `ERROR: …` makes it fail."""
    if "--version" in words:
        return 0
    with (HERE / "pip.log").open("a") as log:
        log.write(" ".join(words) + "\n")
    file = HERE / "pip.txt"
    text = file.read_text() if file.exists() else "Collecting torch==2.9.0\n"
    print(text, end="")
    return int("ERROR" in text)


def worker(asks: int, answers: int, versions: dict[str, str]) -> int:
    with (HERE / "starts.log").open("a") as log:
        log.write("start\n")
    out = os.fdopen(answers, "w", buffering=1)

    def send(value: Any) -> None:
        print(value if isinstance(value, str) else json.dumps(value), file=out)

    if "fails" in versions:
        send({"failed": versions["fails"]})
        return 0
    send({"versions": {name: versions[name] for name in ("python", "torch", "torch_xla")}})
    for line in os.fdopen(asks):
        request = json.loads(line)
        if "graph" in request:
            walk(request, send)
        else:
            answer(request, send)
    return 0


def answer(request: dict[str, Any], send: Send) -> None:
    number, kwargs = request["id"], request["kwargs"]
    name = request["op"].split(".")[1]
    if name == "once" and not (HERE / "once").exists():
        (HERE / "once").touch()
        name = "crash"
    match name:
        case "crash":
            segfault()
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "exit":
            print("the last words", flush=True)
            os._exit(3)
        case "hang":
            time.sleep(60)
        case "garbage":
            send("no json at all")
        case "other":
            send({"id": number + 1, "status": "lowered"})
        case "loud":
            print("x" * 200_000, flush=True)
            os.write(2, b"{}\n")
            send({"id": number, "status": "lowered"})
        case "large":
            send({"id": number, "status": "lowered", "custom_calls": ["x" * kwargs["size"]]})
        case "grid_sampler_2d":
            send({"id": number, "status": "fallback", "fallback": ["aten::grid_sampler_2d"]})
        case "careful":
            send({"id": number, "status": "lowered", "fallback": request.get("careful", [])})
        case _:
            hlo = [["add", "f32"]]
            outputs = [[[2, 3], "float32"]]
            send({"id": number, "status": "lowered", "hlo": hlo, "outputs": outputs})


def segfault() -> None:
    """A signal of its own would not reach the first process of a namespace."""
    ctypes.string_at(0)


def walk(request: dict[str, Any], send: Send) -> None:
    """The nodes are the lines of the "program": "name" or "name crash"."""
    names = pathlib.Path(request["graph"]).read_text().splitlines()
    if names == ["broken"]:
        send({"failed": "RuntimeError: no program"})
        return
    for line in names:
        name, _, does = line.partition(" ")
        send({"at": name})
        status = "crash" if name in request["skip"] else "lowered"
        if does == "crash" and status != "crash":
            segfault()
        send({"node": name, "op": "aten.add.Tensor", "place": ["/m.py", 3], "status": status})
    send({"hlo": {names[0]: {"hlo": [["add", "f32"]], "custom_calls": ["T"]}}})


if __name__ == "__main__":
    sys.exit(main(sys.argv[2:]))
