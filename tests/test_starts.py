"""The folders in which a name is looked for: where every folder is tried, the same is found."""

from collections.abc import Iterator, Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from portlint.reading import Export
from portlint.source.exports import Externals

PARTS = st.sampled_from(["a", "b", "c"])
DOTTED = st.lists(PARTS, min_size=1, max_size=3).map(".".join)
PLACES = st.lists(st.one_of(st.just(""), DOTTED), max_size=4)
FLAG = Export(kind="flag", line=1)
TABLES = st.dictionaries(DOTTED, st.dictionaries(PARTS, st.just(FLAG), min_size=1), max_size=4)


def everywhere(
    path: str, places: Sequence[str], table: Mapping[str, Mapping[str, Export]]
) -> Iterator[tuple[str, str, str]]:
    for start in [path[1:]] if path.startswith(".") else places:
        parts = (start if path.startswith(".") else f"{start}.{path}".strip(".")).split(".")
        for size in range(len(parts) - 1, 0, -1):
            module = ".".join(parts[:size])
            if parts[size] in table.get(module, {}):
                yield module, parts[size], "".join(f".{part}" for part in parts[size + 1 :])


@given(DOTTED, st.booleans(), st.one_of(st.just(""), DOTTED), PLACES, TABLES)
def test_a_name_is_found_where_it_would_be_if_every_folder_were_tried(
    path: str,
    relative: bool,
    package: str,
    roots: list[str],
    table: dict[str, dict[str, Export]],
) -> None:
    path = f".{path}" if relative else path
    module = f"{package}.x" if package else "x"
    known = Externals(module, False, table, roots)
    places = list(dict.fromkeys([package, *roots]))
    expected = next(everywhere(path, places, table), None)
    found = [(home, name, rest) for home, name, _, rest in known._find(path)]
    assert found == ([expected] if expected else [])
