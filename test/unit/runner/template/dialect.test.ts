/** What UCloud's templates mean here, one case a line: the template, what the script says, the values. */
import { describe, expect, test } from "vitest";
import { loadEngine } from "../../../../runner/template/engine.ts";
import type { Script } from "../../../../shared/plan.ts";
import { aRequest } from "../../../support/template.ts";

const engine = loadEngine();

function rendered(template: string, values: Script["values"] = {}, workflows: string[] = []): string {
  const answer = engine.render(aRequest(template, values, workflows));
  return answer.is === "script" ? answer.text : `fault in line ${answer.line}: ${answer.words}`;
}

type Case = [template: string, script: string, values?: Script["values"]];

/** A quote within a quoted word of the shell. */
const Q = `'"'"'`;

const groups: Record<string, Case[]> = {
  "what is printed": [
    ["{{ v }}", "'x y'", { v: "x y" }],
    ["{{ v }}", `'it${Q}s'`, { v: "it's" }],
    ["{{ v }}", "''", { v: "" }],
    ["{{ v }}", "'a\nb'", { v: "a\nb" }],
    ["{{ v }}", "'$(x) `x` \\ <&>\"'", { v: '$(x) `x` \\ <&>"' }],
    ["{{ v }}", "'{{ x }}{% y %}{# z #}'", { v: "{{ x }}{% y %}{# z #}" }],
    ["{{ v }}", "5", { v: 5 }],
    ["{{ v }}", "1000000", { v: 1_000_000 }],
    ["{{ v }}", "0.5", { v: 0.5 }],
    ["{{ v }}", "-3", { v: -3 }],
    ["{{ v }} {{ not v }}", "True False", { v: true }],
    ["[{{ nothing }}]", "[]"],
    ["[{{ nothing.at.all }}]", "[]"],
    ["[{{ none }}]", "[]"],
    ["{{ 'text' }} {{ 1 + 1 }} {{ 7 / 2 }} {{ 6 / 2 }} {{ 7 // 2 }}", "'text' 2 3.5 3.0 3"],
    ["{{ [v, 1] }}", `'["it${Q}s", 1]'`, { v: "it's" }],
    ["{{ v if b else 'no' }}{{ v if b }}", "'no'", { v: "x", b: false }],
  ],
  "safe texts": [
    ["{{ v|safe }}", "a 'b'", { v: "a 'b'" }],
    ["{{ v|safe|upper }}", "'A'", { v: "a" }],
    ["{{ (v|safe) ~ v }}", "'aa'", { v: "a" }],
    ["{{ v|escape }} {{ v|e }}", "'a' 'a'", { v: "a" }],
    ["{% set x = v|safe %}{{ x }}", "a", { v: "a" }],
    ["{% set x %}echo {{ v }}{% endset %}{{ x }}", "echo 'a'", { v: "a" }],
    ["{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m(v) }}", "<'a'>", { v: "a" }],
    ["{% macro m(x) %}{{ x }}{% endmacro %}{{ m(v) ~ 'b' }}", `'${Q}a${Q}b'`, { v: "a" }],
    ["{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}{{ v }}{% endcall %}", "['a']", { v: "a" }],
    ["{% filter upper %}x {{ v }}{% endfilter %}", "X 'A'", { v: "a" }],
    ["{% autoescape false %}{{ v }} {{ b }}{% endautoescape %} {{ v }}", "a True 'a'", { v: "a", b: true }],
    ["{{ v|tojson }}", '"a"', { v: "a" }],
  ],
  flag: [
    ['{{ v|flag("--on") }}', "'--on'", { v: true }],
    ['[{{ v|flag("--on") }}]', "[]", { v: false }],
    ['{{ v|flag("--on", "--off") }}', "'--off'", { v: false }],
    ['[{{ v|flag("") }}]', "[]", { v: true }],
    ['[{{ v|flag("--on") }}]', "[]", {}],
    ['[{{ v|flag("--on") }}]', "[]", { v: "true" }],
    ['{{ v|flag("--on") ~ "=1" }}', "'--on=1'", { v: true }],
    ['{{ (v|flag("--on")) ~ "x" }}', "'x'", { v: false }],
    ["{{ v|flag }}", "fault in line null: the filter flag takes one or two texts", { v: true }],
  ],
  option: [
    ['{{ v|option("--x") }}', "--x 'a b'", { v: "a b" }],
    ['{{ v|option("--x=") }}', "'--x=a b'", { v: "a b" }],
    ['{{ v|option("--x", false) }}', "'--xa b'", { v: "a b" }],
    ['{{ v|option("--x=", true) }}', "--x= 'a b'", { v: "a b" }],
    ['{{ v|option("--x") }}', "--x ''", { v: "" }],
    ['{{ v|option("--x") }}', "--x '5'", { v: 5 }],
    ['{{ v|option("--x") }}', "--x 'False'", { v: false }],
    ['[{{ v|option("--x") }}]', "[]", {}],
    ['{{ v|option("it\'s=") }}', `'it${Q}s=1'`, { v: "1" }],
    ['{% set o = v|option("--x") %}{{ o }}', "--x 'a'", { v: "a" }],
    ['{% for x in [v|option("-x"), v] %}{{ x }};{% endfor %}', "-x 'a';'a';", { v: "a" }],
    ["{{ v|option }}", "fault in line null: the filter option takes a name and true or false", { v: "a" }],
  ],
  "match and search": [
    ['{{ v is match("b") }} {{ v is match("a.c") }} {{ v is search("b") }}', "False True True", { v: "abc" }],
    ['{{ v is match("ABC", ignorecase=true) }}', "True", { v: "abc" }],
    ['{{ v is search("^c") }} {{ v is search("^c", multiline=true) }}', "False True", { v: "ab\nc" }],
    ['{{ v is not match("x") }}', "True", { v: "abc" }],
    ['{{ v is match("a|abc") }}', "True", { v: "abc" }],
    ['{{ ["a1", "b"]|select("match", "a.")|join }}', "'a1'"],
    ['{{ v is match("[") }}', "fault in line null: a pattern of match or search is not valid", { v: "a" }],
    ['{{ v is match("a") }}', "fault in line null: the test match looks at texts only", { v: 1 }],
  ],
  "functions and text macros": [
    ["{{ ternary(b, v, 0) }} {{ ternary(not b, v, 2.0) }}", "'a' 2.0", { b: true, v: "a" }],
    ["{{ ternary(b, v|safe, '(,') }}", "a", { b: true, v: "a" }],
    ["{{ ternary(b, ternary(b, 1, 2), 3) }}", "1", { b: true }],
    ["{{ ternary(b) }}", "fault in line null: the function ternary takes a condition and two values", { b: true }],
    ['[{{ dynamicInterface(0, "WEB", v, 80) }}{{ setInterfaceName(v) }}]', "[]", { v: "a" }],
    ['a{- load("x","y") -}b', "a\n# unknown function load\nb"],
    ["a{- load -}b", "a\n# unknown function load\nb"],
    ["a{- lo\nad -}b\n{{ 1 +  }}", "fault in line 3: syntax error: unexpected `)`"],
    ["a {{- v -}} b", "a'x'b", { v: "x" }],
  ],
  "the language": [
    ["{% for x in [1, 2] %}{{ loop.index }}:{{ x }} {% else %}none{% endfor %}", "1:1 2:2 "],
    ["{% for k, x in {'a': v}.items() %}{{ k }}={{ x }}{% endfor %}", "'a'='x'", { v: "x" }],
    ["{% if v == 'a' %}A{% elif v %}B{% else %}C{% endif %}", "B", { v: "b" }],
    ["{% set n = (v|default(0))|int + 1 %}{{ n }}", "1"],
    ["{% with x = v %}{{ x }}{% endwith %}", "'a'", { v: "a" }],
    ["{% raw %}{{ v }} {- x -}{% endraw %}", "{{ v }} {- x -}"],
    ["a{# {{ v }} #}b", "ab"],
    ["a\n  {%- if true -%}\n  b\n  {%- endif %}\nc\n", "ab\nc\n"],
    ["{{ '}}' }} {{ \"%}\" }} {{ {'a': {'b': v}}.a.b }}", "'}}' '%}' 'x'", { v: "x" }],
    ["{{ 'a\\'b' }}", `'a${Q}b'`],
    ["{{ v.upper() }} {{ v|replace('a', '<') }} {{ v|trim|length }}", "'A' '<' 1", { v: "a" }],
    ["{{ ['a', 'b']|join(', ') }} {{ ['a', 'b']|first }}", "'a, b' 'a'"],
    ["{{ v|default('d') }} {{ w|default('d') }} {{ v is defined }}", "'a' 'd' True", { v: "a" }],
    ["{{ '7'|int }} {{ 'x'|int }} {{ 'x'|int(default=4) }} {{ 7.9|int }}", "7 0 4 7"],
    ["{{ '%s-%03d'|format('a', 7) }} {{ 'abcdef'|truncate(5) }}", "'a-007' 'ab...'"],
    ["{{ 'ab'|center(4) }}{{ 'a b c'|wordcount }}{{ 'a b/c'|urlencode }}", "' ab '3'a%20b/c'"],
    ["{{ v is none }} {{ w is none }} {{ w is not none }} {{ none is none }}", "False True False True", { v: "" }],
    ["$(( {{ ucloud.nodes }} - 1 )) {{ ucloud.rank }}", "$(( 1 - 1 )) 0"],
    ["{{ ucloud.jobId }} {{ ucloud.machine.memoryInGigs }}", "'54112' 2"],
    ["x\r\ny\n", "x\r\ny\n"],
  ],
};

for (const [name, cases] of Object.entries(groups)) {
  describe(name, () => {
    test.each(cases)("%j renders %j", (template, script, values) => {
      expect(rendered(template, values)).toBe(script);
    });
  });
}

test("job templates of workflows follow, each on a new line", () => {
  expect(rendered("{{ v }}", { v: "a" }, ["b {{ v }}", "c"])).toBe("'a'\nb 'a'\nc");
  expect(rendered("", {}, ["only"])).toBe("only");
});

const faults: Case[] = [
  ["a\n{{ v|no_such }}", "fault in line 2: unknown filter: filter no_such is unknown"],
  ["a\n\n{% if %}", "fault in line 3: syntax error: unexpected end of block"],
  ["{{ v", "fault in line 1: syntax error: unexpected end of input, expected end of variable block"],
  ["{{ v + 1 }}", "fault in line 1: invalid operation: tried to use + operator on unsupported types string and number"],
  ["{% include v %}", "fault in line 1: template not found: tried to include … template …"],
  ["{{ [1]|map(v)|list }}", "fault in line 1: unknown filter"],
  ["{{ '\\x00'|safe }}", "fault in line null: the script contains a NUL character"],
  ["{{ ''.__class__.__mro__[1]() }}", "fault in line 1: invalid operation: value of type undefined is not callable"],
];

test.each(faults)("%j names its line and quotes no value", (template, words) => {
  const said = rendered(template, { v: "s3cr3t" });
  expect(said).not.toContain("s3cr3t");
  expect(said).toBe(words);
});
