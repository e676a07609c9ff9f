// Takes and releases one lock, as it is told on standard input.
//
// Usage: node lock.js LIBRARY NAME HOST:PORT...
//
// Each line "lock" or "unlock" is answered by a line "yes" or "no".

import { createInterface } from "node:readline";
import { Redis } from "ioredis";
import { Mutex, Semaphore } from "redis-semaphore";
import Redlock from "redlock";

const [library, name, ...addresses] = process.argv.slice(2);
const clients = addresses.map((address) => {
  const [host, port] = address.split(":");
  return new Redis({ host, port: Number(port) });
});

const minute = 60_000;
const once = { lockTimeout: minute, acquireAttemptsLimit: 1 };

/** @type {Record<string, () => {lock: () => Promise<any>, unlock: () => Promise<any>}>} */
const libraries = {
  "node-redlock": () => {
    const redlock = new Redlock(clients, { retryCount: 0 });
    let held;
    return {
      lock: async () => { held = await redlock.acquire([name], minute); },
      unlock: () => held.release(),
    };
  },
  mutex: () => {
    const mutex = new Mutex(clients[0], name, once);
    return { lock: () => mutex.acquire(), unlock: () => mutex.release() };
  },
  semaphore: () => {
    const semaphore = new Semaphore(clients[0], name, 3, once);
    return { lock: () => semaphore.acquire(), unlock: () => semaphore.release() };
  },
};

const lock = libraries[library]();
for await (const order of createInterface({ input: process.stdin })) {
  try {
    await (order === "lock" ? lock.lock() : lock.unlock());
    console.log("yes");
  } catch (error) {
    console.error(error);
    console.log("no");
  }
}
for (const client of clients) client.disconnect();
