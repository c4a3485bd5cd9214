import { readFileSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { contentKey } from "./cache.mjs";
import { run } from "./command.mjs";
import { withLock } from "./lock.mjs";
import { npmCi } from "./npm.mjs";
import { part } from "./progress.mjs";

/**
 * node_modules as package-lock.json has them, and this package itself among them.
 *
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env with the Node to install for
 */
export async function ensureNodeModules(root, env) {
    if (isInstalled(root) && isLinked(root)) return;
    await withLock(`node-modules-${contentKey([], [root])}`, async () => {
        if (!isInstalled(root)) {
            await part("npm ci", () => run("npm", npmCi(), { cwd: root, env }));
        }
        if (!isLinked(root)) link(root);
    });
}

/** @param {string} root */
function isInstalled(root) {
    const installed = readLock(join(root, "node_modules", ".package-lock.json"));
    // npm writes that file last, so an interrupted install has none.
    return installed !== undefined && fits(readLock(join(root, "package-lock.json")), installed);
}

/**
 * The examples import this package by its name. `npm ci` removes the link.
 *
 * @param {string} root
 */
function isLinked(root) {
    try {
        return readlinkSync(selfLink(root)) === "..";
    } catch {
        return false;
    }
}

/** @param {string} root */
function link(root) {
    rmSync(selfLink(root), { recursive: true, force: true });
    symlinkSync("..", selfLink(root));
}

/** @param {string} root */
function selfLink(root) {
    return join(root, "node_modules", "pulumi-cutover");
}

/**
 * @typedef {{ packages?: Record<string, { version?: string, integrity?: string, optional?: boolean }> }} Lock
 */

/**
 * @param {string} file
 * @returns {Lock | undefined}
 */
function readLock(file) {
    try {
        return JSON.parse(readFileSync(file, "utf8"));
    } catch {
        return undefined;
    }
}

/**
 * Whether what is installed is what the lock file asks for. Optional packages may be absent: they
 * are those of other platforms.
 *
 * @param {Lock | undefined} wanted
 * @param {Lock} installed
 * @returns {boolean}
 */
export function fits(wanted, installed) {
    return Object.entries(wanted?.packages ?? {}).every(([path, want]) => {
        if (path === "") return true;
        const have = installed.packages?.[path];
        if (!have) return want.optional === true;
        return have.version === want.version && have.integrity === want.integrity;
    });
}
