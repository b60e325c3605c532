"""Authentication and users through the SDK: one test for each row of group T that concerns it, named after it."""

import base64
import json
import time
import uuid
from http.cookies import SimpleCookie

import pytest
from conftest import QUICK_INIT
from server import Server, wait_until

# How long a revocation may take to be felt.
FELT = 5

# "battery staple" by bcrypt, at the least cost.
BCRYPT = "$2a$04$SM8qccTf.aaHwzKKZgn7LeP7SYsUUxXjV48.AbP9IDFPV5Fl3lRu."


@pytest.fixture(scope="module")
def sign_in(sdk, coffer):
    """Opens a session of the SDK: `sign_in(access_key, secret_key)`."""
    from clearml.backend_api import Session

    def go(name, secret, server=coffer):
        return Session(api_key=name, secret_key=secret, host=server.api_url, initialize_logging=False)

    return go


@pytest.fixture(scope="module")
def login_error(sdk):
    from clearml.backend_api.session.session import LoginError

    return LoginError


@pytest.fixture
def second(tmp_path):
    """Starts further servers with settings of their own."""
    servers = []

    def start(*args):
        servers.append(Server.start(tmp_path / f"data{len(servers)}", args=args))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def ours(server, method, path, body=None, headers=None):
    """A call of one of our own endpoints."""
    content = None if body is None else json.dumps(body).encode()
    return server.http(method, f"{server.web_url}/api{path}", content, {"Content-Type": "application/json", **(headers or {})})


@pytest.fixture
def account(coffer):
    """Makes an account with a key pair: its id, access key and secret key."""

    def make(role="member"):
        made = ours(coffer, "POST", "/users", {"name": f"{role} {uuid.uuid4().hex[:8]}", "role": role, "password": "correct horse"})
        assert made.status == 200, made.body
        user = made.json()["user"]["id"]
        pair = coffer.http("POST", f"{coffer.api_url}/auth.create_credentials", b"{}", act_as(user)).json()["data"]["credentials"]
        return user, pair["access_key"], pair["secret_key"]

    return make


def act_as(user):
    return {"X-ClearML-Impersonate-As": user, "Content-Type": "application/json"}


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def basic(name, secret):
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


def ask(server, endpoint, headers, **body):
    """Calls an endpoint with credentials of one's own: code, subcode and data."""
    answer = server.http("POST", f"{server.api_url}/{endpoint}", json.dumps(body).encode(), {"Content-Type": "application/json", **headers}, auth=False)
    envelope = answer.json()
    return envelope["meta"]["result_code"], envelope["meta"]["result_subcode"], envelope["data"]


def login(server, name, secret):
    """Signs in as a browser does: the cookie with its attributes."""
    answer = server.http("POST", f"{server.web_url}/api/auth.login", b"{}", {"Content-Type": "application/json", **basic(name, secret)}, auth=False)
    assert answer.status == 200, answer.body
    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    return cookie


def browser(server, cookie):
    """The headers of a page of ours."""
    return {"Cookie": f"{cookie.key}={cookie.value}", "Origin": server.web_url, "X-Coffer": "1"}


def test_T_01_tokens_expire_and_are_renewed_unnoticed(sign_in, coffer):
    session = sign_in(coffer.keys["access_key"], coffer.keys["secret_key"])
    session.token_expiration_threshold_sec = 1
    session.req_token_expiration_sec = 3
    session.refresh_token()
    first = session.raw_token
    assert session.get_decoded_token(first)["exp"] <= time.time() + 4
    assert ask(coffer, "users.get_current_user", bearer(first))[0] == 200
    wait_until(lambda: ask(coffer, "users.get_current_user", bearer(first))[0] == 401, 60, "the token never expired")
    answer = session.send_request("users", "get_current_user", json={})
    assert answer.status_code == 200 and session.raw_token != first


def test_T_02_fixed_users_sign_in_with_plain_and_hashed_passwords(sign_in, login_error, second, tmp_path):
    users = tmp_path / "users.yaml"
    users.write_text(
        "users:\n"
        "- {name: ana, role: admin, password: correct horse}\n"
        f"- {{name: eva, role: guest, password_hash: {BCRYPT}}}\n"
    )
    server = second("--users-file", str(users))
    for name, password, role in (("ana", "correct horse", "admin"), ("eva", "battery staple", "guest")):
        session = sign_in(name, password, server)
        user = session.send_request("users", "get_current_user", json={}).json()["data"]["user"]
        assert (user["name"], user["role"]) == (name, role)
    for name, password in (("ana", "battery staple"), ("eva", BCRYPT), ("nobody", "correct horse")):
        with pytest.raises(login_error, match="error 401"):
            sign_in(name, password, server)
    server.stop()

    users.write_text("users:\n- {name: ana, role: admin, password: horse battery}\n")
    again = Server.start(server.data, keys=server.keys, ports=server.ports, args=["--users-file", str(users)])
    try:
        assert [ask(again, "auth.login", basic(*pair))[0] for pair in (("ana", "horse battery"), ("ana", "correct horse"), ("eva", "battery staple"))] == [200, 401, 401]
    finally:
        again.stop()


def test_T_03_there_is_no_open_mode(coffer, sign_in, login_error):
    modes = ask(coffer, "login.supported_modes", {})[2]
    assert modes["basic"]["enabled"] is True and modes["basic"]["guest"] == {"enabled": False} and modes["authenticated"] is False
    assert ask(coffer, "auth.fixed_users_mode", {})[2]["enabled"] is True
    with pytest.raises(login_error, match="401"):
        sign_in("anybody by name", "-")
    for endpoint, headers in (
        ("auth.login", {}),
        ("auth.login", basic("anybody by name", "")),
        ("auth.create_user", {}),
        ("auth.get_token_for_user", {}),
        ("auth.login", act_as("admin")),
        ("tasks.get_all", {}),
    ):
        code, _, data = ask(coffer, endpoint, headers, name="anybody by name", company="x", email="a@example.org", user="admin")
        assert code == 401 and not data, endpoint


def test_T_04_cookies_are_safe_and_logout_ends_the_session(second, tmp_path):
    users = tmp_path / "users.yaml"
    users.write_text("users:\n- {name: ana, password: correct horse}\n")
    plain = second("--users-file", str(users))
    cookie = login(plain, "ana", "correct horse")
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == "/"
    assert not cookie["secure"] and not cookie["domain"] and cookie["max-age"] == str(30 * 24 * 3600)

    set_up = second(
        "--users-file", str(users), "--session-life", "2h", "--cookie-domain", "lab.example.org", "--public-url", "https://coffer.lab.example.org"
    )
    set_up.web_url = json.loads((set_up.data / "addresses.json").read_text())["web"]  # nobody knows the public one here
    other = login(set_up, "ana", "correct horse")
    assert other["httponly"] and other["secure"] and other["domain"] == "lab.example.org" and other["max-age"] == "7200"

    def signed_in():
        return plain.http("POST", f"{plain.web_url}/api/users.get_current_user", b"{}", browser(plain, cookie), auth=False).status

    assert signed_in() == 200
    ended = plain.http("POST", f"{plain.web_url}/api/login.logout", b"{}", browser(plain, cookie), auth=False)
    assert ended.status == 200 and "max-age=0" in ended.headers["set-cookie"].lower()
    assert signed_in() == 401


def test_T_05_downloads_take_the_cookie_and_the_token(sdk, coffer, account):
    coffer.upload("/T-05/file.txt", b"content")
    url = coffer.url_of("/T-05/file.txt")
    local = sdk.StorageManager.get_local_copy(url, force_download=True)
    assert open(local, "rb").read() == b"content"

    _, access, secret = account("guest")
    cookie = login(coffer, access, secret)
    by_cookie = {"Cookie": f"{cookie.key}={cookie.value}"}
    for address in (url, f"{coffer.web_url}/files/T-05/file.txt"):
        assert coffer.http("GET", address, headers=by_cookie, auth=False).body == b"content"
        assert coffer.http("GET", address, headers=bearer(cookie.value), auth=False).body == b"content"
        nobody = coffer.http("GET", address, auth=False)
        assert nobody.status == 401 and b"content" not in nobody.body


def test_T_06_no_secret_is_a_default(second, coffer, tmp_path):
    users = tmp_path / "users.yaml"
    users.write_text("users:\n- {name: admin, role: admin, password: of my own choice}\n")
    one, two = second("--users-file", str(users)), second()
    for server in (one, two):
        text = server.log.read_text()
        assert text.count("secret_key") >= 1 and "default secret" not in text
    assert ask(one, "auth.login", basic("admin", "of my own choice"))[0] == 200
    assert ask(two, "auth.login", basic("admin", "of my own choice"))[0] == 401
    tokens = {server: ask(server, "auth.login", server.basic)[2]["token"] for server in (one, two)}
    assert ask(one, "users.get_current_user", bearer(tokens[one]))[0] == 200
    assert ask(two, "users.get_current_user", bearer(tokens[one]))[0] == 401, "both sign tokens with one secret"
    assert ask(two, "auth.login", one.basic)[0] == 401, "a pair is known to both"
    companies = {ask(server, "users.get_current_user", server.basic)[2]["user"]["company"]["id"] for server in (one, two, coffer)}
    assert len(companies) == 3
    settings = json.dumps(ask(one, "server.config", one.basic)[2])
    assert "of my own choice" not in settings


def test_T_07_revoking_a_key_ends_its_tokens(sign_in, login_error, coffer, account):
    coffer.upload("/T-07/file.txt", b"content")
    _, access, secret = account()
    session = sign_in(access, secret)
    token = session.raw_token
    url = coffer.url_of("/T-07/file.txt")
    assert session.send_request("tasks", "get_all", json={"page_size": 1, "page": 0}).status_code == 200
    assert coffer.http("GET", url, headers=bearer(token), auth=False).status == 200
    assert coffer.data_of("auth.revoke_credentials", access_key=access)["revoked"] == 1
    time.sleep(FELT)
    assert ask(coffer, "tasks.get_all", bearer(token))[0] == 401
    assert ask(coffer, "tasks.get_all", basic(access, secret))[0] == 401
    assert coffer.http("GET", url, headers=bearer(token), auth=False).status == 401
    with pytest.raises(login_error, match="error 401"):
        session.send_request("tasks", "get_all", json={})


def test_T_08_objects_tell_who_made_them_and_users_are_listed(sdk, sign_in, coffer, account, project):
    mine = coffer.data_of("users.get_current_user")["user"]["id"]
    user, access, secret = account()
    task = sdk.Task.init(project, "T-08 " + uuid.uuid4().hex[:8], **QUICK_INIT)
    try:
        task.upload_artifact("made", {"a": 1}, wait_on_upload=True)
        assert task.data.user == mine
        assert coffer.artifact(task.id, "made")["user"] == mine
        model = sdk.InputModel.import_model("https://example.org/T-08.bin", name="T-08 " + uuid.uuid4().hex[:8])
        assert coffer.data_of("models.get_by_id", model=model.id)["model"]["user"] == mine
    finally:
        task.close()
    session = sign_in(access, secret)
    made = session.send_request("tasks", "create", json={"name": "T-08", "type": "training"}).json()["data"]["id"]
    assert coffer.task(made)["user"] == user
    assert [t["id"] for t in coffer.data_of("tasks.get_all", user=[user], only_fields=["id"])["tasks"]] == [made]
    everybody = {u["id"] for u in coffer.data_of("users.get_all_ex")["users"]}
    assert {mine, user} <= everybody


def test_T_09_refusals_are_told_apart(sdk, sign_in, login_error, coffer, account):
    _, access, secret = account("guest")
    with pytest.raises(login_error, match="error 401"):
        sign_in(access, "wrong")
    short = ask(coffer, "auth.login", basic(access, secret), expiration_sec=1)[2]["token"]
    wait_until(lambda: ask(coffer, "tasks.get_all", bearer(short))[0] == 401, 60, "the token never expired")
    session = sign_in(access, secret)
    refused = session.send_request("tasks", "create", json={"name": "T-09", "type": "training"}).json()["meta"]
    codes = {
        "wrong": ask(coffer, "tasks.get_all", basic(access, "wrong"))[:2],
        "expired": ask(coffer, "tasks.get_all", bearer(short))[:2],
        "forbidden": (refused["result_code"], refused["result_subcode"]),
        "nobody": ask(coffer, "tasks.get_all", {})[:2],
    }
    assert codes["forbidden"] == (403, 20) and {code for name, (code, _) in codes.items() if name != "forbidden"} == {401}
    assert len(set(codes.values())) == 4, codes
    assert session.send_request("tasks", "get_all", json={"page_size": 1, "page": 0}).status_code == 200, "a guest reads"
