import { cpSync, existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { cached, cachedFolder, cacheFolder, contentKey } from "./cache.mjs";
import { ask, run, which } from "./command.mjs";
import { goBuild, goKey, requiredVersion } from "./go.mjs";
import { part, say } from "./progress.mjs";
import { atLeast } from "./version.mjs";

/** The oldest CLI that the package is tested with. */
export const LEAST_PULUMI = "3.250.0";
/** The version of @pulumi/docker whose plugin is wanted; a test compares it with package-lock.json. */
export const DOCKER_PLUGIN = "5.2.0";

const CLI = "github.com/pulumi/pulumi/pkg/v3";
const SDK = "github.com/pulumi/pulumi/sdk/v3";

/**
 * @typedef {object} Pulumi
 * @property {string} [bin] folder to put on PATH; absent when the machine's own CLI serves
 * @property {string} [home] PULUMI_HOME that holds the plugins; absent when the machine's own does
 */

/**
 * The Pulumi CLI with the Node language host and the Docker plugin.
 *
 * @param {string} root
 * @returns {Promise<Pulumi>}
 */
export async function ensurePulumi(root) {
    const tools = join(root, "tools");
    const own = await usableCli();
    if (own && (await hasDockerPlugin(tools, own))) return {};
    const bin = own ? undefined : await buildCli(tools);
    const home = await buildHome(tools, own ?? join(/** @type {string} */ (bin), "pulumi"));
    return { bin, home };
}

/**
 * The machine's own CLI. One that we built, and that an outer `shell-env` put on PATH, is not: it
 * is found by its key like the first time.
 */
async function usableCli() {
    const found = which("pulumi");
    if (!found || found.startsWith(`${cacheFolder()}/`)) return undefined;
    if (!which("pulumi-language-nodejs", `${dirname(found)}:${process.env.PATH}`)) return undefined;
    const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
    return atLeast(await ask(found, ["version"], { env }), LEAST_PULUMI) ? found : undefined;
}

/**
 * Whether the machine's own CLI has the plugin, or gets it.
 *
 * @param {string} tools
 * @param {string} cli
 */
async function hasDockerPlugin(tools, cli) {
    const home = process.env.PULUMI_HOME || join(process.env.HOME ?? "/", ".pulumi");
    const name = `resource-docker-v${DOCKER_PLUGIN}`;
    const isOurs = home.startsWith(`${cacheFolder()}/`);
    if (!isOurs && existsSync(join(home, "plugins", name, "pulumi-resource-docker"))) return true;
    // Built before, so no download site was reachable then: asking again takes 10 s each time.
    if (existsSync(cachedFolder("pulumi-home", homeKey(tools)))) return false;
    const install = ["plugin", "install", "resource", "docker", DOCKER_PLUGIN];
    const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
    const downloaded = await part("download the Docker plugin", () =>
        ask(cli, install, { env, timeoutMs: 300_000 }),
    );
    if (downloaded === undefined) say("no download site gave the Docker plugin: it is built");
    return downloaded !== undefined;
}

/** @param {string} tools */
function homeKey(tools) {
    return goKey(join(tools, "pulumi-resource-docker"), [DOCKER_PLUGIN]);
}

/**
 * The CLI, the Node language host and the launcher of dynamic providers, in one folder: the CLI
 * takes what lies beside it as its own, and warns about what it finds elsewhere on PATH.
 *
 * @param {string} tools
 */
async function buildCli(tools) {
    const cli = join(tools, "pulumi-cli");
    const languageHost = join(tools, "pulumi-language-nodejs");
    const launcher = join(tools, "pulumi-resource-pulumi-nodejs");
    const version = requiredVersion(cli, CLI);
    const hostKey = goKey(languageHost, []);
    const host = await cached("pulumi-language-nodejs", hostKey, (draft) =>
        part("build Pulumi's Node language host", () =>
            goBuild(
                languageHost,
                `${SDK}/nodejs/cmd/pulumi-language-nodejs`,
                join(draft, "pulumi-language-nodejs"),
            ),
        ),
    );
    const key = goKey(cli, [hostKey, contentKey([launcher]), version]);
    return cached("pulumi-cli", key, (draft) =>
        part(`build the Pulumi CLI ${version} (2 to 4 min)`, async () => {
            await goBuild(cli, `${CLI}/cmd/pulumi`, join(draft, "pulumi"), {
                [`${SDK}/go/common/version.Version`]: version,
            });
            const name = "pulumi-language-nodejs";
            cpSync(join(host, name), join(draft, name));
            cpSync(launcher, join(draft, "pulumi-resource-pulumi-nodejs"));
        }),
    );
}

/**
 * A Pulumi home with the Docker plugin in it, built by us: a user's own home is not the place for a
 * plugin that was not released. A new version of it gets a new home, so that programs which run at
 * this moment keep theirs.
 *
 * @param {string} tools
 * @param {string} cli
 * @returns {Promise<string>} the home
 */
function buildHome(tools, cli) {
    const module = join(tools, "pulumi-resource-docker");
    return cached("pulumi-home", homeKey(tools), (home) =>
        part("build the Docker plugin (2 to 8 min)", async () => {
            const binary = join(home, "pulumi-resource-docker");
            await goBuild(module, ".", binary);
            const install = ["plugin", "install", "resource", "docker", DOCKER_PLUGIN];
            await run(cli, [...install, "--file", binary], {
                env: { ...process.env, PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "true" },
            });
            rmSync(binary);
        }),
    );
}
