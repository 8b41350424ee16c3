/// What visitors of the web site did, in the finest cells that reports are added up from.
enum Traffic {
    static let channels: [(source: String, medium: String, group: String, share: Double)] = [
        ("google", "organic", "Organic Search", 0.36), ("(direct)", "(none)", "Direct", 0.24), ("facebook.com", "referral", "Organic Social", 0.18),
        ("google", "cpc", "Paid Search", 0.12), ("newsletter", "email", "Email", 0.07), ("(not set)", "(not set)", "Unassigned", 0.03),
    ]
    static let countries: [(name: String, share: Double)] = [("Germany", 0.62), ("Austria", 0.16), ("Switzerland", 0.12), ("Netherlands", 0.07), ("(not set)", 0.03)]
    static let devices: [(name: String, share: Double)] = [("mobile", 0.64), ("desktop", 0.31), ("tablet", 0.05)]
    /// Events, and how many of each a session brings.
    static let events: [(name: String, perSession: Double)] = [
        ("page_view", 2.6), ("user_engagement", 1.7), ("session_start", 1.0), ("scroll", 0.9), ("song_search", 0.5), ("first_visit", 0.4), ("click", 0.15),
        ("table_booking", 0.03),
    ]

    /// Counts that add up; everything a report shows is made of these.
    static let counts = [
        "sessions", "activeUsers", "totalUsers", "newUsers", "engagedSessions", "screenPageViews", "eventCount", "keyEvents", "userEngagementDuration",
    ]

    /// The cells of a day in their order; without events, a cell stands for all of them.
    static func cells(byEvent: Bool) -> [(channel: Int, country: Int, device: Int, event: Int?)] {
        var cells: [(Int, Int, Int, Int?)] = []
        for channel in channels.indices {
            for country in countries.indices {
                for device in devices.indices {
                    if byEvent { for event in events.indices { cells.append((channel, country, device, event)) } } else { cells.append((channel, country, device, nil)) }
                }
            }
        }
        return cells
    }
}

extension World {
    /// The counts of all cells of a day, in the order of `Traffic.cells`, one after the other; empty where the day does not exist.
    func traffic(property: String, day: Day, today: Day, byEvent: Bool) -> [Int] {
        guard day >= Self.opening, day <= today, let site = properties.firstIndex(of: property) else { return [] }
        let visits = Int(1150 / Double(site + 1) * liveliness(day) * noise.around(0.1, "visits", site, day.number))
        let total = Double(seen(visits, age: today - day, 9000 + site, of: day))
        var cell = noise.bits("cells", site, day.number)
        var counts: [Int] = []
        counts.reserveCapacity(6 * 5 * 3 * 9 * (byEvent ? Traffic.events.count : 1))
        var events = [Int](repeating: 0, count: Traffic.events.count)
        for channel in Traffic.channels {
            for country in Traffic.countries {
                for device in Traffic.devices {
                    // Six small chances from one number, for there are many cells.
                    cell = Noise.mix(cell)
                    let bits = cell
                    let size = Double(bits & 0xff) / 256, rest = Double(bits >> 8 & 0xff) / 256, users = Double(bits >> 16 & 0xff) / 256
                    let engaged = Double(bits >> 24 & 0xff) / 256, liking = Double(bits >> 32 & 0xff) / 256, time = Int(bits >> 40 & 0x3f)
                    let sessions = Int(total * channel.share * country.share * device.share * (0.7 + 0.6 * size) + rest)
                    var all = 0
                    for index in events.indices {
                        events[index] = Int(Double(sessions) * Traffic.events[index].perSession * (0.85 + 0.3 * liking) + rest)
                        all += events[index]
                    }
                    for event in byEvent ? events.indices : -1..<0 {
                        // Someone counts under an event if it happened in the session.
                        let reached = event < 0 ? sessions : min(sessions, events[event])
                        counts.append(reached)
                        counts.append(Int(Double(reached) * (0.78 + 0.08 * users)))
                        counts.append(Int(Double(reached) * (0.81 + 0.08 * users)))
                        counts.append(Int(Double(reached) * 0.4))
                        counts.append(Int(Double(reached) * (0.55 + 0.15 * engaged)))
                        counts.append(event <= 0 ? events[0] : 0)
                        counts.append(event < 0 ? all : events[event])
                        counts.append(event < 0 || event == events.count - 1 ? events[events.count - 1] : 0)
                        counts.append(event <= 1 ? reached * (40 + time) : 0)
                    }
                }
            }
        }
        return counts
    }
}
