"""The ways a client may be set up: one port for everything, three ports, another HTTP method, a token instead of keys."""

import pytest


@pytest.fixture
def one_port(new_peer, coffer):
    """A client that knows one address: the API below /api, the files below /files."""
    return new_peer(CLEARML_API_HOST=f"{coffer.web_url}/api", CLEARML_FILES_HOST=f"{coffer.web_url}/files")


def test_one_port_is_enough_for_api_and_files(one_port, new_task, coffer):
    task = new_task("one port")
    assert one_port.upload(task.id, "one port", {"a": 1}, wait_on_upload=True).result is True
    reply = one_port.read(task.id, "one port")
    assert reply.result["value"] == {"a": 1}
    assert reply.requests and {url.startswith(coffer.web_url + "/") for _method, url in reply.requests} == {True}


def test_a_record_names_the_address_the_reader_came_by(one_port, peer, new_task, coffer):
    task = new_task("two readers")
    assert task.upload_artifact("three ports", {"n": 3}, wait_on_upload=True) is True
    assert one_port.upload(task.id, "one port", {"n": 1}, wait_on_upload=True).result is True
    for reader, files in ((one_port, f"{coffer.web_url}/files"), (peer, coffer.files_url)):
        for name, value in (("three ports", 3), ("one port", 1)):
            report = reader.read(task.id, name).result
            assert report["value"] == {"n": value}
            assert report["url"].startswith(files + "/compat/setups/")
    assert one_port.delete(task.id, ["three ports", "one port"]).result is True
    assert coffer.artifacts(task.id) == []


@pytest.mark.parametrize("method", ["get", "post", "put"])
def test_the_api_is_called_with_any_method(method, new_peer, new_task):
    task = new_task(method)
    client = new_peer(CLEARML_API_DEFAULT_REQ_METHOD=method)
    assert client.upload(task.id, method, {"method": method}, wait_on_upload=True).result is True
    reply = client.read(task.id, method)
    assert reply.result["value"] == {"method": method}
    assert {sent for sent, url in reply.requests if "/tasks." in url} == {method.upper()}


def test_a_token_takes_the_place_of_the_keys(new_peer, new_task, coffer):
    token = coffer.data_of("auth.login")["token"]
    task = new_task("token")
    client = new_peer(CLEARML_AUTH_TOKEN=token, CLEARML_API_ACCESS_KEY="", CLEARML_API_SECRET_KEY="")
    assert client.upload(task.id, "token", {"a": 1}, wait_on_upload=True).result is True
    assert client.read(task.id, "token").result["value"] == {"a": 1}
