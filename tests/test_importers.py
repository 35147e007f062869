"""Which audited modules import each other: the same as each import by itself, in little room."""

from hypothesis import given
from hypothesis import strategies as st

from portlint.reading import Export, FileResult
from portlint.source.importers import importers, late, readers, taken
from portlint.source.imports import Modules, meanings, starts_of
from portlint.source.modules import module_name

WORDS = st.sampled_from("abc")
PATHS = st.lists(WORDS, min_size=1, max_size=3).map("/".join)
SOURCES = st.tuples(st.sampled_from(["", "."]), st.lists(WORDS, min_size=1, max_size=3))
IMPORTS = st.tuples(
    SOURCES.map(lambda s: s[0] + ".".join(s[1])), st.sampled_from("abc*") | st.just("")
)
FILES = st.dictionaries(
    st.tuples(PATHS, st.sampled_from([".py", "/__init__.py"])).map("".join),
    st.lists(IMPORTS, max_size=4).map(tuple),
    max_size=8,
)
EXPORTS = st.dictionaries(
    WORDS,
    st.sampled_from(["x.f", "y.g"]).map(lambda path: Export(kind="symbol", line=0, path=path)),
)
ROOTS = ("", "a")


def results(files: dict[str, tuple[tuple[str, str], ...]]) -> list[FileResult]:
    return [FileResult(path=path, imports=imports) for path, imports in files.items()]


@given(FILES, st.data())
def test_what_is_taken_is_what_single_imports_mean(
    files: dict[str, tuple[tuple[str, str], ...]], data: st.DataObject
) -> None:
    found = results(files)
    names = {module_name(r.path): r.imports for r in found}
    modules = Modules(name for name, _ in names)
    every = {
        (target, name, module)
        for (module, package), imports in names.items()
        for target, name in meanings(imports, starts_of(module, package, ROOTS), modules)
    }
    tables = st.fixed_dictionaries({}, optional=dict.fromkeys(sorted(modules.names), EXPORTS))
    before, now = data.draw(tables), data.draw(tables)
    imported = importers(found, ROOTS)

    assert taken(imported, now) == {
        module: kept
        for module, exports in now.items()
        if (
            kept := {
                n: item
                for n, item in exports.items()
                if any(t == module and asked in ("", n) for t, asked, _ in every)
            }
        )
    }
    assert readers(imported, before, now) == {
        reader
        for target, asked, reader in every
        for name in before.get(target, {}).keys() | now.get(target, {}).keys()
        if asked in ("", name) and before.get(target, {}).get(name) != now.get(target, {}).get(name)
    }


@given(FILES, st.data())
def test_late_are_those_that_were_read_before_they_were_told(
    files: dict[str, tuple[tuple[str, str], ...]], data: st.DataObject
) -> None:
    found = results(files)
    names = {module_name(r.path): r.imports for r in found}
    modules = Modules(name for name, _ in names)
    listed = sorted(modules.names)
    drawn = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(listed, EXPORTS)))
    table = {module: names for module, names in drawn.items() if names}
    told = data.draw(st.fixed_dictionaries(dict.fromkeys(listed, st.integers(0, 9))))
    limits = data.draw(st.fixed_dictionaries(dict.fromkeys(listed, st.integers(0, 9))))
    assert late(importers(found, ROOTS), table, told, limits) == {
        module
        for (module, package), imports in names.items()
        for target, asked in meanings(imports, starts_of(module, package, ROOTS), modules)
        if (asked in table.get(target, {}) or (asked == "" and target in table))
        and limits[module] <= told[target]
    }


def test_a_package_that_all_files_import_as_a_whole_takes_no_more_room_for_being_large() -> None:
    files: dict[str, tuple[tuple[str, str], ...]] = {
        f"app{n}.py": (("lib", ""),) for n in range(100)
    }
    files |= {f"lib/m{n}.py": () for n in range(100)} | {"lib/__init__.py": ()}
    found = importers(results(files), ("",))
    named = (readers for names in found.named.values() for readers in names.values())
    entries = sum(map(len, [*named, *found.below.values()]))
    assert entries <= 2 * 100
