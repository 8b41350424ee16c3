import Kernel
import Markup

/// A button that POSTs: the page's script sends it with the header that guards what changes something.
struct Button {
    var path: String
    var words: String
    /// The JSON that is sent; empty for none.
    var body = ""
    /// What a person is asked before; empty for nothing.
    var question = ""

    var html: HTML { "<button data-post=\"\(path)\" data-body=\"\(body)\" data-ask=\"\(question)\">\(words)</button>" }

    static func run(_ pipeline: String, _ words: String) -> Button { Button(path: "/api/pipelines/\(PathSegment.encoded(pipeline))/runs", words: words) }

    static func pause(_ pipeline: String, isPaused: Bool) -> Button {
        Button(path: "/api/pipelines/\(PathSegment.encoded(pipeline))/\(isPaused ? "unpause" : "pause")", words: isPaused ? "Unpause" : "Pause")
    }

    static func cancel(_ run: RunID) -> Button {
        Button(path: "/api/runs/\(PathSegment.encoded(run.description))/cancel", words: "Cancel", question: "End this run before its time? What it has loaded stays as it is.")
    }

    static func again(_ run: RunID, failed: Bool) -> Button {
        Button(
            path: "/api/runs/\(PathSegment.encoded(run.description))/rerun", words: failed ? "Run what did not succeed" : "Run again",
            body: failed ? #"{"failed": true}"# : "")
    }

    static func requeue(_ entry: Int) -> Button {
        Button(path: "/api/dead-letters/\(entry)/requeue", words: "Offer again", question: "Give this task to a worker once more?")
    }
}
