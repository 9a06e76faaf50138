"""Limits on a process, and what kind of disk a path is on."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from crisisctl.adapters.posix import Mount, bsd_mounts, holding, limit_process, linux_mounts, network_file_system

MIB = 1024 * 1024
LIMITED = "import os, resource, socket, sys; from crisisctl.adapters.posix import limit_process as limit; "


def limited(code: str, *args: str, before: str = "", memory: int = 256 * MIB) -> subprocess.CompletedProcess[str]:
    program = f"{LIMITED}{before}\nlimit({memory}, 1)\n{code}"
    return subprocess.run(
        [sys.executable, "-c", program, *args], capture_output=True, text=True, timeout=20, check=False
    )


def test_limit_process_is_found_by_name_so_that_a_child_can_call_it() -> None:
    assert limit_process.__module__ == "crisisctl.adapters.posix"
    assert limit_process.__qualname__ == "limit_process"


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS knows no limit on address space")
def test_a_limited_process_cannot_have_more_memory() -> None:
    done = limited("""
try:
    b'x' * (300 << 20)
except MemoryError:
    print('refused', len(b'x' * (30 << 20)) >> 20)
""")
    assert done.stdout == "refused 30\n"


def test_a_limited_process_that_computes_too_long_is_ended() -> None:
    assert limited("while True: pass").returncode == -signal.SIGXCPU


def test_a_limited_process_that_ignores_the_signal_is_killed() -> None:
    done = limited("while True: pass", before="import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)")
    assert done.returncode == -signal.SIGKILL


def test_computing_before_the_limit_is_not_held_against_the_process() -> None:
    before = "import time\nwhile time.process_time() < 1.6: pass\n"
    done = limited("print(resource.getrlimit(resource.RLIMIT_CPU))", before=before)
    assert done.stdout == "(3, 4)\n"


def test_a_limited_process_can_open_nothing(tmp_path: Path) -> None:
    code = """
for attempt in (lambda: open(sys.argv[1], 'w'), lambda: open(sys.executable), socket.socket, os.pipe):
    try:
        attempt()
    except OSError as error:
        print(type(error).__name__, error.errno == 24)
    else:
        print('it could')
"""
    done = limited(code, str(tmp_path / "new"))
    assert done.stdout == "OSError True\n" * 4
    assert not (tmp_path / "new").exists()


def test_a_limited_process_starts_no_other_program(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    limited("os.system(f'touch {sys.argv[1]}'); os.spawnlp(os.P_WAIT, 'touch', 'touch', sys.argv[1])", str(canary))
    assert not canary.exists()


def test_a_limited_process_writes_to_no_file_that_it_was_given(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with target.open("w") as out:
        code = f"{LIMITED}limit({256 * MIB}, 1); print('x', flush=True)"
        done = subprocess.run(
            [sys.executable, "-c", code], stdout=out, stderr=subprocess.DEVNULL, timeout=20, check=False
        )
    assert done.returncode != 0
    assert target.read_bytes() == b""


def test_a_limit_that_is_tighter_already_stays() -> None:
    before = (
        f"resource.setrlimit(resource.RLIMIT_CPU, (1, 1)); resource.setrlimit(resource.RLIMIT_AS, ({200 * MIB},) * 2)"
    )
    done = limited("print([resource.getrlimit(r) for r in (resource.RLIMIT_CPU, resource.RLIMIT_AS)])", before=before)
    assert done.stdout == f"[(1, 1), ({200 * MIB}, {200 * MIB})]\n"


def test_a_limited_process_leaves_no_core() -> None:
    done = limited("print(resource.getrlimit(resource.RLIMIT_CORE)); sys.stdout.flush(); os.abort()")
    assert done.stdout == "(0, 0)\n"
    assert done.returncode == -signal.SIGABRT


MOUNTINFO = r"""22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 27 0:40 / /srv/nfs rw,relatime shared:7 master:1 - nfs4 server:/export rw,vers=4.2
31 27 0:41 / /srv/nfs/scratch rw,relatime - xfs /dev/vdb rw
32 27 0:42 / /mnt/team\040share\134x rw - cifs //nas/team rw
33 27 0:43 / /home/dana/far rw shared:9 - fuse.sshfs dana@far:/ rw
34 27 0:44 / /over rw - ext4 /dev/vdc rw
35 34 0:45 / /over rw - 9p host rw
36 34 0:46 / /gone rw - nfs old:/ rw
37 34 0:47 / /gone rw - tmpfs tmpfs rw
a line of another form
38 27 0:48 / /half
"""

BSD_MOUNT = """/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
devfs on /dev (devfs, local, nobrowse)
//dana@nas._smb._tcp.local/team on /Volumes/team (1) (smbfs, nodev, nosuid, mounted by dana)
map auto_home on /System/Volumes/Data/home (autofs, automounted, nobrowse)
a line of another form
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/srv/crisis/state/crisisctl.db", "ext4"),
        ("/srv", "ext4"),
        ("/srv/nfs", "nfs4"),
        ("/srv/nfs/state/crisisctl.db", "nfs4"),
        ("/srv/nfs2/crisisctl.db", "ext4"),
        ("/srv/nfs/scratch/crisisctl.db", "xfs"),
        ("/mnt/team share\\x/log.db", "cifs"),
        ("/home/dana/far/log.db", "fuse.sshfs"),
        ("/over/log.db", "9p"),
        ("/gone/log.db", "tmpfs"),
        ("/half/log.db", "ext4"),
    ],
)
def test_the_longest_mount_point_holds_the_path_and_the_last_hides_the_others(path: str, kind: str) -> None:
    assert holding(path, linux_mounts(MOUNTINFO)) == kind


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/Users/dana/log.db", "apfs"), ("/Volumes/team (1)/log.db", "smbfs"), ("/System/Volumes/Data/home/x", "autofs")],
)
def test_the_mount_command_of_a_mac_is_understood(path: str, kind: str) -> None:
    assert holding(path, bsd_mounts(BSD_MOUNT)) == kind


def test_without_a_list_of_mounts_nobody_can_tell() -> None:
    assert holding("/anywhere", linux_mounts("")) is None
    assert holding("/anywhere", bsd_mounts("")) is None
    assert holding("/anywhere", [Mount("/else", "nfs")]) is None


def test_a_local_folder_is_on_no_network_whether_it_exists_yet_or_not(tmp_path: Path) -> None:
    assert network_file_system(tmp_path) is None
    assert network_file_system(tmp_path / "not" / "yet" / "log.db") is None


@pytest.mark.skipif(not Path("/proc/self/mountinfo").exists(), reason="Linux lists its mounts there")
def test_the_mounts_of_this_machine_can_be_read() -> None:
    mounts = linux_mounts(Path("/proc/self/mountinfo").read_text())
    assert holding("/proc/self", mounts) == "proc"
    assert holding("/", mounts) is not None
