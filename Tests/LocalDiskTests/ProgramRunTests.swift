import LocalDisk
import Testing

@Suite struct ProgramRunTests {
    private func run(
        _ script: String, timeout: Duration = .seconds(30), limit: Int = 1 << 16
    ) throws(ProgramError) -> (status: Int32, output: [UInt8]) {
        try POSIXProgramRunner().run(
            ["/bin/sh", "-c", script], environment: ["MARK": "m"], timeout: timeout,
            outputLimit: limit)
    }

    @Test("output and exit code come back, and only the given variables go in")
    func output() throws {
        let result = try run("printf \"$MARK$HOME\"; cat; exit 3")

        #expect(String(decoding: result.output, as: UTF8.self) == "m")
        #expect(result.status == 3)
    }

    @Test("a signal is told from an exit")
    func signal() throws {
        #expect(try run("kill -TERM $$").status == -15)
    }

    @Test("a program that does not end is killed with its children in time")
    func timeout() throws {
        let elapsed = ContinuousClock().measure {
            #expect(throws: ProgramError(.timedOut)) {
                try run("sleep 300 & sleep 300", timeout: .milliseconds(200))
            }
            // It closed its output, and still does not end.
            #expect(throws: ProgramError(.timedOut)) {
                try run("exec >&-; sleep 300", timeout: .milliseconds(200))
            }
        }

        #expect(elapsed < .seconds(20))
    }

    @Test("too much output ends the program")
    func tooMuch() {
        #expect(throws: ProgramError(.tooMuchOutput)) {
            try run("head -c 100000 /dev/zero; sleep 300", limit: 99_999)
        }
    }

    @Test("a program that is not there is told")
    func missing() {
        #expect(throws: ProgramError.self) {
            try POSIXProgramRunner().run(
                ["/nonexistent"], environment: [:], timeout: .seconds(1), outputLimit: 1)
        }
        #expect(throws: ProgramError(.notStarted)) {
            try POSIXProgramRunner().run(
                [], environment: [:], timeout: .seconds(1), outputLimit: 1)
        }
    }
}
