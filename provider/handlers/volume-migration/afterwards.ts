import { placeFacts } from "../../platforms/docker/places.js";
import { imageTags } from "../../runner/image.js";
import { describePlace, placeOf } from "../../volumes/refs.js";
import { containerStates } from "../container-states.js";
import type { VolumeMigrationDeclaration } from "./declaration.js";
import type { Engines } from "./engines.js";

/** What is true after a migration that failed, and what to do next. */
export async function afterFailure(
    engines: Engines,
    { destination, quiesce, runnerImage = imageTags().runner }: VolumeMigrationDeclaration,
): Promise<{ state: string; next: string }> {
    const facts = await containerStates(engines.source, quiesce?.containers ?? []);
    const place = placeOf(destination);
    const there = await placeFacts(engines.destination, place, runnerImage);
    const name = describePlace(place);
    facts.push(there ? `${name} is no proven copy` : `there is no ${name}`);
    return { state: facts.join(", "), next: "mend the cause and run pulumi up again" };
}
