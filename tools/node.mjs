import { cpSync } from "node:fs";
import { dirname, join } from "node:path";
import { cached, contentKey } from "./cache.mjs";
import { ask, run, which } from "./command.mjs";
import { SetupFailure } from "./failure.mjs";
import { npmCi } from "./npm.mjs";
import { part } from "./progress.mjs";
import { atLeast } from "./version.mjs";

/** What the Pulumi SDK and vitest ask for. */
export const LEAST_NODE = "22.12.0";

/**
 * The folder to put first on PATH so that `node` is new enough; undefined when it already is.
 *
 * @param {string} root the tree
 * @returns {Promise<string | undefined>}
 */
export async function ensureNode(root) {
    if (await pathHasNode()) return undefined;
    const architecture = supportedArchitecture();
    const source = join(root, "tools", "node");
    const inputs = ["package.json", "package-lock.json"].map((name) => join(source, name));
    const key = contentKey(inputs, [process.platform, architecture]);
    const folder = await cached("node", key, (draft) =>
        part("install Node", async () => {
            for (const file of inputs) cpSync(file, join(draft, file.slice(source.length + 1)));
            await run("npm", npmCi("--ignore-scripts"), { cwd: draft });
        }),
    );
    return join(folder, "node_modules", `node-linux-${architecture}`, "bin");
}

async function pathHasNode() {
    // We are ourselves run by the `node` of PATH, as a rule: then no process is needed to know.
    const found = which("node");
    if (!found) return false;
    if (dirname(found) === dirname(process.execPath)) return atLeast(process.version, LEAST_NODE);
    return atLeast(await ask(found, ["--version"]), LEAST_NODE);
}

function supportedArchitecture() {
    if (process.platform === "linux" && ["x64", "arm64"].includes(process.arch)) {
        return process.arch;
    }
    throw new SetupFailure(
        `Node ${process.version} is too old: ${LEAST_NODE} or newer is needed.`,
        "Install it and put it on PATH.",
    );
}
