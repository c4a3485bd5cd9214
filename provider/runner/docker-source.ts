import type {
    QuiescedContainer,
    SourcePlatform,
    Writer,
} from "../engine/handover/volume-platform.js";
import type { DockerEngine } from "../platforms/docker/engine.js";
import { isAlive, writersAmong } from "../platforms/docker/facts.js";
import { placeFacts } from "../platforms/docker/places.js";
import type { Place } from "../volumes/refs.js";

type Policy = Parameters<DockerEngine["setRestartPolicy"]>[1];

/** The engine where a source lies: who writes to it, and keeping them from it. */
export class DockerSource implements SourcePlatform {
    constructor(
        private readonly job: { source: Place; image: string },
        private readonly engine: DockerEngine,
    ) {}

    async identity(): Promise<string | undefined> {
        const { source, image } = this.job;
        return (await placeFacts(this.engine, source, image))?.createdAt;
    }

    writers(): Promise<Writer[]> {
        return writersOf(this.engine, this.job.source, this.job.image);
    }

    async container(name: string): Promise<QuiescedContainer | undefined> {
        const facts = await this.engine.container(name);
        if (!facts) return undefined;
        const { id, removedAtEnd, restartPolicy } = facts;
        const running = isAlive(facts) && facts.status !== "paused";
        return { id, name: facts.name, running, removedAtEnd, restartPolicy };
    }

    async quiesce(
        { id, restartPolicy }: QuiescedContainer,
        how: "stop" | "pause",
    ): Promise<{ killed: boolean }> {
        // With it, a restart of the engine would bring the writer back in the middle, or after "stay".
        if (restartPolicy !== "no") await this.engine.setRestartPolicy(id, "no");
        if (how === "stop") return this.engine.stop(id);
        await this.engine.pause(id);
        return { killed: false };
    }

    resume(container: QuiescedContainer): Promise<boolean> {
        return resumeContainer(this.engine, container);
    }

    /** The journal lies on the same machine: nothing else is needed. */
    async keep(_ids: readonly string[]): Promise<void> {}
}

/** Lets a container run as it did before; tells whether it is there at all. */
export async function resumeContainer(
    engine: DockerEngine,
    { id, restartPolicy }: QuiescedContainer,
): Promise<boolean> {
    const facts = await engine.container(id);
    if (!facts) return false;
    if (facts.status === "paused") await engine.unpause(id);
    else if (!isAlive(facts)) await engine.start(id);
    if (facts.restartPolicy !== restartPolicy)
        await engine.setRestartPolicy(id, restartPolicy as Policy);
    return true;
}

/** Containers that could write to a place now. */
export async function writersOf(
    engine: DockerEngine,
    place: Place,
    image: string,
): Promise<Writer[]> {
    // What is done to an archive meanwhile, its reader sees.
    if ("archive" in place) return [];
    const facts = await placeFacts(engine, place, image);
    if (!facts) return [];
    return writersAmong(await engine.running(), facts).map(({ id, name, status }) => ({
        id,
        name,
        paused: status === "paused",
    }));
}
