/// One request of a line.
package struct Request: Hashable, Sendable {
    /// What to answer to; nil for a notification, which gets no answer, not even an error.
    package let id: RawID?
    /// The method's name, whatever the peer wrote.
    package let method: JSONString
    /// What was given along.
    package let params: Params

    /// A request with these parts.
    package init(id: RawID?, method: JSONString, params: Params) {
        self.id = id
        self.method = method
        self.params = params
    }
}

/// JSON that is no request, and what to answer. It is always answered, with `id` null where none could be read.
package struct InvalidRequest: Error, Hashable, Sendable {
    /// The id to answer to.
    package let id: RawID
    /// Invalid Request, or Parse error where the line is not JSON.
    package let error: RPCError

    /// A refusal with this error.
    package init(id: RawID, error: RPCError) {
        self.id = id
        self.error = error
    }
}
