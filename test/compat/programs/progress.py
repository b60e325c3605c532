"""Uploads a file and reads it back: progress.py ADDRESS MEGABYTES STEP, a step of 0 being that of the settings."""

import sys
from pathlib import Path
from tempfile import mkdtemp

from clearml import StorageManager

address, size, step = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
if step:
    StorageManager.set_report_upload_chunk_size(step)
    StorageManager.set_report_download_chunk_size(step)
sent = Path(mkdtemp()) / "sent.bin"
sent.write_bytes(bytes(range(256)) * (size << 12))
print("upload", flush=True)
StorageManager.upload_file(str(sent), address)
print("download", flush=True)
copy = StorageManager.get_local_copy(address, extract_archive=False)
print("end", flush=True)
assert Path(copy).read_bytes() == sent.read_bytes()
