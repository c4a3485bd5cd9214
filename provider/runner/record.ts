import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type JournalEntry, parseJournal } from "../engine/journal.js";
import type { DockerEngine } from "../platforms/docker/engine.js";
import { journalPath, knownPath, names, ownLabels } from "../platforms/docker/names.js";

/**
 * The journal, from anywhere that reaches the engine: through the runner or the router, running or not. Where there is
 * neither, a container is made for the look from `image` and removed again; without an image that is there, nothing is
 * known (undefined).
 */
export async function readJournal(
    engine: DockerEngine,
    prefix: string,
    image?: string,
): Promise<JournalEntry[] | undefined> {
    const text = await readBeside(engine, prefix, journalPath, image);
    return text === undefined ? undefined : parseJournal(text);
}

/** Ids of the slot containers that Pulumi's state has, as the last hand-over was given them. */
export async function readKnown(
    engine: DockerEngine,
    prefix: string,
    image?: string,
): Promise<string[]> {
    return JSON.parse((await readBeside(engine, prefix, knownPath, image)) || "[]") as string[];
}

/** Keeps the ids beside the journal. */
export async function writeKnown(
    engine: DockerEngine,
    prefix: string,
    ids: readonly string[],
    image: string,
): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "cutover-"));
    const file = join(folder, "known.json");
    try {
        await writeFile(file, JSON.stringify(ids));
        await withHolder(engine, prefix, image, false, (holder) =>
            engine.copyIn(holder, file, knownPath),
        );
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}

/** A file of the journal's volume; "" where there is none yet. */
async function readBeside(
    engine: DockerEngine,
    prefix: string,
    path: string,
    image?: string,
): Promise<string | undefined> {
    if (!(await engine.volume(names.journal(prefix)))) return "";
    for (const name of [names.runner(prefix), names.router(prefix)]) {
        const holder = await engine.container(name);
        if (holder) return (await engine.readFile(holder.id, path)) ?? "";
    }
    if (image === undefined || !(await engine.imageExists(image))) return undefined;
    return withHolder(
        engine,
        prefix,
        image,
        true,
        async (holder) => (await engine.readFile(holder, path)) ?? "",
    );
}

/** A container that only holds the journal's volume: created, never started. */
async function withHolder<T>(
    engine: DockerEngine,
    prefix: string,
    image: string,
    readOnly: boolean,
    use: (holder: string) => Promise<T>,
): Promise<T> {
    const holder = await engine.create({
        image,
        labels: ownLabels(prefix, "mover"),
        network: "none",
        capabilities: [],
        volumes: [{ volume: names.journal(prefix), path: "/journal", readOnly }],
    });
    try {
        return await use(holder);
    } finally {
        await engine.remove(holder);
    }
}
