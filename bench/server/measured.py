"""Runs a command with a file as its input, and prints as JSON what it took.

"seconds" on the clock; "cpu": processor seconds of it and of all that it started, also of what detached itself (gpgme
forks twice, gpg-agent stays behind: both are counted because this process takes orphans in); "memory": the most that all
of them had at one time, in bytes, shared pages divided among those who share them (PSS).

usage: measured.py INPUT COMMAND [ARGUMENT...]
"""

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
SAMPLE_SECONDS = 0.05


def descendants(pid):
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as children:
                for child in children.read().split():
                    found += [int(child)] + descendants(int(child))
    except OSError:
        pass
    return found


def pss(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup") as lines:
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return 0


ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
start = time.monotonic()
with open(sys.argv[1], "rb") as given:
    command = subprocess.Popen(sys.argv[2:], stdin=given, stdout=sys.stderr)
peak = 0
while command.poll() is None:
    peak = max(peak, sum(pss(pid) for pid in descendants(os.getpid())))
    time.sleep(SAMPLE_SECONDS)
seconds = time.monotonic() - start
for pid in descendants(os.getpid()):
    os.kill(pid, signal.SIGTERM)
try:
    while True:
        os.wait()
except ChildProcessError:
    pass
spent = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"seconds": seconds, "cpu": spent.ru_utime + spent.ru_stime, "memory": peak}))
sys.exit(command.returncode)
