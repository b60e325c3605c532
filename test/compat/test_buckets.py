"""The rows of group G that concern buckets: one test for each, named after it. The SDK reaches its store through a
recorder, which tells what was asked and with which keys. Most tests share one process, whose configuration is below."""

import hashlib
import json
import os
import subprocess

import pytest
import stores
from conftest import QUICK_CONF
from peer import Peer, PeerError
from recorder import Recorder

CONF = """
sdk.aws.s3 {
  key: "ofall", secret: "none", region: "of-all"
  extra_args: {StorageClass: "STANDARD"}
  credentials: [
    {host: "%(host)s", key: ${LAB_KEY}, secret: ${LAB_SECRET}, multipart: true, secure: false, region: "of-host"}
    {host: "%(host)s", bucket: "nearest", key: "ofbucket", secret: "none", secure: false, extra_args: {ServerSideEncryption: "AES256"}}
    {host: "%(host)s", bucket: "chain", use_credentials_chain: true, secure: false}
    {host: "%(host)s", bucket: "profile", use_credentials_chain: true, profile: "other", secure: false}
    {host: "%(host)s", bucket: "token", key: "lent", secret: "none", token: "session", secure: false}
    {host: "%(tls)s", bucket: "anybody", key: "k", secret: "none", secure: true, verify: false}
    {host: "%(tls)s", bucket: "known", key: "k", secret: "none", secure: true, verify: "%(certificate)s"}
    {host: "%(tls)s", bucket: "fetched", key: "k", secret: "none", secure: true, verify: "http://%(plain)s/ca.pem"}
    {host: "%(tls)s", bucket: "nobody", key: "k", secret: "none", secure: true, verify: true}
  ]
}
sdk.google.storage {
  project: "test"
  credentials_json: "%(folder)s/default.json"
  credentials: [
    {bucket: "divided", subdir: "near", project: "other", credentials_json: "%(folder)s/near.json"}
    {bucket: "inline", credentials_json: %(inline)s}
  ]
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("buckets")


@pytest.fixture(scope="module")
def certificate(folder):
    """A certificate for the loopback address, and its key."""
    files = folder / "certificate.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", files[1], "-out", files[0]]
    subprocess.run(command, check=True, capture_output=True)
    return files


class World:
    """What the tests share: recorders in front of the stores, and the process that uses them."""


@pytest.fixture(scope="module")
def world(folder, certificate, environment, sdk_lines):
    s3, gs = stores.started("s3"), stores.started("gs")
    w = World()
    w.bucket, w.gs_bucket = s3.bucket, gs.bucket
    w.s3, w.gs = Recorder(s3.endpoint), Recorder(gs.endpoint)
    w.tls = Recorder(answer=lambda _: (200, b""), certificate=certificate[0], key=certificate[1])
    w.plain = Recorder(answer=lambda _: (200, certificate[0].read_bytes()))
    w.accounts = Recorder(answer=lambda r: (200, json.dumps({"access_token": "of-" + r.path[1:], "expires_in": 3600}).encode()))

    def account(name):
        return json.dumps({
            "type": "service_account", "project_id": "test", "private_key_id": "1", "client_id": "1",
            "client_email": f"{name}@test.iam.gserviceaccount.com", "private_key": certificate[1].read_text(),
            "token_uri": f"http://{w.accounts.host}/{name}",
        })  # fmt: skip

    for name in ("default", "near"):
        (folder / f"{name}.json").write_text(account(name))
    (folder / "aws").write_text(
        "[default]\naws_access_key_id = offile\naws_secret_access_key = s\n[other]\naws_access_key_id = ofprofile\naws_secret_access_key = s\n"
    )
    w.conf = QUICK_CONF + CONF % dict(
        host=w.s3.host, tls=w.tls.host, plain=w.plain.host, certificate=certificate[0], folder=folder, inline=json.dumps(account("inline"))
    )
    key, secret = s3.keys
    w.variables = dict(
        LAB_KEY=key, LAB_SECRET=secret, STORAGE_EMULATOR_HOST=f"http://{w.gs.host}", AWS_SHARED_CREDENTIALS_FILE=str(folder / "aws"),
        AWS_EC2_METADATA_DISABLED="true", 
    )  # fmt: skip
    w.key = key
    w.peer = Peer(environment(conf=w.conf, **w.variables), sdk_lines)
    w.url = f"s3://{w.s3.host}/{w.bucket}"
    yield w
    w.peer.close()
    for recorder in (w.s3, w.gs, w.tls, w.plain, w.accounts):
        recorder.close()


@pytest.fixture
def sent(tmp_path):
    """Makes a file of so many bytes."""

    def make(size=1000, name="sent.bin"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(size))
        return path

    return make


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def attempt(peer, *args):
    """Whether a call came through; what the SDK says of one that does not is its own business."""
    try:
        return bool(peer.manager(*args).result)
    except PeerError:
        return False


def test_G_07_stores_other_than_amazon_have_host_and_port(world, sent):
    file, url = sent(), f"{world.url}/G-07/a/sent.bin"
    assert world.peer.manager("upload_file", str(file), url).result == url
    assert {r.path for r in world.s3.under(f"/{world.bucket}/G-07", "PUT")} == {f"/{world.bucket}/G-07/a/sent.bin"}
    assert world.peer.fetch(url).result["sha256"] == sha256(file)


def test_G_14_write_access_is_checked_when_a_destination_is_set(world, new_task, tmp_path, coffer):
    task = new_task("checked")
    for denied in (f"s3://{world.s3.host}/nearest/x", "s3://127.0.0.1:1/closed/x"):
        with pytest.raises(PeerError, match=f"Insufficient permissions.* for {denied}"):
            world.peer.destination(task.id, denied)
        assert not coffer.task(task.id).get("output", {}).get("destination")
    assert world.peer.destination(task.id, f"{world.url}/G-14").result == f"{world.url}/G-14"
    assert {r.method for r in world.s3.under(f"/{world.bucket}/G-14")} >= {"PUT", "DELETE"}
    assert coffer.task(task.id)["output"]["destination"] == f"{world.url}/G-14"


def test_G_15_the_most_specific_keys_count(world, sent):
    file = str(sent())
    assert attempt(world.peer, "upload_file", file, f"{world.url}/G-15/x")
    assert world.s3.keys(f"/{world.bucket}/G-15") == {world.key}
    assert not attempt(world.peer, "upload_file", file, f"s3://{world.s3.host}/nearest/G-15/x")
    assert world.s3.keys("/nearest/G-15") == {"ofbucket"}
    other = Recorder(answer=lambda _: (403, b""))
    try:
        assert not attempt(world.peer, "exists_file", f"s3://{other.host}/any/x")
        keys, scopes = other.keys("/any"), {r.headers["authorization"].split("/")[2] for r in other.under("/any")}
    finally:
        other.close()
    # The default speaks TLS unless it is told otherwise, which this recorder does not understand.
    assert (keys, scopes) in (({"ofall"}, {"of-all"}), (set(), set()))


def test_G_16_keys_come_from_a_chain(world, sent):
    file = str(sent())
    for bucket, key in {"chain": "offile", "profile": "ofprofile", "token": "lent"}.items():
        attempt(world.peer, "upload_file", file, f"s3://{world.s3.host}/{bucket}/G-16/x")
        assert world.s3.keys(f"/{bucket}/G-16") == {key}
    assert {r.headers["x-amz-security-token"] for r in world.s3.under("/token/G-16")} == {"session"}


def test_G_17_tls_and_region_are_settings(world, sent, log):
    file = str(sent())
    for bucket, trusted in {"anybody": True, "known": True, "fetched": True, "nobody": False}.items():
        attempt(world.peer, "upload_file", file, f"s3://{world.tls.host}/{bucket}/G-17/x")
        assert bool(world.tls.under(f"/{bucket}/G-17")) is trusted
    assert {r.path for r in world.plain.requests} == {"/ca.pem"}, "the authorities came from an address"
    attempt(world.peer, "upload_file", file, f"{world.url}/G-17/x")
    # The store answers that it is in another region, which boto3 goes by from then on: the first request to it tells.
    assert any("/of-host/s3/" in r.headers.get("authorization", "") for r in world.s3.under(f"/{world.bucket}"))


def test_G_18_extra_arguments_apply_to_uploads(world, sent, new_peer):
    file = str(sent())
    attempt(world.peer, "upload_file", file, f"s3://{world.s3.host}/nearest/G-18/x")
    assert {r.headers.get("x-amz-server-side-encryption") for r in world.s3.under("/nearest/G-18", "PUT")} == {"AES256"}
    everywhere = new_peer(conf=world.conf.replace("credentials: [\n    {host", "nothing: [\n    {host", 1) + "sdk.aws.s3.secure: false\n", **world.variables)
    attempt(everywhere, "upload_file", file, f"s3://{world.s3.host}/any/G-18/x")
    assert {r.headers.get("x-amz-storage-class") for r in world.s3.under("/any/G-18", "PUT")} == {"STANDARD"}
    assert world.s3.keys("/any/G-18") == {"ofall"}


def test_G_19_large_files_go_in_parts(world, sent, new_peer):
    file = sent(17 << 20)
    set_otherwise = "sdk.aws.boto3 {multipart_threshold: 5242880, multipart_chunksize: 6291456, max_multipart_concurrency: 1, pool_connections: 3}\n"
    for name, peer, parts in (
        ("default", world.peer, [8 << 20, 8 << 20, 1 << 20]),
        ("set", new_peer(conf=world.conf + set_otherwise, **world.variables), [6 << 20, 6 << 20, 5 << 20]),
    ):
        url = f"{world.url}/G-19/{name}"
        assert peer.manager("upload_file", str(file), url).result == url
        seen = [r for r in world.s3.under(f"/{world.bucket}/G-19/{name}", "PUT") if "partNumber" in r.query]
        decoded = [int(r.headers.get("x-amz-decoded-content-length", r.size)) for r in seen]
        assert sorted(decoded, reverse=True) == parts
        if name == "set":
            assert {r.beside for r in seen} == {0}, "one part at a time"
        assert world.peer.fetch(url).result["sha256"] == sha256(file)


def test_G_20_the_most_specific_credentials_of_google_count(world, sent):
    file, url = sent(), f"gs://{world.gs_bucket}/G-20.bin"
    world.gs.requests.clear()
    assert world.peer.manager("upload_file", str(file), url).result == url
    assert world.peer.fetch(url).result["sha256"] == sha256(file)
    assert {r.headers["authorization"] for r in world.gs.requests} == {"Bearer of-default"}
    for bucket, path, account in (("divided", "near/x", "near"), ("inline", "x", "inline")):
        attempt(world.peer, "exists_file", f"gs://{bucket}/{path}")
        asked = [r for r in world.gs.requests if f"/b/{bucket}" in r.path]
        assert {r.headers["authorization"] for r in asked} == {f"Bearer of-{account}"}


def test_G_22_credentials_refer_to_variables(world, sent):
    """LAB_KEY and LAB_SECRET are in no file."""
    assert world.key not in world.conf and "${LAB_KEY}" in world.conf
    assert attempt(world.peer, "upload_file", str(sent()), f"{world.url}/G-22/x")
    assert world.s3.keys(f"/{world.bucket}/G-22") == {world.key}


def test_G_28_folders_are_uploaded_and_downloaded_as_trees(world, sent, tmp_path):
    names = ("top.json", "a/one.bin", "a/b/two.json", "a/b/ä +%.bin")
    tree = {name: sha256(sent(1000 + n, f"tree/{name}")) for n, name in enumerate(names)}

    def found(under):
        return {p.relative_to(under).as_posix(): sha256(p) for p in under.rglob("*") if p.is_file()}

    url = f"{world.url}/G-28"
    assert world.peer.manager("upload_folder", str(tmp_path / "tree"), url, retries=2).result == url
    assert world.peer.manager("download_folder", url, str(tmp_path / "back"), max_workers=2).result == str(tmp_path / "back")
    assert found(tmp_path / "back/G-28") == tree
    world.peer.manager("download_folder", url, str(tmp_path / "some"), match_wildcard="*.json")
    assert found(tmp_path / "some/G-28") == {name: digest for name, digest in tree.items() if name.endswith(".json")}

    (tmp_path / "back/G-28/top.json").write_text("mine")
    for overwrite, digest in ((False, hashlib.sha256(b"mine").hexdigest()), (True, tree["top.json"])):
        world.peer.manager("download_folder", url, str(tmp_path / "back"), overwrite=overwrite)
        assert sha256(tmp_path / "back/G-28/top.json") == digest

    world.s3.refuse = lambda r: 403 if r.method == "PUT" and r.path.endswith("incomplete/a/one.bin") else None
    try:
        assert world.peer.manager("upload_folder", str(tmp_path / "tree"), f"{url}/incomplete").result is None
    finally:
        world.s3.refuse = lambda _: None
    world.peer.manager("download_folder", f"{url}/incomplete", str(tmp_path / "rest"))
    assert found(tmp_path / "rest/G-28/incomplete") == {name: digest for name, digest in tree.items() if name != "a/one.bin"}


def test_G_29_files_are_asked_about(world, sent, tmp_path):
    file, url = sent(4321), f"{world.url}/G-29/dir/sent.bin"
    ask = world.peer.manager
    ask("upload_file", str(file), url)
    assert [ask("exists_file", at).result for at in (url, url + ".not", f"{world.url}/G-29/dir", f"{world.url}/G-29/dir/")] == [True, False, False, False]
    assert ask("get_file_size_bytes", url).result == 4321
    assert ask("get_file_size_bytes", url + ".not", silence_errors=True).result is None
    assert ask("list", f"{world.url}/G-29/").result == ["G-29/dir/sent.bin"]
    assert ask("list", f"{world.url}/G-29/", return_full_path=True).result == [url]
    (told,) = ask("list", f"{world.url}/G-29/", with_metadata=True).result
    assert (told["name"], told["size"]) == ("G-29/dir/sent.bin", 4321)
    assert ask("get_metadata", url).result["size"] == 4321
    got = ask("download_file", url, str(tmp_path / "got")).result
    assert got == str(tmp_path / "got/G-29/dir/sent.bin") and sha256(tmp_path / "got/G-29/dir/sent.bin") == sha256(file)


def test_G_33_objects_have_their_media_type(world, sent):
    for name, media in {"a.json": "application/json", "b.png": "image/png", "c.zip": "application/zip", "d.html": "text/html"}.items():
        world.peer.manager("upload_file", str(sent(10, name)), f"{world.url}/G-33/{name}")
        assert {r.headers["content-type"] for r in world.s3.under(f"/{world.bucket}/G-33/{name}", "PUT")} == {media}


@pytest.mark.parametrize("scheme", ["s3", "gs"])
def test_G_41_names_of_any_kind_open(world, sent, scheme):
    base = world.url if scheme == "s3" else f"gs://{world.gs_bucket}"
    for name in ("with space.bin", "50%.bin", "a+b.bin", "ünï код 数.bin", "half#hash.bin"):
        file, url = sent(100), f"{base}/G-41 ü/{name}"
        assert world.peer.manager("upload_file", str(file), url).result == url
        assert world.peer.fetch(url).result["sha256"] == sha256(file), name
