"""Takes and releases one lock with redis-py, as it is told on standard input.

Usage: redispy.py NAME HOST:PORT

Each line "lock" or "unlock" is answered by a line "yes" or "no".
"""

import sys

import redis
from redis.exceptions import LockError

name, address = sys.argv[1:]
host, port = address.rsplit(":", 1)
lock = redis.Redis(host, int(port)).lock(name, timeout=60, blocking=False)

for line in sys.stdin:
    if line.strip() == "lock":
        done = lock.acquire()
    else:
        try:
            lock.release()
            done = True
        except LockError:
            done = False
    print("yes" if done else "no", flush=True)
