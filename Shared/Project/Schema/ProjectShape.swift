internal import Kernel

/// What `dbt_project.yml` has to look like.
enum ProjectShape {
    /// dbt's words for what is wrong first, without the file; nil where nothing is.
    static func fault(in document: YAMLValue) -> (message: String, place: YAMLValue)? {
        guard document.isMap else { return ("dbt_project.yml does not parse to a dictionary", document) }
        for (old, new) in [("source-paths", "model-paths"), ("data-paths", "seed-paths")] where document[old] != nil && document[new] != nil {
            return ("\(old) and \(new) cannot both be defined. The `\(old)` config has been deprecated in favor of `\(new)`. Please update your `dbt_project.yml` configuration to reflect this change.", document[old] ?? document)
        }
        guard document["name"] != nil else { return ("Required \"name\" field not present in project", document) }
        // A section of nothing is none.
        let stated = document.members.filter { !(sectionNames.contains($0.key) && $0.value.isNull) }.map { ($0.key == "tests" && document["data_tests"] == nil ? "data_tests" : $0.key, $0.value.json) }
        if let fault = shape.fault(in: JSON(stated)) { return (fault.description, fault.place(in: document)) }
        if document["tests"]?.isNull == false, let tests = document["data_tests"], !tests.isNull {
            return ("at path []: Invalid project config: cannot have both 'tests' and 'data_tests' defined", tests)
        }
        let specifiers = (document["require-dbt-version"]?.isNull == false ? document["require-dbt-version"]?.strings : nil) ?? []
        if let specifier = specifiers.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }).map({ $0.filter { $0 != " " } }).first(where: { !isSpecifier($0) }) {
            return ("\"\(specifier)\" is not a valid semantic version.", document["require-dbt-version"] ?? document)
        }
        for entry in document["dispatch"]?.items ?? [] where entry["macro_namespace"] == nil || entry["search_order"]?.isList != true {
            return ("at path []: Invalid project dispatch config: \(PythonText.representation(entry.json))", entry)
        }
        // A number is the text of a version, and as such has to have two parts.
        if let version = document["version"], let number = version.json.intValue, version.json.boolValue == nil, version.text?.contains(".") != true {
            return ("at path ['version']: '\(number)' is not valid under any of the given schemas", version)
        }
        if let version = document["config-version"], !version.isNull, let number = version.json.intValue, number != 2 {
            return ("Got an unexpected project version=\(number), expected 2", version)
        }
        return nil
    }

    private static let texts = Shape.optional(.list(.text))
    private static func isDigits(_ text: Substring) -> Bool { !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) } && (text.utf8.count == 1 || text.utf8.first != 0x30) }

    /// `1.0`, `1.2.3`, `1.2.3-rc.1+build.5`
    private static func isVersion(_ text: String) -> Bool {
        let main = text.prefix { $0 != "-" && $0 != "+" }
        let parts = main.split(separator: ".", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), parts.allSatisfy(isDigits) else { return false }
        let rest = text.dropFirst(main.count)
        let build = rest.firstIndex(of: "+").map { rest[rest.index(after: $0)...] }
        let release = rest.prefix { $0 != "+" }
        func areWords(_ text: Substring) -> Bool {
            text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { word in
                !word.isEmpty && word.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2d }
            }
        }
        if !release.isEmpty { guard parts.count == 3, areWords(release.dropFirst()) else { return false } }
        return build.map(areWords) ?? true
    }

    /// `>=1.2.3`
    private static func isSpecifier(_ text: String) -> Bool {
        let version = text.drop { "<>=".contains($0) }
        let numbers = version.prefix { $0 == "." || $0.isNumber }.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 3 && numbers.allSatisfy(isDigits)
    }

    private static let version = Shape.pattern(#"^(0|[1-9]\d*)\.(0|[1-9]\d*)…"#, isVersion)
    private static let quoting = Shape.object(Shape.truths("schema", "database", "project", "identifier", "snowflake_ignore_case"))
    private static let comment = Shape.either([.object([Shape.may("comment", .text), Shape.may("append", .optional(.truth)), Shape.may("job-label", .truth)]), .text, .null])
    /// A hook of a run: a text alone is a list of one.
    private static let hooks = Shape.either([.list(.text), .text, .null])
    private static let sectionNames = [
        "models", "seeds", "snapshots", "analyses", "sources", "tests", "data_tests", "unit_tests", "metrics", "semantic-models", "saved-queries", "exposures", "functions",
    ]

    private static let shape = Shape.object(
        [Shape.must("name", .pattern(#"^[^\d\W]\w*$"#, isName)), Shape.may("config-version", .optional(.whole)), Shape.may("version", .either([version, .number, .null])), Shape.may("project-root", .optional(.text))]
            + ["source-paths", "model-paths", "macro-paths", "data-paths", "seed-paths", "test-paths", "analysis-paths", "docs-paths", "asset-paths", "function-paths"].map { Shape.may($0, texts) }
            + Shape.texts("target-path") + ["snapshot-paths", "clean-targets"].map { Shape.may($0, texts) } + [Shape.may("profile", .optional(.any))] + Shape.texts("log-path", "packages-install-path")
            + [Shape.may("quoting", .optional(quoting)), Shape.may("on-run-start", hooks), Shape.may("on-run-end", hooks), Shape.may("require-dbt-version", .either([.list(.text), .text, .null]))]
            + [Shape.may("dispatch", .list(.map))]
            + sectionNames.map { Shape.may($0, .map) }
            + [Shape.may("vars", .optional(.map)), Shape.may("packages", .any), Shape.may("query-comment", comment), Shape.may("restrict-access", .truth), Shape.may("dbt-cloud", .optional(.map)), Shape.may("flags", .map)],
        // What is not known is told apart, with the word that may be meant.
        isOpen: true)

    /// A letter of any script or an underscore, then digits too.
    private static func isName(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, !(first.properties.numericType != nil) else { return false }
        return text.unicodeScalars.allSatisfy { $0 == "_" || $0.properties.isAlphabetic || $0.properties.numericType != nil }
    }
}
