import SessionModel
import Testing

@testable import SessiondClient
@testable import sessiond

@Suite struct FormatTests {
    @Test("An event is printed as its vector says", arguments: try FormatVector.all())
    func vectors(vector: FormatVector) throws {
        #expect(Words.event(vector.event) == vector.text)
        #expect(try FormatVector.sorted(ECSDocument.json(of: vector.event)) == vector.ecs)
        #expect(try FormatVector.sorted(OCSFDocument.json(of: vector.event)) == vector.ocsf)
    }

    @Test("Every type of event has a vector", arguments: EventType.allCases)
    func types(type: EventType) throws {
        #expect(try FormatVector.all().contains { $0.event.type.rawValue == type.rawValue })
    }

    @Test("A document is one line, and an event of a later type has one, too")
    func laterType() throws {
        let json = """
            {"id":"i","source":"urn:x","type":"dev.sessiond.later","time":"2026-12-07T09:30:00Z",\
            "data":{"user_id":"a\\nb"}}
            """
        let event = try SessiondEvent(json: Array(json.utf8)[...])
        let (ecs, ocsf) = (ECSDocument.json(of: event), OCSFDocument.json(of: event))
        #expect(!ecs.contains(0x0A) && !ocsf.contains(0x0A))
        #expect(String(decoding: ecs, as: UTF8.self).contains(#""event":{"kind":"event","action":"later""#))
        #expect(String(decoding: ocsf, as: UTF8.self).contains(#""activity_id":99,"activity_name":"later""#))
    }
}
