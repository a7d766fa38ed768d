#!/usr/bin/env bash
# Runs the whole line on one machine until Ctrl-C: a private Redis, the daemon, and the example site, which somebody
# visits. With REDIS_URL and SECRET_KEY_FILE it follows a Redis of yours instead: then without the example site, whose
# users would have ids of your users, in your sessions, signed with your key.
#
# Called by `make run`. Takes PORT, REDIS_URL, SECRET_KEY_FILE, KEY_PATTERN, SESSIOND (the executable) and PYTHON.
set -euo pipefail
cd "$(dirname "$0")/.."

home=$(mktemp -d "${TMPDIR:-/tmp}/sessiond.XXXXXX")
pids=()
stop() {
    trap '' INT TERM
    # In the opposite order of their start: nobody is left without what it needs.
    for ((index = ${#pids[@]} - 1; index >= 0; index--)); do
        kill "${pids[index]}" 2>/dev/null || true
        wait "${pids[index]}" 2>/dev/null || true
    done
    rm -rf "$home"
}
trap stop EXIT
trap 'echo; exit 0' INT TERM

fail() {
    echo "make run: $*" >&2
    exit 1
}

# Waits until a line of a log matches, and shows the log where its writer ends before that.
await() { # pid, log, pattern, name
    until grep -qsE "$3" "$2"; do
        kill -0 "$1" 2>/dev/null || { cat "$2" >&2; fail "$4 ended by itself"; }
        sleep 0.1
    done
}

if [[ -n "${REDIS_URL:-}" || -n "${SECRET_KEY_FILE:-}" ]]; then
    [[ -n "${REDIS_URL:-}" && -n "${SECRET_KEY_FILE:-}" ]] || fail "REDIS_URL and SECRET_KEY_FILE go together"
    own_redis=1
    redis_url=$REDIS_URL
    key_file=$SECRET_KEY_FILE
else
    own_redis=
    redis-server --port 0 --unixsocket "$home/redis.sock" --save '' --dir "$home" >"$home/redis.log" 2>&1 &
    pids+=($!)
    await "${pids[0]}" "$home/redis.log" 'ready to accept connections' redis-server
    redis_url="unix://$home/redis.sock?db=0"
    key_file=$home/secret_key
    (umask 077 && head -c 32 /dev/urandom | base64 >"$key_file")
fi

socket=$home/sessiond.sock
# A URL may hold a password, which arguments would show in `ps`.
(umask 077 && printf '%s\n' "$redis_url" >"$home/redis_url")
# The page shows who is logged in to every user of this host: for invented users alone. Any port that is free.
page=()
[[ -n "$own_redis" ]] || page=(--http 127.0.0.1:0 --http-rights identify,list,observe)
"$SESSIOND" serve --redis-url-file "$home/redis_url" --secret-key-file "$key_file" --socket "$socket" \
    --state-directory "$home/state" "${page[@]}" \
    ${KEY_PATTERN:+--key-pattern "$KEY_PATTERN"} 2> >(tee "$home/sessiond.log" >&2) &
daemon=$!
pids+=("$daemon")
if [[ -n "$own_redis" ]]; then
    # A Redis that is away or a wrong key is said in the log above, and heals by itself.
    until grep -qs '^ready' "$home/sessiond.log" 2>/dev/null; do
        kill -0 "$daemon" 2>/dev/null || exit 1
        sleep 0.1
    done
    echo "Every login and logout that Redis announces, as it happens (Ctrl-C ends it):"
    # Plain lines: what else this script says stands between them.
    TERM=dumb "$SESSIOND" watch --socket "$socket" &
    pids+=($!)
    echo "Ask about a session in another terminal:  $SESSIOND identity --socket $socket <the sessionid cookie>"
    wait "$daemon"
    exit
fi
touch "$home/sessiond.log"
await "$daemon" "$home/sessiond.log" '^ready' sessiond

TERM=dumb "$SESSIOND" watch --socket "$socket" &
pids+=($!)

export EXAMPLE_REDIS_URL=$redis_url EXAMPLE_SECRET_KEY_FILE=$key_file EXAMPLE_DATABASE=$home/example.sqlite3
export SESSIOND_SOCKET=$socket
(cd Examples/tutorial && exec "$PYTHON" -m tutorial --host 127.0.0.1 --port "${PORT:-8080}") >"$home/site.log" 2>&1 &
site=$!
pids+=("$site")
await "$site" "$home/site.log" '^serving ' "the example site"
url=$(sed -n 's/^serving //p' "$home/site.log")

page_url=http://$(sed -nE 's/.* http=(127\.0\.0\.1:[0-9]+).*/\1/p' "$home/sessiond.log" | head -n 1)/

echo
echo "The example site runs at $url, the page of sessiond at $page_url."
echo "Somebody visits the site; sessiond tells what it sees:"
"$PYTHON" Examples/tutorial/tour.py "$url" --pause 1
sleep 0.5

cat <<WORDS

Now you:
  $url                  register and log in: the line appears above
  ${url}backend/        Flask knows you, and never asked Django
  ${url}backend/online  who is online, live
  $page_url                 who is online, the link and the lag, to look at
In another terminal:
  $SESSIOND status --socket $socket
  $SESSIOND sessions --socket $socket
Ctrl-C ends it all and leaves nothing behind.

WORDS
wait "$daemon" "$site"
