import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { contentKey } from "./cache.mjs";
import { run } from "./command.mjs";
import { ensureGo } from "./go-toolchain.mjs";

/**
 * A key of a Go module's sources. Its go.sum pins all it is made of.
 *
 * @param {string} module the module's folder
 * @param {string[]} words what else the build depends on
 * @returns {string}
 */
export function goKey(module, words) {
    return contentKey(sources(module), [process.platform, process.arch, ...words]);
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function sources(folder) {
    return readdirSync(folder)
        .sort()
        .flatMap((name) => {
            const path = join(folder, name);
            return statSync(path).isDirectory() ? sources(path) : [path];
        });
}

/**
 * The version of a module that a go.mod asks for.
 *
 * @param {string} module folder of the go.mod
 * @param {string} dependency
 * @returns {string} with its `v`
 */
export function requiredVersion(module, dependency) {
    for (const line of readFileSync(join(module, "go.mod"), "utf8").split("\n")) {
        const [path, version] = line
            .replace(/^\s*require\s/, "")
            .trim()
            .split(/\s+/);
        if (path === dependency && version) return version;
    }
    throw new Error(`${join(module, "go.mod")} does not require ${dependency}`);
}

/**
 * @param {string} module folder to build in
 * @param {string} target package to build
 * @param {string} output
 * @param {Record<string, string>} [variables] set by the linker
 */
export async function goBuild(module, target, output, variables = {}) {
    const go = await ensureGo();
    const set = Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`);
    await run(go, ["build", `-ldflags=${["-s", "-w", ...set].join(" ")}`, "-o", output, target], {
        cwd: module,
        env: {
            ...process.env,
            // go.sum is never to be changed by a build.
            GOFLAGS: "-mod=readonly -buildvcs=false",
            // The tree is no workspace of somebody's.
            GOWORK: "off",
            // An older Go fetches the release that go.mod asks for.
            GOTOOLCHAIN: "auto",
        },
    });
}
