/// Who is logged in by a rendered session, read as `django.contrib.auth.get_user` does: nobody without an id and a backend.
struct SessionUser {
    let id: String
    let backend: String
    let authHash: [UInt8]?

    /// Nil when nobody is logged in. Reads the top level only; `data` is what this target rendered.
    init?(in data: [UInt8]) {
        var id: String?
        var backend: String?
        var authHash: [UInt8]?
        for member in SessionMembers(data) where member.quotedName.starts(with: Self.prefix) {
            if member.quotedName.elementsEqual(Self.idName) {
                id = RenderedText.string(member.value) ?? RenderedText.integer(member.value)
            } else if member.quotedName.elementsEqual(Self.backendName) {
                backend = RenderedText.string(member.value)
            } else if member.quotedName.elementsEqual(Self.hashName) {
                authHash = RenderedText.string(member.value).map { Array($0.utf8) }
            }
        }
        guard let id, let backend, !id.isEmpty, !backend.isEmpty else { return nil }
        self.id = id
        self.backend = backend
        self.authHash = authHash
    }

    private static let prefix = Array(#""_auth_user_"#.utf8)
    private static let idName = Array(#""_auth_user_id""#.utf8)
    private static let backendName = Array(#""_auth_user_backend""#.utf8)
    private static let hashName = Array(#""_auth_user_hash""#.utf8)
}
