"""Throw-away object stores, for a Coffer that keeps its bytes there and for an SDK that writes there by itself."""

import atexit
import configparser
import functools
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from database import AROUND, ROOT, STOP_LIMIT

KINDS = ("s3", "gs", "azure")


class ObjectStore:
    """A server of a kind with one empty bucket, started here. It ends when its standard input does."""

    def __init__(self, kind):
        self.process = subprocess.Popen(
            ["go", "run", "./test/objectstore/run", kind], cwd=ROOT, env=AROUND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.address = self.process.stdout.readline().strip()
        assert self.address, f"the object store ended with {self.process.wait()}"
        parts = urlsplit(self.address)
        options = parse_qs(parts.query)
        self.endpoint = options["endpoint"][0]
        self.host = urlsplit(self.endpoint).netloc
        self.bucket = parts.netloc
        self._credentials = Path(options["credentials"][0])

    @property
    def keys(self):
        """Key id and secret of an S3 store."""
        file = configparser.ConfigParser()
        file.read(self._credentials)
        return file["default"]["aws_access_key_id"], file["default"]["aws_secret_access_key"]

    def stop(self):
        self.process.stdin.close()
        assert self.process.wait(STOP_LIMIT) == 0
        self.process.stdout.close()


@functools.cache
def started(kind):
    """The one store of a kind that a run shares."""
    store = ObjectStore(kind)
    atexit.register(store.stop)
    return store
