import Foundation
import Testing

@testable import HTTPService

/// Reading the session cookie. The same vectors are given to Django's own parser in `Tests/HTTP`.
@Suite struct CookieHeaderTests {
    struct Vector: Decodable, CustomTestStringConvertible {
        var name: String
        var headers: [String]
        var value: String?
        var testDescription: String { name }
    }

    static let vectors: [Vector] = {
        let root = URL(fileURLWithPath: #filePath).appendingPathComponent("../../..").standardized
        let file = root.appendingPathComponent("Protocols/vectors/http/cookies.json")
        return (try? JSONDecoder().decode([Vector].self, from: Data(contentsOf: file))) ?? []
    }()

    @Test("The vectors are found")
    func found() {
        #expect(Self.vectors.count > 30)
    }

    @Test("The cookie is the one that Django would take", arguments: vectors)
    func value(_ vector: Vector) {
        let value = CookieHeader.value(of: "sessionid", in: vector.headers)
        #expect(value == vector.value.map { Array($0.utf8) })
    }

    @Test("The name can be another one")
    func otherName() {
        #expect(CookieHeader.value(of: "__Host-shop", in: ["sessionid=a; __Host-shop=b"]) == Array("b".utf8))
    }
}
