// @ts-check
// The page of an error: the ways on are the same as everywhere.

import { startShared } from "./shared.js";

for (const element of document.querySelectorAll("[data-live]")) element.removeAttribute("hidden");
startShared();
