internal import CPostgres
internal import Kernel

/// libpq's functions, under their own names. Used only behind `LibPQ.require`, which every connection begins with.
let libpq = LibPQ.loaded.table

enum LibPQ {
    fileprivate static let loaded: (table: sluice_pq, failure: String?) = {
        var table = sluice_pq()
        let failure = sluice_pq_load(&table).map { String(cString: $0) }
        return (table, failure)
    }()

    /// Loads the library where that has not happened.
    static func require() throws(PlainProblem) {
        guard let failure = loaded.failure else { return }
        throw PlainProblem(
            "warehouse.no_libpq", "PostgreSQL's client library cannot be loaded: \(failure)", at: .file("libpq.so.5"), remedy: "install libpq5, with the system's packages")
    }
}
