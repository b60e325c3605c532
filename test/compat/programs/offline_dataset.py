"""Makes a version of a dataset without a server, then hands it in: prints the id that it was imported as."""

import sys
import time

from clearml import Dataset, Task

project, name, folder = sys.argv[1:]
Dataset.set_offline(True)
made = Dataset.create(dataset_name=name, dataset_project=project)
# The SDK looks at the program in a thread of its own, and add_files writes into what that finds.
deadline = time.monotonic() + 60
while Task.current_task().data.script is None and time.monotonic() < deadline:
    time.sleep(0.05)
made.add_files(folder)
made.upload()
made.finalize()
session = made.get_offline_mode_folder()
Task.current_task().close()
Dataset.set_offline(False)
print(f"imported {Dataset.import_offline_session(str(session) + '.zip', upload=True, finalize=True)}")
