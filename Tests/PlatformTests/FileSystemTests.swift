import Glibc
@testable import Platform
import Support
import Testing

@Suite struct FileSystemTests {
    private let mounts = """
        22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
        23 22 0:5 / /srv rw - tmpfs tmpfs rw
        30 22 0:40 / /srv/share rw,relatime shared:9 master:2 - nfs4 nas:/share rw
        31 22 0:41 / /srv/my\\040share rw - cifs //nas/x rw
        """

    @Test(arguments: [("/nowhere/x", "ext4"), ("/srv", "tmpfs"), ("/srv/shared", "tmpfs"), ("/srv/share", "nfs4"), ("/srv/share/a/b", "nfs4"), ("/srv/my share/a", "cifs")])
    func `the innermost mount says what a path lies on`(path: String, kind: String) {
        #expect(FileSystem.kind(of: path, mounts: mounts) == kind)
    }

    @Test func `a later mount on the same point lies on top`() {
        #expect(FileSystem.kind(of: "/srv/x", mounts: mounts + "\n40 22 0:50 / /srv rw - nfs nas:/x rw") == "nfs")
    }

    @Test func `a path that is not there is looked at where it would be made`() throws {
        let folder = try TemporaryFolder("platform")
        #expect(FileSystem.nearestExisting("\(folder.path)/a/b/c.db") == folder.path)
        let here = try #require(FileSystem(at: folder.path)), below = try #require(FileSystem(at: "\(folder.path)/a/b"))
        #expect(here.kind == below.kind && !here.kind.isEmpty && here.freeBytes > 0)
    }
}
