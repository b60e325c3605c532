"""Names of every kind, of projects, tasks and artifacts: through the SDK, and at full length through the plain API."""

import re

import pytest
from peer import digest

NAMES = {
    "spaces": "a name with  two spaces",
    "slash": "with/slash",
    "percent": "100% %20 %2F %",
    "hash": "#1 # two",
    "plus": "a+b + c",
    "question": "what? why?",
    "ampersand": "a&b && c=d",
    "dots": "v1.2.3...end.",
    "dollar": "$HOME ${x} $",
    "umlauts": "Größe äöü ÄÖÜ ß",
    "cjk": "日本語 中文 한국어",
    "emoji": "🎛️ 👩‍🚀 🇩🇪",
    "regex": "(a|b)* [c] ^d$ {2}",
    "200 letters": "abcdefghij" * 20,
}


@pytest.mark.parametrize("kind", NAMES)
def test_a_name_works_in_project_task_and_artifact_through_the_sdk(kind, sdk, peer, coffer):
    name = NAMES[kind]
    project = "compat names/" + name if kind != "200 letters" else name
    task = sdk.Task.create(project, name)
    assert task.upload_artifact(name, {"kind": kind}, metadata={name: name}, wait_on_upload=True) is True

    for where in (task.id, (project, name)):
        report = peer.read(where, name).result
        assert (report["name"], report["value"], report["metadata"]) == (name, {"kind": kind}, {name: name})
        assert report["copy"]["sha256"] == report["hash"]
    found = sdk.Task.get_task(task_id=task.id)
    assert (found.name, found.get_project_name()) == (name, project)
    assert coffer.artifact(task.id, name)["state"] == "stored"
    assert coffer.artifacts(task.id)[0]["key"] == name

    assert task.delete(raise_on_error=True)
    assert coffer.file(report["url"]).status == 404


@pytest.mark.parametrize("kind", ["umlauts", "cjk", "emoji"])
def test_where_its_own_temporary_file_name_grows_too_long_the_sdk_says_so(kind, sdk, coffer):
    letter = {"umlauts": "ä", "cjk": "語", "emoji": "🎛"}[kind]
    task = sdk.Task.create("compat names", letter * 100)
    with pytest.raises((OSError, ValueError), match="File name too long"):
        task.upload_artifact(letter * 200, {"kind": kind}, wait_on_upload=True)
    assert coffer.artifacts(task.id) == []


FULL_LENGTH = {
    "ascii": "klmnopqrst" * 20,
    "spaces and signs": "a b%c/d#e+f?g&h$i.j=k;l:m@n,o!p" * 6 + "abcdefghijklmn",
    "umlauts": "äöüßÄÖÜéèñ" * 20,
    "cjk": "日本語中文한국어文字" * 20,
    "emoji": "🎛🚀🧪📦🔥💾🗂🧵🪣🛰" * 20,
    "right to left": "שלוםעולםאב" * 20,
    "quotes and backslashes": "\"'`\\<>|*~^" * 20,
}


@pytest.mark.parametrize("kind", FULL_LENGTH)
def test_200_characters_of_any_kind_work_through_the_plain_api(kind, coffer):
    name = FULL_LENGTH[kind]
    assert len(name) == 200
    project_name = name.replace("/", "_")
    project = coffer.data_of("projects.create", name=project_name, description="")["id"]
    task = coffer.data_of("tasks.create", name=name, type="training", project=project)["id"]
    file_name = name.replace('"', "_").replace("\\", "_")  # these two are escaped in multipart, all others are not
    content = name.encode()
    path = f"/{project_name[:40]}/{file_name}".replace('"', "_").replace("\\", "_")
    assert coffer.upload(path, content).status == 200
    record = {
        "key": name,
        "type": "custom",
        "uri": coffer.url_of(path),
        "hash": digest(content),
        "content_size": len(content),
    }
    coffer.register(task, {**record, "timestamp": 1700000000})

    assert coffer.file(coffer.record(task, name)["uri"]).body == content
    assert coffer.artifact(task, name)["state"] == "stored"
    assert [version["sha256"] for version in coffer.versions(task, name)] == [digest(content)]
    assert coffer.task(task)["name"] == name
    (found,) = coffer.data_of("projects.get_all", name=f"^{re.escape(project_name)}$", only_fields=["id", "name"])[
        "projects"
    ]
    assert (found["id"], found["name"]) == (project, project_name)
    (found,) = coffer.data_of("tasks.get_all", name=f"^{re.escape(name)}$", project=[project], only_fields=["id"])[
        "tasks"
    ]
    assert found["id"] == task
