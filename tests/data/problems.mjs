// {"matchers", "lines"} on standard input -> for each line what VS Code makes a problem of, or null.
//
// As in src/vs/workbench/contrib/tasks/common/problemMatcher.ts: the first matcher that fits wins,
// file, code, severity and message are trimmed, and a severity word it does not know falls back to
// the matcher's own, which is an error where it has none.
import { readFileSync } from "node:fs";

const WORDS = { error: "error", warning: "warning", warn: "warning", info: "info", hint: "info", note: "info" };
const { matchers, lines } = JSON.parse(readFileSync(0, "utf8"));
const compiled = matchers.map((matcher) => ({ ...matcher, regexp: new RegExp(matcher.pattern.regexp) }));

function problem(line) {
  for (const { regexp, pattern, severity, owner, source } of compiled) {
    const found = regexp.exec(line);
    const group = (name) => (pattern[name] === undefined ? undefined : found[pattern[name]]);
    if (found && group("file") && group("line") && group("message")) {
      return {
        file: group("file").trim(),
        line: parseInt(group("line")),
        column: parseInt(group("column")),
        code: group("code").trim(),
        message: group("message").trim(),
        severity: WORDS[(group("severity") ?? "").trim().toLowerCase()] ?? severity ?? "error",
        owner,
        source,
      };
    }
  }
  return null;
}

console.log(JSON.stringify(lines.map(problem)));
