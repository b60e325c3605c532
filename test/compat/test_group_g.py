"""Where things are stored: one test for each row of group G that concerns projects, named after it."""

import re
import uuid

import pytest


@pytest.fixture
def where(run_program, environment, coffer):
    """Runs a program that logs an artifact; says where on this server it is stored."""

    def run(project, task="", config=""):
        settings = {"CLEARML_DEFAULT_OUTPUT_URI": config} if config else {}
        output = run_program("destination.py", project, task, env=environment(**settings))
        id = re.search(r"^task (\w+)$", output, re.MULTILINE)[1]
        uri = coffer.record(id, "numbers")["uri"]
        assert coffer.file(uri).status == 200 and uri.startswith(coffer.files_url)
        return uri.removeprefix(coffer.files_url + "/").split("/")[0]

    return run


@pytest.fixture
def new_project(coffer):
    def make(**fields):
        name = f"G {uuid.uuid4().hex[:8]}"
        coffer.data_of("projects.create", name=name, **fields)
        return name

    return make


def test_G_12_a_project_has_a_default_destination(where, new_project, coffer):
    name = new_project(default_output_destination=coffer.files_url + "/shelf")
    assert where(name) == "shelf"
    (shown,) = coffer.data_of("projects.get_all_ex", name=f"^{name}$")["projects"]
    assert shown["default_output_destination"] == coffer.files_url + "/shelf"
    coffer.data_of("projects.update", project=shown["id"], default_output_destination=None)
    assert where(name) == name.replace(" ", "%20"), "the file server, as if there had never been one"


def test_G_13_the_nearest_destination_wins(where, new_project, coffer):
    of_config, of_project, of_task = (f"{coffer.files_url}/{level}" for level in ("config", "project", "task"))
    bare, shelved = new_project(), new_project(default_output_destination=of_project)
    assert where(bare, config=of_config) == "config"
    assert where(shelved, config=of_config) == "project"
    assert where(shelved, config=of_config, task=of_task) == "task"
