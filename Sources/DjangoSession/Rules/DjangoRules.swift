/// What a Django accepts: the only place where the decoder knows of versions.
///
/// | Django    | stored sessions                  | signed cookies   | JSON | Python | `mark_safe` text is a        |
/// | --------- | -------------------------------- | ---------------- | ---- | ------ | ---------------------------- |
/// | 1.4       | legacy                           | SHA-1            | no   | 2      | `SafeUnicode`                |
/// | 1.5–1.11  | legacy                           | SHA-1            | yes  | 2 or 3 | `SafeText`                   |
/// | 2.0–2.2   | legacy                           | SHA-1            | yes  | 3      | `SafeText`                   |
/// | 3.0       | legacy, ASCII only               | SHA-1            | yes  | 3      | `SafeString`                 |
/// | 3.1, 3.2  | signing by SHA-256, SHA-1, legacy| SHA-256, SHA-1   | yes  | 3      | `SafeString`                 |
/// | 4.0       | signing by SHA-256               | SHA-256          | yes  | 3      | `SafeString`                 |
/// | 4.1–6.1   | signing by SHA-256               | SHA-256          | yes  | 3      | `SafeString` without a dict  |
///
/// Sources: django/contrib/sessions/backends/base.py (`decode`, `_legacy_decode`), django/core/signing.py,
/// django/contrib/sessions/serializers.py (JSON since 1.5.3) and django/utils/safestring.py of each version. A pickle is read
/// under every version: where Django has no PickleSerializer any more (5.0), projects have one of their own.
package struct DjangoRules: Sendable, Equatable {
    /// The version; nil for the union of all.
    package let version: DjangoVersion?
    /// What may vouch for a session that a `SessionStore` wrote.
    let signatures: Set<Signature>
    /// What may vouch for a session in a cookie of `django.contrib.sessions.backends.signed_cookies`.
    let cookieSignatures: Set<Signature>
    /// Whether signed sessions may be JSON.
    let readsJSON: Bool
    /// Whether the legacy layout's base64 may have bytes above ASCII between its characters, which are skipped.
    let skipsJunkAboveASCII: Bool
    /// Which Pythons run this Django.
    let pythons: Set<Python>
    /// What each name in `django.utils.safestring` means, since some are other names of one class.
    let safeStrings: [String: String]
    /// Whether instances of these classes have a dictionary of attributes.
    let safeStringsHaveAttributes: Bool

    /// Which msgpack-python runs beside this Django: up to 2.1 with a django-redis (to 4.11) that calls it in the way that
    /// version 1.0 took away. (Django 2.2 and 3.0 run with either; what the older one alone reads, `any` reads.)
    let messagePack: MessagePackDialects

    /// A way to sign.
    enum Signature: Sendable {
        case signingSHA256
        case signingSHA1
        case legacySHA1
    }

    /// A Python by its major version: the two differ in what a pickled `str` is.
    enum Python: Sendable {
        case two
        case three
    }

    /// The rules of one version, or of all together: then a value is accepted that at least one of them accepts.
    package init(_ version: DjangoVersion?) {
        self = version.map(Self.rules(of:)) ?? .any
    }

    /// Whatever at least one version accepts.
    package static let any = DjangoRules(
        version: nil,
        signatures: [.signingSHA256, .signingSHA1, .legacySHA1],
        cookieSignatures: [.signingSHA256, .signingSHA1],
        pythons: [.two, .three],
        safeStrings: Dictionary(
            uniqueKeysWithValues: ["SafeUnicode", "SafeText", "SafeString", "SafeBytes"].map { ($0, $0) }
        ),
        safeStringsHaveAttributes: false,
        messagePack: .all
    )

    private init(
        version: DjangoVersion?,
        signatures: Set<Signature>,
        cookieSignatures: Set<Signature>,
        readsJSON: Bool = true,
        skipsJunkAboveASCII: Bool = true,
        pythons: Set<Python> = [.three],
        safeStrings: [String: String],
        safeStringsHaveAttributes: Bool = true,
        messagePack: MessagePackDialects = .sinceVersion1
    ) {
        self.version = version
        self.signatures = signatures
        self.cookieSignatures = cookieSignatures
        self.readsJSON = readsJSON
        self.skipsJunkAboveASCII = skipsJunkAboveASCII
        self.pythons = pythons
        self.safeStrings = safeStrings
        self.safeStringsHaveAttributes = safeStringsHaveAttributes
        self.messagePack = messagePack
    }

    private static func rules(of version: DjangoVersion) -> DjangoRules {
        switch version {
        case ..<(.v(1, 5)):
            DjangoRules(
                version: version, signatures: [.legacySHA1], cookieSignatures: [.signingSHA1], readsJSON: false,
                pythons: [.two],
                safeStrings: [
                    "SafeUnicode": "SafeUnicode", "SafeText": "SafeUnicode",
                    "SafeString": "SafeString", "SafeBytes": "SafeString",
                ],
                messagePack: .beforeVersion1
            )
        case ..<(.v(2, 0)):
            DjangoRules(
                version: version, signatures: [.legacySHA1], cookieSignatures: [.signingSHA1],
                pythons: [.two, .three],
                safeStrings: [
                    "SafeText": "SafeText", "SafeUnicode": "SafeText",
                    "SafeString": "SafeText", "SafeBytes": "SafeBytes",
                ],
                messagePack: .beforeVersion1
            )
        case ..<(.v(3, 0)):
            DjangoRules(
                version: version, signatures: [.legacySHA1], cookieSignatures: [.signingSHA1],
                safeStrings: ["SafeText": "SafeText", "SafeString": "SafeText", "SafeBytes": "SafeBytes"],
                messagePack: version < .v(2, 2) ? .beforeVersion1 : .sinceVersion1
            )
        case ..<(.v(3, 1)):
            DjangoRules(
                version: version, signatures: [.legacySHA1], cookieSignatures: [.signingSHA1],
                skipsJunkAboveASCII: false, safeStrings: safeString
            )
        case ..<(.v(4, 0)):
            DjangoRules(
                version: version, signatures: [.signingSHA256, .signingSHA1, .legacySHA1],
                cookieSignatures: [.signingSHA256, .signingSHA1], skipsJunkAboveASCII: false, safeStrings: safeString
            )
        default:
            DjangoRules(
                version: version, signatures: [.signingSHA256], cookieSignatures: [.signingSHA256],
                safeStrings: safeString, safeStringsHaveAttributes: version < .v(4, 1)
            )
        }
    }

    /// Since 3.0 the two names mean one class.
    private static let safeString = ["SafeString": "SafeString", "SafeText": "SafeString"]
}
