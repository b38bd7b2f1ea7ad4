import Glibc
import LocalDisk
import LocalDiskTestSupport
import Testing

@Suite("PrivateDirectory")
struct PrivateDirectoryTests {
    let temporary: TemporaryDirectory

    init() throws {
        temporary = try TemporaryDirectory()
    }

    @Test("an absent directory is made with mode 0700, and opens again")
    func creation() throws {
        let path = temporary.path + "/s"

        _ = try PrivateDirectory.open(path: path, creating: true)
        let directory = try PrivateDirectory.open(path: path + "/", creating: true)

        #expect(try POSIXDisk().status(of: directory).permissions == 0o700)
        #expect(
            code { try PrivateDirectory.open(path: temporary.path + "/x", creating: false) }
                == .notFound)
    }

    @Test("a directory that others may enter is refused", arguments: [0o755, 0o770, 0o701])
    func openModes(mode: Int) {
        #expect(unsafe chmod(temporary.path, mode_t(mode)) == 0)
        defer { unsafe _ = chmod(temporary.path, 0o700) }

        #expect(
            code { try PrivateDirectory.open(path: temporary.path, creating: false) }
                == .unsafeDirectory)
    }

    @Test("a symbolic link as the directory or on the way to it is refused")
    func links() throws {
        let real = temporary.path + "/real"
        let link = temporary.path + "/link"
        _ = try PrivateDirectory.open(path: real, creating: true)
        _ = try PrivateDirectory.open(path: real + "/inner", creating: true)
        #expect(unsafe symlink(real, link) == 0)

        #expect(code { try PrivateDirectory.open(path: link, creating: true) } == .symbolicLink)
        #expect(
            code { try PrivateDirectory.open(path: link + "/inner", creating: true) }
                == .symbolicLink)
    }

    @Test("a path that is relative or climbs is refused", arguments: ["s", "/tmp/../etc", "/", ""])
    func paths(path: String) {
        #expect(
            code { try PrivateDirectory.open(path: path, creating: false) } == .unsafeDirectory)
    }

    @Test("a file in the directory's place is refused")
    func file() throws {
        let directory = try temporary.open()
        _ = try POSIXDisk().openFile("f", in: directory, .createExclusively)

        #expect(
            code { try PrivateDirectory.open(path: temporary.path + "/f", creating: true) }
                == .notADirectory)
    }

    @Test(
        "a directory of another user is refused",
        .enabled(if: geteuid() == 0, "needs root to give a directory away"))
    func otherOwner() {
        #expect(unsafe chown(temporary.path, 1, 1) == 0)

        #expect(
            code { try PrivateDirectory.open(path: temporary.path, creating: false) }
                == .unsafeDirectory)
    }
}
