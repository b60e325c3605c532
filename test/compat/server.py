"""Starts `coffer serve`, and talks to it over plain HTTP where a test must not trust the SDK's own view."""

import base64
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

BINARY = Path(os.environ.get("COFFER_BIN") or Path(__file__).parents[2] / "bin" / "coffer").resolve()

# Long enough for a cold start on a loaded machine; a start takes well under a second.
START_LIMIT = 30
# The server lets running uploads finish before it goes.
STOP_LIMIT = 60


class Answer:
    """One HTTP answer: status, headers (lower case names) and body."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body

    def json(self):
        return json.loads(self.body)


class Server:
    """A Coffer server, either started here (start) or running elsewhere (only its keys are known)."""

    def __init__(self, keys, process=None, data=None):
        self.keys = keys
        self.api_url = keys["api_server"]
        self.web_url = keys["web_server"]
        self.files_url = keys["files_server"]
        self.process = process
        self.data = data
        self.log = data and log_of(data)
        pair = f"{keys['access_key']}:{keys['secret_key']}".encode()
        self.basic = {"Authorization": "Basic " + base64.b64encode(pair).decode()}

    @classmethod
    def start(cls, data, ports=("0", "0", "0"), keys=None, flags=()):
        """Starts a server on the data directory and waits until it is ready. Fresh keys are made unless given."""
        data = Path(data)
        data.mkdir(parents=True, exist_ok=True)
        addresses = data / "addresses.json"
        addresses.unlink(missing_ok=True)
        log = open(log_of(data), "ab")
        command = [str(BINARY), "serve", "--data", str(data)]
        for flag, port in zip(("--listen", "--api-listen", "--files-listen"), ports):
            command += [flag, f"127.0.0.1:{port}"]
        command += flags
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        log.close()
        try:
            wait_until(
                lambda: _ready(process, addresses), START_LIMIT, f"{BINARY} serve was not ready; its log is {log.name}"
            )
            if keys is None:
                keys = make_keys(data)
        except BaseException:
            process.kill()
            process.wait()
            raise
        return cls(keys, process, data)

    def stop(self):
        """Stops a server that was started here: the stop signal, then waiting for its end."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    @property
    def ports(self):
        return tuple(url.rsplit(":", 1)[1] for url in (self.web_url, self.api_url, self.files_url))

    def environment(self, home):
        """The environment of a process that uses the SDK with this server, with a home and so a cache of its own."""
        home = Path(home)
        home.mkdir(parents=True, exist_ok=True)
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("CLEARML_", "TRAINS_", "COFFER_"))}
        return inherited | {
            "CI": "1",  # keeps the SDK from asking its maker for updates
            "HOME": str(home),
            "CLEARML_API_HOST": self.api_url,
            "CLEARML_WEB_HOST": self.web_url,
            "CLEARML_FILES_HOST": self.files_url,
            "CLEARML_API_ACCESS_KEY": self.keys["access_key"],
            "CLEARML_API_SECRET_KEY": self.keys["secret_key"],
            "CLEARML_CONFIG_FILE": str(home / "clearml.conf"),
        }

    # --- plain HTTP

    def http(self, method, url, body=None, headers=None, auth=True):
        """One request, redirects not followed, no status treated as an error."""
        request = urllib.request.Request(
            url, data=body, method=method, headers={**(self.basic if auth else {}), **(headers or {})}
        )
        try:
            with _opener.open(request, timeout=60) as answer:
                return Answer(answer.status, answer.getheaders(), answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers.items(), error.read())

    def call(self, endpoint, **body):
        """An API call as the SDK makes it (GET with a JSON body), without the SDK: the whole envelope."""
        answer = self.http(
            "GET", f"{self.api_url}/v2.23/{endpoint}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        envelope = answer.json()
        assert envelope["meta"]["result_code"] == answer.status, envelope
        return envelope

    def data_of(self, endpoint, **body):
        """The data of an API call that must succeed."""
        envelope = self.call(endpoint, **body)
        assert envelope["meta"]["result_code"] == 200, (endpoint, envelope["meta"])
        return envelope["data"]

    def register(self, task_id, *items):
        """Adds artifact records as the SDK does."""
        return self.data_of("tasks.add_or_update_artifacts", task=task_id, force=True, artifacts=list(items))

    def task(self, task_id):
        return self.data_of("tasks.get_by_id", task=task_id)["task"]

    def record(self, task_id, key, mode="output"):
        """The artifact as the protocol lists it, or None."""
        items = self.task(task_id)["execution"]["artifacts"]
        return next((item for item in items if (item["key"], item["mode"]) == (key, mode)), None)

    def upload(self, name, content):
        """The multipart POST of the SDK: one part whose name is the path with its leading slash."""
        boundary = "b" + os.urandom(16).hex()
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n\r\n'
        body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
        return self.http("POST", self.files_url, body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})

    def file(self, url, method="GET", **headers):
        return self.http(method, url, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def url_of(self, name):
        """The address the SDK records for an uploaded path."""
        return self.files_url + urllib.parse.quote(name)

    # --- the server's own artifact endpoints

    def artifacts(self, task_id):
        answer = self.http("GET", f"{self.web_url}/api/tasks/{task_id}/artifacts")
        assert answer.status == 200, (answer.status, answer.body)
        return answer.json()["artifacts"]

    def artifact(self, task_id, key, mode="output", **query):
        """One artifact with its preview, or None. `wait=SECONDS` waits for bytes still on their way."""
        answer = self.http("GET", self._artifact_url(task_id, "artifact", key, mode, query))
        if answer.status == 404:
            return None
        assert answer.status == 200, (answer.status, answer.body)
        return answer.json()

    def versions(self, task_id, key, mode="output"):
        """All kept versions, newest first."""
        answer = self.http("GET", self._artifact_url(task_id, "artifact/versions", key, mode, {}))
        assert answer.status == 200, (answer.status, answer.body)
        return answer.json()["versions"]

    def delete_version(self, task_id, key, version, mode="output"):
        return self.http("DELETE", self._artifact_url(task_id, "artifact", key, mode, {"v": version}))

    def _artifact_url(self, task_id, door, key, mode, query):
        return f"{self.web_url}/api/tasks/{task_id}/{door}?" + urllib.parse.urlencode(
            {"key": key, "mode": mode, **query}
        )

    def metric(self, name):
        """The sum of a counter over its labels, 0 while it has not been counted yet."""
        answer = self.http("GET", f"{self.web_url}/metrics")
        assert answer.status == 200, (answer.status, answer.body)
        lines = [line for line in answer.body.decode().splitlines() if line and not line.startswith("#")]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.split("{")[0].split(" ")[0] == name)


def log_of(data):
    """Where a server that was started here writes its log."""
    return data.with_name(data.name + ".log")


def make_keys(data):
    out = subprocess.run(
        [str(BINARY), "keys", "create", "--data", str(data), "--format", "json"],
        check=True,
        stdout=subprocess.PIPE,
        timeout=START_LIMIT,
    )
    return json.loads(out.stdout)


def wait_until(condition, limit, what):
    """Waits until the condition holds; the limit only keeps a broken server from hanging the run."""
    deadline = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(what)
        time.sleep(0.05)


def _ready(process, addresses):
    if process.poll() is not None:
        raise AssertionError(f"{BINARY} serve ended with {process.returncode}")
    try:
        web = json.loads(addresses.read_text())["web"]
        with _opener.open(f"{web}/readyz", timeout=5) as answer:
            return answer.status == 200
    except (OSError, ValueError):
        return False


class _KeepRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args, **_kwargs):
        return None


# No proxy from the environment: everything is on the loopback interface.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _KeepRedirects())
