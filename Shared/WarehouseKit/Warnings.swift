/// What an engine warned of during one task, for its report: for example a view that did not fit the table that was published.
public final class Warnings {
    public private(set) var texts: [String] = []

    /// Listens until another one does.
    public init(of session: any WarehouseSession) {
        session.onNotice = { [weak self] notice in
            if notice.hasPrefix("WARNING") { self?.texts.append(notice) }
        }
    }
}
