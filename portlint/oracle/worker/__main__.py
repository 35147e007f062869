"""The process: requests come as lines of JSON on one pipe, answers go as lines to another.

Both are pipes of their own, so that nothing that torch or an operator prints gets between them.
"""

import importlib
import importlib.util
import json
import os
import resource
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAME = "portlint_worker"


def main(requests: int, answers: int, memory: int) -> None:
    """Say hello with what there is, then answer until the requests end."""
    for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
        ceiling = resource.getrlimit(kind)[1]
        most = most if ceiling == resource.RLIM_INFINITY else min(most, ceiling)
        resource.setrlimit(kind, (most, ceiling))
    with os.fdopen(requests, "rb") as lines, os.fdopen(answers, "wb") as out:

        def send(answer: dict[str, object]) -> None:
            out.write(json.dumps(answer).encode() + b"\n")
            out.flush()

        try:
            serve = importlib.import_module(f"{_package()}.serve")
        except BaseException as error:
            send({"failed": f"{type(error).__name__}: {error}".splitlines()[0][:300]})
            return
        send({"versions": serve.versions()})
        for line in lines:
            serve.answer(json.loads(line), send)


def _package() -> str:
    """This folder as a package under a name that nothing in the other interpreter has."""
    sys.path[:] = [folder for folder in sys.path if Path(folder or ".").resolve() != HERE]
    spec = importlib.util.spec_from_file_location(
        NAME, HERE / "__init__.py", submodule_search_locations=[str(HERE)]
    )
    assert spec and spec.loader
    sys.modules[NAME] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return NAME


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
