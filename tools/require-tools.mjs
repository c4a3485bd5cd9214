import { existsSync } from "node:fs";
import { join } from "node:path";
import { ask, which } from "./command.mjs";

const root = join(import.meta.dirname, "..");

/**
 * Before the tests that need tools: says what is missing, once, instead of failing in each test in
 * its own way. Nothing is skipped.
 */
export default async function requireTools() {
    const missing = [];
    const engine = await ask("docker", ["version", "--format", "{{.Server.Version}}"]);
    if (!engine) missing.push("a Docker engine that answers");
    if (!which("pulumi")) missing.push("the Pulumi CLI");
    if (!existsSync(join(root, "dist", "index.js"))) missing.push("the built package (dist)");
    if (missing.length > 0) {
        throw new Error(
            `${missing.join(", ")} missing. \`npm test\` sets all of it up; by hand: npm run build && eval "$(npm run -s shell-env)".`,
        );
    }
}
