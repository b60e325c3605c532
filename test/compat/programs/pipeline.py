"""A pipeline whose steps run as processes on this machine: the second takes what the first made.

The pipeline task gets the first step's artifact twice, once under another name.
"""

import sys

from clearml import PipelineController


def produce():
    return {"a": 1}


def consume(data):
    return {"b": data["a"] + 1}


# Looks at its steps every two seconds instead of every twelve.
pipeline = PipelineController(
    name="pipeline", project=sys.argv[1], version="1.0", add_pipeline_tags=False, pool_frequency=2 / 60
)
pipeline.add_function_step(
    name="produce",
    function=produce,
    function_return=["data"],
    monitor_artifacts=["data", ("data", "renamed")],
    cache_executed_step=False,
)
pipeline.add_function_step(
    name="consume",
    function=consume,
    function_kwargs={"data": "${produce.data}"},
    function_return=["result"],
    parents=["produce"],
)
pipeline.start_locally(run_pipeline_steps_locally=True)
print(f"pipeline {pipeline.id}")
