"""Works without a server, then hands the session in: prints the zip, the id it was imported as, and what was asked of
the server meanwhile."""

import sys

import requests

asked = []
plain_send = requests.Session.send


def counted(session, request, **options):
    if not request.url.startswith("http://127.0.0.1:"):
        raise requests.ConnectionError("the SDK asks its maker for updates; nothing leaves this machine")
    asked.append(request.url)
    return plain_send(session, request, **options)


requests.Session.send = counted

from clearml import Task  # noqa: E402  after the counter

project, previous = sys.argv[1], sys.argv[2]
Task.set_offline(True)
task = Task.init(project, "offline", auto_connect_frameworks=False, auto_resource_monitoring=False)
task.upload_artifact("numbers", {"one": 1}, wait_on_upload=True)
for iteration in range(3):
    task.get_logger().report_scalar("loss", "train", value=iteration, iteration=iteration)
print("a line of its log")
task.close()
session = task.get_offline_mode_folder().with_suffix(".zip")
print(f"session {session} {session.is_file()}")
print(f"asked {asked}")
Task.set_offline(False)
print(f"imported {Task.import_offline_session(str(session))}")
if previous:
    appended = Task.import_offline_session(str(session), previous_task_id=previous, iteration_offset=100)
    print(f"appended {appended}")
