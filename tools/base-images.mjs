import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as apt from "./apt.mjs";
import { cached, cachedFolder, contentKey } from "./cache.mjs";
import { ask, run, which } from "./command.mjs";
import { SetupFailure } from "./failure.mjs";
import { withLock } from "./lock.mjs";
import { part, say } from "./progress.mjs";

const RELEASES = ["bookworm", "trixie"];
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
const PULL_TIMEOUT_MS = 120_000;
/** Change this when a tree is made in another way, so that old tarballs are not used any more. */
const RECIPE = "1";

/**
 * The Debian base images that our Dockerfiles build on: found on the engine, else pulled, else made
 * from Debian's packages under the same name.
 */
export async function ensureBaseImages() {
    const present = await ask("docker", ["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"]);
    const names = new Set((present ?? "").split("\n"));
    for (const release of RELEASES.filter((each) => !names.has(imageName(each)))) {
        await withLock(`image-${release}`, () => obtain(release));
    }
}

/** @param {string} release */
function imageName(release) {
    return `debian:${release}-slim`;
}

/** @param {string} release */
async function obtain(release) {
    if (await ask("docker", ["image", "inspect", imageName(release)])) return;
    const name = imageName(release);
    // A tree made before means that no registry was reachable then: importing it takes a second.
    if (!existsSync(cachedFolder("debian", treeKey(release)))) {
        if (await part(`pull ${name}`, () => pull(name))) return;
        say(`no image registry gave ${name}: it is made from Debian's packages`);
    }
    await makeFromPackages(release);
}

/** @param {string} release */
function treeKey(release) {
    return contentKey([], [release, process.arch, RECIPE]);
}

/** @param {string} name */
async function pull(name) {
    return (
        (await ask("docker", ["pull", "--quiet", name], { timeoutMs: PULL_TIMEOUT_MS })) !==
        undefined
    );
}

/** @param {string} release */
async function makeFromPackages(release) {
    const folder = await cached("debian", treeKey(release), async (draft) => {
        await installDebootstrap();
        await part(`make a ${release} tree`, () => makeTarball(release, draft));
    });
    await part(`import ${imageName(release)}`, async () => {
        const change = ["--change", 'CMD ["bash"]'];
        await run("docker", ["import", ...change, join(folder, "tree.tar"), imageName(release)]);
    });
}

async function installDebootstrap() {
    const missing = [];
    if (!which("debootstrap", `${process.env.PATH}:/usr/sbin`)) missing.push("debootstrap");
    // Without it debootstrap does not check the signature, and says so only in a warning.
    if (!existsSync(KEYRING)) missing.push("debian-archive-keyring");
    if (missing.length === 0 && process.getuid?.() === 0) return;
    if (!apt.canInstall()) {
        throw new SetupFailure(
            "the Debian base images can neither be pulled nor made here: that takes root and apt.",
            `Pull ${RELEASES.map(imageName).join(" and ")} where an image registry is reachable, and load them with \`docker load\`.`,
        );
    }
    await apt.install(missing);
}

/**
 * @param {string} release
 * @param {string} draft
 */
async function makeTarball(release, draft) {
    const tree = join(draft, "tree");
    const options = ["--variant=minbase", `--keyring=${KEYRING}`];
    const mirror = await apt.debianMirror();
    const script = debootstrapScript(release);
    const source = [mirror, mirror && script].filter((each) => each !== undefined);
    await run("debootstrap", [...options, release, tree, ...source], {
        env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    });
    slimDown(tree);
    const tarball = join(draft, "tree.tar");
    await run("tar", ["--numeric-owner", "--xattrs", "-C", tree, "-cf", tarball, "."]);
    rmSync(tree, { recursive: true });
}

/**
 * An older debootstrap has no script for a newer release; all since sid's are the same one. It can
 * be named only after a mirror.
 *
 * @param {string} release
 */
function debootstrapScript(release) {
    const scripts = "/usr/share/debootstrap/scripts";
    return existsSync(join(scripts, release)) ? undefined : join(scripts, "sid");
}

/**
 * What the registry's slim images leave out, and their two settings that matter to a Dockerfile: no
 * daemon is started while packages are installed, and no package files are left in the layer.
 *
 * @param {string} tree
 */
function slimDown(tree) {
    for (const folder of ["var/cache/apt", "var/lib/apt/lists", "usr/share/man"]) {
        empty(join(tree, folder));
    }
    for (const folder of ["usr/share/doc", "usr/share/info", "usr/share/locale"]) {
        empty(join(tree, folder));
    }
    writeFileSync(join(tree, "usr/sbin/policy-rc.d"), "#!/bin/sh\nexit 101\n", { mode: 0o755 });
    const clean = 'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };\n';
    writeFileSync(join(tree, "etc/apt/apt.conf.d/docker-clean"), clean);
    const exclude = ["doc", "info", "locale", "man"].map((each) => `usr/share/${each}`);
    const lines = exclude.map((path) => `path-exclude /${path}/*\n`).join("");
    writeFileSync(join(tree, "etc/dpkg/dpkg.cfg.d/docker"), lines);
}

/** @param {string} folder */
function empty(folder) {
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) {
        rmSync(join(folder, name), { recursive: true, force: true });
    }
}
