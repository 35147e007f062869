"""A marked program -> whether portlint reports exactly what its marks say."""

import msgspec

from portlint import config, engine
from portlint.catalog import shipped
from portlint.targets import resolve
from tests.marks import marks, reported

CONFIG, _ = config.read((), {"select": ("NEU101", "NEU102", "NEU103")}, None, shipped().rules)


def check(
    code: str,
    name: str = "code.py",
    everything: bool = False,
    select: tuple[str, ...] = CONFIG.select,
    chip: str | None = None,
    stack: str | None = None,
) -> None:
    """Compare the findings of these rules on a text with its `# expect:` marks."""
    target, _ = resolve(chip, stack, None, None)
    settings = msgspec.structs.replace(CONFIG, no_triage=everything, select=select, target=target)
    done = engine.run_bytes(code.encode(), name, settings)
    assert not done.internal_error, done.report.not_analysed
    assert done.report.not_analysed == ()
    assert reported(done.report) == set(marks(code, name))
