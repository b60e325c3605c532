"""The ways a client may be set up: one port for everything, three ports, a public address, TLS, the SDK's own set-up
command, another HTTP method, a token instead of keys."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import QUICK_CONF
from peer import Peer
from server import BINARY, Server


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


@pytest.fixture
def own_server(tmp_path):
    """Starts servers with settings of their own, one after the other on one directory."""
    started = []

    def start(*args, **options):
        for server in started:
            server.stop()
        started.append(Server.start(tmp_path / "data", args=args, **options))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def client_of(sdk_lines, tmp_path):
    """A process with the SDK for a server of the test's own."""
    clients = []

    def make(server, **settings):
        home = tmp_path / f"home-{len(clients)}"
        environment = server.environment(home) | settings
        (home / "clearml.conf").write_text(QUICK_CONF)
        clients.append(Peer(environment, sdk_lines))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def new_task_on(server):
    project = server.data_of("projects.create", name="set up", description="")["id"]
    return server.data_of("tasks.create", name="set up", type="training", project=project)["id"]


@pytest.mark.parametrize("ports", ["three ports", "one port"])
def test_the_sdks_own_setup_command_takes_the_printed_block(ports, own_server, tmp_path):
    server = own_server(*(["--api-listen", "off", "--files-listen", "off"] if ports == "one port" else []))
    block = subprocess.run(
        [BINARY, "keys", "create", "--data", server.data, "--format", "conf"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    home = tmp_path / "home"
    environment = {
        name: value
        for name, value in server.environment(home).items()
        if not name.startswith("CLEARML_") or name == "CLEARML_CONFIG_FILE"
    }
    # Pasted as a person would, every question that follows answered with its default.
    setup = subprocess.run(
        [Path(sys.executable).with_name("clearml-init")],
        input=block + "\n" * 6,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert setup.returncode == 0 and "Credentials verified!" in setup.stdout, setup.stdout + setup.stderr

    program = "from clearml import Task; task = Task.create('set up', 'by command'); print(task.upload_artifact('a', {'n': 1}, wait_on_upload=True), task.artifacts['a'].url)"
    ran = subprocess.run(
        [sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True, timeout=60
    )
    said, url = ran.stdout.split()[-2:]
    assert said == "True" and url.startswith(server.files_url + "/set%20up/by%20command.")
    assert server.file(url).status == 200


def test_everyone_is_told_the_public_address(own_server, client_of):
    ports = own_server().ports
    public = f"http://localhost:{ports[0]}"
    server = own_server("--public-url", public, ports=ports)
    assert (server.api_url, server.files_url) == (f"{public}/api", f"{public}/files")
    task_id = new_task_on(server)
    direct = {
        "CLEARML_WEB_HOST": f"http://127.0.0.1:{ports[0]}",
        "CLEARML_API_HOST": f"http://127.0.0.1:{ports[1]}",
        "CLEARML_FILES_HOST": f"http://127.0.0.1:{ports[2]}",
    }
    assert client_of(server, **direct).upload(task_id, "beside", {"n": 1}, wait_on_upload=True).result is True
    by_public = client_of(server)
    assert by_public.upload(task_id, "public", {"n": 2}, wait_on_upload=True).result is True
    for name, value in (("beside", 1), ("public", 2)):
        reply = by_public.read(task_id, name)
        assert reply.result["value"] == {"n": value} and reply.result["url"].startswith(f"{public}/files/")
        assert server.artifact(task_id, name)["state"] == "stored"
    assert by_public.delete(task_id, ["beside", "public"]).result is True


def test_everything_works_over_tls(own_server, client_of, tmp_path, monkeypatch):
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
        + ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server = own_server("--tls-cert", certificate, "--tls-key", key)
    assert {url.split(":")[0] for url in (server.web_url, server.api_url, server.files_url)} == {"https"}
    task_id = new_task_on(server)
    client = client_of(server, REQUESTS_CA_BUNDLE=str(certificate))
    assert client.upload(task_id, "secret", {"n": 1}, wait_on_upload=True).result is True
    report = client.read(task_id, "secret").result
    assert report["value"] == {"n": 1} and report["url"].startswith(server.files_url)
