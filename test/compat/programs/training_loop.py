"""A short training loop that logs through matplotlib and tensorboardX alone; Task.init picks both up."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from clearml import Task
from tensorboardX import SummaryWriter

task = Task.init(project_name="compat/training loop", task_name="tensorboardX and matplotlib")
writer = SummaryWriter("runs")
for iteration in range(20):
    writer.add_scalar("loss/train", 1.0 / (iteration + 1), iteration)
    writer.add_scalars("accuracy", {"train": iteration / 20, "val": iteration / 40}, iteration)
    if iteration % 10 == 0:
        writer.add_image("batch", np.full((3, 8, 8), iteration / 20, dtype=np.float32), iteration)
        writer.add_histogram("weights", np.arange(100.0) + iteration, iteration)
writer.close()

plt.plot([1, 2, 3], [1, 4, 9])
plt.title("squares")
plt.show()
plt.imshow(np.eye(8))
plt.title("eye")
plt.show()
print(f"task id {task.id}")
