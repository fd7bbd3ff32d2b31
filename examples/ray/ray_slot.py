"""One slot on Ray: an actor holds the worker, and this process carries its streams.

ray_slot.py [--address A] [--cpus N] [--gpus N] -- WORKER...

Where the actor runs, and whether the cluster grows for it, is Ray's. When the actor is lost this ends with code 1, and epnas
starts another slot.
"""

import argparse
import os
import subprocess
import sys
import threading

import ray


@ray.remote(max_restarts=0, max_concurrency=4)
class Slot:
    """Holds the worker. Each stream is served by a thread of its own."""

    def __init__(self, command):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0)

    def write(self, data):
        view = memoryview(data)
        while view:
            view = view[self.process.stdin.write(view):]

    def close(self):
        self.process.stdin.close()

    def read(self, name):
        return os.read(getattr(self.process, name).fileno(), 1 << 20)

    def wait(self):
        return self.process.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", default="auto")
    parser.add_argument("--cpus", type=float, default=1)
    parser.add_argument("--gpus", type=float, default=0)
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    ray.init(address=arguments.address, log_to_driver=False, logging_level="ERROR")
    slot = Slot.options(num_cpus=arguments.cpus, num_gpus=arguments.gpus).remote(arguments.command)

    def carry_in():
        try:
            while data := os.read(0, 1 << 20):
                ray.get(slot.write.remote(data))
            ray.get(slot.close.remote())
        except ray.exceptions.RayError:
            os._exit(1)

    def carry_out(name, to):
        try:
            while data := ray.get(slot.read.remote(name)):
                to.write(data)
                to.flush()
        except (ray.exceptions.RayError, BrokenPipeError):
            os._exit(1)

    threading.Thread(target=carry_in, daemon=True).start()
    errors = threading.Thread(target=carry_out, args=("stderr", sys.stderr.buffer), daemon=True)
    errors.start()
    carry_out("stdout", sys.stdout.buffer)
    errors.join()
    try:
        code = ray.get(slot.wait.remote())
    except ray.exceptions.RayError:
        code = 1
    # A signal of the worker is told as a shell tells it.
    os._exit(code if code >= 0 else 128 - code)


main()
