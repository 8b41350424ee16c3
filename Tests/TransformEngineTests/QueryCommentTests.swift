import Testing

/// `query-comment` as `--debug` shows it.
@Suite struct QueryCommentTests {
    private func told(_ setting: String, macros: String = "") throws -> (code: Int32, text: String) {
        let drill = try DbtDrill([
            "dbt_project.yml": "name: shop\nprofile: shop\n\(setting)", "models/a.sql": "select 1 as x", "macros/m.sql": macros,
        ])
        return drill.run("--debug", "run")
    }

    @Test(arguments: [
        ("", "On model.shop.a: /* {\"app\": \"dbt\", \"dbt_version\": \"1.11.16\", \"profile_name\": \"shop\", \"target_name\": \"dev\", \"node_id\": \"model.shop.a\"} */"),
        ("query-comment: 'of {{ target.name }}, {{ connection_name }}, {{ node.name }}'", "On model.shop.a: /* of dev, model.shop.a, a */"),
        ("query-comment: '{{ return(header(node)) }}'", "On model.shop.a: /* a view */"),
        ("query-comment: {comment: 'behind', append: true, job-label: true}", "/* behind */"),
    ])
    func `each statement of a node carries the comment`(_ setting: String, _ comment: String) throws {
        let (code, text) = try told(setting, macros: "{% macro header(node) %}{{ return(node.name ~ ' ' ~ node.config.materialized if node else '') }}{% endmacro %}")
        #expect(code == 0 && text.contains(comment), "\(text)")
        #expect(!setting.contains("append") || !text.contains("On model.shop.a: /*"))
    }

    @Test(arguments: ["query-comment: ''", "query-comment:"]) func `no comment is sent where none is wanted`(_ setting: String) throws {
        let (code, text) = try told(setting)
        #expect(code == 0 && text.contains("On model.shop.a: ") && !text.contains("/*"), "\(text)")
    }

    @Test func `a comment that would end itself ends the command before anything is sent`() throws {
        let (code, text) = try told("query-comment: 'x */ y'")
        #expect(code == 2 && text.contains("Runtime Error") && text.contains("query comment contains illegal value \"*/\": x */ y") && !text.contains("On "), "\(text)")
    }
}
