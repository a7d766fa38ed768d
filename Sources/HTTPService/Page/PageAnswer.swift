import Crypto
import Foundation
import NIOHTTP1
import SessionModel

/// The page at `/`: `page.html`, which is compiled in. It is one file with everything in it, and asks for nothing but what this door
/// answers.
struct PageAnswer {
    private let start: [UInt8]
    private let end: [UInt8]
    /// What a browser lets the page do: run the script and use the style that stand in it, known by their hashes, and ask this door.
    /// So nothing that a user's id holds could run, even where it were taken for HTML.
    let policy: String

    /// The page as it was built.
    static let built = PageAnswer(of: PackageResources.page_html)

    /// Where the rights are put, which tell the page what to ask for.
    private static let mark = #"data-rights=""#

    init(of page: [UInt8]) {
        let place = page.firstRange(of: Array(Self.mark.utf8))?.upperBound ?? page.endIndex
        start = Array(page[..<place])
        end = Array(page[place...])
        policy =
            [
                "default-src 'none'", "script-src \(Self.hash(of: "script", in: page))",
                "style-src \(Self.hash(of: "style", in: page))", "connect-src 'self'", "img-src data:",
                "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
            ].joined(separator: "; ")
    }

    func answer(_ rights: Rights) -> Answer {
        Answer(
            status: .ok,
            headers: [
                ("Content-Type", "text/html; charset=utf-8"), ("Content-Security-Policy", policy),
                ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Opener-Policy", "same-origin"),
            ],
            body: start + Array(rights.names.joined(separator: " ").utf8) + end)
    }

    /// The source that a policy names the one element of this name by.
    private static func hash(of element: String, in page: [UInt8]) -> String {
        guard let start = page.firstRange(of: Array("<\(element)>".utf8))?.upperBound,
            let end = page[start...].firstRange(of: Array("</\(element)>".utf8))?.lowerBound
        else { return "'none'" }
        return "'sha256-\(Data(SHA256.hash(data: page[start..<end])).base64EncodedString())'"
    }
}
