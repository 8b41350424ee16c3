@testable import HTTP
import Support
import Testing

@Suite struct HTTPClientTests {
    static let script = """
        import gzip, http.server, json, sys, threading, time, os
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'
            def log_message(self, *args): pass
            def reply(self, body, status=200, **headers):
                self.send_response(status)
                self.send_header('Content-Length', str(len(body)))
                for name, value in headers.items(): self.send_header(name.replace('_', '-'), value)
                self.end_headers()
                self.wfile.write(body)
            def do_GET(self):
                path = self.path.split('?')[0]
                if path == '/zipped': self.reply(gzip.compress(b'x' * 100000), Content_Encoding='gzip', X_Two='a: b')
                elif path == '/port': self.reply(str(self.client_address[1]).encode())
                elif path == '/slow': time.sleep(5); self.reply(b'late')
                elif path == '/moved': self.reply(b'', 302, Location='/port')
                elif path == '/busy': self.reply(b'{}', 503, Retry_After='7')
                elif path == '/half':
                    self.send_response(200); self.send_header('Content-Length', '1000'); self.end_headers()
                    self.wfile.write(b'{"data": ['); self.wfile.flush(); self.close_connection = True
                else: self.reply(json.dumps({'path': self.path, 'headers': dict(self.headers)}).encode())
            def do_POST(self):
                body = self.rfile.read(int(self.headers['Content-Length']))
                self.reply(json.dumps({'method': self.command, 'body': body.decode(), 'headers': dict(self.headers)}).encode())
            do_PATCH = do_POST
        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        print(server.server_address[1], flush=True)
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
        server.serve_forever()
        """
    let server: LocalServer
    let client = HTTPClient()
    var root: String { "http://127.0.0.1:\(server.port)" }

    init() throws { server = try LocalServer(script: Self.script) }

    @Test func `an answer comes whole and inflated, with its headers`() throws {
        let answer = try client.send(HTTPRequest(.get, root + "/zipped"))
        #expect(answer.status == 200 && answer.body == [UInt8](repeating: UInt8(ascii: "x"), count: 100_000))
        #expect(answer.header("x-two") == "a: b" && answer.header("X-TWO") == "a: b" && answer.header("x-three") == nil)
    }

    @Test func `a connection is kept for the next request`() throws {
        let first = try client.send(HTTPRequest(.get, root + "/port")).body
        #expect(try client.send(HTTPRequest(.get, root + "/port")).body == first)
        #expect(try HTTPClient().send(HTTPRequest(.get, root + "/port")).body != first)
    }

    @Test func `every status is an answer, and a redirect is not followed`() throws {
        let busy = try client.send(HTTPRequest(.get, root + "/busy"))
        #expect(busy.status == 503 && busy.header("retry-after") == "7")
        let moved = try client.send(HTTPRequest(.get, root + "/moved"))
        #expect(moved.status == 302 && moved.header("location") == "/port" && moved.body.isEmpty)
    }

    @Test func `parameters, headers and bodies arrive as they were given`() throws {
        let request = HTTPRequest(
            .get, root + "/echo", query: [.init("a b", "ü&=+"), .init("metric", "x,y")], headers: [.init("X-One", "1"), .init("X-Evil", "1\r\nX-Smuggled: 2")])
        let text = String(decoding: try client.send(request).body, as: UTF8.self)
        #expect(text.contains("/echo?a%20b=%C3%BC%26%3D%2B&metric=x%2Cy") && text.contains("\"X-One\": \"1\"") && !text.contains("Smuggled"))
        let body = String(repeating: "päge ", count: 2000)
        let posted = try client.send(HTTPRequest(.post, root + "/", headers: [.init("Content-Type", "text/plain")], body: Array(body.utf8)))
        #expect(String(decoding: posted.body, as: UTF8.self).contains("\"method\": \"POST\""))
        #expect(posted.body.count > 10_000)
        let patched = try client.send(HTTPRequest(.patch, root + "/", body: Array("{}".utf8)))
        #expect(String(decoding: patched.body, as: UTF8.self).contains("\"method\": \"PATCH\", \"body\": \"{}\""))
        // What one request set is not left for the next.
        #expect(!String(decoding: try client.send(HTTPRequest(.get, root + "/echo")).body, as: UTF8.self).contains("X-One"))
    }

    @Test(arguments: [
        ("/half", HTTPError.Kind.cut), ("/slow", .timeout), ("/zipped", .tooLarge), ("refused", .refused), ("unknown", .unknownHost), ("file", .badAddress),
        ("tls", .tls), ("nonsense", .badAddress),
    ])
    func `what goes wrong has a name of its own, and secrets stay out of it`(place: String, kind: HTTPError.Kind) throws {
        let url = switch place {
        case "refused": "http://user:hunter2-password@127.0.0.1:1/x"
        case "unknown": "http://no-such-host.invalid/x"
        case "file": "file:///etc/passwd"
        case "tls": "https://127.0.0.1:\(server.port)/x"
        case "nonsense": "http://[::bad/x"
        default: root + place
        }
        let secret = "sk-planted-secret"
        let request = HTTPRequest(
            .get, url, query: [.init("access_token", secret)], headers: [.init("Authorization", "Bearer \(secret)")],
            timeoutSeconds: kind == .timeout ? 0.4 : 20, bodyBytesMax: kind == .tooLarge ? 50_000 : 1 << 20)
        let error = #expect(throws: HTTPError.self) { try client.send(request) }
        #expect(error?.kind == kind)
        #expect(error?.description.contains(secret) == false && error?.description.contains("hunter2") == false)
        #expect(error.map { "\($0.request)" }?.hasPrefix("GET ") == true)
    }
}
