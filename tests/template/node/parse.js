// GitHub's own parser on workflow files: one line for each thing it would refuse.
import { readFileSync } from "node:fs";
import { NoOperationTraceWriter, convertWorkflowTemplate, parseWorkflow } from "@actions/workflow-parser";

async function problems(name) {
  const parsed = parseWorkflow({ name, content: readFileSync(name, "utf8") }, new NoOperationTraceWriter());
  const found = parsed.context.errors.getErrors().map((error) => error.message);
  if (parsed.value) {
    const workflow = await convertWorkflowTemplate(parsed.context, parsed.value);
    found.push(...(workflow.errors ?? []).map((error) => error.Message));
    if (!workflow.jobs?.length) found.push("no job");
  }
  return [...new Set(found)].map((problem) => `${name}: ${problem}`);
}

Promise.all(process.argv.slice(2).map(problems)).then((found) => console.log(found.flat().join("\n")));
