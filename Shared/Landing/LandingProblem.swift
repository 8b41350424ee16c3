public import Kernel
internal import Glibc

/// What is wrong with landed files, or with the disk below them.
public struct LandingProblem: Problem {
    public let code: ProblemCode
    public let summary: String
    public let location: ProblemLocation
    public let remedy: String
    public let response: ProblemResponse

    static func damaged(_ path: String, _ what: String) -> LandingProblem {
        LandingProblem(
            code: "landing.damaged", summary: what, location: .file(path),
            remedy: "restore the file from a backup, or extract the stream again in a new run", response: .stop)
    }

    static func missing(_ path: String) -> LandingProblem {
        LandingProblem(
            code: "landing.missing", summary: "a landed file is not there", location: .file(path),
            remedy: "give all programs the same SLUICE_HOME, restore the file, or extract the stream again in a new run", response: .stop)
    }

    /// The disk refused; `errno` says why.
    static func disk(_ path: String, _ action: String, _ number: Int32 = errno) -> LandingProblem {
        LandingProblem(
            code: number == ENOSPC ? "landing.disk_full" : "landing.io",
            summary: "the disk refused to \(action): \(String(cString: strerror(number)))", location: .file(path),
            remedy: number == ENOSPC ? "free space on the disk that holds SLUICE_HOME" : "check the disk and the rights on SLUICE_HOME",
            response: .retry(afterSeconds: 10))
    }

    static func record(_ path: String, line: Int, _ what: String, remedy: String) -> LandingProblem {
        LandingProblem(code: "landing.bad_record", summary: what, location: .file(path, line: line), remedy: remedy, response: .stop)
    }
}
