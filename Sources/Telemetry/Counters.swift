private import Synchronization

/// What a mount has done since it started, in numbers. Lock-free; usable from any thread.
package final class Counters: Sendable {
    /// What is counted.
    package enum Name: Int, CaseIterable, Sendable {
        /// Requests of the kernel.
        case kernelRequests
        /// Kernel requests answered with an errno other than ENOENT.
        case kernelErrors
        /// Bytes handed to readers.
        case bytesRead
        /// Bytes taken from writers.
        case bytesWritten
        /// Requests to the store, each try counted.
        case storeRequests
        /// Tries beyond a request's first.
        case storeRetries
        /// Requests to the store that failed after all tries.
        case storeErrors
        /// Bytes received from the store.
        case bytesDownloaded
        /// Bytes sent to the store.
        case bytesUploaded
        /// Objects that the store confirmed whole.
        case published
        /// Writes that were kept back: killed writers, conflicts, failed uploads.
        case held
        /// Names that the naming guard refused.
        case namesRefused
        /// Names that the naming guard let pass with a warning.
        case namesWarned
    }

    /// One for each `Name`, by its raw value.
    private let values = InlineArray<13, Atomic<UInt64>> { _ in Atomic(0) }

    /// All at zero.
    package init() {}

    /// Adds to one counter; wraps around at 2^64.
    package func add(_ amount: UInt64 = 1, to name: Name) {
        values[name.rawValue].wrappingAdd(amount, ordering: .relaxed)
    }

    /// One counter's value now. Values of different counters are not of one instant.
    package subscript(_ name: Name) -> UInt64 {
        values[name.rawValue].load(ordering: .relaxed)
    }

    /// All counters that are not zero, in the order of `Name`.
    package var snapshot: [(name: Name, value: UInt64)] {
        Name.allCases.compactMap { name in
            let value = self[name]
            return value == 0 ? nil : (name, value)
        }
    }
}
