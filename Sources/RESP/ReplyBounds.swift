/// How much of a reply is taken. Redis is not trusted with more: whoever can write to it, or stands in its place, must not be able
/// to fill the daemon's memory.
package struct ReplyBounds: Sendable {
    /// The longest string that is taken, in bytes. No longer one can be a session: a payload expands to 16 MiB at most, and base64
    /// makes four bytes of three.
    package var stringBytes = 24 << 20
    /// The longest string that is passed over as it comes, in bytes: a server that sends a longer one is given up. As long as Redis
    /// lets one be unless it is told otherwise.
    package var passedOverBytes = 512 << 20
    /// A string up to this length always finds room in its reply, in bytes. Names of keys are no longer.
    package var shortStringBytes = 4096
    /// The bytes of one reply from which on longer strings find no room in it; at twice as many the connection is given up.
    ///
    /// Room for one of the longest strings: nothing that is asked for needs more. A reply of many short strings takes about twice its
    /// bytes in memory, and what was allocated for it stays with the process.
    package var replyBytes = 24 << 20
    /// How many elements one reply has, those of arrays in arrays too. A page of SCAN has some thousands; a message of tracking names
    /// all keys that changed in one turn of Redis, and where it would be longer, as after a script, everything is read anew.
    package var elementCount = 1 << 17
    /// How deep arrays stand in arrays: as deep as the oldest hiredis goes.
    package var nestingLevels = 7
    /// The longest line, in bytes: a status, an error, or the head of a string or an array.
    package var lineBytes = 16 * 1024

    package init() {}
}
