// The driver does through the client what requests on standard input ask for, and prints answers as the daemon would.
//
// Every error goes to standard error as a person would see it. driver.cancel gives up the request of an id;
// SESSIOND_TEST_TIMEOUT_MS is the client's timeout.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"sync"
	"time"

	"sessiond"
)

type request struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

type driver struct {
	client   sessiond.Client
	printing sync.Mutex

	mutex   sync.Mutex
	cancels map[string]context.CancelFunc
	streams []*sessiond.Events // By their number, from 1.
	serving sync.WaitGroup
}

func main() {
	milliseconds, err := strconv.Atoi(os.Getenv("SESSIOND_TEST_TIMEOUT_MS"))
	if err != nil {
		milliseconds = 20_000
	}
	d := &driver{cancels: map[string]context.CancelFunc{}}
	d.client.Timeout = time.Duration(milliseconds) * time.Millisecond
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			panic(err)
		}
		if r.Method == "driver.cancel" {
			d.cancel(r.Params)
			continue
		}
		ctx, cancel := context.WithCancel(context.Background())
		d.mutex.Lock()
		d.cancels[string(r.ID)] = cancel
		d.mutex.Unlock()
		d.serving.Add(1)
		go func() {
			defer d.serving.Done()
			d.serve(ctx, r)
		}()
	}
	d.mutex.Lock()
	for _, stream := range d.streams {
		stream.Close()
	}
	d.mutex.Unlock()
	d.serving.Wait()
	d.client.Close()
}

func (d *driver) cancel(params json.RawMessage) {
	var p struct{ ID json.RawMessage }
	if err := json.Unmarshal(params, &p); err != nil {
		panic(err)
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if cancel := d.cancels[string(p.ID)]; cancel != nil {
		cancel()
	}
}

func (d *driver) serve(ctx context.Context, r request) {
	if r.Method == "events.subscribe" && d.subscribe(ctx, r) || r.Method == "events.unsubscribe" && d.unsubscribe(r) {
		return
	}
	result, isTyped, err := d.typed(ctx, r)
	if !isTyped {
		var raw json.RawMessage
		var params any
		if r.Params != nil {
			params = r.Params
		}
		err = d.client.Call(ctx, r.Method, params, &raw)
		result = raw
	} else {
		fmt.Fprintln(os.Stderr, "method", r.Method)
	}
	if err != nil {
		d.print(map[string]any{"id": r.ID, "error": told(err)})
		return
	}
	d.print(map[string]any{"id": r.ID, "result": asOnTheWire(result)})
}

// typed calls the client's own method, where that can have these params.
func (d *driver) typed(ctx context.Context, r request) (result any, isTyped bool, err error) {
	c := &d.client
	options := func(confirm, dryRun bool) (options []sessiond.Option) {
		if confirm {
			options = append(options, sessiond.Confirm)
		}
		if dryRun {
			options = append(options, sessiond.DryRun)
		}
		return options
	}
	type lookup struct {
		SessionKey string `json:"session_key"`
		Confirm    bool   `json:"confirm,omitempty"`
	}
	switch r.Method {
	case "session.identity":
		if p, fits := read[lookup](r.Params); fits {
			result, err = c.Identity(ctx, p.SessionKey, options(p.Confirm, false)...)
			return result, true, err
		}
	case "session.get":
		if p, fits := read[lookup](r.Params); fits {
			result, err = c.Get(ctx, p.SessionKey, options(p.Confirm, false)...)
			return result, true, err
		}
	case "session.list":
		if p, fits := read[sessiond.Page](r.Params); fits {
			result, err = c.Sessions(ctx, p)
			return result, true, err
		}
	case "user.sessions":
		type params struct {
			UserID string `json:"user_id"`
			sessiond.Page
		}
		if p, fits := read[params](r.Params); fits {
			result, err = c.UserSessions(ctx, p.UserID, p.Page)
			return result, true, err
		}
	case "events.query":
		if p, fits := read[sessiond.Query](r.Params); fits {
			result, err = c.Query(ctx, p)
			return result, true, err
		}
	case "session.revoke":
		type byKey struct {
			SessionKey string `json:"session_key"`
			DryRun     bool   `json:"dry_run,omitempty"`
		}
		type byFingerprint struct {
			Session string `json:"session"`
			DryRun  bool   `json:"dry_run,omitempty"`
		}
		if p, fits := read[byKey](r.Params); fits {
			count, err := c.Revoke(ctx, p.SessionKey, options(false, p.DryRun)...)
			return map[string]any{"revoked": count}, true, err
		}
		if p, fits := read[byFingerprint](r.Params); fits {
			count, err := c.RevokeSession(ctx, p.Session, options(false, p.DryRun)...)
			return map[string]any{"revoked": count}, true, err
		}
	case "user.revoke":
		type params struct {
			UserID string `json:"user_id"`
			Except string `json:"except,omitempty"`
			DryRun bool   `json:"dry_run,omitempty"`
		}
		if p, fits := read[params](r.Params); fits {
			count, err := c.RevokeUser(ctx, p.UserID, p.Except, options(false, p.DryRun)...)
			return map[string]any{"revoked": count}, true, err
		}
	case "server.status":
		if r.Params == nil {
			result, err = c.Status(ctx)
			return result, true, err
		}
	case "server.info":
		if r.Params == nil {
			result, err = c.Info(ctx)
			return result, true, err
		}
	}
	return nil, false, nil
}

func (d *driver) subscribe(ctx context.Context, r request) bool {
	type params struct {
		sessiond.Filter
		After *string `json:"after,omitempty"`
	}
	p, fits := read[params](r.Params)
	if !fits {
		return false
	}
	fmt.Fprintln(os.Stderr, "method", r.Method)
	filter := p.Filter
	if p.After != nil {
		filter.After, filter.FromOldest = *p.After, *p.After == ""
	}
	stream, err := d.client.Subscribe(ctx, filter)
	if err != nil {
		d.print(map[string]any{"id": r.ID, "error": told(err)})
		return true
	}
	d.mutex.Lock()
	d.streams = append(d.streams, stream)
	subscription := len(d.streams)
	d.mutex.Unlock()
	d.print(map[string]any{"id": r.ID, "result": map[string]any{
		"subscription": subscription, "position": stream.Newest(),
	}})
	for {
		event, err := stream.Next(ctx)
		if err != nil {
			stream.Close()
			if !errors.Is(err, sessiond.ErrClosed) {
				d.print(map[string]any{"method": "events.closed", "params": map[string]any{
					"subscription": subscription, "error": told(err),
				}})
			}
			return true
		}
		if stream.Position() < event.ID { // A heartbeat may have moved it on.
			panic("the position is behind")
		}
		d.print(map[string]any{"method": "event", "params": map[string]any{
			"subscription": subscription, "event": event,
		}})
	}
}

func (d *driver) unsubscribe(r request) bool {
	var p struct{ Subscription int }
	if json.Unmarshal(r.Params, &p) != nil {
		return false
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if p.Subscription < 1 || p.Subscription > len(d.streams) {
		return false
	}
	d.streams[p.Subscription-1].Close()
	d.print(map[string]any{"id": r.ID, "result": map[string]any{}})
	return true
}

func (d *driver) print(message map[string]any) {
	message["jsonrpc"] = "2.0"
	line, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	d.printing.Lock()
	defer d.printing.Unlock()
	os.Stdout.Write(append(line, '\n'))
}

// told is the error as the protocol would say it; errors of the client's own have a kind instead of a code.
func told(err error) any {
	fmt.Fprintf(os.Stderr, "%v\n%#v\n", err, err)
	if refused := new(sessiond.Error); errors.As(err, &refused) {
		if !errors.Is(err, refused.Code) {
			panic("an error that is not its own code")
		}
		return refused
	}
	for kind, target := range map[string]error{
		"ConnectionFailed": sessiond.ErrConnection,
		"ProtocolError":    sessiond.ErrProtocol,
		"Closed":           sessiond.ErrClosed,
		"TimedOut":         context.DeadlineExceeded,
		"AbortError":       context.Canceled,
	} {
		if errors.Is(err, target) {
			return map[string]any{"kind": kind, "message": err.Error()}
		}
	}
	return map[string]any{"kind": "other", "message": err.Error()}
}

// read returns the params where the type can express them: written again they must be the same.
func read[Params any](text json.RawMessage) (params Params, fits bool) {
	if text == nil {
		text = json.RawMessage("{}")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if decoder.Decode(&params) != nil {
		return params, false
	}
	again, err := json.Marshal(params)
	return params, err == nil && reflect.DeepEqual(parsed(text), parsed(again))
}

// asOnTheWire gives a typed result the members that are there though they say nothing.
func asOnTheWire(result any) any {
	text, err := json.Marshal(result)
	if err != nil {
		panic(err)
	}
	members, isObject := parsed(text).(map[string]any)
	if !isObject {
		return result
	}
	if _, exists := members["expires_at"]; !exists && members["authenticated"] == true {
		members["expires_at"] = nil
	}
	if _, exists := members["omitted"]; !exists && members["data"] != nil {
		members["omitted"] = 0
	}
	return members
}

func parsed(text []byte) (value any) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		panic(err)
	}
	return value
}
