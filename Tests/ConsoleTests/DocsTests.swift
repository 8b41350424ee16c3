@testable import ConsoleEngine
import Kernel
import Support
import Testing

@Suite struct DocsTests {
    private let folder: TemporaryFolder
    private let shelf: DocsShelf

    init() throws {
        folder = try TemporaryFolder("docs")
        try folder.write("<p>shop</p>", to: "docs/shop/index.html")
        try folder.write("{}", to: "docs/shop/manifest.json")
        try folder.write("secret", to: "docs/shop/notes.txt")
        try folder.write("secret", to: "index.html")
        try folder.write("secret", to: "docs/index.html")
        shelf = DocsShelf(folder: folder.path + "/docs")
    }

    @Test func `a pipeline's page is served as it lies there, may run nothing and is of no origin`() async throws {
        let reply = try #require(await shelf.reply(pipeline: "shop", file: "index.html"))
        #expect(reply.status == 200 && String(decoding: reply.body, as: UTF8.self) == "<p>shop</p>")
        let policy = try #require(reply.headers.first { $0.0 == "Content-Security-Policy" }?.1)
        #expect(policy.hasPrefix("default-src 'none'") && policy.contains("sandbox") && !policy.contains("script"))
        #expect(await shelf.reply(pipeline: "shop", file: "manifest.json")?.headers.first?.1 == "application/json")
    }

    @Test(arguments: [
        ("..", "index.html"), ("shop", "../index.html"), ("shop/..", "index.html"), (".", "index.html"), ("", "index.html"), ("shop", "notes.txt"), ("shop", ".."),
        ("shop", ""), ("shop", "index.html/"), ("shop", "Index.html"), ("shop\u{0}", "index.html"), ("/etc", "passwd"), ("bakery", "index.html"),
    ])
    func `nothing else is served`(pipeline: String, file: String) async {
        #expect(await shelf.reply(pipeline: pipeline, file: file) == nil)
    }

    @Test func `pages lead to the documentation where there is one`() throws {
        var desk = Desk()
        desk.register()
        desk.flights("shop@1")
        let state = try #require(desk.shelf.state("shop@1"))
        let link = "href=\"/docs/shop/index.html\""
        #expect(shelf.has("shop") && !shelf.has("bakery"))
        #expect(RunsPage.render(desk.shelf, hasDocs: shelf.has, now: desk.now, version: "1").text.contains(link))
        #expect(RunPage.render(state, hasDocs: true, now: desk.now, version: "1").text.contains(link))
        #expect(!RunsPage.render(desk.shelf, now: desk.now, version: "1").text.contains("/docs/"))
        #expect(!RunPage.render(state, now: desk.now, version: "1").text.contains("/docs/"))
    }
}
