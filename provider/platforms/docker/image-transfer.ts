import { PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CutoverError } from "../../engine/errors.js";
import type { DockerEngine } from "./engine.js";
import { tarFilter } from "./image-archive.js";
import type { ImageFacts } from "./image-facts.js";

/** How an engine came by an image. */
export type ImageTransfer =
    | { how: "there" }
    | { how: "pulled"; from: string }
    | { how: "sent"; bytes: number; layers: number; layersThere: number };

/**
 * Makes an image be on another engine, by its content: found there, else pulled by its digest, else sent from engine to
 * engine through this process, without the layers that the other one has already. No file is written on the way.
 * @param name as both engines know it afterwards
 */
export async function transferImage(
    name: string,
    source: DockerEngine,
    target: DockerEngine,
): Promise<ImageTransfer> {
    const image = await source.image(name);
    if (!image) throw new CutoverError(`there is no image ${name}`);
    const done = (await there(image, target)) ?? (await pulled(image, target));
    const result = done ?? (await sent(name, image, source, target));
    // By the id it is found, and the name may mean another one there.
    if (!name.startsWith("sha256:")) await target.tag(image.id, name);
    return result;
}

async function there({ id }: ImageFacts, target: DockerEngine): Promise<ImageTransfer | undefined> {
    return (await target.imageExists(id)) ? { how: "there" } : undefined;
}

async function pulled(
    { id, digests }: ImageFacts,
    target: DockerEngine,
): Promise<ImageTransfer | undefined> {
    for (const from of digests) {
        // A registry that is private or cannot be reached is no failure: there is another way.
        await target.pull(from).catch(() => undefined);
        if (await target.imageExists(id)) return { how: "pulled", from };
    }
    return undefined;
}

async function sent(
    name: string,
    image: ImageFacts,
    source: DockerEngine,
    target: DockerEngine,
): Promise<ImageTransfer> {
    const known = knownLayers(image, await target.images());
    const left = known > 0 ? await leftOut(name, image, known, source) : new Set<string>();
    const [from, to] = [source.save(name), target.load()];
    const said = lastWords(to.stderr as Readable);
    from.stderr.resume();
    to.stdout.resume();
    let bytes = 0;
    const counter = new PassThrough();
    counter.on("data", (part: Buffer) => {
        bytes += part.length;
    });
    const filter = tarFilter((path) => !left.has(path));
    const piped = pipeline(from.stdout, filter, counter, to.stdin).catch(() => undefined);
    const [saved, loaded] = await Promise.all([from.ended, to.ended, piped]);
    if (saved.exitCode !== 0 || loaded.exitCode !== 0 || !(await target.imageExists(image.id))) {
        throw new CutoverError(`image ${name} could not be sent to the other engine`, {
            exitCode: loaded.exitCode || saved.exitCode,
            lastLines: said(),
            next: "push it to a registry that both engines reach, or load it there by hand",
        });
    }
    return { how: "sent", bytes, layers: image.layers.length, layersThere: known };
}

/** How many of its lowest layers another engine has, as a whole: only these it need not get again. */
export function knownLayers(
    { layers }: Pick<ImageFacts, "layers">,
    others: readonly Pick<ImageFacts, "layers">[],
): number {
    const common = others.map((other) => {
        const differs = layers.findIndex((layer, index) => other.layers[index] !== layer);
        return differs < 0 ? layers.length : differs;
    });
    return Math.max(0, ...common);
}

/**
 * The files of an image's archive that hold nothing but layers which are there. Only the archive's own manifest names
 * them, and it comes last: so the archive is read once for it, on the engine that has the image.
 */
async function leftOut(
    name: string,
    { layers }: ImageFacts,
    known: number,
    source: DockerEngine,
): Promise<Set<string>> {
    const reading = source.save(name);
    reading.stderr.resume();
    const only = tarFilter((path) => path === "manifest.json");
    const parts: Buffer[] = [];
    only.on("data", (part: Buffer) => parts.push(part));
    await pipeline(reading.stdout, only).catch(() => undefined);
    await reading.ended;
    return filesOfLayers(Buffer.concat(parts).subarray(512).toString("utf8"), layers, known);
}

/** @param manifest text of `manifest.json`, whatever follows it */
export function filesOfLayers(
    manifest: string,
    layers: readonly string[],
    known: number,
): Set<string> {
    const end = manifest.indexOf("\0");
    const text = end < 0 ? manifest : manifest.slice(0, end);
    const [{ Layers: files = [] } = {}] = JSON.parse(text || "[]") as { Layers?: string[] }[];
    // The same content again further up is read from the same file.
    const needed = new Set(layers.slice(known));
    return new Set(files.slice(0, known).filter((_, index) => !needed.has(layers[index] ?? "")));
}

function lastWords(stream: Readable): () => string[] {
    let text = "";
    stream.on("data", (part: Buffer) => {
        text = `${text}${part.toString("utf8")}`.slice(-2_000);
    });
    return () =>
        text
            .split("\n")
            .filter((line) => line.trim() !== "")
            .slice(-5);
}
