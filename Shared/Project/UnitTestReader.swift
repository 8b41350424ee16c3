internal import Digest
internal import Kernel

/// Makes unit tests of the entries of `unit_tests:` in a schema file.
struct UnitTestReader {
    let package: PackageFile
    let problems: ProblemList

    /// nil where the entry is wrong; the problem is in the list.
    func node(for entry: YAMLValue) -> Node? {
        guard let name = entry["name"]?.text, let model = entry["model"]?.text else {
            problems.add("project.bad_unit_test", "a unit test needs a name and a model", at: entry.location, remedy: "add name: and model:")
            return nil
        }
        guard let expect = entry["expect"], let expected = fixture(expect, what: "expected", of: name) else {
            if entry["expect"] == nil {
                problems.add("project.bad_unit_test", "the unit test '\(name)' expects nothing", at: entry.location, remedy: "add expect: with the rows that the model must give")
            }
            return nil
        }
        var given: [UnitTest.Given] = []
        for item in entry["given"]?.items ?? [] {
            guard let input = item["input"]?.text else {
                problems.add("project.bad_unit_test", "an input of the unit test '\(name)' does not say what it stands for", at: item.location, remedy: "add input: ref('…')")
                return nil
            }
            guard let fixture = fixture(item, what: "input", of: name) else { return nil }
            given.append(UnitTest.Given(input: input, fixture: fixture))
        }
        var test = UnitTest(model: model, given: given, expect: expected)
        test.macros = entry["overrides"]?["macros"]?.json.objectValue ?? JSONObject()
        test.vars = entry["overrides"]?["vars"]?.json.objectValue ?? JSONObject()
        test.environment = entry["overrides"]?["env_vars"]?.json.objectValue ?? JSONObject()
        test.versions = entry["versions"]?.json ?? .null
        let file = entry.file
        let fqn = [package.name] + FileTree.folders(of: file).dropFirst() + [model, name]
        var node = Node(
            uniqueID: "unit_test.\(package.name).\(model).\(name)", resourceType: .unitTest, name: name, packageName: package.name,
            path: file.split(separator: "/").dropFirst().joined(separator: "/"), originalFilePath: file, rootFolder: package.folder, fqn: fqn, rawCode: "")
        node.line = entry.line
        node.description = entry["description"]?.text ?? ""
        node.unitTest = test
        node.checksum = Digest.hex(.sha256, Self.hashable(test, hasOverrides: entry["overrides"] != nil))
        return node
    }

    /// What dbt hashes of a unit test: its parts as Python prints them.
    private static func hashable(_ test: UnitTest, hasOverrides: Bool) -> String {
        func words(_ fixture: UnitTest.Fixture) -> String {
            let rows = switch fixture.rows {
            case .rows(let rows): PythonText.representation(.array(rows.map(JSON.object)))
            case .sql(let text): PythonText.representation(.string(text))
            }
            let name = fixture.format == "dict" ? "Dict" : fixture.format.uppercased()
            return "rows=\(rows), format=<UnitTestFormat.\(name): '\(fixture.format)'>, fixture=\(PythonText.representation(JSON(fixture.fixture)))"
        }
        func versions(_ key: String) -> String { PythonText.representation(test.versions[key] ?? .null) }
        let given = test.given.map { "UnitTestInputFixture(input=\(PythonText.representation(.string($0.input))), \(words($0.fixture)))" }
        let overrides = hasOverrides
            ? "UnitTestOverrides(macros=\(PythonText.representation(.object(test.macros))), vars=\(PythonText.representation(.object(test.vars))), env_vars=\(PythonText.representation(.object(test.environment))))"
            : "None"
        let chosen = test.versions.isNull ? "None" : "UnitTestNodeVersions(include=\(versions("include")), exclude=\(versions("exclude")))"
        var text = "\(test.model)-\(chosen)-[\(given.joined(separator: ", "))]-UnitTestOutputFixture(\(words(test.expect)))-\(overrides)"
        for input in test.given where input.fixture.fixture != nil {
            switch input.fixture.rows {
            case .rows(let rows): text += "-" + PythonText.representation(.array(rows.map(JSON.object)))
            case .sql(let sql): text += "-" + sql
            }
        }
        return text
    }

    // MARK: Rows

    private func fixture(_ entry: YAMLValue, what: String, of test: String) -> UnitTest.Fixture? {
        let format = entry["format"]?.text ?? "dict"
        let file = entry["fixture"]?.text
        func wrong(_ remedy: String) -> UnitTest.Fixture? {
            problems.add(
                "project.bad_unit_test", format == "dict" ? "Unit test \(test) has \(what) rows which do not match format dict" : "Unit test \(test) has \(what) rows or fixtures which do not match format \(format).  Expected string.", at: (entry["rows"] ?? entry).location, remedy: remedy)
            return nil
        }
        switch format {
        case "dict":
            guard let rows = entry["rows"], !rows.isNull || file != nil else {
                // Without rows, a seed's own stand for it.
                if let rows = seedRows(entry["input"]?.text ?? "") { return UnitTest.Fixture(rows: .rows(rows), format: format) }
                guard let seed = Capture.reference(entry["input"]?.text ?? "")?.refs.first else { return wrong("write rows: as a list of maps, or name a seed as the input") }
                let place = seed.package.map { $0 == package.name ? nil : "'\($0)' package" } ?? nil
                problems.add(
                    "project.bad_unit_test", "Unable to find seed '\(seed.package ?? package.name).\(seed.name)' for unit tests in \(place ?? "directories: \(PythonList.list(package.seedPaths))")", at: entry.location,
                    remedy: "write rows: as a list of maps, or name a seed as the input")
                return nil
            }
            guard rows.items.allSatisfy(\.isMap), rows.isList else { return wrong("write rows: as a list of maps") }
            return UnitTest.Fixture(rows: .rows(Self.settled(rows.items.compactMap(\.json.objectValue))), format: format)
        case "csv", "sql":
            guard let text = try? file.map({ try read($0, format, at: entry) }) ?? entry["rows"]?.text.map(Self.withoutNewline) else {
                return file == nil ? wrong("write rows: as one text, or name a file below tests/fixtures with fixture:") : nil
            }
            let rows: UnitTest.Rows = format == "sql" ? .sql(text) : .rows(Self.settled(Self.rows(csv: text)))
            return UnitTest.Fixture(rows: rows, format: format, fixture: file)
        default:
            problems.add("project.bad_unit_test", "there is no format '\(format)' for the rows of a unit test", at: entry.location, remedy: "choose dict, csv or sql")
            return nil
        }
    }

    /// Rows in the schema file are templates, whose last newline Jinja drops.
    private static func withoutNewline(_ text: String) -> String { text.hasSuffix("\n") ? String(text.dropLast()) : text }

    private struct Missing: Error {}

    private func read(_ name: String, _ format: String, at entry: YAMLValue) throws -> String {
        for folder in package.testPaths {
            for file in package.files(in: "\(folder)/fixtures", [".\(format)"]) where FileTree.stem(of: file) == name {
                if let text = FileTree.text("\(package.folder)/\(folder)/fixtures/\(file)") { return ProjectReader.trimmed(text) }
            }
        }
        problems.add(
            "project.fixture_not_found", "File not found for fixture '\(name)' in unit tests in \(entry.file)", at: entry.location,
            remedy: "add \(package.testPaths.first ?? "tests")/fixtures/\(name).\(format)")
        throw Missing()
    }

    private func seedRows(_ input: String) -> [JSONObject]? {
        guard let seed = Capture.reference(input)?.refs.first, seed.package ?? package.name == package.name else { return nil }
        for folder in package.seedPaths {
            for file in package.files(in: folder, [".csv"]) where FileTree.stem(of: file) == seed.name {
                return FileTree.text("\(package.folder)/\(folder)/\(file)").map { Self.rows(csv: $0, emptyIsNull: false) }
            }
        }
        return nil
    }

    private static func rows(csv text: String, emptyIsNull: Bool = true) -> [JSONObject] {
        var reader = CSVText(Array(ProjectReader.trimmed(text).utf8), delimiter: UInt8(ascii: ","))
        guard let header = reader.next() else { return [] }
        var rows: [JSONObject] = []
        while let fields = reader.next() {
            if fields.count == 1, fields[0].text.isEmpty { continue }
            var row = JSONObject()
            for (index, name) in header.enumerated() {
                let value = index < fields.count ? fields[index].text : ""
                row[name.text] = value.isEmpty && (emptyIsNull || index >= fields.count) ? .null : .string(value)
            }
            rows.append(row)
        }
        return rows
    }

    /// The first row without a null goes to the top: engines take a column's type from there.
    private static func settled(_ rows: [JSONObject]) -> [JSONObject] {
        var rows = rows
        if let full = rows.firstIndex(where: { row in row.pairs.allSatisfy { !$0.value.isNull } }) { rows.swapAt(0, full) }
        return rows
    }
}
