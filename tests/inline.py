"""A marked program -> whether portlint reports exactly what its marks say."""

import msgspec

from portlint import config, engine
from portlint.catalog import shipped
from tests.marks import marks, reported

CONFIG, _ = config.read((), {"select": ("NEU101", "NEU102", "NEU103")}, None, shipped().rules)


def check(
    code: str,
    name: str = "code.py",
    everything: bool = False,
    select: tuple[str, ...] = CONFIG.select,
) -> None:
    """Compare the findings of these rules on a text with its `# expect:` marks."""
    settings = msgspec.structs.replace(CONFIG, no_triage=everything, select=select)
    done = engine.run_bytes(code.encode(), name, settings)
    assert not done.internal_error, done.report.not_analysed
    assert done.report.not_analysed == ()
    assert reported(done.report) == set(marks(code, name))
