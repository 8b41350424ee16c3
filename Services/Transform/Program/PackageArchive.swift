import HTTP
import Glibc
import Kernel

/// What `deps` needs of HTTP: what the hub says, and archives.
enum PackageArchive {
    private static let bytesMax = 512 * 1_048_576
    private static let redirectsMax = 5

    private static let triesMax = 6

    /// What fails for a moment is tried again, a second later, as dbt does.
    static func download(_ url: String, place: ProblemLocation) throws -> [UInt8] {
        var tries = 1
        while true {
            do { return try fetch(url, place) } catch let problem as any Problem {
                guard case .retry = problem.response, tries < triesMax else {
                    throw PlainProblem("dbt.no_network", "\(label(url)) cannot be fetched: \(problem.summary)", at: place, remedy: problem.remedy)
                }
                tries += 1
                sleep(1)
            }
        }
    }

    private static func label(_ url: String) -> String { String(HTTPRequest(.get, url).label.dropFirst("GET ".count)) }

    private static func fetch(_ url: String, _ place: ProblemLocation) throws -> [UInt8] {
        var request = HTTPRequest(.get, url)
        request.timeoutSeconds = 300
        request.bodyBytesMax = bytesMax
        var response = try HTTPClient().send(request)
        for _ in 0..<redirectsMax {
            guard [301, 302, 303, 307, 308].contains(response.status), let next = response.header("location") else { break }
            request.url = next
            response = try HTTPClient().send(request)
        }
        guard response.status == 200 else {
            throw PlainProblem(
                "dbt.no_package", "the answer has the status \(response.status)", at: place, remedy: "correct its address",
                response: response.status >= 500 || response.status == 429 ? .retry(afterSeconds: nil) : .stop)
        }
        return response.body
    }
}
