import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CutoverError } from "../engine/errors.js";
import type { Reporter } from "../engine/progress.js";
import type { DockerEngine } from "../platforms/docker/engine.js";
import { labelKeys } from "../platforms/docker/names.js";

/** Where the package keeps the Dockerfile and the runner's code. */
export const imageFolder = __dirname;

export interface RunnerImages {
    runner: string;
    router: string;
}

/** Tags by content: the same package has the same images everywhere, and another one never takes their name. */
export function imageTags(folder = imageFolder): RunnerImages {
    const dockerfile = readFileSync(join(folder, "Dockerfile"));
    const bundle = join(folder, "bundle.cjs");
    if (!existsSync(bundle)) {
        throw new CutoverError("this package has no runner in it", { next: "run npm run build" });
    }
    return {
        runner: `pulumi-cutover-runner:${hash(dockerfile, readFileSync(bundle))}`,
        router: `pulumi-cutover-router:${hash(dockerfile)}`,
    };
}

function hash(...parts: Buffer[]): string {
    const sum = createHash("sha256");
    for (const part of parts) sum.update(part);
    return sum.digest("hex").slice(0, 12);
}

/** Builds on the target what it lacks, or takes the ready images that the program names. */
export async function ensureImages(
    engine: DockerEngine,
    ready: { runner?: string | undefined; router?: string | undefined },
    reporter: Reporter,
): Promise<RunnerImages> {
    const images = {
        runner: ready.runner ?? imageTags().runner,
        router: ready.router ?? imageTags().router,
    };
    for (const target of ["router", "runner"] as const) {
        const tag = images[target];
        if (await engine.imageExists(tag)) continue;
        if (ready[target] !== undefined) {
            reporter.status(`pulling ${tag}`);
            await engine.pull(tag);
        } else {
            reporter.status(`building the ${target}'s image on the target, once`);
            await engine.build({
                folder: imageFolder,
                target,
                tag,
                labels: { [labelKeys.role]: `${target}-image` },
            });
        }
    }
    return images;
}
