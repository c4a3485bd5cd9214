import type { DockerEngine } from "../../platforms/docker/engine.js";
import type { ContainerMigrationDeclaration } from "./declaration.js";

/** What is true after a move that failed, and what to do next. */
export async function afterFailure(
    engine: DockerEngine,
    { container, to }: ContainerMigrationDeclaration,
): Promise<{ state: string; next: string }> {
    const facts: string[] = [];
    for (const name of [container.docker.name, to.name]) {
        const found = await engine.container(name);
        facts.push(found ? `${name} is ${found.status}` : `there is no container ${name}`);
    }
    return { state: facts.join(", "), next: "mend the cause and run pulumi up again" };
}
