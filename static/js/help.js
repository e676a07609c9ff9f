// @ts-check
// The Help page is only read; its nodes are live as everywhere.

import { begin, onlyCounts } from "./page.js";

const stream = begin(() => {});
stream.watch("counts", onlyCounts);
stream.start();
