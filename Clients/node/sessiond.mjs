/**
 * Asks sessiond who is behind a Django session, and hears logins and logouts as they happen.
 *
 * One JSON-RPC 2.0 message a line, over a Unix socket: Protocols/socket.md describes it. What comes back is handed on as
 * it is, under the protocol's own names.
 *
 * No error holds a session key, and none of them means that nobody is logged in: it means that it cannot be told.
 * @module sessiond
 */

import { setMaxListeners } from "node:events";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** The daemon's own limits, which server.info tells as well. */
const REQUEST_BYTES_MAX = 65_536;
const ANSWER_LENGTH_MAX = 16_777_216;
/** A quiet daemon sends a heartbeat every 15 s: after three that did not come it is taken for dead. */
const SILENCE_MS_MAX = 45_000;
const BACKOFF_MS_MIN = 100;
const BACKOFF_MS_MAX = 5_000;

/**
 * Who is behind a session key.
 * @typedef {object} Identity
 * @property {boolean} authenticated
 * @property {"unknown" | "anonymous" | "invalid" | "unreadable"} [reason] Why nobody is logged in.
 * @property {string} [user_id]
 * @property {string} [backend]
 * @property {string} [session] The fingerprint, by which lists and events name the session; never its key.
 * @property {string | null} [expires_at] In RFC 3339; null for a session without an end.
 * @property {true} [superseded] A hint that the password was changed, so that Django will refuse this session.
 * @property {number} [stale_ms] How old the answer may be, where the daemon is allowed to serve stale ones.
 */

/**
 * A decoded session. `data` is what this process may see of it, written as Protocols/values.md says; `omitted` counts
 * the rest.
 * @typedef {Identity & {found: boolean, data?: Record<string, unknown>, omitted?: number}} SessionData
 */

/**
 * A live session in a list.
 * @typedef {object} Session
 * @property {string} session
 * @property {string} user_id
 * @property {string} backend
 * @property {string | null} expires_at
 * @property {string} first_seen_at
 */

/**
 * A part of a list, in no order that means anything. `next` is the `after` of the following page, and absent on the
 * last one. `position` is where events go on: subscribe after it, and nothing is missed.
 * @typedef {{sessions: Session[], next?: string, position: string}} SessionPage
 */

/**
 * Something that happened to a session: a CloudEvent.
 * @typedef {object} Event
 * @property {string} id Of one width, and rising. Also a position: what follows comes `after` it.
 * @property {string} type Such as `dev.sessiond.login`.
 * @property {string} time
 * @property {string} source
 * @property {string} [subject] The session's fingerprint.
 * @property {Record<string, any>} data What there is to know, by type; Protocols/schemas/event.*.json describe it.
 */

/**
 * A part of the history, oldest first; `next` is absent where nothing follows.
 * @typedef {{events: Event[], next?: string}} EventPage
 */

/** Whatever keeps sessiond from answering. */
export class SessiondError extends Error {
  get name() {
    return this.constructor.name;
  }
}

/** There is no daemon, or its connection was lost before it answered. */
export class ConnectionFailed extends SessiondError {}

/** The daemon did not answer in time. */
export class TimedOut extends SessiondError {}

/** What came back is no answer of this protocol. */
export class ProtocolError extends SessiondError {}

/** The client or the stream was closed. */
export class Closed extends SessiondError {}

/** The daemon answered with an error. */
export class RequestFailed extends SessiondError {
  /** @param {{code: number, message: string, data?: Record<string, any>}} error */
  constructor({ code, message, data: given }) {
    const data = given ?? {};
    const details = ["cause", "param", "problem"].filter((name) => name in data).map((name) => `, ${name}: ${data[name]}`);
    super(`${message} (${code})${details.join("")}`);
    this.code = code;
    /** More for programs: param, problem, right, cause, oldest; Protocols/schemas/error.json describes it. */
    this.data = data;
    /** How long to wait before asking again, in milliseconds; undefined where that does not help. */
    this.retryAfter = /** @type {number | undefined} */ (data.retry_after_ms);
  }
}

/** Redis could not be asked in time. */
export class Unavailable extends RequestFailed {}
/** This process lacks the right `data.right`. */
export class Forbidden extends RequestFailed {}
/** The events after this position are gone; `data.oldest` is the oldest one held. */
export class PositionLost extends RequestFailed {}
/** The daemon is at one of its limits. */
export class Overloaded extends RequestFailed {}
/** A parameter that the daemon does not take: `data.param`, `data.problem`. */
export class InvalidParams extends RequestFailed {}

const ERRORS = new Map([
  [-32001, Unavailable],
  [-32002, Forbidden],
  [-32003, PositionLost],
  [-32004, Overloaded],
  [-32602, InvalidParams],
]);

/** Returns `$SESSIOND_SOCKET`, else the first socket that exists where the daemon puts it. */
export function findSocket(environment = process.env) {
  const { SESSIOND_SOCKET, RUNTIME_DIRECTORY, XDG_RUNTIME_DIR } = environment;
  if (SESSIOND_SOCKET) return SESSIOND_SOCKET;
  const folders = (RUNTIME_DIRECTORY ?? "").split(":").filter(Boolean);
  const paths = [...folders, "/run/sessiond"].map((folder) => join(folder, "sessiond.sock"));
  if (XDG_RUNTIME_DIR) paths.push(join(XDG_RUNTIME_DIR, "sessiond", "sessiond.sock"));
  return paths.find((path) => existsSync(path)) ?? paths[0]; // The error of connecting to it says what to do.
}

/**
 * Asks the daemon. All requests share one connection and do not wait for each other. It is opened when it is needed,
 * and again when the daemon was restarted; while nobody waits for an answer it does not keep the process alive.
 *
 * The last argument of every method may hold a `signal`, an AbortSignal that gives the request up.
 */
export class Client {
  /** @type {Connection | undefined} */
  #connection;
  #isClosed = false;

  /**
   * @param {object} options
   * @param {string} [options.socketPath] The daemon's socket; without it `findSocket` says where to look.
   * @param {number} [options.timeout] Of a whole request, connecting included, in milliseconds.
   */
  constructor({ socketPath, timeout = 2_000 } = {}) {
    this.socketPath = socketPath;
    this.timeout = timeout;
  }

  /**
   * Says who is behind a session key, the value of Django's session cookie. Needs the right `identify`.
   * @param {string} sessionKey
   * @param {{confirm?: boolean, signal?: AbortSignal}} options `confirm` has Redis asked for any answer; without it a
   *   yes may come from the daemon's cache, while that is proven.
   * @returns {Promise<Identity>}
   */
  async identity(sessionKey, { confirm, signal } = {}) {
    return checked(await this.call("session.identity", { session_key: sessionKey, confirm }, { signal }));
  }

  /**
   * Returns the decoded session. Needs the right `read`.
   * @param {string} sessionKey
   * @param {{confirm?: boolean, signal?: AbortSignal}} options
   * @returns {Promise<SessionData>}
   */
  async get(sessionKey, { confirm, signal } = {}) {
    return checked(await this.call("session.get", { session_key: sessionKey, confirm }, { signal }));
  }

  /**
   * Lists who is logged in. Needs the right `list`.
   * @param {{limit?: number, after?: string, signal?: AbortSignal}} options `limit`: 1 to 1000, 100 without it;
   *   `after`: the `next` of the page before.
   * @returns {Promise<SessionPage>}
   */
  async sessions({ limit, after, signal } = {}) {
    return this.call("session.list", { limit, after }, { signal });
  }

  /**
   * Lists the sessions of a user. Needs the right `list`.
   * @param {string} userId
   * @param {{limit?: number, after?: string, signal?: AbortSignal}} options
   * @returns {Promise<SessionPage>}
   */
  async userSessions(userId, { limit, after, signal } = {}) {
    return this.call("user.sessions", { user_id: userId, limit, after }, { signal });
  }

  /**
   * Returns past events. Needs the right `observe`.
   * @param {object} options
   * @param {string} [options.after] The `next` of the page before, or any event's id.
   * @param {Date | string} [options.since] Inclusive.
   * @param {Date | string} [options.until] Exclusive.
   * @param {Date | string} [options.openAt] Only the logins that were open then: who was logged in?
   * @param {string[]} [options.types]
   * @param {string} [options.userId]
   * @param {string} [options.session]
   * @param {number} [options.limit]
   * @param {AbortSignal} [options.signal]
   * @returns {Promise<EventPage>}
   */
  async query({ openAt, userId, signal, ...params } = {}) {
    return this.call("events.query", { ...params, open_at: openAt, user_id: userId }, { signal });
  }

  /**
   * Subscribes, on a connection of its own, and resolves when the subscription stands. Needs the right `observe`; with a
   * `sessionKey` the right `identify` is enough.
   * @param {object} filter What is left out does not filter.
   * @param {string} [filter.after] An event's id, or a list's `position`; `""` for everything that the journal holds.
   *   Without it only what is new comes.
   * @param {string[]} [filter.types]
   * @param {string} [filter.userId]
   * @param {string} [filter.session] A fingerprint: one session, which is followed through changes of its key.
   * @param {string} [filter.sessionKey] The same, by its key.
   * @param {AbortSignal} [filter.signal] Ends the subscription, whenever it is aborted.
   * @returns {Promise<EventStream>}
   */
  async events({ after, types, userId, session, sessionKey, signal } = {}) {
    const filter = { types, user_id: userId, session, session_key: sessionKey };
    return EventStream.open(() => this.socketPath ?? findSocket(), this.timeout, filter, after, signal);
  }

  /**
   * Ends a session, named by its key or its fingerprint, and returns how many there were. Needs the right `revoke`.
   * @param {{sessionKey?: string, session?: string}} session
   * @param {{dryRun?: boolean, signal?: AbortSignal}} options `dryRun` only counts.
   * @returns {Promise<number>}
   */
  async revoke({ sessionKey, session }, { dryRun, signal } = {}) {
    const params = { session_key: sessionKey, session, dry_run: dryRun };
    return (await this.call("session.revoke", params, { signal })).revoked;
  }

  /**
   * Ends all sessions of a user, but for the one whose fingerprint is `except`. Needs the right `revoke`.
   * @param {string} userId
   * @param {{except?: string, dryRun?: boolean, signal?: AbortSignal}} options
   * @returns {Promise<number>}
   */
  async revokeUser(userId, { except, dryRun, signal } = {}) {
    return (await this.call("user.revoke", { user_id: userId, except, dry_run: dryRun }, { signal })).revoked;
  }

  /**
   * Returns the daemon's figures.
   * @param {{signal?: AbortSignal}} [options]
   */
  async status(options) {
    return this.call("server.status", undefined, options);
  }

  /**
   * Returns the daemon's version, its limits, and the rights of this process.
   * @param {{signal?: AbortSignal}} [options]
   */
  async info(options) {
    return this.call("server.info", undefined, options);
  }

  /**
   * Sends any request and returns its result: for methods that have no function here.
   * @param {string} method
   * @param {unknown} [params] Members that are undefined are left out.
   * @param {{signal?: AbortSignal}} options
   * @returns {Promise<any>}
   */
  async call(method, params, { signal } = {}) {
    return within(this.timeout, signal, async (signal) => {
      for (let isFirst = true; ; isFirst = false) {
        if (this.#isClosed) throw new Closed("the client was closed");
        const standing = this.#connection?.stands ? this.#connection : undefined;
        // Looked up every time: the daemon may come up later, elsewhere.
        const connection = (this.#connection = standing ?? new Connection(this.socketPath ?? findSocket()));
        try {
          return await connection.ask(method, params, signal);
        } catch (error) {
          // It was closed while it lay idle, by a restart for instance. No method does more when it is called twice; a revocation then counts what was left.
          if (!(error instanceof ConnectionFailed) || !standing || !isFirst) throw error;
        }
      }
    });
  }

  /** Closes the connection. Streams of events are closed by themselves, not by this. */
  close() {
    this.#isClosed = true;
    this.#connection?.end(new Closed("the client was closed"));
  }
}

/** Is shared by all requests: each has a number, by which its answer finds it. */
class Connection {
  #socket;
  #asked = 0;
  /** @type {Map<number, {resolve: (result: any) => void, reject: (reason: any) => void}>} */
  #waiting = new Map();
  /** @type {Error | undefined} */
  #lost;

  /** @param {string} path */
  constructor(path) {
    this.#socket = open(path);
    this.#read();
  }

  get stands() {
    return this.#lost === undefined;
  }

  /**
   * @param {string} method
   * @param {unknown} params
   * @param {AbortSignal} signal
   */
  async ask(method, params, signal) {
    signal.throwIfAborted();
    if (this.#lost) throw this.#lost;
    const id = ++this.#asked;
    const line = request(id, method, params);
    const answer = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    const giveUp = () => this.#waiting.get(id)?.reject(signal.reason);
    signal.addEventListener("abort", giveUp);
    this.#socket.ref();
    this.#socket.write(line);
    try {
      return await answer;
    } finally {
      signal.removeEventListener("abort", giveUp);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#socket.unref();
    }
  }

  async #read() {
    try {
      for await (const { id, result, error } of messages(this.#socket)) {
        const answer = this.#waiting.get(id);
        if (error && answer) answer.reject(failure(error));
        // About the connection, or a line that was not understood: nobody can tell whose.
        else if (error && id === null) throw failure(error);
        else if (result === undefined) answer?.reject(new ProtocolError("sessiond sent an answer without a result"));
        else answer?.resolve(result); // Else nobody waits any more.
      }
    } catch (error) {
      this.end(error);
    }
  }

  /** Closes the connection and tells everybody who waits why. */
  end(reason) {
    this.#lost ??= reason;
    this.#socket.destroy();
    for (const { reject } of this.#waiting.values()) reject(this.#lost);
  }
}

/**
 * A subscription on a connection of its own, which resumes by itself after that is lost. `Client.events` makes it:
 *
 *     for await (const event of await client.events()) …
 *
 * A PositionLost ends it: list the sessions anew, and subscribe after the list's position. So does leaving the loop.
 * @implements {AsyncIterableIterator<Event>}
 */
export class EventStream {
  /** Up to where everything was delivered: the `after` of a later subscription. @type {string} */
  position;
  /** The newest event when this began: what comes beyond it is new. @type {string} */
  newest;

  #path;
  #timeout;
  #filter;
  #closing = new AbortController();
  #socket;
  /** What comes on the socket. @type {any} */
  #messages;
  #events = this.#follow();

  constructor(path, timeout, filter, after) {
    this.#path = path;
    this.#timeout = timeout;
    this.#filter = filter;
    this.position = after;
  }

  static async open(path, timeout, filter, after, signal) {
    signal?.throwIfAborted();
    const stream = new EventStream(path, timeout, filter, after);
    signal?.addEventListener("abort", () => stream.close(), { signal: stream.#closing.signal });
    try {
      await stream.#subscribe();
    } catch (error) {
      stream.close();
      throw signal?.aborted ? signal.reason : error;
    }
    return stream;
  }

  next() {
    return this.#events.next();
  }

  return() {
    this.close();
    return this.#events.return(undefined);
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /** Ends the subscription; who waits for an event is told that there are no more. */
  close() {
    this.#closing.abort(new Closed("the stream was closed"));
    this.#socket?.destroy();
  }

  async #subscribe() {
    await within(this.#timeout, this.#closing.signal, async (signal) => {
      const socket = (this.#socket = open(this.#path()));
      const giveUp = () => socket.destroy();
      signal.addEventListener("abort", giveUp);
      try {
        socket.write(request(1, "events.subscribe", { ...this.#filter, after: this.position }));
        this.#messages = messages(socket);
        const { error, result } = (await this.#messages.next()).value; // Events come after the answer.
        if (error) throw failure(error);
        if (typeof result?.position !== "string") throw new ProtocolError("sessiond subscribed without a position");
        this.newest ??= result.position;
        this.position ??= result.position;
      } catch (error) {
        socket.destroy();
        throw signal.aborted ? signal.reason : error;
      } finally {
        signal.removeEventListener("abort", giveUp);
      }
      socket.setTimeout(SILENCE_MS_MAX, () => socket.destroy(new ConnectionFailed("sessiond has fallen silent")));
    });
  }

  async *#follow() {
    let backoff = BACKOFF_MS_MIN;
    try {
      for (let stands = true; ; ) {
        try {
          if (!stands) await this.#subscribe();
          stands = true;
          for await (const { method, params } of this.#messages) {
            if (method === "event") yield* this.#accept(params?.event);
            else if (method === "events.heartbeat" && params?.position > this.position) this.position = params.position;
            else if (method === "events.closed") throw failure(params?.error);
            backoff = BACKOFF_MS_MIN;
          }
        } catch (error) {
          if (!isPassing(error)) throw error;
          stands = false;
          await sleep(Math.min(Math.max(backoff, error.retryAfter ?? 0), BACKOFF_MS_MAX), undefined, {
            signal: this.#closing.signal,
          });
          backoff *= 2;
        }
      }
    } catch (error) {
      if (!this.#closing.signal.aborted) throw error;
    } finally {
      this.close();
    }
  }

  *#accept(event) {
    if (typeof event?.id !== "string") throw new ProtocolError("sessiond sent an event without an id");
    if (event.id <= this.position) return; // It came before the connection was lost.
    this.position = event.id;
    yield event;
  }
}

/** @param {string} path */
function open(path) {
  const socket = connect(path).setEncoding("utf8");
  socket.on("error", () => {}); // Who reads is told.
  return socket;
}

/** What comes on a socket, a JSON text a line; never ends but by an error. */
async function* messages(socket) {
  let rest = "";
  try {
    for await (let chunk of socket) {
      for (let end; (end = chunk.indexOf("\n")) >= 0; rest = "") {
        yield parsed(rest + chunk.slice(0, end));
        chunk = chunk.slice(end + 1);
      }
      rest += chunk;
      if (rest.length > ANSWER_LENGTH_MAX) throw new ProtocolError("sessiond sent a line that is too long");
    }
  } catch (error) {
    throw error instanceof SessiondError ? error : new ConnectionFailed(`no connection to sessiond: ${error.message}`);
  }
  throw new ConnectionFailed("sessiond closed the connection");
}

function parsed(line) {
  try {
    const message = JSON.parse(line);
    if (message?.id !== undefined || message?.method !== undefined) return message;
  } catch {
    // The parser's own error would hold a part of the line.
  }
  throw new ProtocolError("sessiond sent a line that is no message");
}

/** A line to be sent. One that is too long would end the connection, and with it everybody's requests. */
function request(id, method, params) {
  const line = JSON.stringify({ jsonrpc: "2.0", id, method, params });
  if (Buffer.byteLength(line) > REQUEST_BYTES_MAX) {
    throw new RequestFailed({ code: -32600, message: "the request is too long" });
  }
  return `${line}\n`;
}

/** The error of an answer, as one of the classes above. */
function failure(error) {
  if (!Number.isInteger(error?.code)) return new ProtocolError("sessiond sent an error without a code");
  return new (ERRORS.get(error.code) ?? RequestFailed)(error);
}

/** Whether to try again helps. */
function isPassing(error) {
  return [ConnectionFailed, TimedOut, Unavailable, Overloaded].some((kind) => error instanceof kind);
}

/** Sees that this is an answer: somebody has a session, nobody has a reason. */
function checked(who) {
  const isAnswer = who?.authenticated === true ? who.session : who?.authenticated === false && who.reason;
  if (!isAnswer) throw new ProtocolError("sessiond sent an answer that says neither who nor nobody");
  return who;
}

/** Does something that is given up after `timeout` milliseconds, or when `signal` is aborted. */
async function within(timeout, signal, work) {
  signal?.throwIfAborted();
  if (signal) setMaxListeners(0, signal); // Any number of requests may share one.
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(new TimedOut("sessiond did not answer in time")), timeout);
  const abort = () => limit.abort(signal.reason);
  signal?.addEventListener("abort", abort);
  try {
    return await work(limit.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
