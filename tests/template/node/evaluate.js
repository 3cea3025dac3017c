// GitHub's own evaluator of expressions. Standard input: a JSON array of {expression, contexts, status}, where status is
// that of the jobs or steps before: success, failure or cancelled. Standard output: the array of the values.
import { readFileSync } from "node:fs";
import { Evaluator, Lexer, Parser, data } from "@actions/expressions";

const CONTEXTS = ["github", "needs", "secrets", "vars", "matrix", "steps", "env", "job", "runner", "inputs", "strategy"];

function evaluate({ expression, contexts, status }) {
  const answers = {
    always: true,
    success: status === "success",
    failure: status === "failure",
    cancelled: status === "cancelled",
  };
  const functions = Object.entries(answers).map(([name, value]) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(value),
  }));
  const parser = new Parser(new Lexer(expression).lex().tokens, CONTEXTS, functions);
  const known = JSON.parse(JSON.stringify(contexts), data.reviver);
  const byName = new Map(functions.map((one) => [one.name, one]));
  const value = new Evaluator(parser.parse(), known, byName).evaluate();
  return value.kind === data.Kind.Null ? "" : value.coerceString();
}

const asked = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(asked.map(evaluate)));
