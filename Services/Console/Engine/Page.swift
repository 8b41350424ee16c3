import Markup

/// The frame of every page.
enum Page {
    static func frame(_ title: String, version: String, _ main: HTML) -> HTML {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(title) · Sluice</title><link rel="stylesheet" href="/app.css"><link rel="icon" href="/icon.svg"><script src="/app.js" defer></script></head>
        <body><header><a class="brand" href="/"><svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true"><path d="M3 3v14M17 3v14M3 6h14M6.5 9.5v7M10 9.5v7M13.5 9.5v7"/></svg>Sluice</a>
        <nav><a href="/dead-letters">Dead letters</a></nav><span id="link" class="quiet" role="status"></span></header>
        <main id="live" data-version="\(version)">\(main)</main></body></html>
        """
    }

    static func pill(_ word: String) -> HTML { "<span class=\"pill \(word)\">\(word)</span>" }

    static func notFound(_ words: String) -> HTML {
        frame("Not found", version: "-", "<section class=\"empty\"><h1>Not here</h1><p>\(words)</p><p><a href=\"/\">All runs</a></p></section>")
    }
}
