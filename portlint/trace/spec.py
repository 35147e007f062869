"""MODEL spec -> the Python object it names, in a file or module that is imported."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import pathlib
import sys
from types import ModuleType
from typing import Any, NamedTuple

from portlint.record import Place
from portlint.trace.loaderror import LoadError


class Named(NamedTuple):
    """An object and the module it was found in; `where` is the module as the user calls it."""

    value: Any
    module: ModuleType
    where: str


def named(spec: str, here: pathlib.Path, root: pathlib.Path) -> Named:
    """The object of `path/to/file.py:name` (seen from `here`) or `package.module:name`."""
    where, _, name = spec.rpartition(":")
    if not where:
        where, name = spec, ""
    search(root, here)
    module = from_file(where, here) if where.endswith(".py") else from_name(where, root)
    if not name:
        raise LoadError("no-model", f"{spec} names no model; write {where}:NAME{offers(module)}")
    try:
        return Named(functools.reduce(getattr, name.split("."), module), module, where)
    except AttributeError:
        detail = f"{where} has no {name}{offers(module)}"
        raise LoadError("no-model", detail, Place(path=module.__file__ or "", line=1)) from None


def from_file(where: str, here: pathlib.Path) -> ModuleType:
    """Import a file under the name its neighbours import it by."""
    path = (here / where).resolve()
    if not path.is_file():
        raise LoadError("no-model", f"there is no file {where}")
    top, name = path.parent, path.stem
    while (top / "__init__.py").is_file():
        top, name = top.parent, f"{top.name}.{name}"
    search(top)
    name = name.removesuffix(".__init__")
    found = sys.modules.get(name)
    if found is not None and same_file(found, path):
        return found
    if "." in name or (found is None and importable(name, path)):
        return importlib.import_module(name)
    return execute(path)


def importable(name: str, path: pathlib.Path) -> bool:
    """Whether the import system finds this file, and not another, under this name."""
    found = importlib.util.find_spec(name)
    origin = found.origin if found else None
    return bool(origin) and pathlib.Path(str(origin)).resolve() == path


def execute(path: pathlib.Path) -> ModuleType:
    """Run a file whose name is taken (types.py) or cannot be imported (my-model.py)."""
    name = f"__portlint_model__{path.stem}"
    found = importlib.util.spec_from_file_location(name, path)
    assert found is not None and found.loader is not None, "a name that ends in .py has a loader"
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    try:
        found.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def from_name(where: str, root: pathlib.Path) -> ModuleType:
    """Import `package.module`; of what the user has, or of what is installed."""
    if not all(part.isidentifier() for part in where.split(".")):
        detail = (
            f"{where} is no file, folder or module; a model is path/to/file.py:factory, "
            "package.module:factory or a folder with a config.json (nothing is ever downloaded)"
        )
        raise LoadError("no-model", detail)
    try:
        return importlib.import_module(where)
    except ModuleNotFoundError as error:
        if error.name and (where == error.name or where.startswith(f"{error.name}.")):
            detail = f"there is no module {where}: neither below {root} nor installed"
            raise LoadError("no-model", detail) from None
        raise


def same_file(module: ModuleType, path: pathlib.Path) -> bool:
    """Whether a module that is there already was made from this file."""
    return bool(module.__file__) and pathlib.Path(str(module.__file__)).resolve() == path


def search(*folders: pathlib.Path) -> None:
    """Let imports find what lies in these folders (and in their src)."""
    for folder in (*(folder / "src" for folder in folders), *folders):
        text = str(folder.resolve())
        if folder.is_dir() and text not in sys.path:
            sys.path.insert(0, text)


def offers(module: ModuleType) -> str:
    """Which models a module defines itself, as the end of a sentence."""
    from torch import nn

    found = [
        name
        for name, value in vars(module).items()
        if isinstance(value, nn.Module)
        or (
            getattr(value, "__module__", None) == module.__name__
            and isinstance(value, type)
            and issubclass(value, nn.Module)
        )
        or name in {"model", "build_model", "create_model", "get_model"}
    ]
    return f", where NAME may be {', '.join(found[:8])}" if found else ""
