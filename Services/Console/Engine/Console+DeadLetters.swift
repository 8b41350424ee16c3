import Bus
import Contracts
import Kernel

/// `/api/dead-letters`, and its page: tasks that no worker reported on.
///
/// | | |
/// |---|---|
/// | `GET /dead-letters` | the page |
/// | `GET /api/dead-letters` | all of them |
/// | `GET /api/dead-letters/{entry}` | one, with the task as it was announced |
/// | `POST /api/dead-letters/{entry}/requeue` | offers it again; with the header `X-Sluice: 1` |
extension Console {
    func deadLetters(_ rest: [String], _ ask: Ask) async -> Reply {
        let isRead = ask.method == "GET" || ask.method == "HEAD"
        do {
            switch (rest.count, rest.last) {
            case (0, _) where isRead: return .json(["dead_letters": try await broker { try await $0.inspect(.deadLetters) }])
            case (1, let number?) where isRead:
                guard let entry = UInt64(number) else { return noEntry(number) }
                return .json(try await broker { try await $0.inspect(.deadLetter, entry: entry) })
            case (2, "requeue") where ask.method == "POST":
                guard ask.headers["x-sluice"] == "1" else {
                    return .problem(403, "console.guard", "a dead letter is requeued only with the header X-Sluice: 1", remedy: "send that header")
                }
                guard let entry = UInt64(rest[0]) else { return noEntry(rest[0]) }
                try await broker { try await $0.requeue(entry, by: "console") }
                return .json(["entry": JSON(Int(entry)), "state": "waiting"], status: 202)
            default:
                return .problem(405, "console.method", "there is no \(ask.method) \(ask.path)", remedy: "GET /api/dead-letters, or POST /api/dead-letters/ENTRY/requeue")
            }
        } catch let refusal as Refusal where refusal.reason == .badRequest {
            return .problem(404, "console.unknown_dead_letter", refusal.message, remedy: "see /api/dead-letters")
        } catch {
            return .problem(503, problem(error))
        }
    }

    /// What becomes one or ceases to be one is in the log, so the page is as old as that.
    func deadLettersPage(_ ask: Ask) async -> Reply {
        let version = "\(shelf.position)", letters: [JSON]
        do {
            letters = try await broker { try await $0.inspect(.deadLetters) }.arrayValue ?? []
        } catch {
            return .page(Page.notFound("\(problem(error).summary): \(problem(error).remedy)"), status: 503)
        }
        return .page(DeadLettersPage.render(letters, version: version))
    }

    private func noEntry(_ text: String) -> Reply {
        .problem(404, "console.unknown_dead_letter", "'\(text)' is no dead letter's number", remedy: "see /api/dead-letters")
    }
}
