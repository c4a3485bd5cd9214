// `eval "$(npm run -s shell-env)"` gives a shell the tools that the demo and the tests use.
import { exportLines, withoutNpmFolders } from "./environment.mjs";
import { reportFailure } from "./failure.mjs";
import { setUp } from "./setup.mjs";

if (process.env.npm_lifecycle_event) {
    process.env.PATH = withoutNpmFolders(process.env.PATH ?? "");
}

try {
    process.stdout.write(exportLines(await setUp()));
} catch (error) {
    reportFailure(error);
    // The shell that evaluates this sees our output, but not our exit code.
    process.stdout.write("false\n");
}
