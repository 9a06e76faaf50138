"""The files beside the documentation of the watches: they parse, and what they start and name exists."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from crisisctl.adapters import workspace
from crisisctl.adapters.prometheus import page as figures
from crisisctl.cli.app import command
from crisisctl.service.tally import Tally
from crisisctl.service.vitals import Vitals

FILES = Path(__file__).parent.parent.parent / "docs" / "watch"
UNIT = FILES / "crisisctl-watch.service"
Open = Callable[..., Any]


def yaml(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def unit() -> dict[str, dict[str, list[str]]]:
    """The settings of the unit by section and name; a name may stand several times."""
    sections: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in UNIT.read_text().splitlines():
        if found := re.fullmatch(r"\[(\w+)\]", line):
            section = found[1]
            sections[section] = {}
        elif line and not line.startswith("#"):
            name, sign, value = line.partition("=")
            assert sign, line
            sections[section].setdefault(name, []).append(value)
    return sections


def compose() -> Any:
    return yaml((FILES / "compose.yaml").read_text())


def check(words: list[str]) -> None:
    """That the program has this command with these options, each with its value."""
    group: Any = command()
    found = group.get_command(None, words[0])
    assert found is not None, f"there is no command {words[0]}"
    known = {way: one for one in found.params for way in one.opts}
    rest = iter(words[1:])
    for word in rest:
        assert word in known, f"{words[0]} has no option {word}"
        if not known[word].is_flag:
            next(rest)


def test_the_unit_is_one_for_systemd(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd is not on this machine; what the unit holds is tested below")
    text = UNIT.read_text().replace("/usr/local/bin/crisisctl", sys.executable)
    (tmp_path / UNIT.name).write_text(text)
    told = subprocess.run([analyze, "verify", tmp_path / UNIT.name], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (0, "")


def test_the_unit_starts_what_the_program_has() -> None:
    [start] = unit()["Service"]["ExecStart"]
    program, *words = shlex.split(start)
    assert Path(program).name == "crisisctl"
    check(words)


def test_the_unit_keeps_the_watch_in_bounds_and_alive() -> None:
    service = {name: values[-1] for name, values in unit()["Service"].items()}
    wanted = {
        "Type": "notify",
        "Restart": "always",
        "ProtectSystem": "strict",
        "ReadWritePaths": f"{service['WorkingDirectory']}/state",
        "NoNewPrivileges": "yes",
        "PrivateTmp": "yes",
        "CapabilityBoundingSet": "",
    }
    assert {name: service[name] for name in wanted} == wanted
    assert service["User"] not in {"", "root"}
    assert float(service["WatchdogSec"]) > 30, "as long as a command waits at the turnstile"
    assert set(service["RestrictAddressFamilies"].split()) == {"AF_UNIX", "AF_INET", "AF_INET6"}


def test_secrets_come_to_the_unit_as_credentials_and_where_they_are_said_to_lie() -> None:
    loaded = {value.partition(":")[0] for value in unit()["Service"]["LoadCredential"]}
    told = set(re.findall(rf"/run/credentials/{re.escape(UNIT.name)}/(\w+)", UNIT.read_text()))
    assert told == loaded
    assert "Environment" not in UNIT.read_text()


def watches() -> list[Any]:
    return [service for name, service in compose()["services"].items() if name.startswith("watch-")]


def test_there_are_two_watches_and_a_postgresql_18() -> None:
    assert len(watches()) == 2
    assert compose()["services"]["db"]["image"] == "postgres:18"
    assert len({watch["hostname"] for watch in watches()}) == 2, "their names tell them apart"


def test_the_watches_start_what_the_program_has() -> None:
    for watch in watches():
        check(watch["command"])
    [entry] = re.findall(r'^ENTRYPOINT \["(\w+)"\]$', (FILES / "Dockerfile").read_text(), flags=re.MULTILINE)
    assert entry == "crisisctl"


def test_each_watch_is_asked_for_its_health_at_its_own_port() -> None:
    for watch in watches():
        port = watch["command"][-1].rpartition(":")[2]
        kind, program, *_, script = watch["healthcheck"]["test"]
        assert (kind, program) == ("CMD", "python")
        assert f"http://127.0.0.1:{port}/health" in script
        compile(script, "healthcheck", "exec")


def test_no_port_is_open_to_other_machines() -> None:
    published = [port for service in compose()["services"].values() for port in service.get("ports", [])]
    assert len(published) == len(set(published)) == 2
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_secrets_come_to_the_containers_as_files() -> None:
    document = compose()
    used = {name for service in document["services"].values() for name in service.get("secrets", [])}
    assert used == set(document["secrets"])
    assert all(set(secret) == {"file"} for secret in document["secrets"].values())
    values = [str(v) for s in document["services"].values() for n, v in s["environment"].items() if "PASS" in n]
    assert values
    assert all(value.startswith("/run/secrets/") for value in values)
    assert not re.search(r"://[^@\s]*:[^@\s]*@", (FILES / "compose.yaml").read_text()), "no password in an address"


def test_volumes_and_variables_are_those_that_there_are() -> None:
    document = compose()
    named = {v.partition(":")[0] for s in document["services"].values() for v in s["volumes"] if v[0] not in "./"}
    assert named == set(document["volumes"])
    ours = {name for watch in watches() for name in watch["environment"] if name.startswith("CRISISCTL")}
    assert ours == {"CRISISCTL_WORKSPACE", "CRISISCTL_STORE"}


def test_docker_takes_the_file() -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker compose is not on this machine")
    ran = subprocess.run(
        [docker, "compose", "-f", FILES / "compose.yaml", "config", "-q"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


def told_figures() -> dict[str, str]:
    """The figures that the page holds, and their kinds."""
    text = figures("here:1", Tally(lambda: 0.0).figures(), Vitals(0, 0, 0.0, 0, 0, 0))
    return dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, flags=re.MULTILINE))


def blocks(page: Open, language: str) -> Iterator[str]:
    watching = page("docs/operations.md").text.partition("\n## Watches\n")[2].partition("\n## ")[0]
    yield from (fence.text for fence in page("watches", watching).fences() if fence.language == language)


def test_every_figure_is_told_with_its_kind_and_every_one_told_exists(page: Open) -> None:
    rows = re.findall(r"^\| `(crisisctl_\w+)` \| (\w+) \|", page("docs/operations.md").text, flags=re.MULTILINE)
    assert dict(rows) == told_figures()
    assert len(rows) == len(told_figures())


def test_the_alerts_ask_for_figures_that_there_are(page: Open) -> None:
    [_, alerts] = map(yaml, blocks(page, "yaml"))
    rules = [rule for group in alerts["groups"] for rule in group["rules"]]
    assert len(rules) >= 5
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        used = set(re.findall(r"crisisctl_\w+", rule["expr"]))
        assert used, rule
        assert {name.removesuffix("_bucket") for name in used} <= set(told_figures())
        assert rule["annotations"]["summary"].endswith(".")


def test_the_scrape_asks_where_the_watches_listen(page: Open) -> None:
    [scrape, _] = map(yaml, blocks(page, "yaml"))
    targets = scrape["scrape_configs"][0]["static_configs"][0]["targets"]
    assert targets == [watch["ports"][0].rpartition(":")[0] for watch in watches()]
    assert targets[0].endswith(f":{shlex.split(unit()['Service']['ExecStart'][0])[-1]}")


def test_the_settings_shown_are_read(page: Open, tmp_path: Path) -> None:
    [shown] = blocks(page, "toml")
    (tmp_path / workspace.FILE).write_text(shown)
    found = workspace.read(tmp_path, {})
    assert found.dead_man == f"file:/run/credentials/{UNIT.name}/dead_man"
    assert found.dead_man_every == workspace.Settings(tmp_path).dead_man_every
