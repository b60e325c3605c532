"""One of many processes that add artifacts to one task at once: writers.py TASK FIRST COUNT.

Each of its threads is a writer with a task object of its own. It says `ready`, waits until its standard input ends and
lets all writers go. Writer n adds the artifact `writer n` with the bytes that `content(n)` gives. Ends with 0 when every
upload said it succeeded.
"""

import sys
import threading


def content(number):
    """What writer `number` writes: 1 to 20 KB that no other one has."""
    return f"writer {number}\n".encode() * (100 + number * 7 % 900)


def main():
    task_id, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    from clearml import Task

    writers = {number: Task.get_task(task_id=task_id) for number in range(first, first + count)}
    # One after the other: on first use the SDK makes its pools of threads, and in several threads at once it crashes.
    for task in writers.values():
        task.get_logger().get_default_upload_destination()
    print("ready", flush=True)
    sys.stdin.read()
    failures = []

    def write(number, task):
        try:
            done = task.upload_artifact(
                f"writer {number}", number, serialization_function=content, extension_name=".txt", wait_on_upload=True
            )
            if done is not True:
                failures.append(f"writer {number}: {done}")
        except Exception as error:
            failures.append(f"writer {number}: {error!r}")

    threads = [threading.Thread(target=write, args=pair) for pair in writers.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("\n".join(failures))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
