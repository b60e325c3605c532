"""Task.init with all its defaults in a script: auto-logging, analysis of repository and requirements, the reporter."""

import re
import shutil
import subprocess

import pytest
import samples
from conftest import DEFAULT_CONF
from peer import digest


def test_an_ordinary_script_with_all_defaults(environment, run_program, peer, coffer, programs, tmp_path):
    repository = tmp_path / "repository"
    repository.mkdir()
    shutil.copy(programs / "all_defaults.py", repository / "train.py")
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=false"]
    for command in (["init", "--quiet"], ["add", "train.py"], ["commit", "--quiet", "--message", "first"]):
        subprocess.run([*git, *command], cwd=repository, check=True)
    (repository / "train.py").write_text((repository / "train.py").read_text() + "# not committed\n")

    output = run_program(repository / "train.py", "--rate", "0.5", env=environment(conf=DEFAULT_CONF), cwd=repository)
    task_id = re.search(r"task id (\w+)", output)[1]
    task = coffer.task(task_id)

    assert (task["status"], task["type"], task["name"]) == ("completed", "training", "ordinary script")
    arguments = {name: entry["value"] for name, entry in task["hyperparams"]["Args"].items()}
    assert arguments == {"rate": "0.5", "layers": "3"}
    assert task["hyperparams"]["General"]["name"]["value"] == "größe"
    script = task["script"]
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=repository, check=True, capture_output=True, text=True
    ).stdout.strip()
    assert script["entry_point"] == "train.py" and script["version_num"] == head
    assert "# not committed" in script["diff"]
    assert re.search(r"^clearml ?== ?2", script["requirements"]["pip"], re.MULTILINE)

    log = coffer.data_of("events.get_task_log", task=task_id, order="asc", batch_size=500)["events"]
    console = "\n".join(event["msg"] for event in log)
    assert [line for line in console.splitlines() if line.startswith("iteration")] == [
        f"iteration {n} at rate 0.5" for n in range(3)
    ]

    assert {entry["key"]: entry["state"] for entry in coffer.artifacts(task_id)} == {
        "settings": "stored",
        "numbers": "stored",
    }
    where = ("compat/all defaults", "ordinary script")
    assert peer.get(where, "settings").result[0] == {"seed": 7, "name": "größe"}
    assert peer.get(where, "numbers").result[0] == list(range(10))


@pytest.mark.types
def test_every_kind_is_logged_by_a_script_with_all_defaults(environment, run_program, peer, coffer, programs, tmp_path):
    ours = environment(conf=DEFAULT_CONF, PYTHONPATH=str(programs.parent))
    output = run_program("every_kind.py", tmp_path / "files", env=ours, cwd=tmp_path)
    task_id = re.search(r"task id (\w+)", output)[1]
    assert coffer.task(task_id)["status"] == "completed"
    found = {entry["key"]: entry for entry in coffer.artifacts(task_id)}
    assert sorted(found) == sorted([*samples.BY_NAME, "link", "registered"])

    for number, sample in enumerate(samples.SAMPLES):
        sent = sample.make(tmp_path / "files" / str(number))
        assert (found[sample.name]["type"], found[sample.name]["state"]) == (sample.type, "stored")
        for where in (task_id, ("compat/every kind", "with all defaults")):
            sample.comes_back(peer.read(where, sample.name).result, sent)
        content = coffer.file(found[sample.name]["uri"]).body
        assert (len(content), digest(content)) == (found[sample.name]["size"], found[sample.name]["sha256"])
    assert (found["link"]["state"], found["link"]["size"]) == ("external", None)
    assert (found["registered"]["type"], found["registered"]["state"]) == ("data-audit-table", "stored")
    samples.equal_frame(peer.read(task_id, "registered").result, samples.frame())
