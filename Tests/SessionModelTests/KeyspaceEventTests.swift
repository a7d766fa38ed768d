import SessionModel
import Testing

@Suite struct KeyspaceEventTests {
    @Test(
        "A name that is not known counts as a write",
        arguments: ["", "set", "expire", "persist", "restore", "rename_to", "DEL", "new"]
    )
    func written(name: String) {
        #expect(KeyspaceEvent(Array(name.utf8)) == .written)
    }

    @Test("Names that remove a key say how")
    func removed() {
        #expect(KeyspaceEvent("del".utf8) == .removed(.deleted))
        #expect(KeyspaceEvent("rename_from".utf8) == .removed(.deleted))
        #expect(KeyspaceEvent("move_from".utf8) == .removed(.deleted))
        #expect(KeyspaceEvent("expired".utf8) == .removed(.expired))
        #expect(KeyspaceEvent("evicted".utf8) == .removed(.evicted))
    }
}
