import HTTP
import Kernel

/// Packages that a project names as `tarball:`.
enum PackageArchive {
    private static let bytesMax = 512 * 1_048_576
    private static let redirectsMax = 5

    static func download(_ url: String, place: ProblemLocation) throws -> [UInt8] {
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
            throw PlainProblem("dbt.no_package", "the tarball cannot be downloaded: status \(response.status)", at: place, remedy: "correct its address")
        }
        return response.body
    }
}
