"""An ordinary training script: Task.init with nothing but a project and a name, everything else by default."""

import argparse

from clearml import Task

parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float, default=0.1)
parser.add_argument("--layers", type=int, default=3)

task = Task.init(project_name="compat/all defaults", task_name="ordinary script")
args = parser.parse_args()
settings = task.connect({"seed": 7, "name": "größe"})
for iteration in range(3):
    print(f"iteration {iteration} at rate {args.rate}")
    task.get_logger().report_scalar("loss", "train", value=1.0 / (iteration + 1), iteration=iteration)
task.upload_artifact("settings", settings)
task.upload_artifact("numbers", list(range(10)))
print(f"task id {task.id}")
