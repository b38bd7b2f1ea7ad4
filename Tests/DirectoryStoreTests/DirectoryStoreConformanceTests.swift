import ObjectStorage
import ObjectStoreTestSupport
import Testing

@Suite("DirectoryStore as an ObjectStore", .timeLimit(.minutes(2)))
struct DirectoryStoreConformanceTests {
    @Test("conforms", arguments: ConformanceCheck.all)
    func conforms(check: ConformanceCheck) async throws {
        let fixture = try DirectoryStoreFixture()

        try await check.run(on: try await fixture.open(), seed: 1)
    }
}
