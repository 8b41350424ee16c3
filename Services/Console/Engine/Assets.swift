/// What the pages need beside their markup, held in the program: it works without a network and without files.
enum Assets {
    static let css = """
        :root{color-scheme:light dark;--bg:#f6f7f9;--panel:#fff;--ink:#1a2028;--quiet:#667180;--line:#e2e6eb;--link:#0b62c4;--good:#157f47;--good-bg:#e3f5ea;--bad:#b42525;--bad-bg:#fdeaea;--busy:#0b62c4;--busy-bg:#e4effc;--wait:#667180;--wait-bg:#eceff3;--warn:#8a5a00;--warn-bg:#fdf1d8}
        @media (prefers-color-scheme:dark){:root{--bg:#11151a;--panel:#181d24;--ink:#e4e8ee;--quiet:#8e99a8;--line:#2a313b;--link:#6cb0ff;--good:#5fd393;--good-bg:#12321f;--bad:#ff8a8a;--bad-bg:#3a1a1c;--busy:#6cb0ff;--busy-bg:#14283f;--wait:#8e99a8;--wait-bg:#232a33;--warn:#f0bf5c;--warn-bg:#38290c}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
        header{display:flex;align-items:center;justify-content:space-between;padding:12px 28px;background:var(--panel);border-bottom:1px solid var(--line)}
        nav{margin:0 18px 0 auto}
        .brand{display:flex;gap:9px;align-items:center;font-weight:650;font-size:17px;color:var(--ink)}
        .brand svg{fill:none;stroke:var(--link);stroke-width:1.8;stroke-linecap:round}
        main{max-width:1240px;margin:0 auto;padding:20px 28px 64px}
        a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
        h1{font-size:21px;font-weight:650;margin:22px 0 12px;letter-spacing:-.01em;overflow-wrap:anywhere}
        h2{font-size:16px;font-weight:650;margin:28px 0 10px;overflow-wrap:anywhere}
        h1 .pill{vertical-align:4px;margin-left:6px}
        .quiet{color:var(--quiet);font-weight:400}.strong{font-weight:550}
        .crumb{margin:4px 0 -10px;color:var(--quiet);overflow-wrap:anywhere}
        .row{display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;gap:6px 16px}
        .cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(300px,1fr));gap:14px}
        .card,.panel,.empty,.scroll{background:var(--panel);border:1px solid var(--line);border-radius:10px}
        .card{padding:14px 16px;display:flex;flex-direction:column}.card .row:last-child{margin-top:auto}.card h2{margin:0}.card p{margin:4px 0 12px;overflow-wrap:anywhere}.row>*{min-width:0}
        .empty{padding:26px;text-align:center;color:var(--quiet)}
        .scroll{overflow-x:auto}.panel{padding:14px;margin-bottom:12px}
        .bars{display:flex;gap:2px;align-items:end;height:22px}
        .bar{width:5px;height:22px;border-radius:2px;background:var(--wait)}
        .bar.succeeded{background:var(--good)}.bar.cancelled{background:var(--warn)}.bar.failed,.bar.rejected{background:var(--bad)}.bar.running{background:var(--busy);animation:breathe 1.6s ease-in-out infinite}
        @keyframes breathe{50%{opacity:.4}}
        button{font:inherit;font-size:13.5px;font-weight:550;color:var(--link);background:transparent;border:1px solid var(--line);border-radius:7px;padding:4px 12px;cursor:pointer;white-space:nowrap}
        a:focus-visible,button:focus-visible{outline:2px solid var(--link);outline-offset:2px}
        button:hover{border-color:var(--link)}button:disabled{opacity:.5;cursor:default}
        .actions{display:flex;flex-wrap:wrap;align-items:center;gap:6px 10px}
        table{border-collapse:collapse;width:100%;font-size:14px}
        th{text-align:left;font-size:12px;font-weight:550;color:var(--quiet);padding:9px 14px;border-bottom:1px solid var(--line);white-space:nowrap}
        td{padding:9px 14px;border-bottom:1px solid var(--line);vertical-align:top}
        tbody tr:last-child td{border-bottom:0}tr:target td{background:var(--busy-bg)}
        .n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.t{white-space:nowrap;font-variant-numeric:tabular-nums}
        .id{font-size:12.5px;overflow-wrap:anywhere}.says{color:var(--quiet);min-width:220px;overflow-wrap:anywhere}
        .why{color:var(--bad);font-size:13px;overflow-wrap:anywhere}
        .pill{display:inline-block;font-size:12px;font-weight:600;line-height:1.55;padding:1px 9px;border-radius:99px;color:var(--wait);background:var(--wait-bg);letter-spacing:0}
        .pill.succeeded,.pill.balanced{color:var(--good);background:var(--good-bg)}
        .pill.failed,.pill.rejected,.pill.differs{color:var(--bad);background:var(--bad-bg)}
        .pill.running,.pill.ready{color:var(--busy);background:var(--busy-bg)}
        .pill.retrying,.pill.requested,.pill.warned,.pill.partial{color:var(--warn);background:var(--warn-bg)}
        progress{width:110px;height:7px;vertical-align:middle;accent-color:var(--busy)}
        .facts{display:flex;flex-wrap:wrap;gap:10px 36px;margin:12px 0 22px}.facts div{min-width:90px}
        dt{color:var(--quiet);font-size:12.5px}dd{margin:0;overflow-wrap:anywhere}
        .failure{border:1px solid var(--bad);border-left-width:5px;background:var(--bad-bg);border-radius:10px;padding:12px 18px;margin:12px 0}
        .failure h2{margin:0;color:var(--bad)}.failure h2 a{color:inherit}.failure p{margin:6px 0;overflow-wrap:anywhere;white-space:pre-line}
        .failure dl{display:grid;align-items:baseline;grid-template-columns:max-content 1fr;gap:3px 14px;margin:8px 0 2px}
        code{font:13px ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace}
        .graph{display:block}.graph text{fill:var(--ink);font-size:13px;font-weight:550}.graph .more{fill:var(--quiet);font-size:11.5px;font-weight:400}
        .graph rect{fill:var(--bg);stroke:var(--line)}.graph .mark{stroke:none;fill:var(--wait)}
        .graph .edge{fill:none;stroke:var(--quiet);stroke-opacity:.5;stroke-width:1.4}
        .graph .succeeded .mark{fill:var(--good)}.graph .failed .mark{fill:var(--bad)}.graph .failed rect:first-of-type{stroke:var(--bad)}
        .graph .ready .mark{fill:var(--busy);animation:breathe 1.6s ease-in-out infinite}.graph .retrying .mark,.graph .warned .mark{fill:var(--warn)}.graph .skipped{opacity:.6}
        .graph a:hover{text-decoration:none}.graph a:hover rect:first-of-type{stroke:var(--link)}
        @media (max-width:640px){main,header{padding-left:14px;padding-right:14px}}
        """

    /// Fetches the page that is open every two seconds and puts its middle in place: all markup comes from one renderer.
    static let js = """
        (() => {
          const link = document.getElementById('link');
          let tag = '';
          async function look() {
            if (document.hidden || String(getSelection())) return;
            try {
              const reply = await fetch(location.pathname, { headers: { 'If-None-Match': tag }, cache: 'no-store' });
              link.textContent = '';
              if (reply.status === 304) return;
              tag = reply.headers.get('ETag') || '';
              const next = new DOMParser().parseFromString(await reply.text(), 'text/html').getElementById('live');
              const live = document.getElementById('live');
              if (!next || next.innerHTML === live.innerHTML) return;
              const places = [...live.querySelectorAll('.scroll')].map((box) => box.scrollLeft);
              // Whoever goes through the page by keyboard stays where they are.
              const name = (element) => element.getAttribute('href') || element.dataset.post;
              const held = live.contains(document.activeElement) && name(document.activeElement);
              live.replaceWith(next);
              if (held) [...next.querySelectorAll('a[href],button')].find((element) => name(element) === held)?.focus({ preventScroll: true });
              next.querySelectorAll('.scroll').forEach((box, i) => { box.scrollLeft = places[i] || 0; });
            } catch { link.textContent = 'the console does not answer'; }
          }
          async function again() { await look(); setTimeout(again, 2000); }
          setTimeout(again, 2000);
          document.addEventListener('click', async (event) => {
            const button = event.target.closest('button[data-post]');
            if (!button || (button.dataset.ask && !confirm(button.dataset.ask))) return;
            button.disabled = true;
            try {
              const reply = await fetch(button.dataset.post, { method: 'POST', headers: { 'X-Sluice': '1' }, body: button.dataset.body || '' });
              const body = await reply.json();
              if (reply.ok && body.url) { location.href = body.url; return; }
              link.textContent = reply.ok ? '' : body.error.summary;
              if (reply.ok) await look();
            } catch { link.textContent = 'the console does not answer'; }
            button.disabled = false;
          });
        })();
        """

    static let icon = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><path d="M3 3v14M17 3v14M3 6h14M6.5 9.5v7M10 9.5v7M13.5 9.5v7" fill="none" stroke="#3b8be0" stroke-width="1.8" stroke-linecap="round"/></svg>
        """
}
