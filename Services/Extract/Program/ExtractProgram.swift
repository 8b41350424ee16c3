// sluice-extract: talks to sources and lands raw batches.
//
// Does      claims tasks of the role 'extract', reads a stream, writes its batches under SLUICE_HOME/raw with a manifest.
//           `sluice-extract connectors list | spec NAME | check NAME SETTING=VALUE…` tells what there is and tries it.
// Reads     SLUICE_HOME, SLUICE_BUS_*, SLUICE_SLOTS, and whatever variables a connector's settings name.
// Writes    SLUICE_HOME/raw. It holds no warehouse credential.
// Promises  the manifest is the commit: killed before it, the attempt has not happened; killed after it, the next delivery
//           reports the manifest that it finds and reads the source no second time.
// Stops     on SIGTERM after the task in hand, at most 20 s later.

import ConnectorKit
import ExtractConnectors
import ExtractEngine
import HTTP
import Landing
import Platform
import ServiceKit

@main struct ExtractProgram {
    static func main() async {
        let connectors = ConnectorRegistry([CSVFolder.self, FacebookPages.self, GoogleAnalytics4.self])
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.first == "connectors" { await ConnectorsCommand.run(Array(arguments.dropFirst()), connectors) }
        if arguments.first == Examination.word {
            let environment = Environment.current()
            await Examination.run { question, tell in
                let examiner = SourceExaminer(connectors: connectors, environment: environment, http: HTTPClient(), now: { SystemClock.now() })
                await examiner.examine(question, tell: tell)
            }
        }
        await ServiceProgram.run("extract") { site in
            let home = site.settings.home
            let extractor = Extractor(
                connectors: connectors, store: LandingStore(home: home), environment: site.settings.environment, http: HTTPClient(),
                now: { SystemClock.now() }, reach: { site.crash.reach($0) })
            site.health.require("landing") { Files.isWritable(home) }
            await site.work(.extract) { try await extractor.extract($0) }
        }
    }
}
