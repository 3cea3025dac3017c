// A script as actions/github-script runs it: its file, and the event's, are the arguments. GITHUB_API_URL is the server.
import { readFileSync } from "node:fs";
import * as core from "@actions/core";
import { context, getOctokit } from "@actions/github";

const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
const [script] = process.argv.slice(2).map((name) => readFileSync(name, "utf8"));
const github = getOctokit("a token", { baseUrl: process.env.GITHUB_API_URL });
new AsyncFunction("github", "context", "core", script)(github, context, core).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
