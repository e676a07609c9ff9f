// @ts-check
// The shapes of what the server sends. Types only: nothing imports this file
// when the page runs.

/**
 * @typedef {object} Vote
 * @property {string} node
 * @property {"granted"|"other"|"free"|"down"|"timeout"|"amnesia"|"quarantined"|"unknown"} vote
 * @property {string|null} [fingerprint]
 * @property {string|null} [type]
 * @property {string|null} [expiresAt]
 * @property {number|null} [rttMicros]
 * @property {string|null} [reason]
 * @property {string|null} [said] what the node said when the lock was taken here
 * @property {string|null} [saidReason]
 */

/**
 * @typedef {object} Hold one holder of a lock, present or past
 * @property {string|null} owner
 * @property {string} fingerprint
 * @property {string|null} library
 * @property {boolean} managed
 * @property {number|null} fence
 * @property {string} from
 * @property {string|null} to null while it lasts
 * @property {string|null} how
 * @property {number} extensions
 */

/**
 * @typedef {object} Holder
 * @property {string|null} owner
 * @property {string} fingerprint
 * @property {string|null} [library]
 * @property {"certain"|"likely"|"ambiguous"|null} [confidence]
 * @property {string[]} [also] other libraries that it may be
 * @property {string|null} [host]
 * @property {number|null} [pid]
 * @property {"read"|"write"|"waiting"|"semaphore"|"integer"|null} [mode]
 * @property {number|null} [holds]
 * @property {number|null} [readers]
 * @property {string|null} [validUntil]
 * @property {boolean} [managed]
 * @property {string|null} [note] what was noted when it was taken here
 * @property {string|null} [since]
 */

/**
 * @typedef {object} Lock
 * @property {string|null} name null when the name travels in nameB64
 * @property {string|null} nameB64
 * @property {string} state
 * @property {string[]} flags
 * @property {Holder|null} holder
 * @property {number|null} fence
 * @property {string|null} expiresAt
 * @property {Vote[]} votes
 * @property {{visible: boolean, count: number, oldestSince: string|null, who?: string[], since?: string[]}} waiters
 * @property {number} seq
 */

/**
 * @typedef {object} Node
 * @property {string} id
 * @property {string} address
 * @property {boolean} up
 * @property {string|null} error
 * @property {string|null} since
 * @property {number|null} rttMicros
 * @property {string|null} version
 * @property {string|null} mode
 * @property {string|null} role
 * @property {string[]} [masters]
 * @property {string|null} [failover]
 * @property {string|null} [startedAt]
 * @property {string} [runId]
 * @property {boolean} [appendOnly]
 * @property {string|null} [fsync]
 * @property {string|null} [eviction]
 * @property {number} [maxMemory]
 * @property {string|null} [synced]
 * @property {number} [missed]
 * @property {number} [gaps]
 * @property {string} notifications
 * @property {number} keys
 * @property {{operationsPerSecond: number, bytesPerSecond: number, budget: number, operations: number, bytesIn: number, bytesOut: number}} [cost]
 * @property {boolean} votes whether its votes count
 * @property {{until: string|null, reason: string}|null} quarantine
 * @property {{offsetMicros: number, errorMicros: number, jumps: number}|null} clock
 * @property {Finding[]} findings
 */

/** @typedef {{code: string, grave: boolean, text: string, mend: string}} Finding */

/** @typedef {Record<string, number> & {total: number}} Counts */

/**
 * @typedef {object} Lease what this browser session holds
 * @property {string} id
 * @property {string} name
 * @property {string|null} [nameB64]
 * @property {string|null} owner
 * @property {string} fingerprint
 * @property {string} acquiredAt
 * @property {string} validUntil
 * @property {string} ttl
 * @property {number|null} [fence]
 * @property {boolean} [renew] whether it is renewed while its tab lives
 * @property {string|null} [tab]
 * @property {Vote[]} [votes]
 */

/**
 * @typedef {object} Watch what a window or a feed asks for
 * @property {string} view "locks", "lock", "nodes", "events" or "audit"
 * @property {string} [q]
 * @property {string} [state]
 * @property {boolean} [mine] only the locks of this session
 * @property {string} [library]
 * @property {boolean} [waiting] only what somebody waits for
 * @property {string} [sort]
 * @property {number} [offset]
 * @property {number} [limit]
 * @property {string} [name] of the lock, or whose events
 * @property {string} [nameB64]
 * @property {string} [kind] kinds of events with commas between
 * @property {string} [owner]
 * @property {string} [actor]
 * @property {number} [after] the number of the last event that is known
 * @property {string} [epoch] whose numbers those are
 */

/**
 * @typedef {object} Happening something that happened to a lock or a node
 * @property {number} seq
 * @property {string} at
 * @property {string} kind
 * @property {string|null} name
 * @property {string|null} nameB64
 * @property {string|null} node
 * @property {string|null} owner
 * @property {string|null} fingerprint
 * @property {string|null} library
 * @property {number|null} fence
 * @property {boolean} managed
 * @property {string|null} other
 * @property {number|null} heldMicros
 * @property {string|null} text
 */

/**
 * @typedef {object} AuditEntry a command, and what came of it
 * @property {number} seq
 * @property {string} id
 * @property {string} at
 * @property {string} action
 * @property {string} outcome "done", or the code of the refusal
 * @property {string|null} actor
 * @property {string|null} address
 * @property {string|null} owner
 * @property {string|null} name
 * @property {string|null} nameB64
 * @property {string|null} node
 * @property {string|null} found
 * @property {{node: string, result: string}[]} nodes
 * @property {string|null} reason
 * @property {string|null} note
 */

/** @typedef {{t: string, e?: string, s?: number} & Record<string, any>} Frame */

export {};
