// @ts-check
// Commands and questions over HTTP.

import { settings } from "./settings.js";

/** A refusal of the server: the members of its problem+json. */
export class Problem extends Error {
  /** @param {Record<string, any>} body */
  constructor(body) {
    super(body.detail || body.title || "the request failed");
    /** @type {string} */
    this.code = body.code ?? "";
    /** @type {number} */
    this.status = body.status ?? 0;
    /** @type {{field: string, message: string}[]} */
    this.errors = Array.isArray(body.errors) ? body.errors : [];
    /** @type {Record<string, any>} */
    this.body = body;
  }
}

/** @param {string} path below /api/v1 */
export function get(path) {
  return call(path, {});
}

/**
 * @param {string} path below /api/v1
 * @param {object} body
 * @param {AbortSignal} [signal]
 */
export function post(path, body, signal) {
  return call(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });
}

/**
 * @param {string} path
 * @param {RequestInit} init
 * @returns {Promise<any>}
 */
async function call(path, init) {
  let response;
  try {
    response = await fetch(`${settings.base}/api/v1/${path}`, { credentials: "same-origin", cache: "no-store", ...init });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Problem({ code: "unreachable", title: "the server cannot be reached" });
  }
  const body = await response.json().catch(() => null);
  if (response.ok) return body ?? {};
  throw new Problem({ title: `the server answered ${response.status}`, ...body, status: response.status });
}
