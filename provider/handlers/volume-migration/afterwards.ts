import type { DockerEngine } from "../../platforms/docker/engine.js";
import type { VolumeMigrationDeclaration } from "./declaration.js";

/** What is true after a migration that failed, and what to do next. */
export async function afterFailure(
    engine: DockerEngine,
    { destination, quiesce }: VolumeMigrationDeclaration,
): Promise<{ state: string; next: string }> {
    const facts: string[] = [];
    for (const name of quiesce?.containers ?? []) {
        const container = await engine.container(name);
        facts.push(container ? `${name} is ${container.status}` : `there is no container ${name}`);
    }
    const there = await engine.volume(destination.docker.volume);
    const volume = destination.docker.volume;
    facts.push(there ? `volume ${volume} is no proven copy` : `there is no volume ${volume}`);
    return { state: facts.join(", "), next: "mend the cause and run pulumi up again" };
}
