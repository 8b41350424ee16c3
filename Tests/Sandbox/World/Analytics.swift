import Kernel

/// An error in Google's envelope.
struct GoogleError: Error {
    var code: Int
    var status: String
    var message: String
    var retryAfterSeconds: Int?

    var json: JSON { ["error": ["code": JSON(code), "message": .string(message), "status": .string(status)]] }

    static func bad(_ message: String) -> GoogleError { GoogleError(code: 400, status: "INVALID_ARGUMENT", message: message) }
    static let unauthenticated = GoogleError(
        code: 401, status: "UNAUTHENTICATED",
        message: "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.")
    static let permission = GoogleError(
        code: 403, status: "PERMISSION_DENIED",
        message: "User does not have sufficient permissions for this property. To learn more about Property ID, see https://developers.google.com/analytics/devguides/reporting/data/v1/property-id.")
    static let exhausted = GoogleError(
        code: 429, status: "RESOURCE_EXHAUSTED",
        message: "Exhausted property tokens per hour. These quota tokens will return in under an hour. To learn more, see https://developers.google.com/analytics/devguides/reporting/data/v1/quotas")
    static let internalError = GoogleError(code: 500, status: "INTERNAL", message: "Internal error encountered.")
    static let unavailable = GoogleError(code: 503, status: "UNAVAILABLE", message: "The service is currently unavailable.")
}

/// Reports of the Analytics Data API v1beta.
struct Analytics {
    static let limitDefault = 10_000, limitMax = 250_000
    static let dimensionsMax = 9, metricsMax = 10, rangesMax = 4, batchMax = 5

    let world: World
    let today: Day
    let property: String
    /// `$alt=json;enum-encoding=int`: enumerations are sent as numbers.
    let enumsAsNumbers: Bool

    // MARK: What there is

    struct Metric: Sendable {
        let name: String, title: String
        let type: String
        let value: @Sendable ([Int]) -> Double
    }

    private static func counted(_ name: String, _ title: String, _ index: Int, _ type: String = "TYPE_INTEGER") -> Metric {
        Metric(name: name, title: title, type: type) { Double($0[index]) }
    }
    private static func ratio(_ name: String, _ title: String, _ over: Int, _ under: Int, _ type: String = "TYPE_FLOAT") -> Metric {
        Metric(name: name, title: title, type: type) { $0[under] == 0 ? 0 : Double($0[over]) / Double($0[under]) }
    }

    static let metrics: [Metric] = [
        counted("sessions", "Sessions", 0), counted("activeUsers", "Active users", 1), counted("totalUsers", "Total users", 2), counted("newUsers", "New users", 3),
        counted("engagedSessions", "Engaged sessions", 4), counted("screenPageViews", "Views", 5), counted("eventCount", "Event count", 6),
        counted("keyEvents", "Key events", 7, "TYPE_FLOAT"), counted("userEngagementDuration", "User engagement", 8, "TYPE_SECONDS"),
        ratio("engagementRate", "Engagement rate", 4, 0), ratio("averageSessionDuration", "Average session duration", 8, 0, "TYPE_SECONDS"),
        ratio("sessionsPerUser", "Sessions per user", 0, 1), ratio("eventsPerSession", "Events per session", 6, 0),
        Metric(name: "bounceRate", title: "Bounce rate", type: "TYPE_FLOAT") { $0[0] == 0 ? 0 : 1 - Double($0[4]) / Double($0[0]) },
    ]
    private static let typeNumbers = ["TYPE_INTEGER": 1, "TYPE_FLOAT": 2, "TYPE_SECONDS": 4]

    /// What a cell of a day says for a dimension that holds still within the day; nil for the others.
    private static func value(_ dimension: String, _ cell: (channel: Int, country: Int, device: Int, event: Int?)) -> String? {
        switch dimension {
        case "sessionSource": Traffic.channels[cell.channel].source
        case "sessionMedium": Traffic.channels[cell.channel].medium
        case "sessionSourceMedium": "\(Traffic.channels[cell.channel].source) / \(Traffic.channels[cell.channel].medium)"
        case "sessionDefaultChannelGroup": Traffic.channels[cell.channel].group
        case "country": Traffic.countries[cell.country].name
        case "deviceCategory": Traffic.devices[cell.device].name
        case "eventName": cell.event.map { Traffic.events[$0].name }
        default: nil
        }
    }

    /// What a day says for a dimension of time; nil for the others.
    private static func value(_ dimension: String, _ day: Day) -> String? {
        switch dimension {
        case "date": day.compact
        case "year": day.civil.year.padded(4)
        case "month": day.civil.month.padded(2)
        case "yearMonth": String(day.compact.prefix(6))
        case "day": day.civil.day.padded(2)
        case "dayOfWeek": String((day.weekday + 1) % 7)
        default: nil
        }
    }
    static let dimensions: [(name: String, title: String)] = [
        ("date", "Date"), ("year", "Year"), ("month", "Month"), ("yearMonth", "Year month"), ("day", "Day"), ("dayOfWeek", "Day of week"),
        ("sessionSource", "Session source"), ("sessionMedium", "Session medium"), ("sessionSourceMedium", "Session source / medium"),
        ("sessionDefaultChannelGroup", "Session default channel group"), ("country", "Country"), ("deviceCategory", "Device category"), ("eventName", "Event name"),
    ]

    var metadata: JSON {
        let what = "Synthetic. "
        return [
            "name": .string("properties/\(property)/metadata"),
            "dimensions": .array(Self.dimensions.map { ["apiName": .string($0.name), "uiName": .string($0.title), "description": .string(what + $0.title), "category": "Synthetic"] }),
            "metrics": .array(Self.metrics.map { metric in
                ["apiName": .string(metric.name), "uiName": .string(metric.title), "description": .string(what + metric.title), "type": type(metric), "category": "Synthetic"]
            }),
        ]
    }

    private func type(_ metric: Metric) -> JSON { enumsAsNumbers ? JSON(Self.typeNumbers[metric.type] ?? 0) : .string(metric.type) }

    // MARK: A report

    struct Row: Sendable {
        var dimensions: [String]
        var values: [Double]
    }

    /// All rows of a report before paging; `total` sums what the rows were made of.
    struct Whole: Sendable {
        var dimensions: [String]
        var metrics: [String]
        var rows: [Row]
        var total: [Double]
    }

    func whole(_ body: JSON) throws(GoogleError) -> Whole {
        var dimensions = body["dimensions"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
        let names = body["metrics"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
        let more = "For a list of valid dimensions and metrics, see https://developers.google.com/analytics/devguides/reporting/data/v1/api-schema "
        for name in dimensions where !Self.dimensions.contains(where: { $0.name == name }) { throw .bad("Field \(name) is not a valid dimension. \(more)") }
        var metrics: [Metric] = []
        for name in names {
            guard let metric = Self.metrics.first(where: { $0.name == name }) else { throw .bad("Field \(name) is not a valid metric. \(more)") }
            metrics.append(metric)
        }
        guard !dimensions.isEmpty || !metrics.isEmpty else { throw .bad("A report needs at least one dimension or metric.") }
        guard dimensions.count <= Self.dimensionsMax else { throw .bad("Requests are limited to \(Self.dimensionsMax) dimensions.") }
        guard metrics.count <= Self.metricsMax else { throw .bad("Requests are limited to \(Self.metricsMax) metrics.") }
        let ranges = body["dateRanges"]?.arrayValue ?? []
        guard !ranges.isEmpty else { throw .bad("At least one dateRange is required.") }
        guard ranges.count <= Self.rangesMax else { throw .bad("Requests are limited to \(Self.rangesMax) dateRanges.") }

        let byEvent = dimensions.contains("eventName") || (body["dimensionFilter"]?.text().contains("\"eventName\"") ?? false)
        let filtersByTime = Self.dimensions.prefix(6).contains { body["dimensionFilter"]?.text().contains("\"\($0.name)\"") ?? false }
        let cells = Traffic.cells(byEvent: byEvent)
        var groups: (keys: [[String]], ofCell: [Int]) = ([], [])
        let width = Traffic.counts.count
        var sums: [[String]: [Int]] = [:]
        var total = [Int](repeating: 0, count: width)
        for (index, range) in ranges.enumerated() {
            let first = try day(range["startDate"]?.stringValue), last = try day(range["endDate"]?.stringValue)
            guard first <= last else { throw .bad("startDate must not be after endDate.") }
            let name = range["name"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 } ?? "date_range_\(index)"
            for number in stride(from: max(first, World.opening).number, through: min(last, today).number, by: 1) {
                let day = Day(number: number)
                // Cells are many and rows of one day few: find the row of each cell first, then add numbers only.
                if groups.ofCell.isEmpty || filtersByTime { groups = try self.groups(cells, dimensions, body["dimensionFilter"], day) }
                let counts = world.traffic(property: property, day: day, today: today, byEvent: byEvent)
                var rows = [[Int]](repeating: [Int](repeating: 0, count: width), count: groups.keys.count)
                for cell in cells.indices {
                    let group = groups.ofCell[cell]
                    guard group >= 0 else { continue }
                    for place in 0..<width { rows[group][place] += counts[cell * width + place] }
                }
                let times = dimensions.map { Self.value($0, day) }
                for (group, row) in rows.enumerated() {
                    var key = groups.keys[group]
                    for (place, time) in times.enumerated() { if let time { key[place] = time } }
                    if ranges.count > 1 { key.append(name) }
                    for place in 0..<width { total[place] += row[place] }
                    if let before = sums[key] { sums[key] = zip(before, row).map { $0 + $1 } } else { sums[key] = row }
                }
            }
        }
        if ranges.count > 1 { dimensions.append("dateRange") }

        var rows: [Row] = []
        for (key, counts) in sums {
            let row = Row(dimensions: key, values: metrics.map { $0.value(counts) })
            // Rows in which every metric is zero are not shown, unless asked for.
            guard body["keepEmptyRows"]?.boolValue == true || metrics.isEmpty || row.values.contains(where: { $0 != 0 }) else { continue }
            if let filter = body["metricFilter"] {
                let shown: [String: String] = Dictionary(uniqueKeysWithValues: zip(names, row.values.map { String($0) }))
                guard try passes(filter, { shown[$0] }) else { continue }
            }
            rows.append(row)
        }
        try sort(&rows, body["orderBys"]?.arrayValue ?? [], dimensions, names)
        return Whole(dimensions: dimensions, metrics: names, rows: rows, total: metrics.map { $0.value(total) })
    }

    /// The rows that the cells of a day go to, and which one each; -1 for cells that the filter takes out.
    private func groups(_ cells: [(channel: Int, country: Int, device: Int, event: Int?)], _ dimensions: [String], _ filter: JSON?, _ day: Day) throws(GoogleError)
        -> (keys: [[String]], ofCell: [Int])
    {
        var keys: [[String]] = [], ofCell: [Int] = [], known: [[String]: Int] = [:]
        for cell in cells {
            if let filter, try !passes(filter, { Self.value($0, cell) ?? Self.value($0, day) }) {
                ofCell.append(-1)
                continue
            }
            let key = dimensions.map { Self.value($0, cell) ?? "" }
            let group = known[key] ?? keys.count
            if group == keys.count { keys.append(key) }
            known[key] = group
            ofCell.append(group)
        }
        return (keys, ofCell)
    }

    /// The answer for one page of `whole`.
    func page(of whole: Whole, _ body: JSON) throws(GoogleError) -> JSON {
        let offset = try number(body["offset"], "offset") ?? 0
        let asked = try number(body["limit"], "limit") ?? 0
        let limit = asked == 0 ? Self.limitDefault : min(asked, Self.limitMax)
        let metrics = whole.metrics.compactMap { name in Self.metrics.first { $0.name == name } }
        func row(_ dimensions: [String], _ values: [Double]) -> JSON {
            var json: JSON = [:]
            if !dimensions.isEmpty { json["dimensionValues"] = .array(dimensions.map { ["value": .string($0)] }) }
            if !metrics.isEmpty { json["metricValues"] = .array(values.map { ["value": .string($0 == $0.rounded() ? "\(Int($0))" : "\($0)")] }) }
            return json
        }
        let shown = whole.rows.dropFirst(offset).prefix(limit)
        var answer: JSON = [:]
        if !whole.dimensions.isEmpty { answer["dimensionHeaders"] = .array(whole.dimensions.map { ["name": .string($0)] }) }
        if !metrics.isEmpty { answer["metricHeaders"] = .array(metrics.map { ["name": .string($0.name), "type": type($0)] }) }
        // `rows` is absent, not empty.
        if !shown.isEmpty { answer["rows"] = .array(shown.map { row($0.dimensions, $0.values) }) }
        let wantsTotal = body["metricAggregations"]?.arrayValue?.contains { $0.stringValue == "TOTAL" || $0.intValue == 1 } ?? false
        if wantsTotal { answer["totals"] = [row(whole.dimensions.map { _ in "RESERVED_TOTAL" }, whole.total)] }
        if !whole.rows.isEmpty { answer["rowCount"] = JSON(whole.rows.count) }
        answer["metadata"] = ["currencyCode": "EUR", "timeZone": "Europe/Berlin"]
        return answer
    }

    private func number(_ value: JSON?, _ name: String) throws(GoogleError) -> Int? {
        guard let value else { return nil }
        // 64-bit numbers travel as strings; plain ones are understood as well.
        guard let number = value.intValue ?? value.stringValue.flatMap({ Int($0) }), number >= 0 else { throw .bad("Invalid value for \(name).") }
        return number
    }

    private func day(_ text: String?) throws(GoogleError) -> Day {
        switch text {
        case "today": return today
        case "yesterday": return today - 1
        case let text?:
            if text.hasSuffix("daysAgo"), let count = Int(text.dropLast(7)), count >= 0 { return today - count }
            guard let day = Day(text) else { throw .bad("Invalid date: \(text). Dates must be formatted as YYYY-MM-DD, NdaysAgo, yesterday, or today.") }
            return day
        case nil: throw .bad("A dateRange needs startDate and endDate.")
        }
    }

    // MARK: Filters and order

    private func passes(_ filter: JSON, _ value: (String) -> String?) throws(GoogleError) -> Bool {
        if let parts = filter["andGroup"]?["expressions"]?.arrayValue {
            for part in parts where try !passes(part, value) { return false }
            return true
        }
        if let parts = filter["orGroup"]?["expressions"]?.arrayValue {
            for part in parts where try passes(part, value) { return true }
            return false
        }
        if let part = filter["notExpression"] { return try !passes(part, value) }
        guard let one = filter["filter"], let name = one["fieldName"]?.stringValue else { throw .bad("A filter needs a fieldName.") }
        guard let found = value(name) else { throw .bad("Field \(name) in a filter is not part of the request.") }
        if let rule = one["stringFilter"] {
            let minds = rule["caseSensitive"]?.boolValue ?? false
            let text = minds ? found : found.lowercased()
            let wanted = (rule["value"]?.stringValue).map { minds ? $0 : $0.lowercased() } ?? ""
            switch rule["matchType"] {
            case nil, .string("EXACT"), .integer(1): return text == wanted
            case .string("BEGINS_WITH"), .integer(2): return text.hasPrefix(wanted)
            case .string("ENDS_WITH"), .integer(3): return text.hasSuffix(wanted)
            case .string("CONTAINS"), .integer(4): return text.contains(wanted)
            default: throw .bad("The sandbox knows EXACT, BEGINS_WITH, ENDS_WITH and CONTAINS.")
            }
        }
        if let list = one["inListFilter"]?["values"]?.arrayValue { return list.contains { $0.stringValue == found } }
        if let rule = one["numericFilter"] {
            let wanted = rule["value"]?["doubleValue"]?.doubleValue ?? (rule["value"]?["int64Value"]?.stringValue).flatMap { Double($0) } ?? 0
            let number = Double(found) ?? 0
            switch rule["operation"] {
            case .string("EQUAL"), .integer(1): return number == wanted
            case .string("LESS_THAN"), .integer(2): return number < wanted
            case .string("LESS_THAN_OR_EQUAL"), .integer(3): return number <= wanted
            case .string("GREATER_THAN"), .integer(4): return number > wanted
            case .string("GREATER_THAN_OR_EQUAL"), .integer(5): return number >= wanted
            default: throw .bad("Unknown operation of a numericFilter.")
            }
        }
        throw .bad("The sandbox knows stringFilter, inListFilter and numericFilter.")
    }

    /// By `orderBys`; without them, the largest first metric first. Ties go by the dimensions, so that pages never overlap.
    private func sort(_ rows: inout [Row], _ orders: [JSON], _ dimensions: [String], _ metrics: [String]) throws(GoogleError) {
        var keys: [(place: Int, isMetric: Bool, isNumeric: Bool, isDescending: Bool)] = []
        for order in orders {
            let isDescending = order["desc"]?.boolValue ?? false
            if let name = order["metric"]?["metricName"]?.stringValue {
                guard let place = metrics.firstIndex(of: name) else { throw .bad("Metric \(name) in orderBys is not part of the request.") }
                keys.append((place, true, false, isDescending))
            } else if let name = order["dimension"]?["dimensionName"]?.stringValue {
                guard let place = dimensions.firstIndex(of: name) else { throw .bad("Dimension \(name) in orderBys is not part of the request.") }
                let type = order["dimension"]?["orderType"]
                keys.append((place, false, type == "NUMERIC" || type == 3, isDescending))
            }
        }
        if keys.isEmpty, !metrics.isEmpty { keys.append((0, true, false, true)) }
        rows.sort { a, b in
            for key in keys {
                if key.isMetric {
                    if a.values[key.place] != b.values[key.place] { return (a.values[key.place] < b.values[key.place]) != key.isDescending }
                } else {
                    let x = a.dimensions[key.place], y = b.dimensions[key.place]
                    if x != y { return (key.isNumeric ? (Double(x) ?? 0) < (Double(y) ?? 0) : x < y) != key.isDescending }
                }
            }
            return a.dimensions.lexicographicallyPrecedes(b.dimensions)
        }
    }
}
