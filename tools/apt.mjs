import { ask, run, which } from "./command.mjs";
import { withLock } from "./lock.mjs";
import { part } from "./progress.mjs";

/** Whether this machine lets us install Debian packages. */
export function canInstall() {
    return process.platform === "linux" && process.getuid?.() === 0 && !!which("apt-get");
}

/**
 * Installs Debian packages. apt checks their signatures.
 *
 * @param {string[]} packages
 */
export async function install(packages) {
    // Two parts of the set-up may want packages at once, and apt's lists have a lock of their own that
    // does not wait.
    await withLock("apt", () => part(`install ${packages.join(", ")}`, () => installNow(packages)));
}

/** @param {string[]} packages */
async function installNow(packages) {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    // The lists of a slim image are empty, and old ones name files that are gone. A failing
    // update is no reason to stop: another, unneeded source may be the one that fails.
    await ask("apt-get", ["update", "-qq"], { env });
    // Another apt may be at work: wait for its lock.
    const options = ["-qq", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120"];
    await run("apt-get", ["install", ...options, ...packages], { env });
}

/**
 * Whether this release of Debian knows a package.
 *
 * @param {string} name
 */
export async function isKnown(name) {
    return !!(await ask("apt-cache", ["show", "--no-all-versions", name]));
}

/**
 * The mirror of Debian this machine uses itself; undefined on other distributions.
 *
 * @returns {Promise<string | undefined>}
 */
export async function debianMirror() {
    const format = "$(ORIGIN)|$(LABEL)|$(REPO_URI)";
    const targets = await ask("apt-get", [
        "indextargets",
        "--format",
        format,
        "Created-By: Packages",
    ]);
    return mirrorFrom(targets ?? "");
}

/**
 * @param {string} targets lines of `origin|label|address`
 * @returns {string | undefined}
 */
export function mirrorFrom(targets) {
    for (const line of targets.split("\n")) {
        const [origin, label, address] = line.split("|");
        if (origin === "Debian" && label === "Debian" && address) return address;
    }
    return undefined;
}
