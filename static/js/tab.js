// @ts-check
// What tells this tab from the others: a lock that is held while a tab is open
// is held by this name, and a reload keeps it.

const key = "lockscope-tab";

/** 1 to 64 characters of A–Z, a–z, 0–9, _ and -. */
export const tab = take() ?? fresh();

// While the page lives its name is not in the storage. A tab that is duplicated
// copies the storage and so gets a name of its own; a reload finds what the page
// left when it went.
addEventListener("pagehide", () => store((storage) => storage.setItem(key, tab)));
addEventListener("pageshow", (event) => {
  if (event.persisted) store((storage) => storage.removeItem(key));
});

function take() {
  return store((storage) => {
    const kept = storage.getItem(key);
    storage.removeItem(key);
    return kept && /^[\w-]{1,64}$/.test(kept) ? kept : null;
  });
}

function fresh() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @template T
 * @param {(storage: Storage) => T} use
 * @returns {T|null}
 */
function store(use) {
  try {
    return use(sessionStorage);
  } catch {
    return null; // Storage may be forbidden; a reload then is another tab.
  }
}
