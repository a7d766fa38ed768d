// Shows who is online and the last events, as the server sends them.
"use strict";

const page = document.querySelector("[data-stream]");
const users = document.getElementById("users");
const events = document.getElementById("events");
const state = document.getElementById("state");
const trouble = document.getElementById("trouble");
const EVENTS_MAX = 50;
const RETRY_MS = 10000;

function element(name, text, className) {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function showState(text, live) {
  state.textContent = text;
  state.className = live ? "live" : "live waiting";
}

function showOnline(online) {
  trouble.hidden = !online.trouble;
  trouble.textContent = online.trouble || "";
  users.replaceChildren(...online.users.map((user) => {
    const line = document.createElement("li");
    line.append(element("strong", "User " + user.user_id));
    if (user.user_id === page.dataset.userId) line.append(element("span", "that is you", "soft"));
    line.append(element("span", user.sessions === 1 ? "1 session" : user.sessions + " sessions", "count"));
    return line;
  }));
  if (online.users.length === 0) users.append(element("li", "Nobody.", "soft"));
}

const WORDS = {
  "dev.sessiond.login": ["logged in", "in"],
  "dev.sessiond.logout": ["logged out", "out"],
  "dev.sessiond.user.online": ["came online", "in"],
  "dev.sessiond.user.offline": ["went offline", "out"],
  "dev.sessiond.rejected": ["a stored session was rejected", "out"],
  "dev.sessiond.link": ["link to Redis", ""],
};

function showEvent(event) {
  const [words, className] = WORDS[event.type] || [event.type, ""];
  const why = event.data.cause || event.data.reason || event.data.state;
  const line = document.createElement("li");
  const time = element("time", new Date(event.time).toLocaleTimeString());
  time.dateTime = event.time;
  line.append(time);
  if (event.data.user_id) line.append(element("strong", "User " + event.data.user_id));
  line.append(element("span", words, className));
  if (why) line.append(element("span", why, "soft"));
  if (event.subject) line.append(element("code", event.subject.slice(0, 8), "count"));
  document.getElementById("quiet").hidden = true;
  events.prepend(line);
  while (events.children.length > EVENTS_MAX) events.lastElementChild.remove();
}

function connect() {
  const stream = new EventSource(page.dataset.stream);
  stream.addEventListener("hello", () => {
    events.replaceChildren();
    showState("live", true);
  });
  stream.addEventListener("online", (message) => showOnline(JSON.parse(message.data)));
  stream.addEventListener("session", (message) => showEvent(JSON.parse(message.data)));
  stream.addEventListener("bye", () => {
    stream.close();
    showState("Your session has ended: log in again to go on watching.", false);
  });
  stream.addEventListener("error", () => {
    showState("waiting for the server …", false);
    // A refusal (503: too many are watching) ends an EventSource for good; a lost connection does not.
    if (stream.readyState === EventSource.CLOSED) setTimeout(connect, RETRY_MS);
  });
}

connect();
