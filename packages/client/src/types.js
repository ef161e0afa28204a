// The shapes that the other modules' types name. Nothing imports this when it runs.

/**
 * @typedef {object} Problem problem+json, as the service answers it
 * @property {number} status
 * @property {string} code
 * @property {string} title
 * @property {string} detail
 * @property {boolean} retryable
 * @property {{path: string, message: string}[]} errors
 * @property {string} request_id
 * @property {number} [retry_after] seconds
 * @property {string} [ws]
 *
 * @typedef {string | null | undefined | {token: string, expires_at?: string | number | null}} Token
 * @typedef {Token | (() => Token | Promise<Token>)} TokenSource
 *
 * @typedef {object} ClientOptions
 * @property {string} [url] where the service is; without it, where the page was served from
 * @property {TokenSource} [token] asked on each connect and before the credential expires
 * @property {"double" | "exact"} [numbers] "exact": numbers that JavaScript would write otherwise
 *   come as ExactNumber
 * @property {number} [connectTimeoutMs] of a handshake: 10,000
 * @property {number} [silenceMs] a WebSocket on which nothing is heard for so long is given up: one
 *   and a half heartbeats
 * @property {number} [requestTimeoutMs] 15,000, and what `wait` asks for besides
 * @property {typeof globalThis.fetch} [fetch]
 * @property {any} [WebSocket] a class like the browser's, for a runtime that has none
 * @property {number} [socketAgainMs] where there is no WebSocket, how long until the next try:
 *   300,000
 * @property {() => number} [random] from 0 to 1, for the jitter
 *
 * @typedef {object} RequestOptions
 * @property {AbortSignal} [signal]
 * @property {string} [key] an idempotency key
 * @property {boolean} [repeatable] may be tried again although it is no GET
 * @property {boolean} [once] isn't tried again
 * @property {Record<string, string>} [headers]
 * @property {number} [timeoutMs]
 * @property {(text: string) => void} [onChunk] an event stream's text as it comes
 *
 * @typedef {"status" | "states" | "events"} Level
 *
 * @typedef {object} ListWanted
 * @property {string | string[]} [state_machine]
 * @property {string} [status]
 * @property {number} [limit]
 *
 * @typedef {object} Wanted
 * @property {string} [execution]
 * @property {Level} [level]
 * @property {string | null} [after]
 * @property {ListWanted} [list]
 *
 * @typedef {"RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED" | "PENDING_REDRIVE"} Status
 *
 * @typedef {object} ListedExecution an execution in a list
 * @property {string} execution its id
 * @property {string} state_machine
 * @property {string} name
 * @property {Status} status
 * @property {string} started_at RFC 3339, as all times
 * @property {string | null} stopped_at
 * @property {number} redrive_count
 * @property {string | null} replay_of
 * @property {string | null} version
 * @property {string | null} alias
 * @property {Record<string, string>} links
 *
 * @typedef {object} Payloads what goes in and comes out
 * @property {any} input
 * @property {any} output
 * @property {boolean} input_truncated
 * @property {boolean} output_truncated
 * @property {string | null} error
 * @property {string | null} cause
 * @property {number | null} stale_after_s
 * @property {Progress | null} progress null where nothing of its history was read; a service before
 *   this member tells none
 *
 * @typedef {object} Progress how far it is, how long it still takes, and what it came to
 * @property {number | null} fraction from 0 to 1; only a redrive takes it back. Null: unknown
 * @property {number | null} remaining_s null: unknown, or overdue
 * @property {number | null} typical_s how long those took that succeeded last
 * @property {boolean} overdue
 * @property {number | null} transitions that AWS bills; null for Express
 * @property {number | null} usd
 * @property {boolean} at_least whether it may come to more than is counted
 * @property {number} events
 * @property {number | null} events_left of 25,000; null for Express
 * @property {string | null} warning what to do, where four fifths of them are used up
 *
 * @typedef {ListedExecution & Payloads} Execution
 * @typedef {Execution & {states: State[], tasks: Task[], cursor: string, trace_id?: string}} Snapshot
 *
 * @typedef {Omit<Snapshot, "started_at" | "redrive_count" | "cursor">
 *   & {started_at: string | null, redrive_count: number | null, cursor: string | null}} Changed a
 *   snapshot as a stop or a redrive leaves it
 * @typedef {Omit<Snapshot, "cursor"> & {
 *   cursor: string | null, replayed?: boolean, credential?: {token: string, expires_at: string},
 * }} Started a snapshot as a start leaves it
 *
 * @typedef {object} SyncOutcome of an Express execution that was waited for
 * @property {string} execution
 * @property {string} state_machine
 * @property {string} name
 * @property {Status} status
 * @property {string} started_at
 * @property {string} stopped_at
 * @property {any} output
 * @property {string | null} error
 * @property {string | null} cause
 * @property {number | null} billed_duration_ms
 * @property {number | null} billed_memory_mb
 *
 * @typedef {object} State one state of an execution, summed up
 * @property {string} state its name
 * @property {string} type
 * @property {"RUNNING" | "WAITING" | "RETRYING" | "SUCCEEDED" | "CAUGHT" | "FAILED" | "TIMED_OUT"
 *   | "ABORTED"} status
 * @property {number} entered
 * @property {number} running
 * @property {number} succeeded
 * @property {number} failed
 * @property {number} caught
 * @property {number} aborted
 * @property {number} retries
 * @property {string} first_entered_at
 * @property {string} last_changed_at
 * @property {{error: string | null, cause: string | null} | null} last_error
 * @property {{state: string | null, caught: boolean, count: number}[]} entered_from
 * @property {Items | null} items of a Map
 *
 * @typedef {object} Items how many there are of a Map's; what isn't known is null
 * @property {number | null} total
 * @property {number | null} running
 * @property {number | null} succeeded
 * @property {number | null} failed
 * @property {number | null} aborted
 *
 * @typedef {object} Task what waits for somebody
 * @property {number} event_id
 * @property {string} state
 * @property {string} resource
 * @property {string} scheduled_at
 * @property {string | null} timeout_at
 * @property {number | null} heartbeat_seconds
 * @property {any} parameters
 * @property {boolean} parameters_omitted
 * @property {boolean} question_omitted
 * @property {string | null} title
 * @property {{label: string, value: any, missing: string | null}[]} facts
 * @property {{name: "approve" | "reject", label: string, outcome: "success" | "failure",
 *   body: Record<string, any>}[]} choices
 * @property {Field[] | null} fields
 * @property {Record<string, string>} links
 *
 * @typedef {object} Field a member of the output that is asked for
 * @property {string} name
 * @property {string} title
 * @property {string} description
 * @property {"text" | "long" | "number" | "integer" | "choice"} kind
 * @property {boolean} required
 * @property {string} default
 * @property {{label: string, value: any}[]} options
 *
 * @typedef {object} Settled a task's answer, as it was taken
 * @property {string} execution
 * @property {number} event_id
 * @property {string} state
 * @property {"success" | "failure"} outcome
 * @property {string} settled_at
 * @property {string} cursor
 * @property {boolean} replayed
 *
 * @typedef {object} Me
 * @property {string[]} scopes
 * @property {string[]} machines
 * @property {string[]} executions
 * @property {string | null} principal
 * @property {string | null} expires_at
 *
 * @typedef {object} Counts
 * @property {number} total
 * @property {Partial<Record<Status, number>>} by_status
 * @property {boolean} at_least
 *
 * @typedef {object} ListedMachine
 * @property {string} state_machine
 * @property {string} as_of
 * @property {Counts | null} counts
 *
 * @typedef {object} Unlisted
 * @property {string} state_machine
 * @property {string} code
 * @property {string} detail
 * @property {boolean} retryable
 *
 * @typedef {{type: string, [member: string]: any}} Message any of the service's, as it comes
 *
 * @typedef {{id: number, type: string, timestamp: string, previous_event_id: number,
 *   [details: string]: any}} HistoryEvent
 *
 * @typedef {{type: "subscribed", recovered: boolean, cursor: string, snapshot: Snapshot}
 *   | {type: "reset", reason: string, cursor: string, snapshot: Snapshot}
 *   | {type: "update", cursor: string, execution: Partial<Execution>, states?: State[],
 *     tasks?: Task[], events?: HistoryEvent[]}
 *   | {type: "complete", cursor: string, status: Status, output: any, error: string | null,
 *     cause: string | null}} ExecutionMessage
 * @typedef {{type: "subscribed", recovered: false, list: HeldList}
 *   | {type: "update", list: HeldList & {removed: string[]}}} ListMessage
 *
 * @typedef {object} Connection
 * @property {"idle" | "connecting" | "live" | "resuming" | "unreachable" | "ended"} state
 *   "unreachable": the service says that it can't reach AWS
 * @property {"websocket" | "sse" | "poll" | null} transport
 * @property {number | null} heardAt when anything was heard, in ms, as of the last change
 * @property {number | null} retryAt when the next try is due, in ms
 * @property {string} reason
 * @property {number | string | null} code the close code, or the error's
 *
 * @typedef {{transport: Connection["transport"], heardAt: number | null}} Via
 *
 * @typedef {object} Held
 * @property {Partial<Execution>} execution empty while nothing is known
 * @property {ReadonlyMap<string, State>} states by name, in order of entry
 * @property {readonly Task[]} tasks
 * @property {string | null} cursor
 *
 * @typedef {object} HeldList
 * @property {readonly ListedExecution[]} executions newest first
 * @property {Counts | null} counts
 * @property {readonly ListedMachine[]} state_machines
 * @property {readonly Unlisted[]} unlisted
 * @property {string | null} as_of null while nothing is known
 *
 * @typedef {{connection: Connection, error: import("./http.js").HandrailError | null}} Situation
 * @typedef {Readonly<Held & Situation>} View
 * @typedef {Readonly<HeldList & Situation>} ListView
 *
 * @typedef {object} StartOptions
 * @property {string} [name]
 * @property {string} [idempotencyKey] made where none is given
 * @property {number} [wait] seconds, 25 at most
 * @property {boolean} [credential] answer a token that reads this one execution
 * @property {AbortSignal} [signal]
 */

export {};
