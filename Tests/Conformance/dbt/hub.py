"""A hub of packages on loopback, made of what stands here: `api/v1/index.json`, `api/v1/<namespace>/<name>.json`, archives.

usage: with Hub() as url: … DBT_PACKAGE_HUB_URL=url
"""
import gzip, http.server, io, json, tarfile, threading

ANY = [">=1.0.0", "<2.0.0"]
PACKAGES = {
    "scenes/words": {
        **{version: {"name": "words"} for version in ("0.9.0", "1.0.0", "1.1.0", "1.2.0", "1.10.0", "2.0.0-rc1", "2.0.0", "1.11.0-beta.2")},
        "1.12.0": {"name": "words", "require_dbt_version": [">=2.0.0", "<3.0.0"]}, "1.9.0": {"name": "words", "require_dbt_version": ">=1.3.0"},
    },
    "scenes/upper": {"1.0.0": {"name": "upper", "packages": [{"package": "scenes/words", "version": [">=1.0.0", "<1.3.0"]}]},
        "1.1.0": {"name": "upper", "packages": [{"package": "scenes/words", "version": [">=1.0.0", "<1.2.0"]}, {"package": "scenes/deep", "version": "0.1.0"}]}},
    "scenes/deep": {"0.1.0": {"name": "deep", "packages": [{"package": "scenes/words", "version": ["<=1.0.0"]}]}},
    "scenes/narrow": {"1.0.0": {"name": "narrow", "packages": [{"package": "scenes/words", "version": "=0.9.0"}]}},
    "scenes/moved": {"1.0.0": {"name": "moved"}},
    "scenes/twin": {"1.0.0": {"name": "words"}},
    "scenes/later": {"1.0.0": {"name": "later", "require_dbt_version": [">=2.0.0", "<3.0.0"]}},
    "scenes/making": {"1.0.0-a1": {"name": "making"}, "1.0.0-a2": {"name": "making"}, "1.0.0-a10": {"name": "making"}},
    "scenes/torn": {"1.0.0": {"name": "torn"}},
}
MOVED = {"scenes/moved": {"redirectnamespace": "scenes", "redirectname": "words"}, "scenes/making": {"redirectname": "made", "redirectnamespace": None}}


def archive(name, version):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        files = {"dbt_project.yml": f"name: {name}\nversion: {version.split('-')[0]}\n", "macros/m.sql": f"{{% macro {name}_version() %}}'{version}'{{% endmacro %}}\n"}
        for path, text in files.items():
            member = tarfile.TarInfo(f"{name}-{version}/{path}")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return gzip.compress(data.getvalue())


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments): pass

    def do_GET(self):
        address = f"http://127.0.0.1:{self.server.server_address[1]}"
        parts = self.path.strip("/").split("/")
        if parts[:2] == ["api", "v1"]: body = self.metadata("/".join(parts[2:]).removesuffix(".json"), address)
        elif parts[0] == "archives" and parts[1] == "torn": body = archive(*parts[1:3])[:60]
        elif parts[0] == "archives": body = archive(*parts[1:3])
        elif parts[0] == "moved": return self.answer(302, b"", Location=f"{address}/archives/{parts[1]}/{parts[2]}")
        else: body = None
        self.answer(*((404, b"{}") if body is None else (200, body)))

    def metadata(self, name, address):
        if name == "index": return json.dumps(sorted(PACKAGES) + ["scenes/absent"]).encode()
        if name not in PACKAGES: return None
        versions = {
            version: {"packages": [], "version": version, "downloads": {"tarball": f"{address}/moved/{found['name']}/{version}", "format": "tgz", "sha1": "not looked at"}} | found
            for version, found in PACKAGES[name].items()
        }
        namespace, short = name.split("/")
        return json.dumps({"name": short, "namespace": namespace, "description": "", "versions": versions} | MOVED.get(name, {})).encode()

    def answer(self, status, body, **headers):
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **headers}.items(): self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)


class Hub:
    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_address[1]}/"

    def __exit__(self, *ending):
        self.server.shutdown()
        self.server.server_close()
