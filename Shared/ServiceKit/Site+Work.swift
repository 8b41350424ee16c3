public import Bus
public import Contracts

extension Site {
    /// Serves a role until the program is stopped: the whole `main` of a worker, but for what it does.
    public func work(_ role: Role, _ perform: @escaping Worker.Perform) async {
        let client = connect()
        let crash = self.crash
        let log = self.log
        let done = Counter()
        let failed = Counter()
        health.expose {
            [
                Figure("sluice_tasks_total", .counter, Double(done.current), labels: [("role", role.rawValue)], help: "Tasks done."),
                Figure("sluice_tasks_failed_total", .counter, Double(failed.current), labels: [("role", role.rawValue)], help: "Tasks that ended with a problem."),
            ]
        }
        let worker = Worker(
            role: role, name: settings.instance, slots: settings.slots, client: client, reach: { crash.reach($0) },
            note: { log.warn($0) },
            perform: { assignment in
                log.info("\(assignment.run) \(assignment.spec.id): \(assignment.spec.title), attempt \(assignment.attempt)")
                do {
                    let completion = try await perform(assignment)
                    done.next()
                    if let problem = completion.report.problem {
                        failed.next()
                        log.warn("\(assignment.run) \(assignment.spec.id): \(problem.text)")
                    }
                    return completion
                } catch {
                    done.next()
                    failed.next()
                    log.warn("\(assignment.run) \(assignment.spec.id): \(error)")
                    throw error
                }
            })
        health.markStarted()
        await worker.run()
        await client.stop()
    }
}
