import FoundationEssentials
package import ObjectStorage

/// The machine's clock, for tests against real servers.
package struct SystemWallClock: WallClock {
    /// Reads the clock at each call.
    package init() {}

    package func now() -> Timestamp {
        Timestamp(seconds: Int64(Date().timeIntervalSince1970.rounded(.down)))
    }
}
