import Glibc

/// What lies under a path: how much room there is, and whether the disk is this machine's.
public struct FileSystem: Hashable, Sendable {
    /// What this user may still write, in bytes.
    public var freeBytes: Int
    /// The kernel's word: `ext4`, `nfs4`.
    public var kind: String

    /// Of the nearest folder of `path` that exists; nil where the system does not say.
    public init?(at path: String) {
        let place = Self.nearestExisting(path)
        var facts = statvfs()
        guard statvfs(place, &facts) == 0 else { return nil }
        freeBytes = Int(clamping: UInt64(facts.f_bavail) &* UInt64(facts.f_frsize))
        kind = Self.kind(of: place, mounts: (try? Files.readAll("/proc/self/mountinfo")).map { String(decoding: $0, as: UTF8.self) } ?? "")
    }

    /// Write-ahead logs share memory between processes, which a disk of another machine does not.
    public var isNetwork: Bool {
        ["nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "afs", "lustre", "fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.gcsfuse"].contains(kind)
    }

    /// `path`, or the nearest folder above it that exists.
    public static func nearestExisting(_ path: String) -> String {
        var place = Files.absolute(path)
        while !Files.exists(place), place != "/" {
            place = String(place[..<(place.lastIndex(of: "/") ?? place.startIndex)])
            if place.isEmpty { place = "/" }
        }
        return place
    }

    /// The type of the innermost mount that holds `path`: field 5 of `mountinfo` is the mount point, the type stands behind the dash.
    static func kind(of path: String, mounts: String) -> String {
        let real = realpath(path, nil)
        defer { free(real) }
        let path = real.map { String(cString: $0) } ?? path
        var best = (length: -1, kind: "")
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 6, let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count else { continue }
            // A space in a mount point is written \040.
            let point = fields[4].replacing("\\040", with: " ")
            let isHolding = point == "/" || path == point || path.hasPrefix("\(point)/")
            // A later mount on the same point lies on top.
            if isHolding, point.utf8.count >= best.length { best = (point.utf8.count, String(fields[dash + 1])) }
        }
        return best.kind
    }
}
