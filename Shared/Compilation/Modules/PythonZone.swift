internal import Glibc
internal import Synchronization

/// Where a clock hangs: a fixed offset, or a place with its history of offsets.
///
/// As pytz has it, a reading carries one offset of its place, however far it is moved: `localize` and `normalize` choose it, a place that
/// is only put to a reading gives it the first that it ever had.
enum PythonZone: Hashable {
    /// Seconds east of Greenwich, and a name where it has one.
    case fixed(Int, name: String?)
    /// pytz's own of so many minutes, which has no name.
    case minutes(Int)
    case place(ZoneHistory)
    /// A place, and what its clocks show for one reading.
    case pinned(ZoneHistory, ZoneHistory.Kind)

    static let utc = PythonZone.fixed(0, name: "UTC")

    var name: String {
        switch self {
        case .fixed(let offset, let name): name ?? Self.text(offset)
        case .minutes(let count): "pytz.FixedOffset(\(count))"
        case .place(let history), .pinned(let history, _): history.name
        }
    }

    private var history: ZoneHistory? {
        switch self {
        case .fixed, .minutes: nil
        case .place(let history), .pinned(let history, _): history
        }
    }

    /// What the place showed at a moment.
    func at(utc seconds: Int64) -> PythonZone { history.map { .pinned($0, $0.pytzType(atUTC: seconds)) } ?? self }

    /// What the place showed where its clocks read this.
    func at(wall seconds: Int64, isSummer: Bool = false) -> PythonZone { history.map { .pinned($0, $0.pytzType(atWall: seconds, isSummer: isSummer)) } ?? self }

    /// As a reading has it that was not localized.
    var attached: PythonZone { if case .place(let history) = self { .pinned(history, history.first) } else { self } }

    var offset: Int {
        switch self {
        case .fixed(let offset, _): offset
        case .minutes(let count): count * 60
        case .place(let history): history.first.wholeMinutes
        case .pinned(_, let kind): kind.wholeMinutes
        }
    }

    var abbreviation: String {
        switch self {
        case .fixed: name
        case .minutes: ""
        case .place(let history): history.first.abbreviation
        case .pinned(_, let kind): kind.abbreviation
        }
    }

    /// As `repr` shows it.
    var representation: String {
        guard case .place(let history) = self else { return history == nil ? name : "<DstTzInfo '\(name)' \(abbreviation)\(Self.shown(offset)) \(summerTime == 0 ? "STD" : "DST")>" }
        return "<DstTzInfo '\(name)' \(history.first.abbreviation)\(Self.shown(history.first.wholeMinutes)) STD>"
    }
    /// As Python prints a span of time, with its sign.
    private static func shown(_ seconds: Int) -> String {
        let rest = (seconds % 86_400 + 86_400) % 86_400
        return (seconds < 0 ? "-1 day, " : "+") + "\(rest / 3600):\(Digits.padded(rest / 60 % 60, 2)):\(Digits.padded(rest % 60, 2))"
    }

    /// Seconds by which the clocks are ahead in summer.
    var summerTime: Int { if case .pinned(_, let kind) = self, kind.isSummer { 3600 } else { 0 } }

    private static func text(_ offset: Int) -> String {
        let size = abs(offset)
        return "UTC\(offset < 0 ? "-" : "+")\(Digits.padded(size / 3600, 2)):\(Digits.padded(size / 60 % 60, 2))"
    }

    /// The zone of this name in the system's database; nil where there is none.
    static func named(_ name: String) -> PythonZone? {
        if ["utc", "etc/utc", "gmt", "zulu"].contains(name.lowercased()) { return name.lowercased() == "utc" ? .utc : .fixed(0, name: name) }
        return ZoneHistory.load(name).map(PythonZone.place)
    }
}
