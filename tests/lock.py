"""Write requirements/: every package that a check of portlint installs, each file by its hash.

`make lock` runs this with uv, which resolves for every Python and system at once. What the file
leaves out is torch and the packages of CUDA that it brings: its builds differ from index to index
(with and without CUDA), so their hashes do too; constraints.txt holds its version.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).parent.parent
FOLDER = ROOT / "requirements"
APART = re.compile(r"torch|triton|nvidia-.+|cuda-.+")
HEAD = """\
# {what}
# Written by `make lock`; `pip install --require-hashes --only-binary :all: -r` installs it.
"""
AUDIT = "pip-audit>=2.9"
EDITABLE = "editables"
"""What hatchling asks for beside itself to install a checkout in place."""
HELD = ("--constraint", "constraints.txt")
FLAGS = ("--universal", "--python-version", "3.11", "--generate-hashes", "--no-header")
SILENT = ("--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--quiet")


def compiled(source: str, *flags: str, text: str = "") -> str:
    """What uv says of a source: blocks of `name==version \\` and its hashes."""
    command = ("uv", "pip", "compile", source, *flags, *FLAGS, *SILENT)
    done = subprocess.run(
        (sys.executable, "-m", *command), cwd=ROOT, input=text, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


def blocks(text: str) -> dict[str, str]:
    """Name and marker of each locked package -> its lines."""
    found = re.split(r"\n(?=[a-z0-9])", text.strip())
    return {block.splitlines()[0].removesuffix("\\").strip(): block for block in found}


def name(line: str) -> str:
    """The package a locked line is of."""
    return re.split(r"[=\[ ;]", line, maxsplit=1)[0]


def write(file: str, what: str, text: str) -> None:
    """One file, without what is locked elsewhere."""
    kept = [block for line, block in blocks(text).items() if not APART.fullmatch(name(line))]
    (FOLDER / file).write_text(HEAD.format(what=what) + "\n".join(kept) + "\n", encoding="utf-8")


def main() -> None:
    """Both files anew."""
    FOLDER.mkdir(exist_ok=True)
    extras = [flag for extra in ("dev", "lsp", "trace") for flag in ("--extra", extra)]
    project = compiled("pyproject.toml", "-", *extras, *HELD, text=EDITABLE)
    write("ci.txt", "What `make test LOCKED=1` installs beside torch.", project)
    write("audit.txt", "What looks for known faults in ci.txt.", compiled("-", text=AUDIT))


if __name__ == "__main__":
    main()
