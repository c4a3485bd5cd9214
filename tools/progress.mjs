const HEARTBEAT_MS = 15_000;

/**
 * Runs one part of the set-up that takes its time: a line when it begins, one when it ends, and one
 * every 15 seconds between, so that neither a person nor a CI job takes it for dead. All on stderr.
 *
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function part(name, work) {
    const start = Date.now();
    say(`${name} …`);
    const heartbeat = setInterval(() => say(`${name} … ${elapsed(start)}`), HEARTBEAT_MS);
    try {
        const result = await work();
        say(`${name}: done in ${elapsed(start)}`);
        return result;
    } catch (error) {
        say(`${name}: failed after ${elapsed(start)}`);
        throw error;
    } finally {
        clearInterval(heartbeat);
    }
}

/** @param {string} line */
export function say(line) {
    process.stderr.write(`set-up: ${line}\n`);
}

/** @param {number} start */
function elapsed(start) {
    return formatSeconds((Date.now() - start) / 1000);
}

/**
 * @param {number} seconds
 * @returns {string} `4.2 s`, `1 min 05 s`
 */
export function formatSeconds(seconds) {
    if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
    const whole = Math.round(seconds);
    return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}
