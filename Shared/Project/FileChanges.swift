/// What has become of a project's files since it was last read, by path.
struct FileChanges {
    var added: [String] = []
    var deleted: [String] = []
    var changed: [String] = []

    var all: [String] { added + deleted + changed }
    var isEmpty: Bool { all.isEmpty }
}
