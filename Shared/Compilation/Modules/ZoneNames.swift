internal import Jinja
internal import Kernel

/// What zones there are, and which of them a country has, from the tables of the system's zone database.
enum ZoneNames {
    private static let folder = "/usr/share/zoneinfo"
    private static func lines(of file: String) -> [Substring] {
        guard let bytes = ZoneHistory.read("\(folder)/\(file)") else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("#") }
    }

    /// Every name, of places that have another today as well.
    static let all: [String] = lines(of: "tzdata.zi").compactMap { line in
        let words = line.split(separator: " ")
        return switch words.first { case "Z": words.count > 1 ? String(words[1]) : nil; case "L": words.count > 2 ? String(words[2]) : nil; default: nil }
    }.sorted()

    /// Those that a person would choose from.
    static let common: [String] = {
        let known = Set(all)
        let places = byCountry.values.joined() + ["Canada/Atlantic", "Canada/Central", "Canada/Eastern", "Canada/Mountain", "Canada/Newfoundland", "Canada/Pacific"]
            + ["US/Alaska", "US/Arizona", "US/Central", "US/Eastern", "US/Hawaii", "US/Mountain", "US/Pacific"] + ["GMT", "UTC"]
        return Set(places).filter(known.contains).sorted()
    }()

    static let countries: [String: String] = Dictionary(lines(of: "iso3166.tab").compactMap { line in
        let words = line.split(separator: "\t", maxSplits: 1)
        return words.count == 2 ? (String(words[0]), String(words[1])) : nil
    }) { first, _ in first }

    static let byCountry: [String: [String]] = {
        var found: [String: [String]] = [:]
        for line in lines(of: "zone.tab") {
            let words = line.split(separator: "\t")
            if words.count > 2 { found[String(words[0]), default: []].append(String(words[2])) }
        }
        return found
    }()
}
