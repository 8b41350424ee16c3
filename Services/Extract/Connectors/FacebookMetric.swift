internal import ConnectorKit
internal import Kernel

/// A word that stays and the metrics that have stood for it. The API drops names; the words in models need not follow.
struct FacebookMetric {
    struct Name {
        var name: String
        /// The day from which the API refuses it.
        var removed: Day?
        init(_ name: String, removed: String? = nil) {
            self.name = name
            self.removed = removed.flatMap { Day($0) }
        }
    }
    var word: String
    /// The newest first.
    var names: [Name]

    // Dates as Meta announced them: "Deprecated Facebook Page Insights Metrics" (2 March 2026) and "Page Insights API Updates"
    // (15 August 2025).
    static let page = [
        FacebookMetric(word: "views", names: [Name("page_views_total")]),
        FacebookMetric(word: "likes", names: [Name("page_follows"), Name("page_fans", removed: "2025-11-15")]),
        FacebookMetric(word: "reach", names: [Name("page_total_media_view_unique"), Name("page_impressions_unique", removed: "2026-06-15")]),
        FacebookMetric(word: "impressions", names: [Name("page_media_view"), Name("page_impressions", removed: "2025-11-15")]),
        FacebookMetric(word: "engagements", names: [Name("page_post_engagements"), Name("page_engaged_users", removed: "2024-03-14")]),
    ]
    static let posts = [
        FacebookMetric(word: "impressions", names: [Name("post_media_view"), Name("post_impressions", removed: "2025-11-15")]),
        FacebookMetric(word: "reach", names: [Name("post_total_media_view_unique"), Name("post_impressions_unique", removed: "2026-06-15")]),
        FacebookMetric(word: "clicks", names: [Name("post_clicks")]),
        // Gone without a successor: models derive it from clicks, reactions, comments and shares.
        FacebookMetric(word: "engaged_users", names: [Name("post_engaged_users", removed: "2024-03-14")]),
        FacebookMetric(word: "reactions", names: [Name("post_reactions_by_type_total")]),
    ]

    /// What a stream asks for: words of the table, or names of the API as they are.
    static func wanted(_ config: JSON, standard: [FacebookMetric]) -> [FacebookMetric] {
        guard let listed = config["metrics"]?.arrayValue?.compactMap(\.stringValue), !listed.isEmpty else { return standard }
        return listed.map { word in standard.first { $0.word == word } ?? FacebookMetric(word: word, names: [Name(word)]) }
    }

    /// The metrics that the API serves, each with its word.
    struct Names { var words: [String: String] }

    /// Finds for each word the first name that the API takes. One refused name fails a whole request, so a refused list is
    /// asked again by halves until the names that are refused stand alone.
    ///
    /// - Throws: the last refusal where not one metric is served.
    static func resolve(
        _ wanted: [FacebookMetric], today: Day, into sink: some RecordSink, probe: ([String]) async throws -> Void
    ) async throws -> Names {
        var words: [String: String] = [:]
        var refusal: GraphRefusal?

        func accepted(_ names: [String]) async throws -> [String] {
            guard !names.isEmpty else { return [] }
            do {
                try await probe(names)
                return names
            } catch let error as GraphRefusal where error.isOfMetric {
                refusal = error
                guard names.count > 1 else { return [] }
                let middle = names.count / 2
                return try await accepted(Array(names[..<middle])) + accepted(Array(names[middle...]))
            }
        }

        // Names that should be alive first, so that one that is known to be gone spoils no request of theirs.
        var waiting = wanted.map { metric in
            (word: metric.word, names: metric.names.filter { !$0.isGone(by: today) } + metric.names.filter { $0.isGone(by: today) })
        }
        while !waiting.isEmpty {
            let alive = waiting.compactMap { $0.names.first }.filter { !$0.isGone(by: today) }.map(\.name)
            let gone = waiting.compactMap { $0.names.first }.filter { $0.isGone(by: today) }.map(\.name)
            let taken = Set(try await accepted(alive) + accepted(gone))
            for metric in waiting { if let name = metric.names.first?.name, taken.contains(name) { words[name] = metric.word } }
            waiting = waiting.filter { metric in metric.names.first.map { !taken.contains($0.name) } ?? false }
                .map { ($0.word, Array($0.names.dropFirst())) }
            let lost = waiting.filter(\.names.isEmpty).map(\.word)
            for word in lost {
                let tried = wanted.first { $0.word == word }?.names.map(\.name).joined(separator: ", ") ?? word
                await sink.note(tried == word ? "the API refuses the metric \(word)" : "the API has no metric for '\(word)' (tried \(tried))")
            }
            waiting.removeAll(where: \.names.isEmpty)
        }
        if words.isEmpty, let refusal { throw refusal }
        return Names(words: words)
    }
}

extension FacebookMetric.Name {
    func isGone(by today: Day) -> Bool { removed.map { $0 <= today } ?? false }
}

/// The clock of California, by which Facebook counts days.
enum PacificTime {
    /// Daylight saving lasts from the second Sunday of March to the first of November, at 02:00 local time (since 2007).
    static func day(of time: Timestamp) -> Day {
        let year = time.civil.year
        let start = sunday(2, month: 3, year: year), end = sunday(1, month: 11, year: year)
        let hours = time.seconds / 3600
        let isSummer = hours >= Double(start.number * 24 + 10) && hours < Double(end.number * 24 + 9)
        return Day(time.adding(seconds: isSummer ? -7 * 3600 : -8 * 3600))
    }

    private static func sunday(_ count: Int, month: Int, year: Int) -> Day {
        let first = Timestamp.daysSinceEpoch(year: year, month: month, day: 1)
        // 1970-01-01 was a Thursday.
        let weekday = (first + 4) % 7
        return Day(number: first + (7 - weekday) % 7 + 7 * (count - 1))
    }
}
