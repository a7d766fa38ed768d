/**
 * An HTTP server that lets in who is logged in to Django, and sends everybody else to Django's login page.
 *
 *     node example.mjs 8081
 */

import { createServer } from "node:http";
import { Client } from "./sessiond.mjs";

const COOKIE_NAME = "sessionid"; // Django's SESSION_COOKIE_NAME.
const LOGIN_URL = "/accounts/login/"; // Django's LOGIN_URL.
const SESSION_KEY_BYTES_MAX = 512; // Nobody has a longer one.

/**
 * Lets in who is logged in to Django. Where it cannot be told nobody is let in, and nobody is sent away.
 * @param {Client} client
 * @param {(request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse,
 *   who: import("./sessiond.mjs").Identity) => void} next
 */
function loginRequired(client, next) {
  return async (request, response) => {
    response.setHeader("Vary", "Cookie");
    let who;
    try {
      const key = sessionKey(request);
      who = key ? await client.identity(key) : { authenticated: false };
    } catch (error) {
      console.error("cannot tell who is logged in:", error.message); // It holds no session key.
      const seconds = Math.max(1, Math.ceil((error.retryAfter ?? 0) / 1_000));
      return response.writeHead(503, { "Retry-After": seconds }).end("Please try again in a moment.\n");
    }
    if (!who.authenticated) {
      const location = `${LOGIN_URL}?next=${encodeURIComponent(wayBack(request))}`;
      return response.writeHead(302, { Location: location }).end();
    }
    return next(request, response, who);
  };
}

/** The last cookie of the name: that is the one that Django takes. */
function sessionKey(request) {
  const cookies = (request.headers.cookie ?? "").split(";").map((cookie) => cookie.trim());
  const key = cookies.filter((cookie) => cookie.startsWith(`${COOKIE_NAME}=`)).at(-1)?.slice(COOKIE_NAME.length + 1);
  return key && Buffer.byteLength(key) <= SESSION_KEY_BYTES_MAX ? key : undefined;
}

/** Begins with one slash: with two, or a backslash, a browser would take it for another site. */
function wayBack(request) {
  return `/${request.url.replace(/^[/\\]+/, "")}`;
}

const hello = (request, response, who) => response.end(`Hello, user ${who.user_id}\n`);
const server = createServer(loginRequired(new Client(), hello));
server.listen(Number(process.argv[2] ?? 8081), "127.0.0.1", () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`serving http://127.0.0.1:${port}/`);
});
