// Builds dist/: the package that `npm pack` takes. Run by `npm run build`.
import {
    chmodSync,
    cpSync,
    existsSync,
    mkdirSync,
    readFileSync,
    renameSync,
    rmSync,
} from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { run } from "./command.mjs";
import { root } from "./setup.mjs";

const dist = join(root, "dist");
// Built beside it and swapped in whole: a failed build leaves the last good one, and programs that
// run from dist at this moment do not find it empty.
const draft = `${dist}.${process.pid}`;

try {
    await run("tsc", ["-p", join(root, "tsconfig.json"), "--outDir", draft]);
    await bundleRunner();
    finishCli();
    swapIn();
} catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
} finally {
    rmSync(draft, { recursive: true, force: true });
}

function swapIn() {
    const old = `${draft}.old`;
    if (existsSync(dist)) renameSync(dist, old);
    renameSync(draft, dist);
    rmSync(old, { recursive: true, force: true });
}

/**
 * The runner's image holds nothing but Debian's Node, so its code is one file, with execa (which is
 * ESM, and loaded by import()) inside. Not minified: its stacks are read in reports.
 */
async function bundleRunner() {
    const source = join(root, "provider", "runner");
    const target = join(draft, "runner");
    mkdirSync(target, { recursive: true });
    await build({
        entryPoints: [join(source, "main.ts")],
        outfile: join(target, "bundle.cjs"),
        bundle: true,
        platform: "node",
        target: "node20",
        format: "cjs",
        // Bundled ESM still asks for its own address, which CommonJS has under another name.
        define: { "import.meta.url": "__bundleUrl" },
        banner: { js: 'const __bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
        logLevel: "warning",
    });
    cpSync(join(source, "Dockerfile"), join(target, "Dockerfile"));
}

/** npm makes `bin` files executable when it installs them; from the tree they run as well. */
function finishCli() {
    const cli = join(draft, "cli.js");
    if (!existsSync(cli))
        throw new Error("provider/cli.ts is missing: package.json names dist/cli.js");
    if (!readFileSync(cli, "utf8").startsWith("#!")) {
        throw new Error("provider/cli.ts must begin with #!/usr/bin/env node");
    }
    chmodSync(cli, 0o755);
}
