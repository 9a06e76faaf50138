"""What only a Unix has: limits on a process, a lock that processes queue for, and what kind of disk a path is on."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from crisisctl.domain.errors import StoreFailed
from crisisctl.domain.text import visible

PATIENCE = 30.0

# File systems whose locks or shared memory other machines do not honour.
_NETWORKED = (
    "9p afpfs afs beegfs ceph cifs coda davfs fuse.ceph fuse.davfs fuse.gcsfuse fuse.glusterfs fuse.juicefs "
    "fuse.rclone fuse.s3fs fuse.smbnetfs fuse.sshfs gfs2 glusterfs gpfs lustre macfuse.sshfs ncpfs nfs nfs4 ocfs2 "
    "orangefs osxfuse.sshfs smb2 smb3 smbfs webdav"
)


def limit_process(memory: int, cpu_seconds: int) -> None:
    """Binds this process, for good, to so many bytes of address space and so many more seconds of computing.

    From then on it can open no file or socket, write to no file, start no process (root excepted) and leave no core
    behind. Going over the computing time ends it by SIGXCPU. Where the system knows no limit on address space (macOS),
    that one is left out, and whoever started the process must bound its time.
    """
    import resource  # noqa: PLC0415 - only a process about to be limited needs it

    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = cpu_seconds + round(used.ru_utime + used.ru_stime)
    with suppress(*_unknown_here()):
        _lower(resource.RLIMIT_AS, memory, memory)
    _lower(resource.RLIMIT_CPU, seconds, seconds + 1)
    for nothing in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC):
        _lower(nothing, 0, 0)
    _lower(resource.RLIMIT_NOFILE, 3, 3)


def can_copy() -> bool:
    """Whether this process can be copied: no other thread holds what a copy would miss."""
    tasks = Path("/proc/self/task")
    return (len([*tasks.iterdir()]) if tasks.is_dir() else threading.active_count()) == 1


def _unknown_here() -> tuple[type[Exception], ...]:
    return (OSError, ValueError) if sys.platform == "darwin" else ()


def _lower(which: int, soft: int, hard: int) -> None:
    """Sets a limit, or keeps the one in force where that is tighter already."""
    import resource  # noqa: PLC0415 - as above

    most = resource.getrlimit(which)[1]
    if most != resource.RLIM_INFINITY:
        soft, hard = min(soft, most), min(hard, most)
    resource.setrlimit(which, (soft, hard))


def turnstile(path: Path, patience: float = PATIENCE) -> Turnstile:
    """A gate that one thread of one process passes at a time; keep it, and enter it as often as needed.

    The lock is on the file at `path`, made with mode 0600. It goes with the process, however that ends. Entering raises
    `StoreFailed` after `patience` seconds, or when the file is not one to lock.
    """
    return Turnstile(path, patience)


class Turnstile:
    """An exclusive `flock` on a file that stays open between uses, so that a turn costs a few system calls.

    Not re-entrant: entering again inside waits until its patience ends.
    """

    def __init__(self, path: Path, patience: float) -> None:
        self._path = path
        self._patience = patience
        self._fd = -1
        self._pid = 0
        # An flock belongs to the open file, which the threads of a process share, so they queue here first.
        self._threads = threading.Lock()

    def __enter__(self) -> None:
        if not self._threads.acquire(timeout=self._patience):
            raise self._too_long()
        try:
            self._lock()
        except BaseException:
            self._forget()  # closing the file gives up a lock that came at the last moment
            self._threads.release()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_UN)
        finally:
            self._threads.release()

    def close(self) -> None:
        """Closes the file; entering opens it again."""
        with self._threads:
            self._forget()

    def _lock(self) -> None:
        while True:
            # A forked child shares its parent's open file, and with it the parent's turn: it needs one of its own.
            if self._fd < 0 or self._pid != os.getpid():
                self._forget()
                self._fd, self._pid = _opened(self._path), os.getpid()
            self._wait()
            if os.fstat(self._fd).st_nlink:
                return
            self._forget()  # somebody deleted the file; the others queue at a new one

    def _wait(self) -> None:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._queue()
        except OSError as error:
            raise StoreFailed(f"The lock file {_shown(self._path)} cannot be locked: {error.strerror}.") from None

    def _queue(self) -> None:
        """Waits in the kernel's queue, fairer than asking again and again, but in a thread that can be given up."""
        queue = _Queue(self._fd)
        came = False
        try:
            came = queue.wait(self._patience)
        finally:
            if not came:
                self._fd = -1  # it is the queue's to close
                queue.leave()
        if not came:
            raise self._too_long()

    def _forget(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _too_long(self) -> StoreFailed:
        return StoreFailed(
            f"Another crisisctl has held {_shown(self._path)} for more than {self._patience:g} s; nothing was written. "
            f"See who holds it: fuser -v {_shown(self._path)}"
        )

    def __del__(self) -> None:
        self._forget()


class _Queue:
    """A thread that blocks in `flock` on behalf of one that may lose patience."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._settling = threading.Lock()
        self._came = threading.Event()
        self._left = False

    def wait(self, seconds: float) -> bool:
        """Whether the turn came in time."""
        threading.Thread(target=self._block, name="turnstile", daemon=True).start()
        return self._came.wait(seconds)

    def leave(self) -> None:
        """Stops waiting; the file is closed as soon as the turn comes, or now if it just has, which passes it on."""
        with self._settling:
            self._left = True
            if self._came.is_set():
                os.close(self._fd)

    def _block(self) -> None:
        with suppress(OSError):  # the lock cannot be had at all: whoever waits runs out of patience
            fcntl.flock(self._fd, fcntl.LOCK_EX)
            with self._settling:
                if self._left:
                    os.close(self._fd)
                else:
                    self._came.set()


def _opened(path: Path) -> int:
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
    except OSError as error:
        raise _unopened(path, error) from None
    found = os.fstat(fd)
    if not stat.S_ISREG(found.st_mode):
        os.close(fd)
        raise StoreFailed(
            f"{_shown(path)} is not an ordinary file, so it cannot serve as the lock. Move it away and try again."
        )
    if found.st_mode & 0o077 and found.st_uid == os.geteuid():
        os.fchmod(fd, 0o600)
    return fd


def _unopened(path: Path, error: OSError) -> StoreFailed:
    if error.errno in {errno.ELOOP, errno.EMLINK}:
        return StoreFailed(
            f"{_shown(path)} is a symbolic link, which a lock file must not be. Remove it and try again."
        )
    return StoreFailed(f"The lock file {_shown(path)} cannot be opened: {error.strerror}. Nothing was written.")


def _shown(path: Path) -> str:
    return visible(str(path))


class Mount(NamedTuple):
    """A folder at which a file system begins, and the system's name for its kind."""

    point: str
    kind: str


def network_file_system(path: Path) -> str | None:
    """The kind of network file system that `path` is on, or will be; None for a local disk or where nobody can tell."""
    kind = holding(os.path.realpath(path), _mounts())
    return kind if kind in _NETWORKED.split() else None


def holding(path: str, mounts: list[Mount]) -> str | None:
    """The kind of the file system that holds an absolute path; of mounts at one folder the last hides the others."""
    under = path.rstrip("/") + "/"
    best = Mount("", "")
    for mount in mounts:
        if under.startswith(mount.point.rstrip("/") + "/") and len(mount.point) >= len(best.point):
            best = mount
    return best.kind or None


def _mounts() -> list[Mount]:
    try:
        return linux_mounts(Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape"))
    except OSError:
        return bsd_mounts(_mount_command())


def _mount_command() -> str:
    import subprocess  # noqa: PLC0415 - not on Linux

    try:
        done = subprocess.run(["/sbin/mount"], capture_output=True, timeout=5, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "surrogateescape")


def linux_mounts(text: str) -> list[Mount]:
    """The mounts that a mountinfo file lists; lines of another form are passed over."""
    found = []
    for entry in text.splitlines():
        before, dash, after = entry.partition(" - ")
        fields, kinds = before.split(" "), after.split(" ")
        if dash and len(fields) >= 6:  # noqa: PLR2004 - the fields that are always there
            found.append(Mount(_unescaped(fields[4]), kinds[0]))
    return found


def _unescaped(field: str) -> str:
    for code, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        field = field.replace(code, char)
    return field


def bsd_mounts(text: str) -> list[Mount]:
    """The mounts that the `mount` command of macOS and the BSDs lists, as `what on /where (kind, options)`."""
    found = []
    for entry in text.splitlines():
        place, opening, options = entry.rpartition(" (")
        if opening and " on /" in place:
            found.append(Mount(place[place.index(" on /") + 4 :], options.rstrip(")").split(",")[0]))
    return found
