"""The turnstile, passed by real processes."""

from __future__ import annotations

import fcntl
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import pytest

from crisisctl.adapters.posix import PATIENCE, turnstile
from crisisctl.domain.errors import StoreFailed

START = """
import os, signal, sys, time
from pathlib import Path
from crisisctl.adapters.posix import turnstile
from crisisctl.domain.errors import StoreFailed
gate = turnstile(Path(sys.argv[1]), float(sys.argv[2]))
"""
HOLD = "with gate:\n    print('in', flush=True)\n    sys.stdin.read()\n"
COUNT = """
for _ in range(50):
    with gate:
        path = Path(sys.argv[3])
        seen = int(path.read_text())
        time.sleep(0.0002)
        path.write_text(str(seen + 1))
"""


def start(code: str, path: Path, *args: str, patience: float = 20) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", START + code, str(path), str(patience), *args]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> str:
    with process:
        return process.communicate(timeout=20)[0]


@contextmanager
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has passed the turnstile, and stays inside until its standard input ends."""
    process = start(HOLD, path)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "in\n"
        try:
            yield process
        finally:
            process.kill()


def is_locked(path: Path) -> bool:
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def eventually(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.005)
    return False


def test_it_is_a_context_manager_that_waits_half_a_minute_unless_told_otherwise(tmp_path: Path) -> None:
    gate: AbstractContextManager[None] = turnstile(tmp_path / "lock")
    with gate:
        pass
    assert PATIENCE == 30


def test_eight_processes_never_pass_together(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    processes = [start(COUNT, tmp_path / "lock", str(counter)) for _ in range(8)]
    for process in processes:
        finish(process)
    assert [process.returncode for process in processes] == [0] * 8
    assert counter.read_text() == "400"


def test_the_threads_of_a_process_never_pass_together(tmp_path: Path) -> None:
    gate, inside, most = turnstile(tmp_path / "lock"), [0], [0]

    def pass_often() -> None:
        for _ in range(50):
            with gate:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                time.sleep(0.0001)
                inside[0] -= 1

    threads = [threading.Thread(target=pass_often) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_a_forked_process_has_a_turn_of_its_own(tmp_path: Path) -> None:
    code = """
with gate:
    pass
into, out = os.pipe()
if not os.fork():
    os.read(into, 1)
    try:
        with gate:
            print('both are in', flush=True)
    except StoreFailed:
        print('kept out', flush=True)
    os._exit(0)
with gate:
    os.write(out, b'x')
    os.wait()
"""
    assert finish(start(code, tmp_path / "lock", patience=0.2)) == "kept out\n"


def test_a_killed_holder_lets_the_next_one_in(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with holder(lock) as process:
        threading.Timer(0.1, process.kill).start()
        with turnstile(lock, patience=20):
            assert process.wait(timeout=10) == -signal.SIGKILL


def test_whoever_waits_gets_in_when_the_holder_leaves(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with holder(lock) as process:
        assert process.stdin is not None
        threading.Timer(0.1, process.stdin.close).start()
        with turnstile(lock, patience=20):
            assert is_locked(lock)
    assert not is_locked(lock)


def test_a_holder_that_hangs_is_named_after_the_patience_ends(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with holder(lock) as process:
        process.send_signal(signal.SIGSTOP)
        with pytest.raises(StoreFailed) as refused, turnstile(lock, patience=0.1):
            pass
    assert str(refused.value) == (
        f"Another crisisctl has held {lock} for more than 0.1 s; nothing was written. See who holds it: fuser -v {lock}"
    )
    assert refused.value.code == 7


def test_one_who_gave_up_neither_keeps_the_lock_nor_lets_two_in_later(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    gate = turnstile(lock, patience=0.1)
    with holder(lock), pytest.raises(StoreFailed), gate:
        pass
    assert eventually(lambda: not is_locked(lock))
    with gate:
        assert eventually(lambda: is_locked(lock))
        time.sleep(0.05)  # whoever still waited for the first turn would by now have passed it on
        assert is_locked(lock)
    assert not is_locked(lock)


def test_one_who_gave_up_closes_no_file_of_somebody_else(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with holder(lock):
        with pytest.raises(StoreFailed), turnstile(lock, patience=0.05):
            pass
        others = [os.open(tmp_path / str(number), os.O_CREAT | os.O_RDWR) for number in range(8)]
    assert eventually(lambda: not any(thread.name == "turnstile" for thread in threading.enumerate()))
    for fd in others:
        os.close(fd)  # fails if it is closed already


def test_a_thread_that_gave_up_does_not_disturb_one_that_is_in(tmp_path: Path) -> None:
    gate = turnstile(tmp_path / "lock", patience=0.1)
    with gate:
        with pytest.raises(StoreFailed), gate:
            pass
        assert is_locked(tmp_path / "lock")
    with gate:
        assert is_locked(tmp_path / "lock")


def test_control_c_ends_the_waiting(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    code = """
print('waits', flush=True)
try:
    with gate:
        print('in')
except KeyboardInterrupt:
    print('stopped', flush=True)
    with open(sys.argv[1]) as file:
        sys.stdin.read()
"""
    with holder(lock) as process:
        waiting = start(code, lock)
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == "waits\n"
        assert eventually(lambda: _threads(waiting.pid) > 1)
        waiting.send_signal(signal.SIGINT)
        assert waiting.stdout.readline() == "stopped\n"
        process.kill()
        process.wait()
        assert eventually(lambda: not is_locked(lock))
        finish(waiting)


def _threads(pid: int) -> int:
    tasks = Path(f"/proc/{pid}/task")
    if not tasks.exists():
        time.sleep(0.3)
        return 2
    return len(list(tasks.iterdir()))


def test_an_error_inside_opens_the_gate_again(tmp_path: Path) -> None:
    gate = turnstile(tmp_path / "lock")
    with suppress(ValueError), gate:
        raise ValueError
    assert not is_locked(tmp_path / "lock")
    with gate:
        assert is_locked(tmp_path / "lock")


def test_the_file_stays_open_between_turns(tmp_path: Path) -> None:
    gate = turnstile(tmp_path / "lock")
    with gate:
        inside = os.dup(0)
    os.close(inside)
    for _ in range(100):
        with gate:
            pass
    free = os.dup(0)
    os.close(free)
    assert free == inside
    gate.close()
    with gate:
        assert is_locked(tmp_path / "lock")


def test_a_deleted_lock_file_is_made_anew_and_two_do_not_pass(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    gate = turnstile(lock, patience=0.1)
    with gate:
        pass
    lock.unlink()
    with holder(lock), pytest.raises(StoreFailed), gate:
        pass


def test_the_lock_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    lock, open_to_all = tmp_path / "lock", tmp_path / "lax"
    open_to_all.touch(mode=0o666)
    open_to_all.chmod(0o666)
    before = os.umask(0)
    try:
        with turnstile(lock), turnstile(open_to_all):
            pass
    finally:
        os.umask(before)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (lock, open_to_all)] == [0o600, 0o600]


def test_the_lock_file_is_not_handed_to_other_programs(tmp_path: Path) -> None:
    gate = turnstile(tmp_path / "lock")
    with gate:
        sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    with sleeper:
        assert not is_locked(tmp_path / "lock")
        sleeper.kill()


def test_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    lock, target = tmp_path / "lock", tmp_path / "target"
    lock.symlink_to(target)
    with (
        pytest.raises(StoreFailed, match=r"lock is a symbolic link, which a lock file must not be\. Remove it"),
        turnstile(lock),
    ):
        pass
    assert not target.exists()


def test_what_is_no_ordinary_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StoreFailed, match="pipe is not an ordinary file"), turnstile(tmp_path / "pipe"):
        pass
    with pytest.raises(StoreFailed, match="cannot be opened: Is a directory"), turnstile(tmp_path):
        pass


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed) as refused, turnstile(tmp_path / "none" / "lo\x1bck"):
        pass
    place = rf"{tmp_path}/none/lo\x1bck"
    assert (
        str(refused.value) == f"The lock file {place} cannot be opened: No such file or directory. Nothing was written."
    )


def test_a_gate_that_was_refused_works_once_the_cause_is_gone(tmp_path: Path) -> None:
    lock = tmp_path / "folder" / "lock"
    gate = turnstile(lock)
    with pytest.raises(StoreFailed), gate:
        pass
    lock.parent.mkdir()
    with gate:
        assert is_locked(lock)
