import type { DockerEngine } from "../../platforms/docker/engine.js";
import { containerStates } from "../container-states.js";
import type { ContainerMigrationDeclaration } from "./declaration.js";

/** What is true after a move that failed, and what to do next. */
export async function afterFailure(
    engine: DockerEngine,
    { container, to }: ContainerMigrationDeclaration,
): Promise<{ state: string; next: string }> {
    const facts = await containerStates(engine, [container.docker.name, to.name]);
    return { state: facts.join(", "), next: "mend the cause and run pulumi up again" };
}
