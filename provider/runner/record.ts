import { type JournalEntry, parseJournal } from "../engine/journal.js";
import type { DockerEngine } from "../platforms/docker/engine.js";
import { journalPath, names, ownLabels } from "../platforms/docker/names.js";

/**
 * The journal, from anywhere that reaches the engine: by a container that mounts its volume, running or not. Where there
 * is none, one is made for the look and removed; `image` is what it is made from.
 */
export async function readJournal(engine: DockerEngine, prefix: string, image?: string): Promise<JournalEntry[] | undefined> {
    if (!(await engine.volume(names.journal(prefix)))) return [];
    const runner = await engine.container(names.runner(prefix));
    if (runner) return parse(await engine.readFile(runner.id, journalPath));
    if (image === undefined || !(await engine.imageExists(image))) return undefined;
    const id = await engine.create({
        image,
        labels: ownLabels(prefix, "mover"),
        network: "none",
        capabilities: [],
        volumes: [{ volume: names.journal(prefix), path: "/journal", readOnly: true }],
    });
    try {
        return parse(await engine.readFile(id, journalPath));
    } finally {
        await engine.remove(id);
    }
}

function parse(text: string | undefined): JournalEntry[] {
    return parseJournal(text ?? "");
}
