import { join } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * What set-up found or built.
 *
 * @typedef {object} Found
 * @property {string} [nodeBin] folder of a Node that is new enough
 * @property {string} [pulumiBin] folder of the Pulumi CLI
 * @property {string} [pulumiHome] home with the plugins
 * @property {string} state folder of the local backend
 */

/** The local backend is for tests and demos: this protects nothing. */
const PASSPHRASE = "cutover";

/**
 * The variables that make the tools the ones in use. Only those that differ are in it.
 *
 * @param {Found} found
 * @param {NodeJS.ProcessEnv} env what is set already
 * @returns {Record<string, string>}
 */
export function toolEnvironment(found, env) {
    /** @type {Record<string, string>} */
    const set = { PATH: pathWith([found.nodeBin, found.pulumiBin], env.PATH ?? "") };
    set.PULUMI_SKIP_UPDATE_CHECK = "true";
    if (found.pulumiHome) {
        set.PULUMI_HOME = found.pulumiHome;
        set.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION = "true";
    }
    const backend = env.PULUMI_BACKEND_URL || pathToFileURL(join(found.state, "backend")).href;
    if (!env.PULUMI_BACKEND_URL) set.PULUMI_BACKEND_URL = backend;
    // A passphrase of ours would be the wrong one for a backend elsewhere, which may have its own.
    if (backend.startsWith("file:") && !hasPassphrase(env)) {
        set.PULUMI_CONFIG_PASSPHRASE = PASSPHRASE;
    }
    return set;
}

/**
 * Folders go to the front, once: a shell that is set up twice does not grow its PATH.
 *
 * @param {(string | undefined)[]} folders
 * @param {string} path
 */
function pathWith(folders, path) {
    const first = folders.filter((each) => each !== undefined);
    return [...first, ...path.split(":").filter((each) => !first.includes(each))].join(":");
}

/**
 * An empty passphrase is one, too.
 *
 * @param {NodeJS.ProcessEnv} env
 */
function hasPassphrase(env) {
    return env.PULUMI_CONFIG_PASSPHRASE !== undefined || !!env.PULUMI_CONFIG_PASSPHRASE_FILE;
}

/**
 * A PATH without what `npm run` put in front of it for its script: in a contributor's own shell
 * this tree's commands would hide others of the same name.
 *
 * @param {string} path
 * @returns {string}
 */
export function withoutNpmFolders(path) {
    const folders = path.split(":");
    const first = folders.findIndex((each) => !/\/node_modules\/\.bin$|\/node-gyp-bin$/.test(each));
    return folders.slice(Math.max(first, 0)).join(":");
}

/**
 * Lines for a shell's `eval`.
 *
 * @param {Record<string, string>} variables
 * @returns {string}
 */
export function exportLines(variables) {
    return Object.entries(variables)
        .map(([name, value]) => `export ${name}=${shellQuote(value)}\n`)
        .join("");
}

/**
 * One word for a POSIX shell, whatever is in it.
 *
 * @param {string} value
 * @returns {string}
 */
export function shellQuote(value) {
    return `'${value.replaceAll("'", `'\\''`)}'`;
}
