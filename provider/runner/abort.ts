import { CutoverError } from "../engine/errors.js";
import type { Job } from "../engine/handover/job.js";
import type { DockerEngine } from "../platforms/docker/engine.js";
import { isAlive } from "../platforms/docker/facts.js";
import { abortPath, labelKeys, names } from "../platforms/docker/names.js";
import { readJournal } from "./record.js";

/** What to do where it is too late to go back. */
const afterCommit: Readonly<Record<Job["kind"], string>> = {
    volume: "let it end: the copy is whole, and the source is as it was",
    archive: "let it end: the archive is whole",
    container: "let it end: the new container runs, and the old one is stopped and as it was",
    environment: "move the weights back in the program, and run pulumi up",
};

/** Asks the runner to go back. It does so before `commit`; after it, it only goes forward. */
export async function askToGoBack(engine: DockerEngine, prefix: string): Promise<string> {
    const runner = await engine.container(names.runner(prefix));
    if (!runner || !isAlive(runner)) throw new CutoverError(`nothing is at work on ${prefix}`);
    const job = runner.labels[labelKeys.job];
    const entries = (await readJournal(engine, prefix)) ?? [];
    const own = entries.filter((entry) => entry.job === job);
    if (own.some(({ kind }) => kind === "commit")) {
        const { kind } = (own.find((entry) => entry.kind === "open")?.data ?? {}) as Partial<Job>;
        throw new CutoverError(`${prefix} has committed: it only goes forward now`, {
            next: afterCommit[kind ?? "environment"],
        });
    }
    const asked = await engine.exec(runner.id, ["touch", abortPath(job ?? "")]);
    if (asked.exitCode !== 0)
        throw new CutoverError("the runner cannot be reached", {
            lastLines: [asked.stderr.trim()],
        });
    return `${prefix} was asked to go back; npx pulumi-cutover follow ${prefix} shows how it does`;
}
