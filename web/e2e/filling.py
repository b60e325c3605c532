"""What the programs that fill a server have in common."""

import tempfile
from pathlib import Path

import numpy as np
from clearml import Task

disk = Path(tempfile.mkdtemp())
made = {}  # ids by names


def begin(project, name, tags=(), **options):
    task = Task.init(
        project,
        name,
        tags=list(tags),
        reuse_last_task_id=False,
        auto_connect_frameworks=False,
        auto_connect_arg_parser=False,
        auto_resource_monitoring=False,
        **{"output_uri": True, **options},
    )
    made[name] = task.id
    return task


def weights(name, seed):
    path = disk / name
    np.save(path, np.random.default_rng(seed).random((50, 50)))
    return str(path)
