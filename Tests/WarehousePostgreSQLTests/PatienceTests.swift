import Support
import Testing
import WarehouseKit
import WarehousePostgreSQL

@Suite struct PatienceTests {
    /// A server that answers nothing and hangs up.
    private static let silent = """
        import socket, sys, threading, time
        listener = socket.create_server(("127.0.0.1", 0))
        print(listener.getsockname()[1], flush=True)
        threading.Thread(target=lambda: (sys.stdin.read(), listener.close()), daemon=True).start()
        while True:
            connection, _ = listener.accept()
            time.sleep(0.2)
            connection.close()
        """

    @Test(arguments: ["3000000", "2147483647", "9223372036854775807", "99999999999999999999", "-1", "0"])
    func `a patience beyond 32 bits of milliseconds is waited as any other`(seconds: String) throws {
        let server = try LocalServer(script: Self.silent)
        let warehouse = try WarehouseRegistry([PostgreSQLWarehouse.self]).warehouse(at: "postgresql://u:p@127.0.0.1:\(server.port)/d?sslmode=disable&connect_timeout=\(seconds)")
        let failure = "\(try #require(throws: (any Error).self) { _ = try warehouse.open() })"
        // It hung up; nobody has lost patience.
        #expect(failure.contains("server closed the connection") && !failure.contains("no answer within"), "\(failure)")
    }
}
