import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { cached, contentKey } from "./cache.mjs";
import { ask, run, which } from "./command.mjs";
import { SetupFailure } from "./failure.mjs";
import { part } from "./progress.mjs";

/** Its Debian has a CRIU that is new enough for any kernel of today. */
const IMAGE = "debian:trixie-slim";
/** Change this when the folder is made in another way. */
const RECIPE = "1";

/**
 * A folder for a Docker engine's PATH in which `criu` works: the machine's own, where its own check is content with the
 * kernel, else Debian trixie's with its libraries, started by a wrapper through that Debian's loader. Takes an engine
 * with the base images.
 *
 * @returns {Promise<string>}
 */
export async function ensureCriu() {
    const own = which("criu", `${process.env.PATH}:/usr/sbin:/sbin`);
    if (own && (await works(own))) return dirname(own);
    const key = contentKey([], [IMAGE, process.arch, RECIPE]);
    const folder = await cached("criu", key, (draft) =>
        part("fetch CRIU from Debian trixie", () => fetchInto(draft)),
    );
    const bin = join(folder, "bin");
    if (await works(join(bin, "criu"))) return bin;
    throw new SetupFailure(
        "CRIU does not work on this kernel, or not with these rights.",
        `See what \`${join(bin, "criu")} check\` says; only the tests of memory: "checkpoint" need it.`,
    );
}

/** @param {string} criu */
async function works(criu) {
    return (await ask(criu, ["check"])) !== undefined;
}

/** CRIU and what it is linked with: from a container, since apt there checks signatures and leaves nothing here. */
const SCRIPT = `set -e
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq -y --no-install-recommends criu >/dev/null
mkdir /out/lib
cp "$(command -v criu)" /out/lib/criu
for file in $(ldd /out/lib/criu | grep -o '/[^ ]*'); do cp -L "$file" /out/lib/; done`;

/** In a Debian that is older than CRIU's its libraries would not fit: its own loader takes those beside it. */
const WRAPPER = `#!/bin/sh
lib=$(dirname "$(dirname "$(readlink -f "$0")")")/lib
exec "$lib"/ld-linux* --library-path "$lib" --argv0 criu "$lib/criu" "$@"
`;

/** @param {string} draft */
async function fetchInto(draft) {
    const name = `cutover-criu-${basename(draft)}`;
    const mount = `type=bind,source=${draft},target=/out`;
    await run("docker", [
        "run",
        "--rm",
        "--name",
        name,
        "--mount",
        mount,
        IMAGE,
        "sh",
        "-c",
        SCRIPT,
    ]);
    mkdirSync(join(draft, "bin"));
    writeFileSync(join(draft, "bin", "criu"), WRAPPER, { mode: 0o755 });
}
