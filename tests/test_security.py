"""SECURITY.md says what the tests have seen, and portlint runs nothing that it reads."""

import ast
import pathlib
import re

import pytest

from portlint import __version__
from tests.imports import modules, third_party
from tests.test_confinement import EITHER, IN, OUT, TABLE

TEXT = (pathlib.Path(__file__).parent.parent / "SECURITY.md").read_text("utf-8")
ROWS = {
    "reach a server, or be one: TCP, UDP, IPv6": "tcp tcp_over_ipv6 udp listening",
    "talk to daemons over Unix sockets (docker, ssh-agent, D-Bus)": (
        "unix_socket abstract_socket pair_of_datagrams"
    ),
    "the same by ctypes, from a program it starts, by io_uring": (
        "socket_by_ctypes program_that_connects ring_of_requests"
    ),
    "read your home: keys, tokens, other projects": (
        "read_a_key_in_the_home read_a_file_in_the_home list_the_home read_through_a_symlink "
        "read_through_proc read_by_a_program"
    ),
    "read what others left in /tmp": "read_what_others_left_in_tmp",
    "read secrets of the machine, as root (/etc/shadow)": "read_password_hashes",
    "read environment, memory and open files of portlint": (
        "read_the_environment_of_portlint read_the_memory_of_portlint read_open_files_of_portlint"
    ),
    "read command lines of other processes": "read_command_lines_of_others",
    "read its repository, hidden files too, and what is installed": "read_the_repository",
    "write, truncate, rename or delete files, in the repository too": (
        "write_to_the_repository write_outside write_by_a_descriptor_of_the_folder "
        "write_by_ctypes write_by_a_program write_through_a_symlink write_through_proc "
        "reopen_a_file_for_writing truncate rename delete make_a_folder"
    ),
    "write to shared memory and through hard links": "share_memory write_through_a_hard_link",
    "change mode or times of files that you own": "change_a_mode change_a_time",
    "make a device, mount, gain rights by a set-user-ID program": (
        "make_a_device mount gain_rights_by_a_program"
    ),
    "type into your terminal": "type_into_the_terminal",
    "signal portlint, other processes, everybody": (
        "signal_portlint signal_portlint_by_ctypes signal_the_group_of_portlint signal_everybody "
        "kill_another_program"
    ),
    "trace, change or copy the memory of portlint": (
        "trace_portlint copy_the_memory_of_portlint change_limits_of_portlint "
        "change_processors_of_portlint"
    ),
    "leave its process group, as a daemon does": "leave_the_session leave_the_group",
    "make namespaces, read the session's keys": (
        "make_a_namespace clone_into_a_namespace read_keys_of_the_session"
    ),
    "find secrets in its environment (AWS_\\*, \\*_TOKEN, SSH_AUTH_SOCK)": (
        "read_secrets_of_the_environment"
    ),
    "use files that portlint has open": "use_open_files_of_portlint",
    "start programs, use ctypes, write to its temporary folder": (
        "start_a_program use_ctypes write_to_its_own_folder wait_for_its_own_children "
        "pair_of_sockets"
    ),
}
"""What SECURITY.md calls a group of attempts."""


def verdict(attempts: list[str], machine: int) -> str:
    """One word for a group: possible where one of them is."""
    found = {TABLE[name][machine] for name in attempts}
    return next(word for word in (IN, EITHER, OUT) if word in found)


def test_every_attempt_is_in_one_row() -> None:
    named = [name for text in ROWS.values() for name in text.split()]
    assert sorted(named) == sorted(TABLE)


@pytest.mark.parametrize("row", ROWS)
def test_a_row_says_what_the_attempts_gave(row: str) -> None:
    cells = [verdict(ROWS[row].split(), machine) for machine in range(3)]
    assert f"| {row} | {' | '.join(cells)} |" in TEXT


def test_there_is_no_other_row() -> None:
    assert len(re.findall(r"\| (?:refused|possible|depends) \|$", TEXT, re.M)) == len(ROWS)


def test_the_limits_are_those_of_the_code() -> None:
    from portlint.child import output, watching
    from portlint.trace import limits

    assert f"Files of {limits.FILES >> 30} GiB" in TEXT
    assert f"{watching.DISK >> 30} GiB and {watching.ENTRIES:,} files".replace(",", " ") in TEXT
    assert f"{limits.PROCESSES} processes" in TEXT
    assert watching.PROCESSES == limits.PROCESSES
    assert watching.PACE == 0.25 and "four times a second" in TEXT
    assert f"last {output.KEPT >> 10} KB" in TEXT


def test_the_version_that_gets_fixes_is_this_one() -> None:
    assert f"| {'.'.join(__version__.split('.')[:2])} | yes |" in TEXT


def test_every_file_it_names_is_there() -> None:
    root = pathlib.Path(__file__).parent.parent
    for name in re.findall(r"`([\w./-]+\.(?:py|txt))`", TEXT):
        assert (root / name).is_file(), name


def test_nothing_that_is_read_is_unpickled_or_evaluated() -> None:
    dangerous = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
    for name, tree in modules().items():
        assert not dangerous & imported(tree), name
        called = {
            node.func.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not {"eval", "exec"} & called, name


def test_a_module_that_unpickles_would_be_seen() -> None:
    assert "pickle" in imported(ast.parse("def f():\n    import pickle.x\n"))
    assert "yaml" in third_party(ast.parse("import yaml"))


def test_yaml_is_read_without_building_objects() -> None:
    unsafe = {
        "load",
        "load_all",
        "unsafe_load",
        "full_load",
        "Loader",
        "UnsafeLoader",
        "FullLoader",
    }
    for name, tree in modules().items():
        used = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "yaml"
        }
        assert not unsafe & used, name


def imported(tree: ast.AST) -> set[str]:
    """The top names of all that a module imports, wherever it does."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found
