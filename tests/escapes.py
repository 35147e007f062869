"""Attempts of a model's code on the machine around it; each raises OSError where it is refused.

Nothing of torch or pytest: they run in the child, after it gave up its rights. `aim` holds what
the test put up as targets: see tests/confined.py.
"""

from __future__ import annotations

import array
import ctypes
import fcntl
import os
import pathlib
import platform
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any

Aim = dict[str, Any]
LIBC = ctypes.CDLL(None, use_errno=True)
ARM = platform.machine() == "aarch64"


def syscall(x86: int, arm: int, *arguments: Any) -> int:
    """A call of the kernel past everything that Python or the C library might check."""
    done = int(LIBC.syscall(ctypes.c_long(arm if ARM else x86), *arguments))
    if done == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return done


def program(code: str, *arguments: str) -> None:
    """The same from a program it starts: OSError where that fails."""
    done = subprocess.run([sys.executable, "-S", "-c", code, *arguments], stderr=subprocess.DEVNULL)
    if done.returncode:
        raise PermissionError(f"the program ended with {done.returncode}")


# the network


def tcp(aim: Aim) -> None:
    socket.create_connection(("127.0.0.1", aim["tcp"]), timeout=5).close()


def tcp_over_ipv6(aim: Aim) -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as made:
        made.connect(("::1", aim["tcp6"]))


def udp(aim: Aim) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.sendto(b"a question for a name server", ("127.0.0.1", aim["udp"]))


def listening(aim: Aim) -> None:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        made.listen()


def unix_socket(aim: Aim) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.connect(aim["unix"])


def abstract_socket(aim: Aim) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.connect(f"\0{aim['abstract']}")


def socket_by_ctypes(aim: Aim) -> None:
    number = syscall(41, 198, socket.AF_INET, socket.SOCK_STREAM, 0)
    where = array.array("B", [2, 0, *divmod(aim["tcp"], 256), 127, 0, 0, 1, *[0] * 8]).tobytes()
    syscall(42, 203, number, where, len(where))


def program_that_connects(aim: Aim) -> None:
    code = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5)"
    program(code, str(aim["tcp"]))


def pair_of_datagrams(aim: Aim) -> None:
    one, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.sendto(b"a note for a daemon", aim["datagrams"])


def ring_of_requests(aim: Aim) -> None:
    os.close(syscall(425, 425, 2, bytes(120)))


# reading


def read_a_key_in_the_home(aim: Aim) -> None:
    (pathlib.Path(aim["home"]) / ".ssh" / "id_ed25519").read_text()


def read_a_file_in_the_home(aim: Aim) -> None:
    (pathlib.Path(aim["home"]) / "letter.txt").read_text()


def list_the_home(aim: Aim) -> None:
    list(pathlib.Path(aim["home"]).iterdir())


def read_through_a_symlink(aim: Aim) -> None:
    pathlib.Path("innocent").symlink_to(pathlib.Path(aim["home"]) / "letter.txt")
    pathlib.Path("innocent").read_text()


def read_through_proc(aim: Aim) -> None:
    pathlib.Path(f"/proc/self/root{aim['home']}/letter.txt").read_text()


def read_by_a_program(aim: Aim) -> None:
    program("import sys; open(sys.argv[1]).read()", f"{aim['home']}/letter.txt")


def read_what_others_left_in_tmp(aim: Aim) -> None:
    pathlib.Path(aim["others"]).read_text()


def read_password_hashes(aim: Aim) -> None:
    pathlib.Path("/etc/shadow").read_text()


def read_the_environment_of_portlint(aim: Aim) -> None:
    pathlib.Path(f"/proc/{aim['parent']}/environ").read_bytes()


def read_the_memory_of_portlint(aim: Aim) -> None:
    os.close(os.open(f"/proc/{aim['parent']}/mem", os.O_RDONLY))


def read_open_files_of_portlint(aim: Aim) -> None:
    os.close(os.open(f"/proc/{aim['parent']}/fd/{aim['open']}", os.O_RDONLY))


def read_command_lines_of_others(aim: Aim) -> None:
    pathlib.Path(f"/proc/{aim['parent']}/cmdline").read_bytes()


def read_the_repository(aim: Aim) -> None:
    (pathlib.Path(aim["repository"]) / "weights.bin").read_bytes()


# writing


def write_to_the_repository(aim: Aim) -> None:
    (pathlib.Path(aim["repository"]) / "planted.py").write_text("")


def write_outside(aim: Aim) -> None:
    (pathlib.Path(aim["outside"]) / "planted").write_text("")


def write_by_a_descriptor_of_the_folder(aim: Aim) -> None:
    folder = os.open(aim["outside"], os.O_PATH)
    os.close(os.open("planted-too", os.O_CREAT | os.O_WRONLY, dir_fd=folder))


def write_by_ctypes(aim: Aim) -> None:
    path = os.fsencode(aim["outside"]) + b"/by-ctypes"
    os.close(syscall(257, 56, -100, path, os.O_CREAT | os.O_WRONLY, 0o600))


def write_by_a_program(aim: Aim) -> None:
    program("import sys; open(sys.argv[1], 'w')", f"{aim['outside']}/by-a-program")


def write_through_a_symlink(aim: Aim) -> None:
    pathlib.Path("folder").symlink_to(aim["outside"])
    pathlib.Path("folder/through-a-link").write_text("")


def write_through_a_hard_link(aim: Aim) -> None:
    os.link(f"{aim['outside']}/kept", "linked")
    pathlib.Path("linked").write_text("changed")


def write_through_proc(aim: Aim) -> None:
    pathlib.Path(f"/proc/self/root{aim['outside']}/through-proc").write_text("")


def reopen_a_file_for_writing(aim: Aim) -> None:
    number = os.open(f"{aim['repository']}/weights.bin", os.O_RDONLY)
    os.close(os.open(f"/proc/self/fd/{number}", os.O_WRONLY))


def truncate(aim: Aim) -> None:
    os.truncate(f"{aim['outside']}/kept", 0)


def rename(aim: Aim) -> None:
    pathlib.Path(aim["outside"], "movable").rename(pathlib.Path(aim["outside"], "moved"))


def delete(aim: Aim) -> None:
    pathlib.Path(aim["outside"], "deletable").unlink()


def make_a_folder(aim: Aim) -> None:
    pathlib.Path(aim["outside"], "folder").mkdir()


def share_memory(aim: Aim) -> None:
    path = pathlib.Path(f"/dev/shm/{aim['abstract']}")
    path.write_text("")
    path.unlink()


def change_a_mode(aim: Aim) -> None:
    pathlib.Path(aim["outside"], "kept").chmod(0o644)


def change_a_time(aim: Aim) -> None:
    os.utime(f"{aim['outside']}/kept", (0, 0))


def make_a_device(aim: Aim) -> None:
    os.mknod("memory", 0o020600, os.makedev(1, 1))


def type_into_the_terminal(aim: Aim) -> None:
    try:
        fcntl.ioctl(0, 0x5412, b"x")
    except OSError as error:
        if error.errno != 25:  # no terminal: nothing else stopped it
            raise


# other processes


def signal_portlint(aim: Aim) -> None:
    os.kill(aim["parent"], signal.SIGURG)


def signal_portlint_by_ctypes(aim: Aim) -> None:
    syscall(234, 131, aim["parent"], aim["parent"], 0)


def signal_the_group_of_portlint(aim: Aim) -> None:
    os.killpg(aim["group"], 0)


def signal_everybody(aim: Aim) -> None:
    children = {int(one.name) for one in pathlib.Path("/proc").iterdir() if one.name.isdigit()}
    if not children - {os.getpid(), 1}:
        raise ProcessLookupError("there is nobody else")
    os.kill(-1, 0)


def kill_another_program(aim: Aim) -> None:
    os.kill(aim["victim"], signal.SIGKILL)


def trace_portlint(aim: Aim) -> None:
    syscall(101, 117, ctypes.c_long(0x4206), aim["parent"], 0, 0)
    os._exit(0)


def copy_the_memory_of_portlint(aim: Aim) -> None:
    room = ctypes.create_string_buffer(8)
    mine = (ctypes.c_size_t * 2)(ctypes.addressof(room), 8)
    theirs = (ctypes.c_size_t * 2)(4096, 8)
    try:
        syscall(310, 270, aim["parent"], mine, 1, theirs, 1, 0)
    except OSError as error:
        if error.errno != 14:  # a bad address: it might have been a good one
            raise


def change_limits_of_portlint(aim: Aim) -> None:
    resource.prlimit(aim["parent"], resource.RLIMIT_CORE)


def change_processors_of_portlint(aim: Aim) -> None:
    os.sched_setaffinity(aim["parent"], os.sched_getaffinity(aim["parent"]))


def leave_the_session(aim: Aim) -> None:
    child(os.setsid)


def leave_the_group(aim: Aim) -> None:
    child(lambda: os.setpgid(0, 0))


def make_a_namespace(aim: Aim) -> None:
    def made() -> None:
        syscall(272, 97, 0x10000000)

    child(made)


def clone_into_a_namespace(aim: Aim) -> None:
    def made() -> None:
        if syscall(56, 220, ctypes.c_long(0x10000011), 0, 0, 0, 0) == 0:
            os._exit(0)

    child(made)


def read_keys_of_the_session(aim: Aim) -> None:
    syscall(250, 219, 0, -4, 0)


def mount(aim: Aim) -> None:
    syscall(165, 40, b"none", os.fsencode(pathlib.Path.cwd()), b"tmpfs", 0, 0)


def gain_rights_by_a_program(aim: Aim) -> None:
    if LIBC.prctl(39, 0, 0, 0, 0) == 1:
        raise PermissionError("set-user-ID programs give nothing")


def read_secrets_of_the_environment(aim: Aim) -> None:
    if not set(aim["secrets"]) & set(os.environ):
        raise PermissionError("none is there")


def use_open_files_of_portlint(aim: Aim) -> None:
    os.fstat(aim["open"])


# what stays open on every system


def start_a_program(aim: Aim) -> None:
    program("pass")


def use_ctypes(aim: Aim) -> None:
    assert LIBC.getpid() == os.getpid()


def write_to_its_own_folder(aim: Aim) -> None:
    pathlib.Path("notes/deep").mkdir(parents=True)
    pathlib.Path("notes/deep/a").write_text("a")
    pathlib.Path("notes/deep/a").rename("notes/b")
    os.truncate("notes/b", 0)
    os.link("notes/b", "notes/c")


def wait_for_its_own_children(aim: Aim) -> None:
    sleeper = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"])
    sleeper.terminate()
    assert sleeper.wait(30) == -signal.SIGTERM


def pair_of_sockets(aim: Aim) -> None:
    one, other = socket.socketpair()
    one.sendall(b"x")
    assert other.recv(1) == b"x"


def child(do: Callable[[], object]) -> None:
    """Try it in a process of its own, where it changes nothing for the next attempt."""
    number = os.fork()
    if number == 0:
        try:
            do()
        except OSError:
            os._exit(1)
        os._exit(0)
    if os.waitpid(number, 0)[1]:
        raise PermissionError("refused")


ALONE = {trace_portlint}
"""What ends its own process, so that nothing stays attached."""


def attempt(name: str, aim: Aim) -> str:
    """`through`, or why not."""
    do: Callable[[Aim], None] = globals()[name]
    try:
        if do in ALONE:
            child(lambda: do(aim))
        else:
            do(aim)
    except OSError as error:
        return f"{type(error).__name__}: {error}"
    return "through"


def main() -> None:
    """In the child: give up rights as the tracer does, then try everything once."""
    import msgspec

    from portlint.trace.__main__ import ready

    answer, stacks, held = map(int, sys.argv[1:4])
    request = ready(held, answer, stacks)
    aim = msgspec.json.decode(pathlib.Path(request.root, "aim.json").read_bytes())
    found = {name: attempt(name, aim) for name in aim["attempts"]}
    print(msgspec.json.encode(found).decode(), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
