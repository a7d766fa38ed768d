import ArgumentParser
import Daemon

/// The HTTP door.
struct HTTPOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Serve HTTP, too: 127.0.0.1:PORT, [::1]:PORT or the path of a Unix socket (default: no).",
            discussion: """
                /auth for nginx, Caddy, Traefik and Envoy, /identity, /events, /healthz, /readyz and /metrics, and at / a page to \
                look at. On a port every user of this host may ask, on a Unix socket those whom --http-mode and --http-group let in.
                """,
            valueName: "address"
        )
    )
    var http: String?

    @Option(
        help: ArgumentHelp(
            "What everybody may do who reaches it: identify, list, observe (default: identify).",
            discussion: """
                With observe there are the page and /events: who logs in and out. With list there is /sessions, and the page shows \
                everybody who is logged in.
                """,
            valueName: "rights"
        )
    )
    var httpRights: String?

    @Option(
        help: ArgumentHelp(
            "The cookie that holds the session key: Django's SESSION_COOKIE_NAME (default: sessionid).",
            valueName: "name"
        )
    )
    var httpCookie: String?

    @Option(
        help: ArgumentHelp(
            "Further names by which it may be asked (Host).",
            discussion: "With commas between them. The address itself, localhost, 127.0.0.1 and [::1] always may.",
            valueName: "names"
        )
    )
    var httpHosts: String?

    @Option(help: ArgumentHelp("The permissions of its Unix socket (default: 0660).", valueName: "octal"))
    var httpMode: String?

    @Option(help: ArgumentHelp("The group of its Unix socket: who is in it may connect.", valueName: "group"))
    var httpGroup: String?

    @Option(
        help: ArgumentHelp(
            "How many HTTP connections there may be (default: 1024).",
            discussion: "Further ones are answered 503 and closed. A quarter of them may be streams of events.",
            valueName: "number"
        )
    )
    var maxHttpConnections: String?

    var flags: [(ServeOption, String?)] {
        [
            (.http, http), (.httpRights, httpRights), (.httpCookie, httpCookie), (.httpHosts, httpHosts),
            (.httpMode, httpMode), (.httpGroup, httpGroup), (.maxHTTPConnections, maxHttpConnections),
        ]
    }
}
