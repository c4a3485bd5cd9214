import { randomBytes } from "node:crypto";
import {
    linkSync,
    mkdirSync,
    readFileSync,
    renameSync,
    rmSync,
    unlinkSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheFolder } from "./cache.mjs";
import { say } from "./progress.mjs";

const POLL_MS = 200;
const POLLS_IN_SILENCE = 10;

/**
 * Runs one piece of work at a time across processes, by a file that holds its owner. The lock of an
 * owner that is gone is taken over.
 *
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(name, work) {
    const folder = join(cacheFolder(), "locks");
    mkdirSync(folder, { recursive: true });
    const lock = join(folder, name);
    const me = `${process.pid} ${startTime(process.pid)} ${randomBytes(4).toString("hex")}`;
    await acquire(lock, me);
    try {
        return await work();
    } finally {
        if (ownerOf(lock) === me) unlinkSync(lock);
    }
}

/**
 * @param {string} lock
 * @param {string} me
 */
async function acquire(lock, me) {
    for (let polls = 0; ; ) {
        if (claim(lock, me)) return;
        const owner = ownerOf(lock);
        if (owner === undefined) continue;
        if (!ownerLives(owner)) {
            takeAway(lock, owner);
            continue;
        }
        polls += 1;
        if (polls === POLLS_IN_SILENCE) {
            say(`waiting for process ${owner.split(" ")[0]}, which is at the same work`);
        }
        await sleep(POLL_MS);
    }
}

/**
 * A hard link of a file already written: the lock is never seen without its owner in it.
 *
 * @param {string} lock
 * @param {string} me
 */
function claim(lock, me) {
    const draft = `${lock}.${randomBytes(6).toString("hex")}`;
    writeFileSync(draft, me);
    try {
        linkSync(draft, lock);
        return true;
    } catch (error) {
        if (codeOf(error) === "EEXIST") return false;
        throw error;
    } finally {
        unlinkSync(draft);
    }
}

/**
 * Two processes may find the same dead owner. The slower one would take the lock of the faster one
 * away: it sees that by the content, and puts it back.
 *
 * @param {string} lock
 * @param {string} deadOwner
 */
function takeAway(lock, deadOwner) {
    const aside = `${lock}.${randomBytes(6).toString("hex")}`;
    try {
        renameSync(lock, aside);
    } catch (error) {
        if (codeOf(error) === "ENOENT") return;
        throw error;
    }
    if (ownerOf(aside) !== deadOwner) linkSync(aside, lock);
    rmSync(aside);
}

/**
 * @param {string} lock
 * @returns {string | undefined}
 */
function ownerOf(lock) {
    try {
        return readFileSync(lock, "utf8");
    } catch (error) {
        if (codeOf(error) === "ENOENT") return undefined;
        throw error;
    }
}

/** @param {string} owner */
function ownerLives(owner) {
    const [pid, started] = owner.split(" ");
    return isAlive(Number(pid)) && startTime(Number(pid)) === started;
}

/**
 * @param {number} pid
 * @returns {boolean}
 */
export function isAlive(pid) {
    if (!Number.isInteger(pid) || pid <= 0) return false;
    try {
        process.kill(pid, 0);
        return true;
    } catch (error) {
        return codeOf(error) === "EPERM";
    }
}

/**
 * When a process began, since numbers are used again, after a reset of the machine above all.
 *
 * @param {number} pid
 * @returns {string}
 */
function startTime(pid) {
    try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        // The second field is the name in brackets, and may itself hold spaces and brackets.
        return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "unknown";
    } catch {
        return "unknown";
    }
}

/** @param {unknown} error */
function codeOf(error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code;
}
