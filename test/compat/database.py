"""A throw-away PostgreSQL server, for a Coffer that keeps its rows there."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]

# The environment that the tests were started with: the home of the SDK, which takes its place, has no caches of Go, and
# everything would be compiled anew.
AROUND = dict(os.environ)

# The server ends when its standard input does, so also with this process.
STOP_LIMIT = 30


class Database:
    """A server with one empty database, started here."""

    def __init__(self):
        self.process = subprocess.Popen(
            ["go", "run", "./test/postgres/run"], cwd=ROOT, env=AROUND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.url = self.process.stdout.readline().strip()
        assert self.url, f"the PostgreSQL server ended with {self.process.wait()}"

    def stop(self):
        self.process.stdin.close()
        assert self.process.wait(STOP_LIMIT) == 0
        self.process.stdout.close()
