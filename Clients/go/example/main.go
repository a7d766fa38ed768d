// An HTTP server that lets in who is logged in to Django, and sends everybody else to Django's login page.
//
//	go run ./example 127.0.0.1:8081
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"sessiond"
)

const (
	cookieName         = "sessionid"        // Django's SESSION_COOKIE_NAME.
	loginURL           = "/accounts/login/" // Django's LOGIN_URL.
	sessionKeyBytesMax = 512                // Nobody has a longer one.
)

func main() {
	address := "127.0.0.1:8081"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	client := new(sessiond.Client)
	defer client.Close()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("serving http://%s/\n", listener.Addr())
	log.Fatal(http.Serve(listener, loginRequired(client, http.HandlerFunc(hello))))
}

func hello(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "Hello, user %s\n", identity(r).UserID)
}

type identityKey struct{}

// identity is who makes a request that loginRequired let in.
func identity(r *http.Request) *sessiond.Identity {
	return r.Context().Value(identityKey{}).(*sessiond.Identity)
}

// loginRequired lets in who is logged in to Django. Where it cannot be told nobody is let in, and nobody is sent away.
func loginRequired(client *sessiond.Client, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Cookie")
		who := &sessiond.Identity{}
		if key := sessionKey(r); key != "" {
			var err error
			if who, err = client.Identity(r.Context(), key); err != nil {
				log.Print("cannot tell who is logged in: ", err) // It holds no session key.
				w.Header().Set("Retry-After", fmt.Sprint(retryAfterSeconds(err)))
				http.Error(w, "Please try again in a moment.", http.StatusServiceUnavailable)
				return
			}
		}
		if !who.Authenticated {
			http.Redirect(w, r, loginURL+"?next="+url.QueryEscape(wayBack(r)), http.StatusFound)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), identityKey{}, who)))
	})
}

// sessionKey is in the last cookie of the name: that is the one that Django takes.
func sessionKey(r *http.Request) (key string) {
	for _, cookie := range r.Cookies() {
		if cookie.Name == cookieName {
			key = cookie.Value
		}
	}
	if len(key) > sessionKeyBytesMax {
		return ""
	}
	return key
}

// wayBack begins with one slash: with two a browser would take it for another site.
func wayBack(r *http.Request) string {
	path := "/" + strings.TrimLeft(r.URL.EscapedPath(), "/")
	if r.URL.RawQuery != "" {
		path += "?" + r.URL.RawQuery
	}
	return path
}

func retryAfterSeconds(err error) int {
	if refused := new(sessiond.Error); errors.As(err, &refused) {
		return int(math.Max(1, math.Ceil(refused.RetryAfter().Seconds())))
	}
	return 1
}
