"""A lock as in the text that this project began with, in words of our own.

Usage: sample.py NAME HOST:PORT...

Each line "lock" or "unlock" is answered by a line "yes" or "no".

It keeps what makes that sample what it is: four settings, a value that carries
the time until which it counts, a walk over the servers that ends at the first
yes, no look at how long the walk took, and nothing that takes back a failure.
It therefore locks one server, not most of them.
"""

import sys
import time
import uuid

import redis


class Lock:
    def __init__(self, servers, lock_timeout=10000, retry_count=3, retry_delay=100):
        self.servers = servers
        self.lock_timeout = lock_timeout
        self.retry_count = retry_count
        self.retry_delay = retry_delay
        self.held = None

    def lock(self, name):
        for _ in range(self.retry_count):
            valid_until = int(time.time() * 1000) + self.lock_timeout
            value = f"{uuid.uuid4()}:{valid_until}"
            for server in self.servers:
                if server.set(name, value, nx=True, px=self.lock_timeout):
                    self.held = value
                    return True
            time.sleep(self.retry_delay / 1000)
        return False

    def unlock(self, name):
        done = False
        for server in self.servers:
            # A compare and a delete, one after the other.
            if self.held and server.get(name) == self.held.encode():
                done = server.delete(name) == 1 or done
        return done


name, addresses = sys.argv[1], sys.argv[2:]
servers = []
for address in addresses:
    host, port = address.rsplit(":", 1)
    servers.append(redis.Redis(host, int(port)))
lock = Lock(servers)

for line in sys.stdin:
    done = lock.lock(name) if line.strip() == "lock" else lock.unlock(name)
    print("yes" if done else "no", flush=True)
