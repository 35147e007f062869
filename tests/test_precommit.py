"""The hook of pre-commit: its manifest, which files start it, and what it says of a commit."""

import pathlib
import sys

import pytest
import yaml

from portlint.discover import KINDS
from tests.scratch import Repository, hooks

ROOT = pathlib.Path(__file__).parent.parent
MANIFEST = ROOT / ".pre-commit-hooks.yaml"
(HOOK,) = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
UNKNOWN = {
    *("x.hip", "x.slurm", "x.sbatch", "x.sub", "x.safetensors", "x.gguf", "config.pbtxt"),
    *("kernels.lock", "xrequirementsx.in", "x.dockerfile"),
}
"""What portlint reads and pre-commit has no type for."""
CUDA = "import torch\n\nside = torch.nn.Linear(2, 2).cuda()\n"
CPU = "import torch\n\nside = torch.nn.Linear(2, 2)\n"


@pytest.fixture
def repository(tmp_path: pathlib.Path, request: pytest.FixtureRequest) -> Repository:
    """One whose commits go through the hook."""
    language = getattr(request, "param", "system")
    source, revision = hooks(tmp_path / "hooks", language)
    made = Repository(tmp_path / "repository")
    hook = {"repo": str(source), "rev": revision, "hooks": [{"id": "portlint"}]}
    made.write({".pre-commit-config.yaml": yaml.safe_dump({"repos": [hook]})})
    done = made.run(sys.executable, "-m", "pre_commit", "install", "--install-hooks")
    assert done.returncode == 0, done.stdout + done.stderr
    return made


def test_pre_commit_takes_the_manifest(tmp_path: pathlib.Path) -> None:
    scratch = Repository(tmp_path / "x")
    done = scratch.run(sys.executable, "-m", "pre_commit", "validate-manifest", MANIFEST)
    assert done.returncode == 0, done.stdout + done.stderr


def test_whatever_portlint_reads_starts_the_hook_if_pre_commit_knows_its_type() -> None:
    from identify.identify import tags_from_filename

    names = {pattern for _, patterns in KINDS for pattern in patterns}
    files = {name.replace("[123]", "1").replace("[._-]", ".").replace("*", "x") for name in names}
    started = {name for name in files if tags_from_filename(name) & set(HOOK["types_or"])}
    assert files - started == UNKNOWN


def test_a_commit_without_findings_passes(repository: Repository) -> None:
    done = repository.commit({"model.py": CPU, "README.txt": "cuda\n", "my notes.txt": ".cuda()\n"})
    assert done.returncode == 0, done.stderr
    assert repository.commits == 1


def test_a_commit_with_a_finding_is_blocked_and_told(repository: Repository) -> None:
    repository.commit({"model.py": CPU})
    done = repository.commit({"a b/modèle.py": CUDA, "model.py": CPU + "\n"})
    assert done.returncode == 1 and repository.commits == 1
    (line,) = [line for line in done.stderr.splitlines() if "breaks" in line]
    assert line.startswith("a b/modèle.py:3:30: breaks NEU102 ")


def test_only_the_files_of_the_commit_are_read(repository: Repository) -> None:
    assert repository.commit({"old.py": CUDA}).returncode == 1
    repository.git("commit", "--quiet", "--no-verify", "--message", "as it was")
    assert repository.commit({"new.py": CPU}).returncode == 0


def test_contexts_and_exclusions_are_those_of_the_repository(repository: Repository) -> None:
    done = repository.commit(
        {
            "portlint.toml": 'extend-exclude = ["legacy/"]\n',
            "legacy/old.py": CUDA,
            "tests/loops.py": CUDA,
        }
    )
    assert done.returncode == 0, done.stderr


def test_all_files_can_be_asked_for(repository: Repository) -> None:
    files = {f"m{number}.py": CUDA for number in range(30)}
    repository.commit(files)
    done = repository.run(sys.executable, "-m", "pre_commit", "run", "--all-files")
    assert done.returncode == 1
    assert done.stdout.count("breaks NEU102") == 30


@pytest.mark.slow
@pytest.mark.xdist_group("packaging")
@pytest.mark.parametrize("repository", ["python"], indirect=True)
def test_pre_commit_installs_portlint_itself(repository: Repository) -> None:
    assert repository.commit({"model.py": CPU}).returncode == 0
    done = repository.commit({"model.py": CUDA})
    assert done.returncode == 1 and "model.py:3:30: breaks NEU102 " in done.stderr
    assert repository.commits == 1
