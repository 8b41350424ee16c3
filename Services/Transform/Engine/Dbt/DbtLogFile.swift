internal import Glibc
internal import Kernel

/// `logs/dbt.log`: what every command tells, and its statements, whatever the terminal shows.
///
/// One that grows too long is begun anew; the one before stays beside it as `dbt.log.1`. Where it cannot be written there is none:
/// a command does not fail for its log.
final class DbtLogFile {
    private let descriptor: Int32
    let format: String

    /// nil where there is to be none, or where it cannot be.
    init?(folder: String, format: String, bytesMax: Int, beginning: String) {
        guard (try? DbtFiles.createFolder(folder)) != nil else { return nil }
        let path = "\(folder)/dbt.log"
        var status = stat()
        if stat(path, &status) == 0, bytesMax > 0, status.st_size > bytesMax { rename(path, "\(path).1") }
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        self.format = format
        guard descriptor >= 0 else { return nil }
        if format != "json" { write("\n\n\(beginning)") }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func write(_ line: String) {
        var bytes = Array((line + "\n").utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
