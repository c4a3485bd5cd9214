import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureBaseImages } from "./base-images.mjs";
import { stateFolder } from "./cache.mjs";
import { ensureDockerEngine } from "./docker-engine.mjs";
import { toolEnvironment } from "./environment.mjs";
import { describeFailure } from "./failure.mjs";
import { ensureNode } from "./node.mjs";
import { ensureNodeModules } from "./node-modules.mjs";
import { ensurePulumi } from "./pulumi.mjs";

/** The tree this file is in. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Finds what the machine has, builds what it lacks, and returns the variables that make it the one
 * in use.
 *
 * @param {{ nodeOnly?: boolean }} [options] nodeOnly: what needs neither Docker nor Pulumi
 * @returns {Promise<Record<string, string>>}
 */
export async function setUp({ nodeOnly = false } = {}) {
    const state = stateFolder();
    mkdirSync(join(state, "backend"), { recursive: true });
    // Side by side: the first two wait for networks and disks while the compiler has the processors.
    const [nodeBin, , pulumi] = await allOf([
        nodeAndModules(),
        nodeOnly ? undefined : dockerAndImages(),
        nodeOnly ? undefined : ensurePulumi(root),
    ]);
    const found = { nodeBin, pulumiBin: pulumi?.bin, pulumiHome: pulumi?.home, state };
    return toolEnvironment(found, process.env);
}

/**
 * Waits for all of them even when one fails, since an interrupted apt or compiler is worse than a
 * late end. The failure is told at once, and again at the end by whoever called.
 *
 * @template {readonly unknown[]} T
 * @param {[...T]} parts
 * @returns {Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }>}
 */
async function allOf(parts) {
    let pending = parts.length;
    const told = parts.map((each) =>
        Promise.resolve(each)
            .catch((error) => {
                if (pending > 1)
                    process.stderr.write(
                        `${describeFailure(error)}\n(the parts under way go on)\n`,
                    );
            })
            .finally(() => {
                pending -= 1;
            }),
    );
    await Promise.all(told);
    return /** @type {any} */ (Promise.all(parts));
}

async function nodeAndModules() {
    const nodeBin = await ensureNode(root);
    const path = nodeBin ? `${nodeBin}:${process.env.PATH}` : process.env.PATH;
    await ensureNodeModules(root, { ...process.env, PATH: path });
    return nodeBin;
}

async function dockerAndImages() {
    await ensureDockerEngine();
    await ensureBaseImages();
}
