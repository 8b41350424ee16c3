import Testing
@testable import Wire

@Suite struct MessageTests {
    @Test(arguments: [[], [[]], [[1]], [[], [1, 2], []], [[UInt8](repeating: 9, count: 70_000), [], [3]]]) func `a message gives back its frames`(frames: [[UInt8]]) {
        let message = Message(frames)
        #expect(message.count == frames.count && message.frames == frames)
        for (index, frame) in frames.enumerated() { message.withFrame(index) { #expect(Array($0) == frame) } }
    }
}
