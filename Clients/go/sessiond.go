// Package sessiond asks sessiond who is behind a Django session, and hears logins and logouts as they happen.
//
// One JSON-RPC 2.0 message a line, over a Unix socket: Protocols/socket.md describes it.
//
// No error holds a session key, and none of them means that nobody is logged in: it means that it cannot be told.
package sessiond

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const (
	// The daemon's own limits, which server.info tells as well.
	requestBytesMax = 64 << 10
	answerBytesMax  = 16 << 20

	timeoutDefault = 2 * time.Second
	// A quiet daemon sends a heartbeat every 15 s: after three that did not come it is taken for dead.
	silenceMax = 45 * time.Second
	backoffMin = 100 * time.Millisecond
	backoffMax = 5 * time.Second
)

// Client asks the daemon. Its zero value is ready for use, by any number of goroutines, which share one connection:
// requests do not wait for each other. It is opened when it is needed, and again when the daemon was restarted.
type Client struct {
	// SocketPath is the daemon's socket; where it is empty, FindSocket says where to look.
	SocketPath string
	// Timeout is for a whole request, connecting included; 2 s where it is 0. A context may end it earlier.
	Timeout time.Duration

	once       sync.Once
	turn       chan struct{} // Held by who uses what follows; a channel, since a context can end the waiting for it.
	connection *connection
	closed     bool
}

// FindSocket returns $SESSIOND_SOCKET, else the first socket that exists where the daemon puts it.
func FindSocket() string {
	if named := os.Getenv("SESSIOND_SOCKET"); named != "" {
		return named
	}
	var paths []string
	for _, folder := range filepath.SplitList(os.Getenv("RUNTIME_DIRECTORY")) {
		paths = append(paths, filepath.Join(folder, "sessiond.sock"))
	}
	paths = append(paths, "/run/sessiond/sessiond.sock")
	if folder := os.Getenv("XDG_RUNTIME_DIR"); folder != "" {
		paths = append(paths, filepath.Join(folder, "sessiond", "sessiond.sock"))
	}
	for _, path := range paths {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return paths[0] // The error of connecting to it says what to do.
}

// Identity says who is behind a session key.
type Identity struct {
	Authenticated bool `json:"authenticated"`
	// Reason is why nobody is logged in: unknown, anonymous, invalid, unreadable.
	Reason  string `json:"reason,omitempty"`
	UserID  string `json:"user_id,omitempty"`
	Backend string `json:"backend,omitempty"`
	// Session is the fingerprint, by which lists and events name the session; never its key.
	Session string `json:"session,omitempty"`
	// ExpiresAt is nil for a session without an end.
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	// Superseded hints that the password was changed, so that Django will refuse this session.
	Superseded bool `json:"superseded,omitempty"`
	// StaleMS is how old the answer may be, where the daemon is allowed to serve stale ones.
	StaleMS float64 `json:"stale_ms,omitempty"`
}

// SessionData is a decoded session.
type SessionData struct {
	Identity
	Found bool `json:"found"`
	// Data is the session as far as this process may see it, written as Protocols/values.md says.
	Data json.RawMessage `json:"data,omitempty"`
	// Omitted counts the members of Data that this process may not see.
	Omitted int `json:"omitted,omitempty"`
}

// Session is a live session in a list.
type Session struct {
	Session     string     `json:"session"`
	UserID      string     `json:"user_id"`
	Backend     string     `json:"backend"`
	ExpiresAt   *time.Time `json:"expires_at"`
	FirstSeenAt time.Time  `json:"first_seen_at"`
}

// Page says which part of a list: Limit is 1 to 1000, 100 where it is 0; After is the Next of the page before.
type Page struct {
	Limit int    `json:"limit,omitempty"`
	After string `json:"after,omitempty"`
}

// SessionPage is a part of a list of sessions, in no order that means anything.
type SessionPage struct {
	Sessions []Session `json:"sessions"`
	// Next is empty on the last page.
	Next string `json:"next,omitempty"`
	// Position is where events go on: subscribe after it, and nothing is missed.
	Position string `json:"position"`
}

// Event is something that happened to a session: a CloudEvent.
type Event struct {
	// ID is of one width and rises. It is also a position: what follows comes After it.
	ID     string    `json:"id"`
	Type   string    `json:"type"`
	Time   time.Time `json:"time"`
	Source string    `json:"source"`
	// Subject is the session's fingerprint; empty where the event is about no single session.
	Subject string `json:"subject"`
	// Data holds what there is to know, by type; these are the members that logins and logouts have.
	Data struct {
		UserID          string     `json:"user_id"`
		Backend         string     `json:"backend"`
		ExpiresAt       *time.Time `json:"expires_at"`
		Cause           string     `json:"cause"`
		PreviousSession string     `json:"previous_session"`
		Reason          string     `json:"reason"`
		LoginID         string     `json:"login_id"`
	} `json:"data"`
	// Raw is the whole event as it came, to be passed on, or read for members that are not here.
	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON reads the event and keeps its text.
func (e *Event) UnmarshalJSON(text []byte) error {
	type plain Event
	e.Raw = append(json.RawMessage(nil), text...)
	return json.Unmarshal(text, (*plain)(e))
}

// MarshalJSON writes the event as it came.
func (e Event) MarshalJSON() ([]byte, error) { return e.Raw, nil }

// Query asks for past events, oldest first; what is left out does not filter.
type Query struct {
	Page
	// Since is inclusive, Until exclusive.
	Since *time.Time `json:"since,omitempty"`
	Until *time.Time `json:"until,omitempty"`
	// OpenAt has only the logins come that were open then: who was logged in?
	OpenAt  *time.Time `json:"open_at,omitempty"`
	Types   []string   `json:"types,omitempty"`
	UserID  string     `json:"user_id,omitempty"`
	Session string     `json:"session,omitempty"`
}

// EventPage is a part of the history; Next is empty where nothing follows.
type EventPage struct {
	Events []Event `json:"events"`
	Next   string  `json:"next,omitempty"`
}

// Option is a word more about a request.
type Option string

const (
	// Confirm has Redis asked for any answer; without it a yes may come from the daemon's cache, while that is proven.
	Confirm Option = "confirm"
	// DryRun only counts the sessions that would be ended.
	DryRun Option = "dry_run"
)

// Identity says who is behind a session key, the value of Django's session cookie. Needs the right identify.
func (c *Client) Identity(ctx context.Context, sessionKey string, options ...Option) (*Identity, error) {
	who, err := call[Identity](ctx, c, "session.identity", with(options, "session_key", sessionKey))
	if err == nil && !who.isAnswer() {
		return nil, ErrProtocol
	}
	return who, err
}

// Get returns the decoded session. Needs the right read.
func (c *Client) Get(ctx context.Context, sessionKey string, options ...Option) (*SessionData, error) {
	data, err := call[SessionData](ctx, c, "session.get", with(options, "session_key", sessionKey))
	if err == nil && !data.isAnswer() {
		return nil, ErrProtocol
	}
	return data, err
}

// isAnswer tells whether this says who or nobody: somebody has a session, nobody has a reason.
func (i *Identity) isAnswer() bool {
	if i.Authenticated {
		return i.Session != ""
	}
	return i.Reason != ""
}

// Sessions lists who is logged in. Needs the right list, as does UserSessions.
func (c *Client) Sessions(ctx context.Context, page Page) (*SessionPage, error) {
	return call[SessionPage](ctx, c, "session.list", page)
}

// UserSessions lists the sessions of a user.
func (c *Client) UserSessions(ctx context.Context, userID string, page Page) (*SessionPage, error) {
	return call[SessionPage](ctx, c, "user.sessions", struct {
		UserID string `json:"user_id"`
		Page
	}{userID, page})
}

// Query returns past events. Needs the right observe.
func (c *Client) Query(ctx context.Context, query Query) (*EventPage, error) {
	return call[EventPage](ctx, c, "events.query", query)
}

// Revoke ends the session of a key, and returns how many there were. Needs the right revoke, as do the next two.
func (c *Client) Revoke(ctx context.Context, sessionKey string, options ...Option) (int, error) {
	return c.revoke(ctx, "session.revoke", with(options, "session_key", sessionKey))
}

// RevokeSession ends the session of a fingerprint.
func (c *Client) RevokeSession(ctx context.Context, session string, options ...Option) (int, error) {
	return c.revoke(ctx, "session.revoke", with(options, "session", session))
}

// RevokeUser ends all sessions of a user but for one, named by its fingerprint; all of them where that is empty.
func (c *Client) RevokeUser(ctx context.Context, userID, except string, options ...Option) (int, error) {
	params := with(options, "user_id", userID)
	if except != "" {
		params["except"] = except
	}
	return c.revoke(ctx, "user.revoke", params)
}

func (c *Client) revoke(ctx context.Context, method string, params any) (int, error) {
	result, err := call[struct{ Revoked int }](ctx, c, method, params)
	if err != nil {
		return 0, err
	}
	return result.Revoked, nil
}

// Status returns the daemon's figures; Protocols/schemas/server.status.result.json describes them.
func (c *Client) Status(ctx context.Context) (map[string]any, error) {
	return c.figures(ctx, "server.status")
}

// Info returns the daemon's version, its limits, and the rights of this process.
func (c *Client) Info(ctx context.Context) (map[string]any, error) {
	return c.figures(ctx, "server.info")
}

func (c *Client) figures(ctx context.Context, method string) (map[string]any, error) {
	result, err := call[map[string]any](ctx, c, method, nil)
	if err != nil {
		return nil, err
	}
	return *result, nil
}

func with(options []Option, name, value string) map[string]any {
	params := map[string]any{name: value}
	for _, option := range options {
		params[string(option)] = true
	}
	return params
}

func call[Result any](ctx context.Context, c *Client, method string, params any) (*Result, error) {
	result := new(Result)
	if err := c.Call(ctx, method, params, result); err != nil {
		return nil, err
	}
	return result, nil
}

// Call sends any request, and reads its result into what result points to: for methods that have no function here.
func (c *Client) Call(ctx context.Context, method string, params, result any) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout())
	defer cancel()
	for attempt := 1; ; attempt++ {
		connection, isNew, err := c.connect(ctx)
		if err != nil {
			return err
		}
		answer, err := connection.ask(ctx, method, params)
		if errors.Is(err, ErrConnection) && !isNew && attempt == 1 {
			// It was closed while it lay idle, by a restart for instance. No method does more when it is called twice; a revocation then counts what was left.
			continue
		}
		if err != nil {
			return err
		}
		if json.Unmarshal(answer, result) != nil {
			return ErrProtocol
		}
		return nil
	}
}

// Close closes the connection. Events are closed by themselves, not by this.
func (c *Client) Close() error {
	turn := c.turns()
	turn <- struct{}{}
	defer func() { <-turn }()
	c.closed = true
	if c.connection != nil {
		c.connection.end(ErrClosed)
	}
	return nil
}

func (c *Client) timeout() time.Duration {
	if c.Timeout > 0 {
		return c.Timeout
	}
	return timeoutDefault
}

func (c *Client) path() string {
	if c.SocketPath != "" {
		return c.SocketPath
	}
	return FindSocket() // Every time: the daemon may come up later, elsewhere.
}

// turns is a channel of one place: whoever has put something in may use what follows in Client, until it is taken out.
func (c *Client) turns() chan struct{} {
	c.once.Do(func() { c.turn = make(chan struct{}, 1) })
	return c.turn
}

// connect returns the connection that stands, or a new one.
func (c *Client) connect(ctx context.Context) (_ *connection, isNew bool, _ error) {
	turn := c.turns()
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		return nil, false, late(ctx)
	}
	if c.closed {
		return nil, false, ErrClosed
	}
	if c.connection != nil && c.connection.stands() {
		return c.connection, false, nil
	}
	wire, err := dial(ctx, c.path())
	if err != nil {
		return nil, false, err
	}
	c.connection = &connection{wire: wire, turn: make(chan struct{}, 1), waiting: map[uint64]chan<- answer{}}
	go c.connection.read()
	return c.connection, true, nil
}

// connection is shared by all requests: each has a number, by which its answer finds it.
type connection struct {
	*wire
	turn chan struct{} // Held by who writes.

	mutex   sync.Mutex
	asked   uint64
	waiting map[uint64]chan<- answer
	lost    error
}

type answer struct {
	result json.RawMessage
	err    error
}

func (c *connection) stands() bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.lost == nil
}

// ask sends a request and waits for its answer.
func (c *connection) ask(ctx context.Context, method string, params any) (json.RawMessage, error) {
	answered := make(chan answer, 1)
	c.mutex.Lock()
	if c.lost != nil {
		c.mutex.Unlock()
		return nil, c.lost
	}
	c.asked++
	id := c.asked
	c.waiting[id] = answered
	c.mutex.Unlock()
	defer func() {
		c.mutex.Lock()
		delete(c.waiting, id)
		c.mutex.Unlock()
	}()

	line, err := request(id, method, params)
	if err != nil {
		return nil, err
	}
	select {
	case c.turn <- struct{}{}:
		c.write(ctx, line)
		<-c.turn
	case <-ctx.Done():
		return nil, late(ctx)
	}
	select {
	case answer := <-answered:
		return answer.result, answer.err
	case <-ctx.Done():
		return nil, late(ctx)
	}
}

// write has no error: a daemon that refuses a connection says why before it closes it, so whoever reads knows better.
func (c *connection) write(ctx context.Context, line []byte) {
	if written, err := c.wire.write(ctx, line); err != nil && written > 0 {
		c.Close() // What is written of the line cannot be taken back.
	}
}

func (c *connection) read() {
	for {
		message, err := c.receive()
		if err == nil && message.ID == nil && message.Error != nil {
			err = message.Error // About the connection, or a line that was not understood: nobody can tell whose.
		}
		if err != nil {
			c.end(err)
			return
		}
		if message.ID == nil {
			continue
		}
		c.mutex.Lock()
		answered := c.waiting[*message.ID]
		delete(c.waiting, *message.ID)
		c.mutex.Unlock()
		if answered != nil { // Else nobody waits any more.
			answered <- message.answer()
		}
	}
}

// end closes the connection and tells everybody who waits why.
func (c *connection) end(reason error) {
	c.Close()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.lost == nil {
		c.lost = reason
	}
	for id, answered := range c.waiting {
		delete(c.waiting, id)
		answered <- answer{err: c.lost}
	}
}

// Filter says which events are to come; what is left out does not filter.
type Filter struct {
	// After is a position: an event's ID, or a list's Position. Without it only what is new comes.
	After string `json:"after,omitempty"`
	// FromOldest has everything come that the journal holds.
	FromOldest bool     `json:"-"`
	Types      []string `json:"types,omitempty"`
	UserID     string   `json:"user_id,omitempty"`
	// Session, a fingerprint, or SessionKey: one session, which is followed through changes of its key.
	Session    string `json:"session,omitempty"`
	SessionKey string `json:"session_key,omitempty"`
}

// Events is a subscription on a connection of its own, which resumes by itself after that is lost.
type Events struct {
	client *Client
	filter Filter // Its After is where a new subscription begins.
	newest string
	closed context.Context
	close  context.CancelFunc

	events chan *Event // Without a buffer: an event that was sent was taken.
	ended  error       // Why events was closed.

	mutex    sync.Mutex
	position string
}

// Subscribe returns when the subscription stands. Needs the right observe; for a SessionKey identify is enough.
func (c *Client) Subscribe(ctx context.Context, filter Filter) (*Events, error) {
	e := &Events{client: c, filter: filter, events: make(chan *Event)}
	wire, newest, err := e.subscribe(ctx)
	if err != nil {
		return nil, err
	}
	e.newest = newest
	if !filter.FromOldest && filter.After == "" {
		e.filter.After = newest
	}
	e.position = e.filter.After
	e.closed, e.close = context.WithCancel(context.Background())
	go e.run(wire)
	return e, nil
}

// Next waits for the next event. Its errors are final, but for those of its context: after PositionLost list the
// sessions anew, and subscribe after the list's Position.
func (e *Events) Next(ctx context.Context) (*Event, error) {
	select {
	case event, isOpen := <-e.events:
		if !isOpen {
			return nil, e.ended
		}
		e.advance(event.ID)
		return event, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Position is up to where everything was delivered: the After of a later subscription.
func (e *Events) Position() string {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return e.position
}

// Newest is the newest event when this began: what comes beyond it is new.
func (e *Events) Newest() string { return e.newest }

// Close ends the subscription, and wakes who waits for Next.
func (e *Events) Close() error {
	e.close()
	return nil
}

// advance is told of positions by two goroutines, hence the comparison: they are of one width, and compared as text.
func (e *Events) advance(position string) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if position > e.position {
		e.position = position
	}
}

// subscribe opens a connection, and returns it with the newest event that there is.
func (e *Events) subscribe(ctx context.Context) (_ *wire, newest string, _ error) {
	ctx, cancel := context.WithTimeout(ctx, e.client.timeout())
	defer cancel()
	wire, err := dial(ctx, e.client.path())
	if err != nil {
		return nil, "", err
	}
	stop := closeAfter(ctx, wire)
	newest, err = e.subscribeOn(ctx, wire)
	if !stop() {
		err = late(ctx)
	}
	if err != nil {
		wire.Close()
		return nil, "", err
	}
	return wire, newest, nil
}

func (e *Events) subscribeOn(ctx context.Context, wire *wire) (newest string, _ error) {
	params := struct {
		Filter
		After *string `json:"after,omitempty"` // In the place of the filter's: here the empty one means the oldest.
	}{Filter: e.filter}
	if e.filter.After != "" || e.filter.FromOldest {
		params.After = &e.filter.After
	}
	line, err := request(1, "events.subscribe", params)
	if err != nil {
		return "", err
	}
	if _, err := wire.write(ctx, line); err != nil {
		// A daemon that refuses a connection says why before it closes it.
		if message, _ := wire.receive(); message != nil && message.Error != nil {
			return "", message.Error
		}
		return "", err
	}
	message, err := wire.receive() // The first line: events come after the answer.
	if err != nil {
		return "", err
	}
	if message.Error != nil {
		return "", message.Error
	}
	var result struct{ Position string }
	if json.Unmarshal(message.Result, &result) != nil || result.Position == "" {
		return "", ErrProtocol
	}
	return result.Position, nil
}

// run follows one connection after the other.
func (e *Events) run(wire *wire) {
	defer close(e.events)
	defer e.close()
	backoff := backoffMin
	for {
		if wire != nil {
			stop := closeAfter(e.closed, wire)
			hasHeard, err := e.follow(wire)
			stop()
			wire.Close()
			e.ended = err
			if hasHeard {
				backoff = backoffMin
			}
		}
		if e.closed.Err() != nil {
			e.ended = ErrClosed
			return
		}
		if !isPassing(e.ended) {
			return
		}
		select {
		case <-time.After(pause(backoff, e.ended)):
		case <-e.closed.Done():
			continue
		}
		if backoff < backoffMax {
			backoff *= 2
		}
		wire, _, e.ended = e.subscribe(e.closed)
	}
}

// follow hands on what a connection tells, until it ends.
func (e *Events) follow(wire *wire) (hasHeard bool, _ error) {
	for {
		wire.SetReadDeadline(time.Now().Add(silenceMax))
		message, err := wire.receive()
		if err != nil {
			return hasHeard, err
		}
		switch message.Method {
		case "event":
			if err := e.deliver(message.Params.Event); err != nil {
				return hasHeard, err
			}
		case "events.heartbeat":
			e.goOnAfter(message.Params.Position)
		case "events.closed":
			if message.Params.Error == nil {
				return hasHeard, ErrProtocol
			}
			return hasHeard, message.Params.Error
		default:
			continue
		}
		hasHeard = true
	}
}

func (e *Events) deliver(event *Event) error {
	if event == nil || event.ID == "" {
		return ErrProtocol
	}
	if event.ID <= e.Position() {
		return nil // It came before the connection was lost.
	}
	select {
	case e.events <- event:
		e.goOnAfter(event.ID)
		return nil
	case <-e.closed.Done():
		return ErrClosed
	}
}

func (e *Events) goOnAfter(position string) {
	e.advance(position)
	e.filter.After = e.Position()
}

// wire is a connected socket with a JSON text a line.
type wire struct {
	net.Conn
	lines *bufio.Reader
}

// message is whatever the daemon says: an answer, or what comes unasked.
type message struct {
	ID     *uint64
	Result json.RawMessage
	Error  *Error
	Method string
	Params struct {
		Event    *Event
		Position string
		Error    *Error
	}
}

// isOne tells whether this is an answer, an error that belongs to none, or what comes unasked.
func (m *message) isOne() bool {
	for _, err := range []*Error{m.Error, m.Params.Error} {
		if err != nil && err.Code == 0 {
			return false
		}
	}
	return m.ID != nil || m.Error != nil || m.Method != ""
}

func (m *message) answer() answer {
	switch {
	case m.Error != nil:
		return answer{err: m.Error}
	case m.Result == nil:
		return answer{err: ErrProtocol}
	}
	return answer{result: m.Result}
}

func dial(ctx context.Context, path string) (*wire, error) {
	for {
		socket, err := new(net.Dialer).DialContext(ctx, "unix", path)
		if err == nil {
			return &wire{socket, bufio.NewReaderSize(socket, 64<<10)}, nil
		}
		if ctx.Err() != nil {
			return nil, late(ctx)
		}
		if !errors.Is(err, syscall.EAGAIN) {
			return nil, &lost{err}
		}
		select { // The queue of those who wait to be accepted is full.
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// request is a line to be sent. One that is too long would end the connection, and with it everybody's requests.
func request(id uint64, method string, params any) ([]byte, error) {
	line, err := json.Marshal(struct {
		Version string `json:"jsonrpc"`
		ID      uint64 `json:"id"`
		Method  string `json:"method"`
		Params  any    `json:"params,omitempty"`
	}{"2.0", id, method, params})
	if err != nil {
		return nil, errors.New("sessiond: the params cannot be written as JSON")
	}
	if len(line) > requestBytesMax {
		return nil, &Error{Code: InvalidRequest, Message: "the request is too long"}
	}
	return append(line, '\n'), nil
}

func (w *wire) write(ctx context.Context, line []byte) (int, error) {
	deadline, _ := ctx.Deadline()
	w.SetWriteDeadline(deadline)
	written, err := w.Write(line)
	if err != nil {
		return written, &lost{err}
	}
	return written, nil
}

func (w *wire) receive() (*message, error) {
	var line []byte
	for isWhole := false; !isWhole; {
		part, err := w.lines.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			return nil, &lost{err}
		}
		line, isWhole = append(line, part...), err == nil
		if len(line) > answerBytesMax {
			return nil, ErrProtocol
		}
	}
	message := new(message)
	if json.Unmarshal(line, message) != nil || !message.isOne() {
		return nil, ErrProtocol // The decoder's own error could hold a part of the line.
	}
	return message, nil
}

// closeAfter closes a connection once ctx is done, which wakes who reads it, until stop is called; that says whether
// ctx was not done yet.
func closeAfter(ctx context.Context, wire *wire) (stop func() bool) {
	stopped, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-ctx.Done():
			wire.Close()
		case <-stopped:
		}
	}()
	return func() bool {
		close(stopped)
		<-ended
		return ctx.Err() == nil
	}
}

// Code is the kind of an error that the daemon answered: errors.Is(err, sessiond.Forbidden).
type Code int

const (
	ParseError     Code = -32700
	InvalidRequest Code = -32600
	MethodNotFound Code = -32601
	InvalidParams  Code = -32602
	InternalError  Code = -32603
	Unavailable    Code = -32001 // Redis could not be asked in time.
	Forbidden      Code = -32002 // This process lacks a right.
	PositionLost   Code = -32003 // The events after this position are gone.
	Overloaded     Code = -32004 // The daemon is at one of its limits.
	LoggedIn       Code = -32005 // The user has open sessions.
)

// Error makes a code the target of errors.Is.
func (c Code) Error() string { return fmt.Sprintf("sessiond: error %d", int(c)) }

// Error is an error that the daemon answered.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
	// Data has more for programs: param, problem, right, cause, oldest; Protocols/schemas/error.json describes it.
	Data map[string]any `json:"data,omitempty"`
}

// Error says what went wrong, for a person.
func (e *Error) Error() string {
	text := fmt.Sprintf("sessiond: %s (%d)", e.Message, int(e.Code))
	for _, name := range []string{"cause", "param", "problem"} {
		if value, isText := e.Data[name].(string); isText {
			text += ", " + name + ": " + value
		}
	}
	return text
}

// Is compares with a Code.
func (e *Error) Is(target error) bool { return target == e.Code }

// RetryAfter is how long to wait before asking again; 0 where that does not help.
func (e *Error) RetryAfter() time.Duration {
	milliseconds, _ := e.Data["retry_after_ms"].(float64)
	return time.Duration(milliseconds) * time.Millisecond
}

var (
	// ErrConnection is that there is no daemon, or that its connection was lost before it answered.
	ErrConnection = errors.New("sessiond: no connection")
	// ErrProtocol is that what came back is no answer of this protocol.
	ErrProtocol = errors.New("sessiond: the answer makes no sense")
	// ErrClosed is that Close was called.
	ErrClosed = errors.New("sessiond: closed")
)

type lost struct{ cause error }

func (l *lost) Error() string        { return ErrConnection.Error() + ": " + l.cause.Error() }
func (l *lost) Is(target error) bool { return target == ErrConnection }
func (l *lost) Unwrap() error        { return l.cause }

// late is the error of a request that was given up: context.DeadlineExceeded or context.Canceled.
func late(ctx context.Context) error { return fmt.Errorf("sessiond: no answer: %w", ctx.Err()) }

// isPassing tells whether to try again helps.
func isPassing(err error) bool {
	for _, target := range []error{ErrConnection, context.DeadlineExceeded, Unavailable, Overloaded} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// pause is how long to wait until the next attempt.
func pause(backoff time.Duration, err error) time.Duration {
	if refused := new(Error); errors.As(err, &refused) && refused.RetryAfter() > backoff {
		backoff = refused.RetryAfter()
	}
	if backoff > backoffMax {
		return backoffMax
	}
	return backoff
}
