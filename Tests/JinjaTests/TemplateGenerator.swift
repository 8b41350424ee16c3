/// Makes random templates: mostly sensible, so that most of them render, with some nonsense.
struct TemplateGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

    mutating func number(_ bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state >> 33) % bound
    }

    mutating func pick(_ options: [String]) -> String { options[number(options.count)] }

    mutating func next() -> Jinja2.Case {
        var one = Jinja2.Case(template: "")
        one.options.trim = number(3) == 0
        one.options.lstrip = number(3) == 0
        one.options.keep = number(3) == 0
        one.options.undefined = pick(["", "", "", "strict", "chainable"])
        one.template = body(depth: 3)
        return one
    }

    // MARK: Statements

    private mutating func body(depth: Int) -> String {
        (0...number(2)).map { _ in piece(depth: depth) }.joined()
    }

    private mutating func open(_ content: String) -> String {
        pick(["{%", "{%", "{%", "{%-", "{%+"]) + " " + content + " " + pick(["%}", "%}", "%}", "-%}", "+%}"])
    }

    private mutating func piece(depth: Int) -> String {
        guard depth > 0 else { return print() }
        let inner = depth - 1
        switch number(20) {
        case 0, 1, 2: return pick(["text", "\n", "  \n  ", " ", "a\n\n", "{ }", "\t", "%}", "}}"])
        case 3:
            return open("if " + expression(2)) + body(depth: inner)
                + (number(2) == 0 ? open("elif " + expression(2)) + body(depth: inner) : "")
                + (number(2) == 0 ? open("else") + body(depth: inner) : "") + open("endif")
        case 4, 5:
            let filter = number(4) == 0 ? " if " + expression(1) : ""
            let otherwise = number(4) == 0 ? open("else") + body(depth: inner) : ""
            return open("for x in " + pick(["items", "words", "d", "users", "range(3)", "'abc'", list(1)]) + filter)
                + body(depth: inner) + loopValue() + otherwise + open("endfor")
        case 6: return open("for k, v in " + pick(["d.items()", "d|dictsort", "d|items", "[(1, 2), (3, 4)]"])) + body(depth: inner) + "{{ k }}={{ v }}" + open("endfor")
        case 7: return open("set " + pick(["x", "y", "z"]) + " = " + expression(2))
        case 8: return open("set y") + body(depth: inner) + open("endset") + "{{ y }}"
        case 9: return open("with x = " + expression(1) + ", y = " + expression(1)) + body(depth: inner) + open("endwith")
        case 10: return open("filter " + pick(["upper", "trim", "replace('a', 'b')", "lower", "title", "indent(2)"])) + body(depth: inner) + open("endfilter")
        case 11: return open("macro m(x, y=" + expression(1) + ")") + body(depth: inner) + open("endmacro") + "{{ m(" + arguments(1) + ") }}"
        case 12: return open("macro w()") + "[{{ caller() }}]" + open("endmacro") + open("call w()") + body(depth: inner) + open("endcall")
        case 13: return pick(["{#", "{#-", "{#+"]) + " note " + pick(["#}", "-#}", "+#}"])
        case 14: return open("raw") + "{{ x }}" + open("endraw")
        case 15: return "{% set l = items|list %}" + open("do l." + pick(["append(9)", "pop()", "reverse()", "sort()", "extend([1])", "insert(0, 7)", "remove(1)"])) + "{{ l }}"
        case 16: return open("set ns = namespace(v=0)") + open("for x in items") + open("set ns.v = ns.v + x") + open("endfor") + "{{ ns.v }}"
        case 17:
            guard number(6) == 0 else { return print() }
            return open(pick(["break", "continue", "else", "endif", "foo", "set x", "for x"]))
        default: return print()
        }
    }

    private mutating func loopValue() -> String {
        "{{ loop." + pick(["index", "index0", "revindex", "revindex0", "first", "last", "length", "depth", "previtem", "nextitem", "cycle('a', 'b')", "changed(x)"]) + " }}"
    }

    private mutating func print() -> String {
        pick(["{{", "{{", "{{", "{{-"]) + " " + expression(1 + number(2)) + " " + pick(["}}", "}}", "}}", "-}}"])
    }

    // MARK: Expressions

    private mutating func expression(_ depth: Int) -> String {
        switch number(10) {
        case 0, 1: return numeric(depth)
        case 2, 3, 4: return text(depth)
        case 5, 6: return list(depth)
        default: return anything(depth)
        }
    }

    private mutating func atom() -> String {
        pick([
            "x", "y", "n", "f", "zero", "name", "text", "items", "words", "users", "d", "nested", "empty", "nothing",
            "yes", "missing", "accents", "true", "False", "none", "(1, 2)", "(1,)", "()", "[1, 'b', 2.0]",
            "{'k': 1, 2: [3]}", "{}", "d.a", "users[0].name", "items[1]", "nested.dict.k", "range(4)", "'a'", "7",
        ])
    }

    private mutating func arguments(_ depth: Int) -> String {
        var parts = (0..<number(3)).map { _ in expression(depth) }
        if number(4) == 0 { parts.append(pick(["x=", "y=", "z="]) + expression(depth)) }
        return parts.joined(separator: ", ")
    }

    private mutating func numeric(_ depth: Int) -> String {
        let plain = pick(["1", "2", "-3", "0", "7", "n", "f", "zero", "2.5", "1e3", "0.1", "1e20", "items[0]", "d.a", "1_000", "0x1f", "1.0", "100.0", "true", "users[1].age",
            "9223372036854775807", "(-9223372036854775808)", "2**64", "(2**70 + 1)", "-10**25", "123456789012345678901234567890", "0xfffffffffffffffff"])
        guard depth > 0, number(20) > 0 else { return depth > 0 ? anything(depth - 1) : plain }
        let inner = depth - 1
        switch number(9) {
        case 0, 1: return plain
        case 2, 3: return "(" + numeric(inner) + pick([" + ", " - ", " * ", " / ", " // ", " % "]) + numeric(inner) + ")"
        case 4: return "(" + pick([list(inner), text(inner)]) + ")|" + pick(["length", "count"])
        case 5: return "(" + numeric(inner) + ")|" + pick(["abs", "int", "float", "round", "round(1)", "round(1, 'floor')", "round(2, 'ceil')", "int(7)", "round(-1)"])
        case 6: return "(" + text(inner) + ")." + pick(["find('b')", "rfind('a')", "count('a')", "count('')", "find('a', 2)"])
        case 7: return pick(["-", "+", "- -"]) + "(" + numeric(inner) + ")"
        default: return "items|" + pick(["sum", "max", "min", "first", "last", "sum(start=1)", "length"])
        }
    }

    private mutating func text(_ depth: Int) -> String {
        let plain = pick(["'a'", "\"it's\"", "'  pad '", "'a,b,c'", "''", "'ABC def'", "'x\\ny'", "name", "text", "accents", "'12'", "'3.7'", "'<b>&'", "words[0]", "users[0].name"])
        guard depth > 0, number(20) > 0 else { return depth > 0 ? anything(depth - 1) : plain }
        let inner = depth - 1
        switch number(12) {
        case 0, 1: return plain
        // Joined to nothing, because Jinja2 marks these as HTML and then treats them unlike other text.
        case 11: return "((" + anything(inner) + ")|" + pick(["tojson", "tojson(2)", "escape", "striptags", "e"]) + " ~ '')"
        case 2: return "(" + anything(inner) + " ~ " + anything(inner) + ")"
        case 3: return "(" + text(inner) + " + " + text(inner) + ")"
        case 4: return "(" + text(inner) + " * " + pick(["2", "0", "3", "-1"]) + ")"
        case 5: return "(" + text(inner) + ")" + pick(["[0]", "[-1]", "[1:]", "[::-1]", "[:2]", "[-3:]", "[1:9:2]", "[n:]"])
        case 6: return pick(["'%s|%5.2f'", "'%-8s:%+d'", "'%s %#x'", "'%r %30d'", "'%r %e'", "'%.3s %g'"]) + " % (" + text(inner) + ", " + numeric(inner) + ")"
        case 7: return pick(["'{}-{}'", "'{1:>6}{0!r}'", "'{:<9}|{:08.2f}'", "'{:^7}{:g}'", "'{}{:,}'", "'{:>4}{:>30}'"]) + ".format(" + text(inner) + ", " + numeric(inner) + ")"
        case 8, 9: return "(" + text(inner) + ")." + pick(textMethods)
        default: return "(" + text(inner) + ")|" + pick(textFilters)
        }
    }

    private let textMethods = [
        "upper()", "lower()", "title()", "capitalize()", "strip()", "lstrip(' a')", "replace('a', 'zz')", "zfill(5)",
        "ljust(6, '.')", "rjust(6)", "center(7, '*')", "swapcase()", "removeprefix('a')", "expandtabs(4)", "rstrip()",
        "join(['p', 'q'])", "join(words)", "strip('ac')", "replace('', '-')", "removesuffix('c')",
    ]

    private let textFilters = [
        "capitalize", "center(12)", "title", "trim", "trim('ab')", "truncate(9)", "truncate(9, true)", "upper", "lower",
        "truncate(8, false, '..', 0)", "indent", "indent(2, true)", "urlencode", "wordwrap(8)",
        "replace('a', 'b')", "replace('a', 'b', 1)", "reverse", "default('D')", "string", "join('-')",
        "first", "last",
    ]

    private mutating func list(_ depth: Int) -> String {
        let plain = pick(["items", "words", "empty", "[1, 'b', 2.0]", "(1, 2)", "range(4)|list", "['x', 'Y', 'z']", "[3, 1, 2, 1]", "nested.list"])
        guard depth > 0, number(20) > 0 else { return depth > 0 ? anything(depth - 1) : plain }
        let inner = depth - 1
        switch number(9) {
        case 0, 1: return plain
        case 2: return "[" + (0..<number(4)).map { _ in expression(inner) }.joined(separator: ", ") + "]"
        case 3: return "(" + (0..<number(3)).map { _ in expression(inner) + ", " }.joined() + ")"
        case 4: return "(" + text(inner) + ")." + pick(["split()", "split(',')", "split(',', 1)", "rsplit(' ', 1)", "splitlines()", "partition(',')", "rpartition(' ')", "split('a')", "rsplit('a', 1)"])
        case 5: return "(" + list(inner) + ")" + pick(["[1:]", "[::-1]", "[:2]", "[-1:]", "[::2]"])
        case 6: return "(" + list(inner) + ")|" + pick(listFilters)
        case 7: return "users|" + pick(["map(attribute='name')|list", "rejectattr('active')|list", "selectattr('age', 'gt', 30)|map(attribute='name')|list", "groupby('team')|list", "groupby('age')|map('first')|list", "sort(attribute='age')|map(attribute='name')|list", "sort(attribute='team,name', reverse=true)|map(attribute='name')|list", "unique(attribute='age')|list|length", "map(attribute='q', default=0)|list"])
        default: return "d." + pick(["items()|list", "keys()|sort", "values()|list", "copy()", "items()"])
        }
    }

    private let listFilters = [
        "list", "map('upper')|list", "map('string')|list", "reverse|list", "slice(2)|list", "batch(2)|list",
        "batch(2, 'x')|list", "sort", "sort(reverse=true)", "unique|list", "select|list", "reject|list",
        "select('string')|list", "map('length')|list", "select('defined')|list", "slice(3, 'q')|list", "map('int')|list",
    ]

    private mutating func anything(_ depth: Int) -> String {
        guard depth > 0 else { return pick([atom(), numeric(0), text(0), list(0)]) }
        let inner = depth - 1
        switch number(16) {
        case 0, 1: return atom()
        case 2, 3: return expression(inner) + pick([" == ", " != "]) + expression(inner)
        case 4: return numeric(inner) + pick([" < ", " <= ", " > ", " >= "]) + numeric(inner)
        case 5: return text(inner) + pick([" < ", " >= ", " in ", " not in "]) + text(inner)
        case 6: return expression(inner) + pick([" in ", " not in "]) + list(inner)
        case 7: return expression(inner) + pick([" and ", " or "]) + expression(inner)
        case 8: return "not " + expression(inner)
        case 9: return expression(inner) + " if " + expression(inner) + pick(["", " else " + atom()])
        case 10: return "{" + (0..<number(3)).map { _ in text(inner) + ": " + expression(inner) }.joined(separator: ", ") + "}"
        case 11: return "(" + atom() + ")" + pick([".a", ".name", "[0]", "[-1]", "['a']", ".0", "[" + expression(inner) + "]"])
        case 12: return "(" + expression(inner) + ") is " + pick(["", "", "not "]) + test()
        case 13: return "(" + expression(inner) + ")." + method(inner)
        default: return "(" + expression(inner) + ")|" + filter(inner)
        }
    }

    private mutating func test() -> String {
        pick([
            "defined", "undefined", "none", "string", "number", "integer", "float", "boolean", "true", "false", "mapping",
            "sequence", "iterable", "odd", "even", "divisibleby(3)", "divisibleby 2", "eq(1)", "ne 2", "lt(3)", "gt 1",
            "in [1, 'a']", "upper", "lower", "sameas(none)", "ge(2)", "le 5",
        ])
    }

    private mutating func method(_ depth: Int) -> String {
        pick([
            "upper()", "lower()", "title()", "capitalize()", "strip()", "lstrip(' a')", "split()", "split(',')",
            "split(',', 1)", "rsplit(' ', 1)", "splitlines()", "join(['p', 'q'])", "replace('a', 'zz')",
            "startswith('a')", "endswith(('c', 'd'))", "find('b')", "rfind('a')", "index('a')", "count('a')", "zfill(5)",
            "ljust(6, '.')", "rjust(6)", "center(7, '*')", "isdigit()", "isalpha()", "isupper()", "islower()",
            "isspace()", "isalnum()", "istitle()", "swapcase()", "partition(',')", "rpartition(' ')", "format(1, 'b')",
            "format(a=1)", "removeprefix('a')", "removesuffix('c')", "get('a')", "get('zz', 5)", "items()", "keys()",
            "values()", "items()|list", "keys()|sort", "copy()", "pop()", "index(1)", "count(1)",
            "update({'q': 1})", "setdefault('a', 9)", "expandtabs(4)", "casefold()", "is_integer()", "bit_length()", "encode()", "encode().hex()", "translate({97: 'x', 98: none})",
            "maketrans('a', 'b')", "format_map({'a': 1})", "as_integer_ratio()", "bit_count()", "conjugate()", "hex()", "isidentifier()", "clear()", "popitem()",
        ])
    }

    private mutating func filter(_ depth: Int) -> String {
        pick([
            "abs", "capitalize", "center(12)", "count", "default('D')", "d('D', true)", "dictsort", "dictsort(true, 'value')",
            "first", "float", "float(1.5)", "int", "int(7)", "items|list", "join", "join('-')", "last", "length", "list",
            "lower", "map('upper')|list", "map(attribute='name')|list", "map('int')|list", "map(attribute='q', default=0)|list",
            "max", "min", "reject('odd')|list", "rejectattr('active')|list", "replace('a', 'b')", "replace('a', 'b', 1)",
            "reverse", "reverse|list", "round", "round(1)", "round(1, 'floor')", "round(2, 'ceil')", "select|list",
            "select('string')|list", "selectattr('active')|list", "selectattr('age', 'gt', 30)|map(attribute='name')|join(',')",
            "slice(2)|list", "batch(2)|list", "batch(2, 'x')|list", "sort", "sort(reverse=true)",
            "sort(attribute='age')|map(attribute='name')|list", "string", "sum", "sum(start=1)", "title", "trim", "trim('ab')",
            "truncate(9)", "truncate(9, true)", "truncate(8, false, '..', 0)", "unique|list", "upper", "wordcount",
            "indent", "indent(2, true)", "format(1, 2)", "groupby('team')|list", "urlencode",
            "filesizeformat", "filesizeformat(true)", "attr('a')", "sum(attribute='age')", "wordwrap(8)",
            "string|length", "xmlattr", "groupby('age')|map('first')|list", "max(attribute='age')",
        ])
    }
}
