internal import Markup

/// The look of the documentation, inside the page itself.
enum DocsStyle {
    static let css: HTML = """
        :root{color-scheme:light dark;--bg:#f6f7f9;--panel:#fff;--ink:#1a2028;--quiet:#667180;--line:#e2e6eb;--link:#0b62c4;--good:#157f47;--good-bg:#e3f5ea;--bad:#b42525;--bad-bg:#fdeaea;--wait:#667180;--wait-bg:#eceff3;--warn:#8a5a00;--warn-bg:#fdf1d8;--seed:#8250c4}
        @media (prefers-color-scheme:dark){:root{--bg:#11151a;--panel:#181d24;--ink:#e4e8ee;--quiet:#8e99a8;--line:#2a313b;--link:#6cb0ff;--good:#5fd393;--good-bg:#12321f;--bad:#ff8a8a;--bad-bg:#3a1a1c;--wait:#8e99a8;--wait-bg:#232a33;--warn:#f0bf5c;--warn-bg:#38290c;--seed:#b99af0}}
        *{box-sizing:border-box}
        html{scroll-padding-top:16px}
        body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
        header{display:flex;justify-content:space-between;gap:16px;padding:12px 28px;background:var(--panel);border-bottom:1px solid var(--line)}
        .frame{display:grid;grid-template-columns:230px minmax(0,1fr);max-width:1440px;margin:0 auto}
        nav{position:sticky;top:0;max-height:100vh;overflow-y:auto;padding:18px 12px 40px 28px;font-size:13.5px;align-self:start}
        nav a{display:block;padding:2px 0;overflow-wrap:anywhere}nav h2{font-size:12px;color:var(--quiet);margin:16px 0 2px;font-weight:600}
        main{padding:8px 28px 80px}
        a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
        h1{font-size:22px;margin:18px 0 10px;overflow-wrap:anywhere}h2{font-size:17px;margin:34px 0 10px}
        h3{font-size:16px;margin:0;overflow-wrap:anywhere}h3 .pill{vertical-align:1px;margin-left:4px}
        .quiet{color:var(--quiet)}p{margin:6px 0}.says{white-space:pre-line;overflow-wrap:anywhere}.why{color:var(--bad);white-space:pre-wrap;overflow-wrap:anywhere}
        article,.panel{background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:14px 18px;margin:0 0 14px}
        article>.quiet{font-size:13.5px;overflow-wrap:anywhere}article:target,tr:target{outline:2px solid var(--link);outline-offset:-1px}
        .scroll{overflow-x:auto}main>.scroll:not(.panel){background:var(--panel);border:1px solid var(--line);border-radius:10px}
        table{border-collapse:collapse;width:100%;font-size:14px;margin-top:6px}
        th{text-align:left;font-size:12px;font-weight:550;color:var(--quiet);padding:6px 12px;border-bottom:1px solid var(--line);white-space:nowrap}
        td{padding:6px 12px;border-bottom:1px solid var(--line);vertical-align:top}tbody tr:last-child td{border-bottom:0}
        .n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.t{white-space:nowrap}.id{overflow-wrap:anywhere;font-weight:550}.id.name{overflow-wrap:break-word;max-width:420px}.id p,.id details{font-weight:400}
        .pill{display:inline-block;font-size:12px;font-weight:600;line-height:1.55;padding:1px 9px;border-radius:99px;color:var(--wait);background:var(--wait-bg)}
        .pill.pass{color:var(--good);background:var(--good-bg)}.pill.warn{color:var(--warn);background:var(--warn-bg)}.pill.fail,.pill.error{color:var(--bad);background:var(--bad-bg)}
        .facts{display:flex;flex-wrap:wrap;gap:10px 36px;margin:4px 0 0}dt{color:var(--quiet);font-size:12.5px}dd{margin:0}
        details{margin-top:8px}summary{cursor:pointer;color:var(--link);font-size:13.5px}
        pre,code{font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace}
        pre{margin:6px 0 0;padding:10px 12px;background:var(--bg);border:1px solid var(--line);border-radius:8px;overflow-x:auto;max-height:420px}
        td pre{white-space:pre-wrap;overflow-wrap:anywhere}
        .key i{display:inline-block;width:10px;height:10px;border-radius:2px;margin:0 5px 0 12px;background:var(--link)}.key i:first-child{margin-left:0}
        .key .source{background:var(--good)}.key .seed{background:var(--seed)}.key .bad{background:var(--bad)}
        .graph{display:block}.graph text{fill:var(--ink);font-size:13px;font-weight:550}.graph .more{fill:var(--quiet);font-size:11.5px;font-weight:400}
        .graph rect{fill:var(--bg);stroke:var(--line)}.graph .mark{stroke:none;fill:var(--link)}.graph .source .mark{fill:var(--good)}.graph .seed .mark{fill:var(--seed)}
        .graph .bad .mark{fill:var(--bad)}.graph .bad rect:first-of-type{stroke:var(--bad)}
        .graph .edge{fill:none;stroke:var(--quiet);stroke-opacity:.5;stroke-width:1.4}
        .graph a:hover{text-decoration:none}.graph a:hover rect:first-of-type{stroke:var(--link)}
        @media (max-width:760px){.frame{grid-template-columns:minmax(0,1fr)}nav{position:static;max-height:none;padding:14px}main,header{padding-left:14px;padding-right:14px}}
        """
}
