/**
 * Does through the client what requests on standard input ask for, and prints answers as the daemon would.
 *
 * Every error goes to standard error as a person would see it. `driver.cancel` gives up the request of an `id`;
 * SESSIOND_TEST_TIMEOUT_MS is the client's timeout.
 */

import { createInterface } from "node:readline";
import { inspect } from "node:util";
import * as sessiond from "../../../Clients/node/sessiond.mjs";

const client = new sessiond.Client({ timeout: Number(process.env.SESSIOND_TEST_TIMEOUT_MS ?? 20_000) });
const streams = new Map();
const requests = new Map();
let subscriptionCount = 0;

function print(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
}

/** The error as the protocol would say it; errors of the client's own have a `kind` instead of a code. */
function told(error) {
  process.stderr.write(`${inspect(error)}\n`);
  if (!(error instanceof sessiond.RequestFailed)) return { kind: error.name, message: error.message };
  const data = Object.keys(error.data).length > 0 ? error.data : undefined;
  return { code: error.code, message: error.message.slice(0, error.message.indexOf(` (${error.code})`)), data };
}

/** What each method of the client takes, and how it is called. */
const METHODS = {
  "session.identity": ({ session_key, ...options }) => client.identity(session_key, options),
  "session.get": ({ session_key, ...options }) => client.get(session_key, options),
  "session.list": (page) => client.sessions(page),
  "user.sessions": ({ user_id, ...page }) => client.userSessions(user_id, page),
  "events.query": ({ user_id, open_at, ...more }) => client.query({ userId: user_id, openAt: open_at, ...more }),
  "session.revoke": async ({ session_key, dry_run, ...more }) => ({
    revoked: await client.revoke({ sessionKey: session_key, session: more.session }, { dryRun: dry_run, ...more }),
  }),
  "user.revoke": async ({ user_id, dry_run, ...more }) => ({
    revoked: await client.revokeUser(user_id, { dryRun: dry_run, ...more }),
  }),
  "server.status": (options) => client.status(options),
  "server.info": (options) => client.info(options),
};
const PARAMS = {
  "session.identity": ["session_key", "confirm"],
  "session.get": ["session_key", "confirm"],
  "session.list": ["limit", "after"],
  "user.sessions": ["user_id", "limit", "after"],
  "events.query": ["after", "since", "until", "open_at", "types", "user_id", "session", "limit"],
  "session.revoke": ["session_key", "session", "dry_run"],
  "user.revoke": ["user_id", "except", "dry_run"],
  "server.status": [],
  "server.info": [],
  "events.subscribe": ["after", "types", "user_id", "session", "session_key"],
};

/** Whether the params are such that the client's own method can have them. */
function isTyped(method, params) {
  const isObject = params !== null && typeof params === "object" && !Array.isArray(params);
  return method in PARAMS && isObject && Object.keys(params).every((name) => PARAMS[method].includes(name));
}

async function subscribe(id, params, signal) {
  const { user_id, session_key, ...more } = params;
  const stream = await client.events({ ...more, userId: user_id, sessionKey: session_key, signal });
  const subscription = ++subscriptionCount;
  streams.set(subscription, stream);
  print({ id, result: { subscription, position: stream.newest } });
  try {
    for await (const event of stream) {
      if (event.id !== stream.position) throw new Error("the position is another one");
      print({ method: "event", params: { subscription, event } });
    }
  } catch (error) {
    print({ method: "events.closed", params: { subscription, error: told(error) } });
  }
}

async function serve({ id, method, params }) {
  const controller = new AbortController();
  requests.set(id, controller);
  const { signal } = controller;
  try {
    if (method === "events.unsubscribe" && streams.has(params?.subscription)) {
      streams.get(params.subscription).close();
      print({ id, result: {} });
    } else if (method === "events.subscribe" && isTyped(method, params ?? {})) {
      process.stderr.write(`method ${method}\n`);
      await subscribe(id, params ?? {}, signal);
    } else if (isTyped(method, params ?? {}) && !(params && Object.keys(PARAMS[method]).length === 0)) {
      process.stderr.write(`method ${method}\n`);
      print({ id, result: await METHODS[method]({ ...params, signal }) });
    } else {
      print({ id, result: await client.call(method, params, { signal }) });
    }
  } catch (error) {
    print({ id, error: told(error) });
  } finally {
    requests.delete(id);
  }
}

const served = [];
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const request = JSON.parse(line);
  if (request.method === "driver.cancel") requests.get(request.params.id)?.abort();
  else served.push(serve(request));
}
for (const stream of streams.values()) stream.close();
await Promise.all(served);
// Nothing is left that keeps the process alive: the client's connection does not.
