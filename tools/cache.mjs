import { createHash, randomBytes } from "node:crypto";
import {
    closeSync,
    existsSync,
    fsyncSync,
    mkdirSync,
    openSync,
    readdirSync,
    readFileSync,
    renameSync,
    rmSync,
} from "node:fs";
import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";
import { isAlive, withLock } from "./lock.mjs";

/**
 * Where everything that is built goes: outside the tree, so that a new clone finds it.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string}
 */
export function cacheFolder(env = process.env) {
    if (env.CUTOVER_CACHE) return resolve(env.CUTOVER_CACHE);
    return join(absoluteOr(env.XDG_CACHE_HOME, join(home(env), ".cache")), "pulumi-cutover");
}

/**
 * Where the local Pulumi backend keeps its state. Not the cache: whoever deletes a cache does not
 * expect to lose stacks.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string}
 */
export function stateFolder(env = process.env) {
    const base = absoluteOr(env.XDG_STATE_HOME, join(home(env), ".local", "state"));
    return join(base, "pulumi-cutover");
}

/** @param {NodeJS.ProcessEnv} env */
function home(env) {
    return env.HOME || homedir();
}

/**
 * The XDG specification says that a relative path is to be ignored.
 *
 * @param {string | undefined} path
 * @param {string} otherwise
 */
function absoluteOr(path, otherwise) {
    return path?.startsWith("/") ? path : otherwise;
}

/**
 * A key for what is built from some files and words: it changes whenever one of them does.
 *
 * @param {string[]} files their base names and contents count, not where they lie
 * @param {string[]} [words]
 * @returns {string}
 */
export function contentKey(files, words = []) {
    const hash = createHash("sha256");
    // Lengths go in front, so that no two lists of inputs run together into the same bytes.
    const add = (/** @type {string | Buffer} */ data) => {
        hash.update(`${Buffer.byteLength(data)}:`);
        hash.update(data);
    };
    for (const file of files) {
        add(basename(file));
        add(readFileSync(file));
    }
    hash.update("words");
    for (const word of words) add(word);
    return hash.digest("hex").slice(0, 16);
}

/**
 * @param {string} name
 * @param {string} key
 * @returns {string}
 */
export function cachedFolder(name, key) {
    return join(cacheFolder(), `${name}-${key}`);
}

/**
 * That folder of the cache, built first when it is missing. It appears whole or not at
 * all: it is built under another name, flushed and renamed. Of two set-ups at once one builds and
 * the other waits for it.
 *
 * @param {string} name
 * @param {string} key
 * @param {(folder: string) => Promise<void>} build fills an empty folder
 * @returns {Promise<string>}
 */
export async function cached(name, key, build) {
    const folder = cachedFolder(name, key);
    if (existsSync(folder)) return folder;
    await withLock(`build-${name}-${key}`, async () => {
        if (existsSync(folder)) return;
        const building = join(cacheFolder(), "building");
        mkdirSync(building, { recursive: true });
        removeAbandoned(building);
        const draft = join(building, `${process.pid}-${randomBytes(4).toString("hex")}-${name}`);
        mkdirSync(draft);
        try {
            await build(draft);
            flush(draft);
            renameSync(draft, folder);
        } finally {
            rmSync(draft, { recursive: true, force: true });
        }
    });
    return folder;
}

/**
 * What an interrupted set-up left half-built. A compiler or an npm that outlived it may still write
 * there: then it is left for the next time.
 *
 * @param {string} building
 */
function removeAbandoned(building) {
    for (const name of readdirSync(building)) {
        if (isAlive(Number.parseInt(name, 10))) continue;
        try {
            rmSync(join(building, name), { recursive: true, force: true });
        } catch {
            // No harm but the space: nothing is ever taken from here.
        }
    }
}

/**
 * A rename may reach the disk before the files do: a machine that is reset then shows the final
 * name with empty files in it, for ever.
 *
 * @param {string} folder
 */
function flush(folder) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) flush(path);
        else if (entry.isFile()) flushOne(path);
    }
    flushOne(folder);
}

/** @param {string} path */
function flushOne(path) {
    const file = openSync(path, "r");
    fsyncSync(file);
    closeSync(file);
}
