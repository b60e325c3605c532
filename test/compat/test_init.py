"""Task.init with all its defaults in a script: auto-logging, analysis of repository and requirements, the reporter."""

import re
import shutil
import subprocess

# The one setting that is not the default. The SDK runs git in a thread while it forks its reporter: now and then the
# reporter inherits the pipe to git, and the script waits for ever for git to close it.
CONF = "sdk.development.vcs_repo_detect_async: false\n"


def test_an_ordinary_script_with_all_defaults(environment, run_program, peer, coffer, programs, tmp_path):
    repository = tmp_path / "repository"
    repository.mkdir()
    shutil.copy(programs / "all_defaults.py", repository / "train.py")
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=false"]
    for command in (["init", "--quiet"], ["add", "train.py"], ["commit", "--quiet", "--message", "first"]):
        subprocess.run([*git, *command], cwd=repository, check=True)
    (repository / "train.py").write_text((repository / "train.py").read_text() + "# not committed\n")

    output = run_program(repository / "train.py", "--rate", "0.5", env=environment(conf=CONF), cwd=repository)
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
