import Foundation
import NIOHTTP1
import SessionModel
import Testing

@testable import HTTPService

/// The page at `/`; a browser opens it in `Tests/HTTP`.
@Suite struct PageTests {
    private func headers(_ answer: Answer) -> [String: String] {
        Dictionary(answer.headers.map { ($0.name, $0.value) }) { first, _ in first }
    }

    @Test("The page tells its script which rights there are, and is otherwise the file as it was written")
    func rights() throws {
        let page = PageAnswer(of: Array(#"<html data-rights=""><style>a</style><script>b</script>"#.utf8))
        let answer = page.answer([.observe, .identify])
        #expect(
            String(decoding: answer.body, as: UTF8.self)
                == #"<html data-rights="identify observe"><style>a</style><script>b</script>"#)
        #expect(headers(answer)["Content-Type"] == "text/html; charset=utf-8")
    }

    @Test("The policy names the script and the style by their hashes, and lets nothing else run or be loaded")
    func policy() throws {
        let page = PageAnswer(of: Array("<style>a</style><script>b</script>".utf8))
        // openssl dgst -sha256 -binary | base64
        let (a, b) = (
            "ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=", "PiPoFgA5WUoziU9lZOGxNIu9egCI1CxKy3PurtWcAJ0="
        )
        #expect(page.policy.hasPrefix("default-src 'none'; script-src 'sha256-\(b)'; style-src 'sha256-\(a)'; "))
        for directive in ["connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"] {
            #expect(page.policy.components(separatedBy: "; ").contains(directive))
        }
        #expect(!page.policy.contains("unsafe"))
    }

    @Test("A page without a script has a policy that runs none")
    func nothingToRun() {
        #expect(PageAnswer(of: Array("<p>".utf8)).policy.contains("script-src 'none'; style-src 'none'"))
    }

    @Test("What is compiled in is whole, has one script and one style, and names no other place")
    func built() {
        let body = String(decoding: PageAnswer.built.answer(.observe).body, as: UTF8.self)
        #expect(body.hasPrefix("<!doctype html>") && body.hasSuffix("</html>\n"))
        #expect(body.contains(#"data-rights="observe""#))
        #expect(!PageAnswer.built.policy.contains("-src 'none'; style"))
        #expect(body.components(separatedBy: "<script").count == 2)
        #expect(body.components(separatedBy: "<style").count == 2)
        for word in ["innerHTML", "document.cookie", "localStorage", "sessionStorage", "eval(", "src=\"", " style=\""] {
            #expect(!body.contains(word), "\(word)")
        }
        // But for the names of SVG's and HTML's elements there is no address in it.
        let addresses = body.components(separatedBy: "://").dropFirst().map { $0.prefix(10) }
        #expect(addresses.allSatisfy { $0 == "www.w3.org" })
    }
}
