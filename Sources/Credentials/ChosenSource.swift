private import Synchronization

/// The place in its chain that gave credentials first; never changes then, so that a failing source
/// is not silently replaced by another identity.
final class ChosenSource: Sendable {
    private let state = Mutex<Int?>(nil)

    var index: Int? { state.withLock { $0 } }

    func choose(_ index: Int) {
        state.withLock { if $0 == nil { $0 = index } }
    }
}
