"""An action.yml and inputs -> what its steps do, as a GitHub runner would run them."""

import os
import pathlib
import re
import subprocess
from collections.abc import Mapping
from typing import Any, NamedTuple

import yaml

EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
"""How a runner starts `shell: bash`."""


class Ran(NamedTuple):
    """How an action ended: exit code, log, outputs, and the summary of the job."""

    code: int
    log: str
    outputs: dict[str, str]
    summary: str


class Runner:
    """Runs the steps of one action that are scripts; what it `uses` of others is left out."""

    def __init__(self, action: pathlib.Path, workspace: pathlib.Path, temp: pathlib.Path) -> None:
        self.folder = action.parent
        self.action = yaml.safe_load(action.read_text(encoding="utf-8"))
        self.workspace = workspace
        self.temp = temp
        self.steps: dict[str, dict[str, str]] = {}

    def run(self, **inputs: str) -> Ran:
        """All steps until one fails; an input is named with _ for -."""
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        known = {name: spec.get("default", "") for name, spec in self.action["inputs"].items()}
        assert given.keys() <= known.keys()
        values = {f"inputs.{name}": value for name, value in (known | given).items()}
        values["runner.temp"] = str(self.temp)
        log, code = "", 0
        for step in self.action["runs"]["steps"]:
            if "run" in step and code == 0:
                code, text = self._step(step, values)
                log += text
        values |= self._outputs()
        told = {n: fill(spec["value"], values) for n, spec in self.action["outputs"].items()}
        return Ran(code, log, told, self._read("summary"))

    def _step(self, step: Mapping[str, Any], values: Mapping[str, str]) -> tuple[int, str]:
        assert step["shell"] == "bash" and "if" not in step
        script = self.temp / "step.sh"
        script.write_text(step["run"], encoding="utf-8")
        self.temp.joinpath("output").write_text("", encoding="utf-8")
        env = {name: fill(v, {**values, **self._outputs()}) for name, v in step["env"].items()}
        done = subprocess.run(
            [*BASH, str(script)],
            cwd=self.workspace,
            env=self._environment() | env,
            capture_output=True,
            text=True,
        )
        self.steps[step.get("id", "")] = outputs(self._read("output"))
        return done.returncode, done.stdout + done.stderr

    def _environment(self) -> dict[str, str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "PORTLINT_"))}
        return clean | {
            "GITHUB_ACTION_PATH": str(self.folder),
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": str(self.temp / "output"),
            "GITHUB_STEP_SUMMARY": str(self.temp / "summary"),
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temp),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def _outputs(self) -> dict[str, str]:
        return {
            f"steps.{step}.outputs.{name}": value
            for step, values in self.steps.items()
            for name, value in values.items()
        }

    def _read(self, name: str) -> str:
        file = self.temp / name
        return file.read_text(encoding="utf-8") if file.is_file() else ""


def fill(text: str, values: Mapping[str, str]) -> str:
    """Expressions that are names -> their values; a runner gives "" for an unknown output."""
    return EXPRESSION.sub(lambda match: values.get(match[1], ""), str(text))


def outputs(text: str) -> dict[str, str]:
    """The file of outputs -> name to value: `name=value`, or lines between marks."""
    found, lines = {}, iter(text.splitlines())
    for line in lines:
        name, marked, mark = line.partition("<<")
        if marked and "=" not in name:
            inside = []
            for inner in lines:
                if inner == mark:
                    break
                inside.append(inner)
            else:
                raise AssertionError(f"{name} has no end {mark}")
            found[name] = "\n".join(inside)
        else:
            name, equals, value = line.partition("=")
            assert equals, f"the runner refuses {line!r}"
            found[name] = value
    return found
