import { chmodSync, cpSync, existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import * as apt from "./apt.mjs";
import { cached, contentKey } from "./cache.mjs";
import { ask, run, which } from "./command.mjs";
import { SetupFailure } from "./failure.mjs";
import { part } from "./progress.mjs";
import { atLeast } from "./version.mjs";

/** The first that fetches by itself the release which a go.mod asks for. */
const LEAST_GO = "1.21.0";
/** What is fetched where there is none, by Debian's Go, which is too old to build with. */
const RELEASE = "1.25.11";
/** Its checksum by Go's checksum database, for the architectures (as Go calls them) it was tried on. */
const SUMS = { amd64: "h1:AUChz5pzC7L9cEGXaGD6Z0N5m2H2JDiTZywfitOXskU=" };

/**
 * A `go` to build with: the one on PATH, else one from the Go module proxy.
 *
 * @returns {Promise<string>}
 */
export async function ensureGo() {
    if (atLeast(goVersion(await ask("go", ["version"])), LEAST_GO)) return "go";
    const architecture = process.arch === "x64" ? "amd64" : process.arch;
    if (!isPinned(architecture) || !(which("go") || apt.canInstall())) {
        throw new SetupFailure(
            "the Pulumi CLI or its Docker plugin is missing, and so is Go to build it with.",
            `Install Pulumi, or Go ${LEAST_GO} or newer, and put it on PATH.`,
        );
    }
    const folder = await cached("go", contentKey([], [RELEASE, architecture]), async (draft) => {
        if (!which("go")) await apt.install(["golang-go"]);
        await part(`fetch Go ${RELEASE}`, () => fetchRelease(architecture, draft));
    });
    return join(folder, "bin", "go");
}

/**
 * @param {string} architecture
 * @returns {architecture is keyof typeof SUMS}
 */
function isPinned(architecture) {
    return process.platform === "linux" && architecture in SUMS;
}

/**
 * `1.26.8` of `go version go1.26.8 linux/amd64`; a first release may be written without its zero.
 *
 * @param {string | undefined} output
 * @returns {string | undefined}
 */
export function goVersion(output) {
    const match = /^go version go(\d+\.\d+)(\.\d+)?/.exec(output ?? "");
    return match ? `${match[1]}${match[2] ?? ".0"}` : undefined;
}

/**
 * Go's releases are modules too.
 *
 * @param {keyof typeof SUMS} architecture
 * @param {string} draft
 */
async function fetchRelease(architecture, draft) {
    const modules = join(draft, "modules");
    const module = `golang.org/toolchain@v0.0.1-go${RELEASE}.linux-${architecture}`;
    const env = { ...process.env, GOMODCACHE: modules, GOFLAGS: "-modcacherw", GOWORK: "off" };
    const told = JSON.parse(
        await run("go", ["mod", "download", "-json", module], { cwd: draft, env }),
    );
    if (told.Sum !== SUMS[architecture]) {
        throw new SetupFailure(
            `${module} has the checksum ${told.Sum}, not ${SUMS[architecture]}.`,
            "Something between here and the Go module proxy changed it: find out what.",
        );
    }
    cpSync(told.Dir, draft, { recursive: true });
    rmSync(modules, { recursive: true });
    makeExecutable(join(draft, "bin"));
    makeExecutable(join(draft, "pkg", "tool"));
}

/**
 * A module carries no right to execute.
 *
 * @param {string} folder
 */
function makeExecutable(folder) {
    if (!existsSync(folder)) return;
    for (const name of readdirSync(folder)) {
        const path = join(folder, name);
        if (statSync(path).isDirectory()) makeExecutable(path);
        else chmodSync(path, 0o755);
    }
}
