"""What imports reach: where every folder is tried for each of them, the same is found."""

from collections.abc import Iterator, Sequence

from hypothesis import given
from hypothesis import strategies as st

from portlint.source.imports import Modules, prefixes, spoken

PARTS = st.sampled_from(["a", "b", "c"])
DOTTED = st.lists(PARTS, min_size=1, max_size=3).map(".".join)
SOURCES = st.one_of(DOTTED, DOTTED.map(".{}".format), st.just("."))
PAIRS = st.tuples(SOURCES, st.one_of(PARTS, st.sampled_from(["", "*"])))
PLACES = st.lists(st.one_of(st.just(""), DOTTED), max_size=4, unique=True)


def everywhere(
    source: str, name: str, starts: Sequence[str], modules: Modules
) -> Iterator[tuple[str, str | None]]:
    around = (
        [source[1:]] if source.startswith(".") else [f"{s}.{source}".strip(".") for s in starts]
    )
    for path in around:
        if not name:
            yield from ((found, "") for found in prefixes(path) if found in modules.names)
        elif path in modules.names:
            yield path, "" if name == "*" else name
        whole = f"{path}.{name}" if name else path
        if whole in modules.below:
            yield whole, None


@given(st.lists(PAIRS, max_size=3), PLACES, st.lists(DOTTED, unique=True, max_size=6))
def test_imports_reach_what_they_reach_from_every_folder(
    pairs: list[tuple[str, str]], starts: list[str], names: list[str]
) -> None:
    modules = Modules(names)
    expected = [found for pair in pairs for found in everywhere(*pair, starts, modules)]
    assert list(spoken(pairs, starts, modules)) == expected


@given(st.lists(DOTTED, unique=True, max_size=6), DOTTED)
def test_a_module_that_is_told_of_later_is_reached(names: list[str], start: str) -> None:
    modules = Modules()
    for name in names:
        assert modules.around(start) == [p for p in prefixes(start) if p in modules.names]
        modules.add(name)
    assert modules.around(start) == Modules(names).around(start)
